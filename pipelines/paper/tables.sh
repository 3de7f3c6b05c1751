# SPDX-License-Identifier: Apache-2.0
# The tables: rows, columns, and how each is made. Sourced by paper.sh.
# shellcheck shell=bash
# shellcheck disable=SC2154,SC2016,SC2034 # table, data, out, seeds: paper.sh; filters of jq; tables: paper.sh

tables='1 3 4 5 6 7 8 9 10 12 13'

# A table of rows and columns: rows_N prints a line for each row: name, labels (all or topN), options of ecan-train, tabs between them.
rows_3() {
    cat <<'END'
EffectiveCAN (Multi-layer attention)	all	--attention multi
EffectiveCAN (Sum-pooling attention)	all	--attention sum
END
}
rows_4() { rows_3; }
rows_5() {
    cat <<'END'
EffectiveCAN	top50	--attention multi --max-words 2500
EffectiveCAN (3,500)	top50	--attention multi --max-words 3500
EffectiveCAN (3,500), all codes	all	--attention multi --max-words 3500
END
}
rows_6() {
    local epoch
    for epoch in 0 4 8 11; do printf '%s\tall\t--attention sum --focal-from %s\n' $epoch $epoch; done
}
rows_7() {
    cat <<'END'
w/o Focal Loss	all	--attention sum --no-focal
w Focal Loss	all	--attention sum
END
}
rows_8() { printf 'multi-layer\tall\t--attention multi\n'; }
rows_9() {
    cat <<'END'
EffectiveCAN w Multi-layer attention	all	--attention multi
w/o residual module	all	--attention multi --no-residual
w/o SE module	all	--attention multi --no-squeeze-excitation
only attend to the first Res-SE layer	all	--attention multi --blocks-attended first
only attend to the last Res-SE layer	all	--attention multi --blocks-attended last
w/o focal loss	all	--attention multi --no-focal
END
}
rows_10() {
    cat <<'END'
EffectiveCAN w Sum-pooling attention	all	--attention sum
w/o residual module	all	--attention sum --no-residual
w/o SE module	all	--attention sum --no-squeeze-excitation
w/o focal loss	all	--attention sum --no-focal
END
}
rows_12() { rows_13; }
rows_13() { printf 'Our EffectiveCAN\tall\t--attention multi\n'; }

# heading NAME... : the head of a table; an argument may have several names with | between them.
heading() {
    local IFS='|' columns
    columns="$*"
    printf '| | %s |\n| --- |%s\n' "${columns//|/ | }" "$(tr -cd '|' <<<"|$columns" | sed 's/|/ ---: |/g')"
}

# published NAME: the published cells of the row for all present data sets; nothing if none of them is that of the paper.
published() {
    local set row found='' cells=()
    for set in "${present[@]}"; do
        row=$(awk -F '\t' -v table="$table" -v set="$set" -v name="$1" \
            '$1 == table && $2 == set && $3 == name { print $4 }' "$here/paper/published.tsv")
        if [ "$row" ] && [[ " ${papers[*]} " == *" $set "* ]]; then
            found=yes
        else
            row=–$(tr -cd '|' <<<"$columns" | sed 's/|/|–/g')
        fi
        cells+=("$row")
    done
    if [ "$found" ]; then
        row=$(IFS='|'; printf '%s' "${cells[*]}")
        printf '| %s, published | %s |\n' "$1" "${row//|/ | }"
    fi
}

# published_names: those of the table, in the paper's order.
published_names() {
    awk -F '\t' -v table="$table" '$1 == table && !seen[$3]++ { print $3 }' "$here/paper/published.tsv"
}

# find_papers: sets papers, the data sets that are those of the paper, and others, a text about the other ones.
find_papers() {
    local set
    papers=() others=()
    for set in "${present[@]}"; do
        if is_papers "$set"; then
            papers+=("$set")
        else
            say "$set: not as many encounters and labels as in the paper: no published rows"
            others+=("$(setting "$set" 2) is $(basename "$(realpath "$(source_of "$set")")"), not the paper's data.")
        fi
    done
}

