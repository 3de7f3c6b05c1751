#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Usage: ecan train DATA OUT [OPTION]...
#        ecan train OUT
# ecan train: train a model from encounters: words, word vectors, network, terms
#
# DATA has train, dev and test, each as .jsonl or .jsonl.gz, and optionally labels.tsv: code, tab, description.
#
# OUT gets the words of each (train.mp, dev.mp, test.mp), word vectors (vectors.bin), the network (network) and two models, which are the
# network with terms of codes and a linear model (ecan-terms). Those of OUT/chosen are from train, and dev has chosen them. Those of
# OUT/model are from train and dev. So dev is known to OUT/model, and its metrics on dev are too good: ecan evaluate uses OUT/chosen for
# dev. OUT/settings has the data and all options; other commands read it. With OUT as the only argument, the settings are those of
# OUT/settings.
#
# Encounters and patients that are in two of train, dev and test are reported (OUT/overlaps.txt).
#
# A result is made again if its options, the contents of its inputs, or the version of ecan changed; a message says which. A
# training that was killed continues with the same command.
#
# Options are those of ecan-train, and:
#
#   --tokenize '--language nl'       options of ecan-tokenize, with quotes as in the shell:
#                                    --tokenize "--types 'discharge summary'"
#   --w2v '--size 200'               options of ecan-w2v (default: --iter 40, which texts of a million words or fewer need)
#   --spans spans.jsonl              spans that coders marked in the training encounters, or decisions of the page: attention is trained on
#                                    them, and they are terms
#   --text more.jsonl                more encounters for the word vectors; they need no labels; can be given several times
#   --terms '--table my.tsv'         options of ecan-terms. no: no terms; the network is OUT/model. This is the default with the
#                                    presets of the paper. --terms '--spans spans.jsonl': spans only for the terms. --terms
#                                    --no-refit: OUT/model is what OUT/chosen is otherwise
#
# Variables of the environment:
#
#   TOKENIZE, W2V, TEXT, TERMS   as these options; TEXT has several files, with blanks between
#   WORDS=DIR VECTORS=FILE       where to put words and vectors (default: OUT), for runs that share them
#   SPLITS='train dev'           the splits to tokenize (default: train dev test)
#   STOP_AFTER=9                 stop after 9 epochs in total, with the network in OUT/network.part (TERMS=no: OUT/model.part). The same
#                                command without it, or with a larger number, continues. 0: only words and vectors
# shellcheck disable=SC2154 # options of the programs are set by their names
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

# store_settings: writes OUT/settings.
store_settings() {
    absolute "$data"
    store_setting data "${paths[@]}"
    store_setting words "$(realpath -ms --relative-to="$out" -- "$words")"
    store_setting vectors "$(realpath -ms --relative-to="$out" -- "$vectors")"
    store_setting splits "${splits[@]}"
    store_setting tokenize "${tokenize[@]}"
    store_setting w2v "${w2v[@]}"
    store_setting text "${texts[@]}"
    store_setting terms "${terms[@]}"
    store_setting train "${options[@]}"
    write_settings "$out" data words vectors splits tokenize w2v text terms train
}

# check_data: exits if DATA, or OUT, cannot be meant.
check_data() {
    local hint='' name file
    if [ -e "$out/config.json" ]; then fail "$out is a model: OUT is the folder that gets OUT/model, such as $(dirname "$out")"; fi
    if [ "$data" -ef "$out" ]; then fail "DATA and OUT are the same folder: choose another folder for OUT"; fi
    if [ -e "$out/train.jsonl" ] || [ -e "$out/train.jsonl.gz" ]; then
        hint=": did you mean $called_as $(quote_words "$out" "$data")?"
    fi
    for name in "${splits[@]}"; do
        split "$data" "$name" "$hint" >/dev/null
        file=$(split "$data" "$name")
        [ -s "$file" ] || fail "$file is empty: expected encounters"
    done
    if [[ " ${splits[*]} " == *' dev '* ]] && cmp -s "$(split "$data" train)" "$(split "$data" dev)"; then
        fail "$data: train and dev are the same encounters: dev needs others ($(command_of split) divides encounters)"
    fi
}

