# Notes, one after the other and those of an encounter together, as encounters (formats/encounters.md). A note is an object
# with the keys encounter, id, type, date and text, of which only encounter and text must be there.

# together(f; g): of a stream's items, those of equal f that follow each other, as g of an array of them.
def together(items; f; g):
    foreach (items, null) as $item ({run: []};
        if $item != null and (.run | length) > 0 and (.run[0] | f) == ($item | f) then .run += [$item] | .out = null
        else .out = .run | .run = [$item] end;
        .out | select(. != null and length > 0) | g);

# encounter($labels): of one encounter's notes. $labels: its codes, null where they are not known.
def encounter($labels):
    {id: .[0].encounter, documents: map(del(.encounter) | with_entries(select(.value != null and .value != "")) | .text //= "")}
    + if $labels == null then {} else {labels: $labels | unique} end;

# rows(text): the columns of lines with tabs between them.
def rows: split("\n")[] | sub("\r$"; "") | select(. != "") | split("\t");
