#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Usage: ecan learn OUT NEW DECISIONS ENCOUNTERS... [OPTION]...
# ecan learn: improve a model by the decisions of coders
#
# OUT is the folder of ecan train. DECISIONS are what the page of ecan explain saved (formats/decisions.md), and ENCOUNTERS (.jsonl or .jsonl.gz)
# the encounters that it showed. NEW gets the improved model, NEW/model. OUT stays as it is.
#
#   1. An encounter is learnt from if each of its predicted codes was accepted or rejected. Its codes are the accepted ones. The
#      encounters are added to the training encounters of OUT, which must not have them already.
#   2. Training of the network continues for a few epochs (NEW/network). Attention is also trained on the marked spans of accepted codes.
#   3. The terms and the linear model are trained again (ecan-terms), with the marked spans of accepted codes: with the network of OUT
#      (NEW/kept), and with the new network (NEW/continued). The one with the better micro-F1 on dev is taken (NEW/chosen). If the terms of
#      OUT were counted again on train and dev, those of NEW/model are, too.
#   4. NEW/report.txt has micro-F1 on dev of the models of OUT and of NEW to which dev is new, and how many of the accepted and rejected
#      codes OUT/model and NEW/model predict.
#
# The marked spans of an accepted code are those that the coder selected or, without such, those of the model that the coder did not remove.
# A removed passage is no span. Its words can still be a term, if other encounters show it. The spans of the terms of OUT are used, too.
#
# A result is made again only if its inputs changed. Options are those of ecan-train (default: --epochs 3 --no-focal).
# shellcheck disable=SC2154 # settings are set by their names
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
needs jq

operands=()
while [ $# -gt 0 ] && [[ $1 != --* ]]; do
    operands+=("$1")
    shift
done
[ ${#operands[@]} -ge 4 ] || usage "$0"
options=(--epochs 3 --no-focal "$@")
out=$(short "${operands[0]}") fresh=$(short "${operands[1]}") decisions=${operands[2]}
encounters=("${operands[@]:3}")
[ -e "$out/model" ] || fail "$out/model: not found: run ecan train first"
read_settings "$out" || fail "$out has no settings: expected the folder of ecan train"
for file in "$decisions" "${encounters[@]}"; do
    [ -e "$file" ] || fail "$file: file not found"
done
if [ "$fresh" -ef "$out" ] || [ -e "$fresh/config.json" ] || [ -e "$fresh/settings" ]; then fail "$fresh: NEW is a new folder"; fi
get_setting value words
words=$(within "$out" "${value[0]}")
get_setting terms terms
network=$out/network
if [ ! -e "$network" ]; then network=$out/model; fi
chosen=$out/chosen # the model to which dev is new, if OUT/model is not
if [ ! -e "$chosen" ]; then chosen=$out/model; fi
mkdir -p "$fresh"

# Options of ecan-terms, and --spans with the decisions.
spans=$decisions given=() previous=''
for option in "${terms[@]}"; do
    case $previous$option in
    no | --refit | --no-refit) ;;
    --spans*=*) spans=$spans,${option#*=} ;;
    --spans) previous=--spans ;;
    --spans*) spans=$spans,$option previous='' ;;
    *) given+=("$option") ;;
    esac
done

