#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Usage: ecan federated DATA OUT [OPTION]...
#        ecan federated OUT
# ecan federated: train one model on the encounters of several hospitals, which exchange only counts and parameters
#
# This is federated averaging (McMahan et al., 2017) for simulated hospitals: DATA has a folder for each hospital, with train and dev
# (.jsonl or .jsonl.gz), and optionally labels.tsv, the public descriptions of the codes. All runs on this computer. In reality each
# step of a hospital runs inside it: pipelines/clusters.md has the commands, and what leaves the hospital.
#
#   1. Each hospital counts its words and codes (ecan-counts). ecan-agree joins the counts to the words and codes of the model.
#   2. VECTOR_ROUNDS times: each hospital trains vectors of these words from the common vectors, and ecan-merge averages them.
#   3. ROUNDS times: each hospital trains the common model for EPOCHS epochs (ecan-train --init), and ecan-merge averages the results.
#      The weights are the numbers of training encounters. Each hospital reports the micro-F1 of the common model on its dev.
#
# OUT/model is the common model of the round with the best mean micro-F1 on dev, weighted by the numbers of dev encounters. Its
# threshold is the mean of the hospitals' best thresholds. OUT/HOSPITAL has what a hospital keeps, and its vectors and models of each
# round, which it sends. OUT/common has what all get, and the counts, OUT/rounds.tsv micro-F1 after each round. A run that was killed
# continues with the same command. A larger ROUNDS adds rounds.
#
# The hospitals of a round are tasks, which run at the same time, with one thread each: ENGINE=local|parallel|slurm|FILE and JOBS=N are
# those of ecan ensemble (pipelines/clusters.md). OUT/HOSPITAL/log has their messages.
#
# Options are those of ecan-train, and --tokenize and --w2v as in ecan train. The model has no terms.
#
#   ROUNDS=20 EPOCHS=1     rounds of training; epochs of each
#   VECTOR_ROUNDS=5        rounds of word vectors. 0: the words start at random, or with VECTORS
#   VECTORS=FILE           public word vectors to start with
#   MIN_DOCS=5             words and codes that fewer encounters of a hospital have are not in its counts
#   TOKENIZE='...' W2V='--iter 8'   options of ecan-tokenize and, for each round, of ecan-w2v
# shellcheck disable=SC2154 # options of the programs are set by their names
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

