#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Converts FHIR documents to encounters: from-fhir.sh [FILE...] >encounters.jsonl
#
# Reads bundles (R4 or R5, as JSON), or one resource on each line (bulk export). The text/plain attachments of DocumentReference are
# the notes, with the type and date of the document. Their encounter is the one named in the context, or the subject if
# there is none. The codes of the Condition and Procedure resources of the encounter are its labels. If the input has no such
# resources, labels are unknown. Attachments of other types, and those outside the bundle (url), are left out; their number is
# printed on standard error.
#
#   SYSTEM=icd-10           only codes of coding systems whose URI contains this (default: all)
#
# The whole input is kept in memory. Convert one bundle, or the lines of some encounters, at a time.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

needs jq
pipelines=$(dirname "${BASH_SOURCE[0]}")

plain "$@" | jq -nr -L "$pipelines" --arg system "${SYSTEM:-}" '
    include "encounters";
    def resources: if .resourceType == "Bundle" then .entry[]?.resource | resources else . end;
    def first_of(f): first(f | select(. != null)) // null;
    def encounter_of: first_of(.encounter?.reference?, (.context | arrays | .[0].reference?),
        (.context | objects | .encounter[0]?.reference?), .subject?.reference?);
    def concept: first_of(.text, .coding[0]?.display, .coding[0]?.code);
    def plain_text: (.attachment.contentType // "" | test("^text/plain(;|$)")) and (.attachment.data != null);
    [inputs | resources] as $all
    | [$all[] | select(.resourceType == "DocumentReference")] as $documents
    | [$all[] | select(.resourceType == "Condition" or .resourceType == "Procedure")] as $coded
    | (reduce $coded[] as $c ({}; .[$c | encounter_of // ""] += [$c.code.coding[]? | select((.system // "") | contains($system)) | .code])) as $codes
    | ([$documents[].content[]? | select(plain_text | not)] | length) as $left
    | (if $left > 0 then "\($left) attachments left out: they are not text/plain, or not in the bundle" else empty end),
      ([$documents[] | . as $d
        | (encounter_of // error("DocumentReference \($d.id): no encounter and no subject")) as $encounter
        | [.content[]? | select(plain_text)] | to_entries[]
        | {encounter: ($encounter | sub("^.*/"; "")), reference: $encounter,
           id: (if .key == 0 then $d.id else "\($d.id)/\(.key + 1)" end), type: ($d.type | concept), date: $d.date,
           text: (.value.attachment.data | @base64d)}]
       | group_by(.encounter)[]
       | (if ($coded | length) == 0 then null else $codes[.[0].reference] // [] end) as $labels
       | map(del(.reference)) | encounter($labels) | tojson)' |
    awk '/^{/ { print; next } { print "from-fhir.sh: " $0 >"/dev/stderr" }'