# decide DECISIONS ENCOUNTERS... -o FILE: the encounters whose predicted codes were all accepted or rejected, with the accepted codes.
decide() {
    local file
    for file in "${@:2:$# - 3}"; do plain "$file"; done | jq -c -n --slurpfile decisions "$1" '
        ($decisions | map(select(all(.codes[]; .predicted != true or .decision != null))
            | {key: (.id | tostring), value: [.codes[] | select(.decision == "accepted") | .code]}) | from_entries) as $of
        | inputs | select($of[.id | tostring]) | .labels = $of[.id | tostring]' >"${*: -1}"
    [ -s "${*: -1}" ] || fail "$1: no encounter of $(quote_words "${@:2:$# - 3}") has a decision for each predicted code"
}

# join_streams STREAM... -o FILE
join_streams() {
    cat -- "${@:1:$# - 2}" >"${*: -1}"
}

# better KEPT CONTINUED -o MODEL: copies the model with the better micro-F1 on dev; of equals the first.
better() {
    local best=$1
    if awk -v a="$(metric "$1/config.json" terms dev_micro_f1)" -v b="$(metric "$2/config.json" terms dev_micro_f1)" \
        'BEGIN { exit !(b > a) }'; then
        best=$2
    fi
    cp -r "$best" "$4"
}

# compared DECISIONS MODEL STREAM: prints how many of the accepted and rejected codes the model predicts.
compared() {
    ecan-predict -q -m "$2" "$3" | ecan-show --records -k predicted | jq -r -n --slurpfile decisions "$1" '
        ($decisions | map({key: (.id | tostring), value: .codes}) | from_entries) as $of
        | reduce (inputs | [.id, [.predicted[].code]]) as [$id, $codes] ({};
            reduce ($of[$id | tostring][] | select(.decision)) as $c (.;
                .[$c.decision] += 1 | .[$c.decision + " predicted"] += (if any($codes[]; . == $c.code) then 1 else 0 end)))
        | "\(.["accepted predicted"] // 0) of \(.accepted // 0) accepted and \(.["rejected predicted"] // 0) of \(.rejected // 0) rejected codes predicted"'
}

# report DEV DECIDED DECISIONS [MODEL CHOSEN]... -o FILE: a line for each model; its micro-F1 on dev is that of CHOSEN.
report() {
    local dev=$1 decided=$2 decisions=$3
    local file=${*: -1}
    shift 3
    while [ $# -gt 2 ]; do
        printf '%s: micro-F1 on dev %.4f, %s\n' "$1" \
            "$(ecan-predict -q -m "$2" "$dev" | ecan-metrics -q --no-auc --json | jq .micro.f1)" "$(compared "$decisions" "$1" "$decided")"
        shift 2
    done >"$file"
}

begin_stage 1 3 words
make_if_needed "$fresh/decided.jsonl" "$decisions" "${encounters[@]}" -- decide "$decisions" "${encounters[@]}"
make_if_needed "$fresh/decided.mp" "$fresh/decided.jsonl" "$out/model" -- ecan-tokenize -q -m "$out/model" "$fresh/decided.jsonl"
make_if_needed "$fresh/train.mp" "$words/train.mp" "$fresh/decided.mp" -- join_streams "$words/train.mp" "$fresh/decided.mp"
begin_stage 2 3 network
make_if_needed "$fresh/network" "$fresh/train.mp" "$words/dev.mp" "$network" -- ecan-train --resume \
    --train "$fresh/train.mp" --dev "$words/dev.mp" --init "$network" --spans "$spans" "${options[@]}"
begin_stage 3 3 terms
for kind in kept continued; do
    base=$network
    if [ $kind = continued ]; then base=$fresh/network; fi
    make_if_needed "$fresh/$kind" "$fresh/train.mp" "$words/dev.mp" "$base" -- ecan-terms --force --quiet \
        --train "$fresh/train.mp" --dev "$words/dev.mp" -m "$base" "${given[@]}" --spans "$spans"
done
best=$fresh/model
if [ "$chosen" != "$out/model" ]; then best=$fresh/chosen; fi
make_if_needed "$best" "$fresh/kept" "$fresh/continued" -- better "$fresh/kept" "$fresh/continued"
if [ "$best" != "$fresh/model" ]; then
    make_if_needed "$fresh/model" "$fresh/train.mp" "$words/dev.mp" "$best" -- ecan-terms --refit --force --quiet \
        --train "$fresh/train.mp" --dev "$words/dev.mp" -m "$best" "${given[@]}" --spans "$spans"
fi
make_if_needed "$fresh/report.txt" "$chosen" "$out/model" "$best" "$fresh/model" "$words/dev.mp" "$fresh/decided.mp" "$decisions" -- \
    report "$words/dev.mp" "$fresh/decided.mp" "$decisions" "$out/model" "$chosen" "$fresh/model" "$best"
cat "$fresh/report.txt"
