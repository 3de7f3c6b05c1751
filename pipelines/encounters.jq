# SPDX-License-Identifier: Apache-2.0
# Converts notes to encounters (formats/encounters.md). The notes of an encounter are consecutive. A note is an object with the
# keys encounter, id, type, date and text. Only encounter and text are required.

# together(items; f; g): collects consecutive items with equal f in an array, and applies g to it.
def together(items; f; g):
    foreach (items, null) as $item ({run: []};
        if $item != null and (.run | length) > 0 and (.run[0] | f) == ($item | f) then .run += [$item] | .out = null
        else .out = .run | .run = [$item] end;
        .out | select(. != null and length > 0) | g);

# encounter($labels): the encounter of an array of notes. $labels: its codes, null if unknown.
def encounter($labels):
    {id: .[0].encounter, documents: map(del(.encounter) | with_entries(select(.value != null and .value != "")) | .text //= "")}
    + if $labels == null then {} else {labels: $labels | unique} end;

# rows: splits a text into lines, and lines at tabs.
def rows: split("\n")[] | sub("\r$"; "") | select(. != "") | split("\t");