title() {
    printf 'Table %s: %s\n\n' "$table" "$1"
}

note() {
    printf '\n%s' "Seeds $seeds."
    if [ ${#others[@]} -gt 0 ]; then printf ' %s' "${others[@]}"; fi
    if [ $# -gt 0 ]; then printf ' %s' "$@"; fi
    if [ "${TRY:-}${TRY_W2V:-}" ]; then printf ' %s' "Not the paper's settings:${TRY:+ TRY='$TRY'}${TRY_W2V:+ TRY_W2V='$TRY_W2V'}."; fi
    echo
}

# row_cells VARIANT OPTIONS: the cells of our row, for all present data sets.
row_cells() {
    local set seed words run lines cell cells=()
    for set in "${present[@]}"; do
        words=$(words_of "$set" "$1")
        lines=$(for seed in $seeds; do
            run=$(run_of "$set" "$1" "$2" "$seed")
            jq -r "[$filter] | @tsv" "$(metrics_of "$run" "$words" "$kind")"
        done)
        # shellcheck disable=SC2086
        cell=$(spread $decimals <<<"$lines")
        cells+=("$cell")
    done
    cell=$(printf ' | %s' "${cells[@]}")
    printf '%s\n' "${cell# | }"
}

# simple_table TITLE SET...: columns, decimals, filter (of jq) and kind (metrics_of) define its contents.
simple_table() {
    local title=$1 name variant options cells row set head=()
    shift
    choose_sets "$@"
    find_papers
    for set in "${present[@]}"; do
        if [ $# -gt 1 ]; then head+=("$(setting "$set" 2) ${columns//|/|$(setting "$set" 2) }"); else head+=("$columns"); fi
    done
    # All runs come before the first line, so that a table is complete or absent.
    train_rows "${present[@]}"
    local rows=()
    while IFS=$'\t' read -r name variant options; do
        cells=$(row_cells "$variant" "$options")
        rows+=("$name"$'\t'"$cells")
    done < <("rows_$table")
    title "$title"
    heading "${head[@]}"
    while read -r name; do published "$name"; done < <(published_names)
    for row in "${rows[@]}"; do printf '| %s | %s |\n' "${row%%$'\t'*}" "${row#*$'\t'}"; done
}

table_3() {
    columns='AUC macro|AUC micro|F1 macro|F1 micro|P@8|P@15' decimals='3 3 3 3 3 3' kind=auc
    filter='.macro.auc, .micro.auc, .macro.f1_of_means, .micro.f1, (.at | .["8"].precision, .["15"].precision)'
    simple_table 'Results on MIMIC-III-full (all codes)' mimic3-full
    note
}

table_4() {
    columns='AUC macro|AUC micro|F1 macro|F1 micro|P@5' decimals='3 3 3 3 3' kind=auc
    filter='.macro.auc, .micro.auc, .macro.f1_of_means, .micro.f1, .at["5"].precision'
    simple_table 'Results on MIMIC-III-50 (top 50 codes only)' mimic3-50
    note
}

table_5() {
    columns='# Labels|Precision|Recall|F1' decimals='0 3 3 3' kind=plain
    filter='.labels, .micro.precision, .micro.recall, .micro.f1'
    simple_table 'Results on Dutch and French' dutch french
    note 'Micro precision, recall and F1. Of the 50 most frequent codes: encounters without any of them are left out.'
}

table_6() {
    columns='F1 macro|F1 micro' decimals='3 3' kind=plain filter='.macro.f1_of_means, .micro.f1'
    simple_table 'Moment of the loss function switch (training epoch)' mimic3-full
    note
}

table_9() {
    columns='F1 macro|F1 micro' decimals='3 3' kind=plain filter='.macro.f1_of_means, .micro.f1'
    simple_table 'Ablation study of the multi-layer attention model' mimic3-full
    note
}

table_10() {
    columns='F1 macro|F1 micro' decimals='3 3' kind=plain filter='.macro.f1_of_means, .micro.f1'
    simple_table 'Ablation study of the sum-pooling attention model' mimic3-full
    note
}

table_13() {
    columns='P@1|P@3|P@5' decimals='2 2 2' kind=plain
    filter='.at | (.["1"].precision, .["3"].precision, .["5"].precision) * 100'
    simple_table 'Results on EUR-Lex and Wiki10-31K (values in percentage)' eurlex wiki10
    note
}

# ---- tables of another form ----

# statistics SET: encounters of each split, words and labels an encounter, labels, as cells.
statistics() {
    local words name
    words_needed "$1" all
    words=$(words_of "$1" all)
    for name in train dev test; do
        ecan-show --records --key spans,labels "$words/$name.mp" | jq -r --arg name $name '[$name, .spans.shape[0], .labels[]?] | @tsv'
    done | awk -F '\t' '
        { n[$1]++; all++; words += $2; labels += NF - 2; for (i = 3; i <= NF; i++) if (!seen[$i]++) distinct++ }
        END { printf "%d | %d | %d | %.0f | %d | %.1f\n", n["train"], n["dev"], n["test"], words / all, distinct, labels / all }'
}

table_1() {
    local set cell cells=() i
    choose_sets mimic3-full mimic3-50 dutch french eurlex wiki10
    find_papers
    for set in "${present[@]}"; do
        cell=$(statistics "$set")
        cells+=("$cell")
    done
    title 'Data statistics'
    heading 'N train|N val|N test|words an instance|labels|labels an instance'
    for i in "${!present[@]}"; do
        set=${present[i]}
        if [[ " ${papers[*]} " == *" $set "* ]]; then
            printf '| %s, published | %s |\n' "$(setting "$set" 2)" "$(data_sets | awk -F '\t' -v OFS=' | ' -v name="$set" \
                '$1 == name { print $5, $6, $7, $9, $8, $10 }')"
        fi
        printf '| %s | %s |\n' "$(setting "$set" 2)" "${cells[i]}"
    done
    if [ ${#others[@]} -gt 0 ]; then printf '\n%s\n' "${others[*]}"; fi
}

table_7() {
    local name variant options seed run words i bin cells lines absent
    local bins=(0-10 11-50 51-100 101-200 'over 200') made=()
    choose_sets mimic3-full
    find_papers
    words=$(words_of "${present[0]}" all)
    while IFS=$'\t' read -r name variant options; do
        lines=$(for seed in $seeds; do
            run=$(run_of "${present[0]}" "$variant" "$options" "$seed")
            jq -r '[.by_frequency[1:6][] | .macro.f1_of_means, .micro.f1] | @tsv' "$(metrics_of "$run" "$words" bins)"
        done)
        bin=$(spread 3 3 3 3 3 3 3 3 3 3 <<<"$lines")
        made+=("$bin")
    done < <(rows_7)
    run=$(run_of "${present[0]}" all "$(rows_7 | head -n 1 | cut -f 3)" "${seeds%% *}")
    absent=$(jq -r '.by_frequency[0].labels' "$(metrics_of "$run" "$words" bins)")
    columns='w/o focal loss: F1 macro|F1 micro|w focal loss: F1 macro|F1 micro'
    title 'Effect of focal loss by label frequency in the test set'
    heading "$columns"
    for i in "${!bins[@]}"; do
        published "${bins[i]}"
        cells=$(for bin in "${made[@]}"; do
            awk -F ' [|] ' -v i="$i" -v ORS=' | ' '{ print $(2 * i + 1) " | " $(2 * i + 2) }' <<<"$bin"
        done | tr -d '\n')
        printf '| %s | %s |\n' "${bins[i]}" "${cells% | }"
    done
    note "The $absent labels that do not occur in test are in no row: the first is of 1 to 10 times."
}

table_8() {
    local run codes code known asked=(--gold-codes)
    choose_sets mimic3-full
    find_papers
    run=$(run_of "${present[0]}" all "$(rows_8 | cut -f 3)" "${seeds%% *}")
    known=$(for code in $(tr ',' ' ' <<<"${CODES:-934.1,428.20,784.2,585.9}"); do
        if cut -f 1 "$run/model/labels.tsv" | grep -qxF -- "$code"; then echo "$code"; fi
    done)
    [ ! "${CODES:-}" ] || [ "$known" ] || fail "the model has none of the codes $CODES"
    codes=$(paste -sd, <<<"$known")
    if [ "$codes" ]; then asked=(--code "$codes"); fi
    title 'Examples of model interpretability (the extracted n-gram features in bold)'
    printf '| ICD-9 code & Description | Document texts |\n| --- | --- |\n'
    paste <(ecan-explain -q -m "$run/model" "${asked[@]}" "$run/test.scored") \
        <(ecan-show --records --key documents "$run/test.scored") | snippets "$codes"
    note "The encounter of test for which the code has the highest score, and the words around the one with the largest attention weight."
}

# snippets CODES: of lines of evidence and notes, tab between them, a row for each code, or for the four with the highest scores
# if there are none.
snippets() {
    jq -rnR --arg codes "$1" '
        ($codes | split(",")) as $codes
        | def plain: gsub("\\s+"; " ") | gsub("[|]"; "/");
        reduce (inputs | split("\t") | map(fromjson)) as [$e, $notes] ({};
            reduce ($e.codes[] | select(.evidence | length > 0)
                | select($codes == [] or (.code as $c | $codes | index($c)))) as $c (.;
                if (.[$c.code].score // -1) >= $c.score then .
                else ($c.evidence[0]) as $p | ($notes.documents[$p.index].text) as $text
                    | .[$c.code] = {code: $c.code, description: $c.description, score: $c.score, text: $p.text,
                        before: ($text[([$p.begin - 60, 0] | max):$p.begin] | sub("^\\S*\\s"; "")),
                        after: ($text[$p.end:$p.end + 60] | sub("\\s\\S*$"; ""))}
                end))
        | [.[]] | (if $codes == [] then sort_by(-.score)[:4] else . as $all | [$codes[] as $c | $all[] | select(.code == $c)] end)[]
        | "| \(.code): “\(.description | plain)” | … \(.before | plain)**\(.text | plain)**\(.after | plain) … |"'
}

table_12() {
    local set run name row rows=()
    choose_sets eurlex wiki10
    find_papers
    for set in "${present[@]}"; do
        run=$(run_of "$set" all "$(rows_12 | cut -f 3)" "${seeds%% *}")
        row=$(ecan-show "$run/model" | jq -r 'def rounded($to): . * $to | round / $to; select(.parameters)
            | "\(.parameters / 1e6 | rounded(10)) M | \(.bytes_in_training / 1e9 | rounded(1000)) GB | \(.bytes / 1e9 | rounded(1000)) GB"')
        rows+=("EffectiveCAN, $(setting "$set" 2) | $row")
    done
    title 'Model size comparison'
    heading '# parameters|Model size|weights only'
    if [ ${#papers[@]} -gt 0 ]; then
        while read -r name; do
            awk -F '\t' -v name="$name" -v papers=" any ${papers[*]} " '$1 == 12 && $3 == name && index(papers, " " $2 " ") {
                sub(/[|]/, " | ", $4); print "| " name ", published | " $4 " | – |" }' "$here/paper/published.tsv"
        done < <(published_names)
    fi
    for name in "${rows[@]}"; do printf '| %s |\n' "$name"; done
    printf '\nModel size: weights and the two moments of Adam, 12 bytes a parameter, as the published sizes.\n'
}
