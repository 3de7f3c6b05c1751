#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Inserts style and script into the page of ecan-explain: assemble.sh > page.html
# The content security policy of the page allows only these two, by their hashes.
unset CDPATH
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

hash_of() { # TEXT: its SHA-256 in base64
    local escapes
    escapes=$(printf '%s' "$1" | sha256sum | sed 's/ .*//; s/../\\x&/g')
    # shellcheck disable=SC2059 # the format has the bytes
    printf "$escapes" | base64
}

scripts=(strings language dom fold chapters encounter lines text table decisions decision_lines
    notes find codes deciding add worklist files paper keys view main)
style=$(cat page.css)
script=$(echo '"use strict";' && echo '{' && cat "${scripts[@]/%/.js}" && echo '}')
policy="default-src 'none'; style-src 'sha256-$(hash_of "$style")'; script-src 'sha256-$(hash_of "$script")'"
while IFS= read -r line; do
    case $line in
    *@style@*) printf '<style>%s</style>\n' "$style" ;;
    *@script@*) printf '<script>%s</script>\n' "$script" ;;
    *@policy@*) printf '%s%s%s\n' "${line%%@policy@*}" "$policy" "${line#*@policy@}" ;;
    *) printf '%s\n' "$line" ;;
    esac
done <page.html
