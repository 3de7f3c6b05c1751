#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Usage: from-text.sh FILE|FOLDER... > encounters.jsonl
# from-text.sh: convert plain text files to encounters
#
# A file is an encounter with one note. Its name without .txt is the id of the encounter. In a folder, every .txt file is an
# encounter, and every folder is an encounter whose .txt files, at any depth, are its notes, in order of their names. Example: in the
# folder given, "patient7/2021-03-04 letter.txt" is the note "2021-03-04 letter" of the encounter patient7. This is ecan-convert
# text, whose --help says more.
#
#   LABELS=codes.tsv           id, tab, code: the codes of the encounters. An encounter that is not in it has no codes
#   ENCODING=WINDOWS-1252      encoding of the files (UTF-8)
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

[ $# -ge 1 ] || usage "$0"
exec ecan-convert text ${LABELS:+--labels "$LABELS"} ${ENCODING:+--encoding "$ENCODING"} -- "$@"
