#!/usr/bin/env bash
# FHIR documents as encounters: from-fhir.sh [FILE...] >encounters.jsonl
#
# Reads bundles (R4 or R5, as JSON) or resources a line (bulk export). The text/plain attachments of DocumentReference
# are the notes of the encounter that its context names, or of its subject where it names none, with the document's type
# and date. The codes of Condition and Procedure resources of the same encounter are its labels; where there is no such
# resource at all, labels are not known. Attachments of other types, and those that are not in the bundle (url), are
# left out and counted on standard error.
#
#   SYSTEM=icd-10           take codes of coding systems whose URI has this in it (any)
#
# All that is read is kept in memory: give it a bundle, or an encounter's worth of lines, at a time.
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
    | (if $left > 0 then "\($left) attachments left out: not text/plain, or not in the bundle" else empty end),
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
