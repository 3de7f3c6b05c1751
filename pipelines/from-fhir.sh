#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Usage: from-fhir.sh [FILE]... > encounters.jsonl
# from-fhir.sh: convert FHIR documents to encounters
#
# Reads bundles (R4 or R5, as JSON), or one resource on each line (bulk export). The text/plain attachments of DocumentReference are
# the notes, with the type and date of the document. Their encounter is the one named in the context, or the subject if
# there is none. The codes of the Condition and Procedure resources of the encounter are its labels. If the input has no such
# resources, labels are unknown. This is ecan-convert fhir, whose --help says more.
#
#   SYSTEM=icd-10                                  only codes of coding systems whose URI contains this (default: all)
#   CONVERT='application/pdf=pdftotext - -'        reads attachments of another media type through a command
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

exec ecan-convert fhir ${SYSTEM:+--system "$SYSTEM"} ${CONVERT:+--convert "$CONVERT"} -- "$@"
