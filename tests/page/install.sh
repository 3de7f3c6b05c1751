#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Installs what the browser tests need, if missing: node, npm and chromium (Debian packages), and the npm packages of
# package-lock.json, into build/page.
unset CDPATH
set -eu
cd "$(dirname "$0")/../.."

packages=
command -v node >/dev/null || packages="$packages nodejs"
command -v npm >/dev/null || packages="$packages npm"
command -v "${CHROMIUM:-chromium}" >/dev/null || packages="$packages chromium"
# shellcheck disable=SC2086 # a list of words
[ -z "$packages" ] || sh tests/deps.sh $packages

mkdir -p build/page
if cmp -s tests/page/package-lock.json build/page/package-lock.json && [ -d build/page/node_modules ]; then exit 0; fi
cp tests/page/package.json tests/page/package-lock.json build/page/
cd build/page
npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
