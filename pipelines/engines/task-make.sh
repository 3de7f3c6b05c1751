# SPDX-License-Identifier: Apache-2.0
# bash task-make.sh CALLED_AS OUTPUT INPUT... -- COMMAND...: make_if_needed (stages.sh) as the line of a task. CALLED_AS begins its messages.
# shellcheck shell=bash
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/../common.sh"
called_as=$1
make_if_needed "${@:2}"