numbers=(rounds epochs vectorrounds mindocs)
if [ $# -eq 1 ]; then
    out=$(short "$1")
    if ! read_settings "$out" || [ ! "${settings[rounds]:-}" ]; then usage "$0" "$1 has no settings of federated training"; fi
    for name in data vectors "${numbers[@]}"; do
        get_setting value "$name"
        printf -v "$name" %s "${value[0]-}"
    done
    for name in tokenize w2v; do get_setting $name $name; done
    get_setting options train
else
    [ $# -ge 2 ] || usage "$0"
    data=$(short "$1") out=$(short "$2")
    rounds=20 epochs=1 vectorrounds=5 mindocs=5 vectors=''
    W2V=${W2V---iter 8}
    # shellcheck disable=SC2034 # read by take_options
    TERMS=no
    take_options "${@:3}"
    if [ "${VECTORS:-}" ]; then
        absolute "$VECTORS"
        vectors=${paths[0]}
        [ -e "$vectors" ] || fail "VECTORS: $vectors: file not found"
    fi
fi
rounds=${ROUNDS:-$rounds} epochs=${EPOCHS:-$epochs} vectorrounds=${VECTOR_ROUNDS:-$vectorrounds} mindocs=${MIN_DOCS:-$mindocs}
for name in "${numbers[@]}"; do
    [[ ${!name} =~ ^[0-9]{1,6}$ ]] || fail "${name^^}=${!name}: not a whole number"
done
if [ "$rounds" -eq 0 ] || [ "$epochs" -eq 0 ] || [ "$mindocs" -eq 0 ]; then fail "ROUNDS, EPOCHS and MIN_DOCS are at least 1"; fi
for option in "${options[@]}"; do
    case $option in
    --epochs* | --stop-after* | --resume | --force | --init* | --vectors | --vectors=* | --labels | --labels=* | --all-labels | -o*)
        fail "$option: ecan federated sets it itself"
        ;;
    esac
done

[ -d "$data" ] || fail "$data: folder not found"
hospitals=()
for folder in "$data"/*/; do
    if [ -e "${folder}train.jsonl" ] || [ -e "${folder}train.jsonl.gz" ]; then hospitals+=("$(basename "$folder")"); fi
done
[ ${#hospitals[@]} -ge 1 ] || fail "$data has no folder with train.jsonl or train.jsonl.gz: expected one for each hospital"
for hospital in "${hospitals[@]}"; do
    case $hospital in common | tasks | model) fail "$data/$hospital: a hospital cannot have the name '$hospital'" ;; esac
done

mkdir -p "$out/common"
absolute "$data"
store_setting data "${paths[@]}"
store_setting tokenize "${tokenize[@]}"
store_setting w2v "${w2v[@]}"
store_setting vectors ${vectors:+"$vectors"}
store_setting train "${options[@]}"
for name in "${numbers[@]}"; do store_setting "$name" "${!name}"; done
write_settings "$out" data tokenize w2v vectors train "${numbers[@]}"

# divide_options: sets start to the options of ecan-agree (the network, the seed), and training to those of ecan-train --init.
divide_options() {
    local kinds name kind shared=' --seed --preset ' i=0
    local -A of_start=()
    while read -r _ names _; do
        for name in ${names//,/ }; do of_start[$name]=1; done
    done < <(ecan-agree --complete)
    start=() training=() seed=1
    kinds=$(ecan-train --complete)
    while [ $i -lt ${#options[@]} ]; do
        local words=("${options[i]}")
        name=${words[0]%%=*}
        kind=$(awk -v name="$name" 'index("," $2 ",", "," name ",") { print $3; exit }' <<<"$kinds")
        [ "$kind" ] || fail "$name: write the full name of the option"
        if [ "$kind" != flag ] && [[ ${words[0]} != *=* ]]; then words+=("${options[++i]-}"); fi
        if [ "$name" = --seed ]; then seed=${words[*]: -1} seed=${seed#*=}; fi
        if [ "${of_start[$name]:-}" ]; then start+=("${words[@]}"); fi
        if [ ! "${of_start[$name]:-}" ] || [[ $shared == *" $name "* ]]; then training+=("${words[@]}"); fi
        i=$((i + 1))
    done
}
divide_options
if [ -e "$data/labels.tsv" ]; then start+=(--labels "$data/labels.tsv"); fi

# joined SEPARATOR WORD...
joined() {
    local IFS=$1
    echo "${*:2}"
}

common=$out/common
stages=3
begin_stage 1 $stages counts
counts=() weights=() dev_weights=()
for hospital in "${hospitals[@]}"; do
    mkdir -p "$out/$hospital"
    for name in train dev; do
        make_words "$out/$hospital/$name.mp" "$(split "$data/$hospital" $name)"
    done
    make_if_needed "$common/$hospital.counts" "$out/$hospital/train.mp" -- ecan-counts --min-docs "$mindocs" "$out/$hospital/train.mp"
    counts+=("$common/$hospital.counts")
    weights+=("$(awk -F '\t' '$1 == "encounters" { print $2; exit }' "$common/$hospital.counts")")
    dev_weights+=("$(ecan-show --records --key id "$out/$hospital/dev.mp" | wc -l)")
done
by_train=$(joined , "${weights[@]}")

# The words of all, and vectors of them: those of each round start from the means of the previous one.
begin_stage 2 $stages "word vectors"
save_words() { # COUNTS... -o FILE
    ecan-agree -q --save-vocab "${*: -1}" "${@:1:$# - 2}"
}
make_if_needed "$common/words" "${counts[@]}" -- save_words "${counts[@]}"
begin_tasks "$out" "$out"/*/train.mp "$out"/*/dev.mp "$common/words" ${vectors:+"$vectors"}

# hospital_task GROUP HOSPITAL OUTPUT INPUT... -- COMMAND...
hospital_task() {
    add_task "$1" "$2" "$out/$2/log" "$(printf '%q ' bash "$here/engines/task-make.sh" "$called_as" "${@:3}")" "$3"
}

run_hospitals() {
    run_tasks halt || fail "a hospital failed: $(last_message "${failed_logs[0]}")"
}

for ((round = 1; round <= vectorrounds; round++)); do
    parts=()
    for hospital in "${hospitals[@]}"; do
        part=$out/$hospital/vectors-$round.bin
        hospital_task "vectors-$round" "$hospital" "$part" "$out/$hospital/train.mp" "$common/words" ${vectors:+"$vectors"} -- \
            ecan-w2v -q --threads 1 "${w2v[@]}" --min-count 1 --read-vocab "$common/words" ${vectors:+--init "$vectors"} \
            "$out/$hospital/train.mp"
        parts+=("$part")
    done
    run_hospitals
    make_if_needed "$common/vectors-$round.bin" "${parts[@]}" -- ecan-merge --weights "$by_train" "${parts[@]}"
    vectors=$common/vectors-$round.bin
done

begin_stage 3 $stages "rounds of training"
make_if_needed "$common/round-0" "${counts[@]}" ${vectors:+"$vectors"} -- ecan-agree -q --force ${vectors:+--vectors "$vectors"} \
    "${start[@]}" "${counts[@]}"

# evaluate ROUND: writes a line of rounds.tsv: the round, the mean best micro-F1 and threshold on dev, then micro-F1 of each hospital.
evaluate() {
    local i hospital f1 threshold json=$common/dev-$1 results=()
    for hospital in "${hospitals[@]}"; do
        make_if_needed "$json-$hospital.json" "$out/$hospital/dev.mp" "$common/round-$1" -- \
            best_on_dev "$common/round-$1" "$out/$hospital/dev.mp" 2>/dev/null
    done
    for i in "${!hospitals[@]}"; do
        f1=$(metric "$json-${hospitals[i]}.json" best_micro_f1)
        threshold=$(metric "$json-${hospitals[i]}.json" best_threshold)
        results+=("${dev_weights[i]} $f1 $threshold")
    done
    printf '%s\n' "${results[@]}" | awk -v round="$1" '
        { n += $1; f1 += $1 * $2; threshold += $1 * $3; each = each sprintf("\t%.4f", $2) }
        END { printf "%d\t%.4f\t%.4f%s\n", round, f1 / n, threshold / n, each }'
}

best_on_dev() { # MODEL DEV -o FILE
    ecan-predict -q -m "$1" "$2" | ecan-metrics -q --json --best-threshold >"${*: -1}"
}

table=$out/rounds.tsv
{ printf 'round\tmicro_f1\tthreshold' && printf '\t%s' "${hospitals[@]}" && echo; } >"$table.part"
for ((round = 1; round <= rounds; round++)); do
    before=$common/round-$((round - 1)) models=()
    for hospital in "${hospitals[@]}"; do
        own=$out/$hospital/round-$round
        hospital_task "round-$round" "$hospital" "$own" "$out/$hospital/train.mp" "$out/$hospital/dev.mp" "$before" -- ecan-train --resume \
            --quiet --threads 1 --init "$before" --train "$out/$hospital/train.mp" --dev "$out/$hospital/dev.mp" --epochs "$epochs" \
            "${training[@]}" --seed $((seed * 1000 + round))
        models+=("$own")
    done
    run_hospitals
    make_if_needed "$common/round-$round" "${models[@]}" -- ecan-merge --force --weights "$by_train" "${models[@]}"
    evaluate "$round" >>"$table.part"
    say "round $round of $rounds: micro-F1 on dev $(tail -n 1 "$table.part" | cut -f 2)"
done
mv "$table.part" "$table"

read -r best f1 threshold _ < <(tail -n +2 "$table" | sort -t $'\t' -k 2,2gr -k 1,1n | head -n 1)
make_if_needed "$out/model" "$common/round-$best" -- ecan-merge --force --threshold "$threshold" "$common/round-$best"
say "best round $best of $rounds, micro-F1 on dev $f1, threshold $threshold"
say "model: $out/model"
