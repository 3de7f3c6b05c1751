#!/usr/bin/env bash
# Lists the sources without a licence line, and fails if there are any. With --add it adds the line to them.
unset CDPATH
set -euo pipefail
cd "$(dirname "$0")/.."
line='SPDX-License-Identifier: Apache-2.0'

missing=$(find Makefile bin lib examples formats pipelines tests .ci .packaging -type f \( -name '*.[ch]' -o -name '*.js' -o -name '*.mjs' \
    -o -name '*.css' -o -name '*.py' -o -name '*.sh' -o -name '*.bash' -o -name '*.bats' -o -name '*.awk' -o -name '*.gp' \
    -o -name '*.jq' -o -name Makefile -o -name run -o -name rules \) ! -path '*/node_modules/*' -exec grep -L "$line" {} + | sort)
if [ "${1:-}" = --add ]; then
    for file in $missing; do
        case $file in
        *.[ch] | *.css) comment="/* $line */" ;;
        *.js | *.mjs) comment="// $line" ;;
        *) comment="# $line" ;;
        esac
        # After the line with the interpreter, if there is one.
        if [ "$(head -c 2 "$file")" = '#!' ]; then sed -i "1a $comment" "$file"; else sed -i "1i $comment" "$file"; fi
    done
elif [ -n "$missing" ]; then
    printf 'no line "%s"; tests/spdx.sh --add adds it to:\n%s\n' "$line" "$missing" >&2
    exit 1
fi