[ $# -ge 1 ] || usage "$0"
if [ $# -eq 1 ]; then
    out=$(short "$1")
    read_settings "$out" || usage "$0" "$out has no settings: expected DATA and OUT"
    for name in data words vectors; do
        get_setting value $name
        printf -v $name %s "${value[0]-}"
    done
    words=$(within "$out" "$words") vectors=$(within "$out" "$vectors")
    for name in splits tokenize w2v terms; do get_setting $name $name; done
    get_setting texts text
    get_setting options train
else
    data=$(short "$1") out=$(short "$2")
    words=$(short "${WORDS:-$out}")
    vectors=${VECTORS:-$words/vectors.bin}
    take_options "${@:3}"
    choose_terms
    share_spans
    check_data
    mkdir -p "$out"
    store_settings
fi
mkdir -p "$out" "$words" "$(dirname "$vectors")"

# write_overlaps FILE... -o REPORT: writes what the files have in common; ecan-split then exits with 1.
write_overlaps() {
    local report
    report=$(ecan-split --check "${@:1:$# - 2}") || [ "$report" ]
    printf '%s' "${report//"$data/"/}" >"${*: -1}"
}

# summary: says which epoch the model is from, its threshold, where it is, and what to do next.
summary() {
    local config=$out/model/config.json f1
    f1=$(metric "$config" terms dev_micro_f1 || metric "$config" best dev_best_micro_f1) || true
    say "best epoch $(metric "$config" best epoch) of $(wc -l <"$out/model/history.jsonl"), micro-F1 on dev $(rounded "$f1")," \
        "threshold $(rounded "$(metric "$config" threshold)")"
    say_unread train words words
    say_unread train notes "notes of other types"
    say "model: $out/model"
    say "next: $(command_of evaluate) $(quote_words "$out")"
}

# say_unread SPLIT KEY NOUN: says how much of the encounters of a split the model did not read.
say_unread() {
    local config=$out/model/config.json n
    n=$(metric "$config" "$1" "$2") || return 0
    if [ "$n" -gt 0 ]; then
        say "$1: $(metric "$config" "$1" "encounters_with_$2") of $(metric "$config" "$1" encounters) encounters: $n $3 not read"
    fi
}

rounded() {
    awk -v x="$1" 'BEGIN { printf x == "" || x == "null" ? "-" : "%.3f", x }'
}

# choose_refit: sets refit to yes or no, and removes the option from terms.
choose_refit() {
    local each others=()
    refit=yes
    for each in "${terms[@]}"; do
        case $each in
        --refit) refit=yes ;;
        --no-refit) refit=no ;;
        *) others+=("$each") ;;
        esac
    done
    terms=("${others[@]}")
}

choose_refit
stages=5 chosen=$out/chosen
if [ $refit = no ]; then stages=4 chosen=$out/model; fi
if [ "${terms[*]}" = no ]; then stages=3; fi
if [ "${STOP_AFTER:-}" = 0 ]; then stages=2; fi
begin_stage 1 $stages words
files=()
for name in "${splits[@]}"; do files+=("$(split "$data" "$name")"); done
begin_parts "${files[@]}" "${texts[@]}"
for i in "${!splits[@]}"; do
    next_part "${files[i]}"
    make_words "$words/${splits[i]}.mp" "${files[i]}"
done
if [ ${#files[@]} -gt 1 ]; then
    make_if_needed "$words/overlaps.txt" "${files[@]}" -- write_overlaps "${files[@]}"
    while IFS= read -r line; do
        say "warning: $line"
    done < <(grep . "$words/overlaps.txt")
fi
tokenized=("$words/train.mp")
for file in "${texts[@]}"; do
    name=$words/text-${#tokenized[@]}.mp
    next_part "$file"
    make_words "$name" "$file"
    tokenized+=("$name")
done

begin_stage 2 $stages "word vectors"
make_if_needed "$vectors" "${tokenized[@]}" -- ecan-w2v "${w2v[@]}" "${tokenized[@]}"
if [ "${STOP_AFTER:-}" = 0 ]; then exit; fi

inputs=("$words/train.mp" "$words/dev.mp" "$vectors")
labels=()
if [ -e "$data/labels.tsv" ]; then
    inputs+=("$data/labels.tsv")
    labels=(--labels "$data/labels.tsv")
fi
network=$out/network
if [ "${terms[*]}" = no ]; then network=$out/model; fi

begin_stage 3 $stages network
PARTLY=${STOP_AFTER:+--stop-after $STOP_AFTER} make_if_needed "$network" "${inputs[@]}" -- ecan-train --resume \
    --train "$words/train.mp" --dev "$words/dev.mp" --vectors "$vectors" "${labels[@]}" "${options[@]}"
if [ "${STOP_AFTER:-}" ]; then exit; fi
if [ "$network" != "$out/model" ]; then
    begin_stage 4 $stages terms
    quiet=()
    if is_among --quiet "${options[@]}" || is_among -q "${options[@]}"; then quiet=(--quiet); fi
    make_if_needed "$chosen" "$words/train.mp" "$words/dev.mp" "$network" -- ecan-terms --force "${quiet[@]}" \
        --train "$words/train.mp" --dev "$words/dev.mp" -m "$network" "${terms[@]}"
fi
if [ "$network" != "$out/model" ] && [ "$chosen" != "$out/model" ]; then
    begin_stage 5 $stages "terms of train and dev"
    make_if_needed "$out/model" "$words/train.mp" "$words/dev.mp" "$chosen" -- ecan-terms --refit --force "${quiet[@]}" \
        --train "$words/train.mp" --dev "$words/dev.mp" -m "$chosen" "${terms[@]}"
fi
summary
