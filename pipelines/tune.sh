#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Usage: ecan tune SPACE DATA OUT [OPTION]...
#        ecan tune OUT
# ecan tune: search for the best settings for your data
#
# SPACE lists the settings and their possible values (formats/space.md): a file, or the name of a file in pipelines/spaces. DATA is as
# in ecan train. Options on the command line, and TOKENIZE, W2V and TEXT, apply to all configurations.
#
# The method is random search with successive halving. N configurations are drawn from SPACE and trained for EPOCHS epochs. The best
# of them, one in ETA, continue to ETA times as many epochs. There are RUNGS such rungs. Then the best FINALISTS, and the
# settings without any of SPACE ("the defaults"), are trained to the end with each of SEEDS and ranked by the mean. All
# results are on dev; test is not read. The script prints a table of all configurations, the effect of each setting, and the
# command that trains the best configuration. It writes them to OUT/tune.md, the numbers to OUT/tune.tsv, and, if gnuplot is
# installed, a plot to OUT/plots/tune.svg.
#
# OUT keeps every run with its log. Configurations with equal settings share words and vectors. A search that was killed continues
# if the same command is given again, or ecan tune OUT, which takes the settings of OUT/settings. A search with a larger N keeps the
# results, because its first configurations are the same.
#
#   N=27 DRAW=1            number of configurations; the seed by which they are drawn
#   EPOCHS=3 ETA=3         epochs of the first rung; one in ETA continues
#   RUNGS=3                number of rungs; 0: random search, all are trained to the end with the first seed
#   FINALISTS=3            number of configurations that are trained with every seed
#   SEEDS='1 2 3'          seeds of word vectors and model; the rungs use only the first
#   CRITERION=best-micro-f1   criterion of the ranking, as in ecan-train: best-micro-f1, micro-f1 or loss
#   JOBS=2                 number of runs at a time, with one thread each (default: number of cores)
#   ENGINE=slurm           what runs them: local, parallel (default, if installed) or slurm (pipelines/clusters.md)
#   PARALLEL='--sshlogin 8/one,8/two'   other machines, as an option of GNU parallel. They need the same folders under the same
#                          names (for example by NFS), bash as the shell of ssh, and the same ecan
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
. "$here/progress.sh"

if [ $# -eq 1 ]; then
    out=$(short "$1")
    if ! read_settings "$out" || [ ! "${settings[space]:-}" ]; then usage "$0" "$1 has no settings of a search"; fi
    for name in space data seeds n epochs eta rungs finalists criterion draw; do
        get_setting value $name
        printf -v $name %s "${value[0]-}"
    done
    get_setting common train
    common_tokenize=${settings[tokenize]} common_w2v=${settings[w2v]} common_text=${settings[text]}
else
    [ $# -ge 3 ] || usage "$0"
    [ -f "$1" ] && space=$1 || space=$here/spaces/$1
    [ -f "$space" ] || fail "$1: neither a file nor a space in $here/spaces"
    data=$(short "$2") out=$(short "$3")
    seeds='1 2 3' n=27 epochs=3 eta=3 rungs=3 finalists=3 criterion=best-micro-f1 draw=1
    take_options "${@:4}"
    common=("${options[@]}")
    common_tokenize=$(quote_words "${tokenize[@]}") common_w2v=$(quote_words "${w2v[@]}") common_text=$(quote_words "${texts[@]}")
    unset tokenize w2v
fi
seeds=${SEEDS:-$seeds} n=${N:-$n} epochs=${EPOCHS:-$epochs} eta=${ETA:-$eta} rungs=${RUNGS:-$rungs} finalists=${FINALISTS:-$finalists}
criterion=${CRITERION:-$criterion} draw=${DRAW:-$draw}
first_seed=${seeds%% *} epochs_of_first=$epochs
needs jq

# integer NAME VALUE MINIMUM: fails if VALUE is not an integer from MINIMUM on.
integer() { [[ $2 =~ ^[0-9]{1,6}$ && $2 -ge $3 ]] || fail "$1=$2: not a whole number from $3"; }
integer N "$n" 1
integer DRAW "$draw" 0
integer EPOCHS "$epochs" 1
integer ETA "$eta" 2
integer RUNGS "$rungs" 0
integer FINALISTS "$finalists" 1
for seed in $seeds; do integer SEEDS "$seed" 0; done
case $criterion in
best-micro-f1) key=dev_best_micro_f1 sign=1 criterion_name='micro-F1 on dev at its best threshold' ;;
micro-f1) key=dev_micro_f1 sign=1 criterion_name='micro-F1 on dev' ;;
loss) key=dev_loss sign=-1 criterion_name='loss on dev' ;;
*) fail "CRITERION=$criterion: expected best-micro-f1, micro-f1 or loss" ;;
esac
for option in "${common[@]}"; do
    case $option in
    --seed* | --threads* | --crit* | --stop-after* | --resume | -o*) fail "$option: ecan tune sets it itself" ;;
    esac
done

train_file=$(split "$data" train)
dev_file=$(split "$data" dev)
data_hashes=()
for file in "$train_file" "$dev_file" "$data/labels.tsv"; do
    if [ -e "$file" ]; then
        hash_of "$file"
        data_hashes+=("$hash")
    fi
done
if [ "${ECAN_BIN:-}" ]; then ECAN_BIN=$(cd "$ECAN_BIN" && pwd); fi

# hash NAME WORD...: sets NAME to a hash of the words.
declare -A hashes=()
hash() {
    local -n into=$1
    local all
    shift
    printf -v all '%s\n' "$@"
    if [ ! "${hashes[$all]:-}" ]; then hashes[$all]=$(sha256sum <<<"$all" | cut -c1-12); fi
    # shellcheck disable=SC2034
    into=${hashes[$all]}
}

# ---- configurations ----

mkdir -p "$out"
absolute "$space" "$data"
store_setting space "${paths[0]}"
store_setting data "${paths[1]}"
for name in seeds n epochs eta rungs finalists criterion draw; do store_setting $name "${!name}"; done
settings[tokenize]=$common_tokenize settings[w2v]=$common_w2v settings[text]=$common_text
store_setting train "${common[@]}"
exec {search}>>"$out/.search"
flock -n "$search" || fail "another search is at work in $out"
# shellcheck disable=SC2034
task_lock=$search # the tasks do not keep it
begin_tasks "$out"
write_settings "$out" space data tokenize w2v text train seeds n draw epochs eta rungs finalists criterion
awk -v seed="$draw" -v n="$n" -f "$here/tune/draw.awk" "$space" >"$out/drawn" || fail "$space: not a valid space (formats/space.md)"
mapfile -t drawn < <(grep '^C' "$out/drawn")
if [ ${#drawn[@]} -lt "$n" ]; then
    n=${#drawn[@]}
    say "$space has no more than $n configurations"
fi

# configure NUMBER: sets tokenize, w2v, text and options. 0 is the configuration without settings of the space.
configure() {
    local add_tokenize='' add_w2v='' set_text='' set_options='' own=()
    if [ "$1" -gt 0 ]; then
        IFS=$'\037' read -r _ _ add_tokenize add_w2v set_text set_options _ <<<"${drawn[$1 - 1]}"
        IFS=$'\036' read -r -a own <<<"$set_options"
    fi
    tokenize="$common_tokenize${add_tokenize:+ $add_tokenize}" tokenize=${tokenize# }
    w2v="$common_w2v${add_w2v:+ $add_w2v}" w2v=${w2v# }
    text=$common_text
    if [ "$set_text" ]; then text=${set_text#=}; fi
    options=(--criterion "$criterion" "${common[@]}" "${own[@]}")
}

# prepare NUMBER SEED: sets run (its folder), words, vectors, command (which trains it) and mark (a hash of the command
# and of the data).
prepare() {
    local id text_files file state hash text_hashes=()
    mark=''
    configure "$1"
    hash id "$tokenize" "$text"
    words=$out/words-$id
    hash id "$tokenize" "$text" "$w2v"
    vectors=$out/vectors-$id-$2/vectors.bin
    hash id "$tokenize" "$w2v" "$text" "${options[@]}"
    run=$out/run-$id-$2
    command=(env TERMS=no "TOKENIZE=$tokenize" "W2V=$w2v --seed $2 --threads 1" "TEXT=$text" "WORDS=$words" "VECTORS=$vectors"
        "SPLITS=train dev" ${ECAN_BIN:+"ECAN_BIN=$ECAN_BIN"}
        "$here/train.sh" "$data" "$run" --quiet --threads 1 --seed "$2" "${options[@]}")
    split_words text_files "$text" || fail "TEXT: a quote is not closed"
    for file in "${text_files[@]}"; do
        hash_of "$file"
        text_hashes+=("$hash")
    done
    hash mark "${command[@]}" "${data_hashes[@]}" "${text_hashes[@]}"
}

# ---- training ----

# reached BUDGET: whether the prepared run has reached BUDGET, epochs or "end", with the current data. If so, sets history, its file.
reached() {
    local epochs its_mark
    { read -r epochs its_mark <"$run.reached"; } 2>/dev/null || return 1
    [ "$its_mark" = "$mark" ] || return 1
    [ "$epochs" = end ] || { [ "$1" != end ] && [ "$epochs" -ge "$1" ]; } || return 1
    history=$run/model.part/history.jsonl
    if [ "$epochs" = end ] || [ ! -e "$history" ]; then history=$run/model/history.jsonl; fi
    [ -e "$history" ]
}

# epochs_left: see progress.sh. stage is the rung, 0 for a random search, or end. A training to the end may stop before its last epoch.
declare -A folders=() # of all trainings so far
epochs_left() {
    local run trained most number goal live=$n budget=$epochs_of_first
    epochs=0 still=0
    epochs_at_most "${!folders[@]}"
    for run in "${!folders[@]}"; do
        epochs_in "$run"
        epochs=$((epochs + trained)) goal=${folders[$run]}
        if [ -e "$run/model" ]; then continue; fi
        if [ "$goal" = end ]; then goal=${most:-0}; fi
        if [ "$trained" -lt "$goal" ]; then still=$((still + goal - trained)); fi
    done
    for ((number = 1; number <= rungs; number++)); do
        if [ "$stage" != end ] && [ "$number" -gt "$stage" ]; then still=$((still + live * (budget - budget / eta))); fi
        live=$((live / eta > 0 ? live / eta : 1)) budget=$((budget * eta))
    done
    if [ "$stage" != end ]; then still=$((still + (finalists + 1) * $(wc -w <<<"$seeds") * ${most:-0})); fi
    done_text="$epochs epochs"
    if [ "$stage" = end ]; then done_text+=', the best to the end'; elif [ "$stage" -gt 0 ]; then done_text+=", rung $stage of $rungs"; fi
    if [ ! "$most" ]; then done_text+=', words and word vectors'; fi
}

# train BUDGET "NUMBER SEED"...: trains the runs up to BUDGET. A run that fails is reported and does not stop the others.
train() {
    local budget=$1 each stop='' line name runs=()
    local -A seen=()
    shift
    if [ "$budget" != end ]; then stop=STOP_AFTER=$budget; fi
    for each; do
        # shellcheck disable=SC2086
        prepare $each
        if reached "$budget"; then continue; fi
        if [ ! -e "$vectors" ] && [ ! "${seen[$vectors]:-}" ]; then # first, so that no run waits for another one
            seen[$vectors]=1
            printf -v line '%q ' env STOP_AFTER=0 "${command[@]}"
            name=$(basename "$(dirname "$vectors")")
            add_task "$budget-vectors" "$name" "$out/$name.log" "$line"
        fi
        if [ ! "${seen[$run]:-}" ]; then
            seen[$run]=1 folders[$run]=$budget
            printf -v line '%q ' env ${stop:+"$stop"} "${command[@]}"
            runs+=("${run##*/}"$'\t'"$line$(printf '&& echo %q >%q' "$budget $mark" "$run.reached")")
        fi
    done
    for each in "${runs[@]}"; do add_task "$budget-runs" "${each%%$'\t'*}" "$out/${each%%$'\t'*}.log" "${each#*$'\t'}"; done
    begin_epochs
    # shellcheck disable=SC2119
    run_tasks || true
    end_epochs
    for each; do
        # shellcheck disable=SC2086
        prepare $each
        if reached "$budget" || [ "${failed[${each% *}]:-}" ]; then continue; fi
        say "configuration ${each% *}, seed ${each#* }, failed: $run.log$(tail -n 1 "$run.log" 2>/dev/null | sed 's/^/: /')"
        failed[${each% *}]=$run.log
    done
}

# results BUDGET "NUMBER SEED"...: prints for each run that reached BUDGET: value, number, epochs, seconds; the best first.
results() {
    local budget=$1 each most
    shift
    most=$budget
    if [ "$most" = end ]; then most=1000000000; fi
    for each; do
        # shellcheck disable=SC2086
        prepare $each
        reached "$budget" || continue
        jq -rs --arg key "$key" --argjson sign "$sign" --argjson most "$most" --arg number "${each% *}" '
            map(select(.epoch <= $most)) | [(map(.[$key] | select(. != null)) | max_by(. * $sign)), $number, length,
                (map(.seconds) | add)] | select(.[0] != null) | @tsv' "$history"
    done | sort -t $'\t' -k "1,1g$([ "$sign" = -1 ] || echo r)" -k 2,2n
}

declare -A failed=() reached_rung=() result_of=() deviation_of=() first_of=() epochs_of=() seconds_of=() seeds_of=()

# rung NAME BUDGET NUMBER...: trains these configurations up to BUDGET with the first seed, and sets ranking, the best first.
rung() {
    local name=$1 budget=$2 result number its_epochs seconds runs
    stage=$name
    if [ "$name" = 1 ] && [ "$rungs" = 0 ]; then stage=0; fi
    shift 2
    runs=("${@/%/ $first_seed}")
    train "$budget" "${runs[@]}"
    ranking=()
    while read -r result number its_epochs seconds; do
        ranking+=("$number")
        reached_rung[$number]=$name result_of[$number]=$result epochs_of[$number]=$its_epochs seconds_of[$number]=$seconds
        seeds_of[$number]=1
        : "${first_of[$number]:=$result}"
    done < <(results "$budget" "${runs[@]}")
    [ ${#ranking[@]} -gt 0 ] || fail "all configurations failed"
}

mapfile -t live < <(seq "$n")
if [ "$rungs" = 0 ]; then
    say "random search: $n configurations to the end, then the best $finalists and the defaults with seeds $seeds"
    rung 1 end "${live[@]}"
    live=("${ranking[@]::finalists}")
fi
budget=$epochs left=$n
for ((number = 1; number <= rungs; number++)); do
    say "rung $number: ${#live[@]} configurations, $budget epochs"
    rung "$number" "$budget" "${live[@]}"
    left=$((left / eta)) budget=$((budget * eta))
    if [ "$number" -eq "$rungs" ]; then left=$finalists; fi
    live=("${ranking[@]::left > 0 ? left : 1}")
    say "best configuration: ${ranking[0]}, $(printf %.3f "${result_of[${ranking[0]}]}")"
done

say "to the end: configurations ${live[*]} and the defaults, seeds $seeds"
finals=()
for number in "${live[@]}" 0; do
    for seed in $seeds; do finals+=("$number $seed"); done
done
stage=end
train end "${finals[@]}"
# The mean over the seeds, its deviation, the number of seeds; mean epochs and total seconds.
while IFS=$'\t' read -r number result deviation count its_epochs seconds; do
    reached_rung[$number]=end result_of[$number]=$result deviation_of[$number]=$deviation seeds_of[$number]=$count
    epochs_of[$number]=$its_epochs seconds_of[$number]=$seconds
done < <(results end "${finals[@]}" | awk -F '\t' -v OFS='\t' '
    { n[$2]++; sum[$2] += $1; square[$2] += $1 * $1; epochs[$2] += $3; seconds[$2] += $4 }
    END {
        for (c in n) {
            v = n[c] < 2 ? 0 : (square[c] - sum[c] * sum[c] / n[c]) / (n[c] - 1)
            print c, sprintf("%.6f", sum[c] / n[c]), n[c] < 2 ? "-" : sprintf("%.6f", v > 0 ? sqrt(v) : 0), n[c],
                sprintf("%.0f", epochs[c] / n[c]), seconds[c]
        }
    }')

# ---- results ----

# One line for each configuration, the best first.
table=$out/tune.tsv
mapfile -t names < <(awk -F '\037' '/^S/ { print $2 }' "$out/drawn")
{
    printf '%s\t' configuration rung epochs seeds result deviation minutes first failed
    (IFS=$'\t' && echo "${names[*]}")
    for number in $(seq 0 "$n"); do
        name=${reached_rung[$number]:-0}
        printf '%s\t%s\t' "${name/end/999999}" "${result_of[$number]:--1e9}"
        printf '%s\t' "$number" "$name" "${epochs_of[$number]:-}" "${seeds_of[$number]:-0}" "${result_of[$number]:-}" \
            "${deviation_of[$number]:-}" "${seconds_of[$number]:-0}" "${first_of[$number]:-}" "${failed[$number]:-}"
        if [ "$number" = 0 ]; then
            printf '%*s\n' $((${#names[@]} - 1)) '' | tr ' ' '\t'
        else
            cut -d $'\037' -f 7- <<<"${drawn[number - 1]}" | tr '\037' '\t'
        fi
    done | sort -t $'\t' -k 1,1gr -k "2,2g$([ "$sign" = -1 ] || echo r)" -k 3,3n | cut -f 3- |
        awk -F '\t' -v OFS='\t' '{ $6 = $6 == "-" ? "" : $6; $7 = sprintf("%.2f", $7 / 60); print }'
} >"$table.part"
mv "$table.part" "$table"

# train_line FOLDER: prints the command that trains the prepared configuration from the start in FOLDER.
train_line() {
    local line=("$data" "$1" --threads 1 --seed "$first_seed") files file
    if [ "$tokenize" ]; then line+=(--tokenize "$tokenize"); fi
    line+=(--w2v "$w2v --seed $first_seed")
    split_words files "$text"
    for file in "${files[@]}"; do line+=(--text "$file"); done
    echo "$(command_of train) $(quote_words "${line[@]}" "${options[@]}")"
}

read -r best its_rung _ < <(tail -n +2 "$table")
[ "$its_rung" = end ] || fail "no configuration was trained to the end; logs: ${failed[*]}"
plots=$out/plots
mkdir -p "$plots"
awk -f "$here/tune/mattered.awk" -v points="$plots/tune-points.tsv" FS='\037' "$out/drawn" FS='\t' "$table" >"$plots/tune-mattered.tsv"

# write_table: prints the results as Markdown.
write_table() {
    awk -F '\t' '
        function three(x,  v) { v = sprintf("%.3f", x); sub(/^0/, "", v); return v }
        NR == 1 {
            printf "| configuration | rung | epochs | '"$criterion"' | minutes |"
            for (i = 10; i <= NF; i++) printf " %s |", $i
            printf "\n| --- | --- | ---: | ---: | ---: |"
            for (i = 10; i <= NF; i++) printf " --- |"
            print ""
            next
        }
        {
            printf "| %s | %s%s | %s | %s%s%s | %.1f |", $1 == 0 ? "the defaults" : $1, $2 == 0 ? "" : $2, $9 == "" ? "" : $2 == 0 ? "failed" : ", failed",
                $3, $5 == "" ? "" : three($5), $6 == "" ? "" : " ± " three($6), $2 == "end" && $4 < '"$(wc -w <<<"$seeds")"' ? " (seeds: " $4 ")" : "", $7
            for (i = 10; i <= NF; i++) printf " %s |", $i
            print ""
        }' "$table"
}

write_mattered() {
    awk -F '\t' '
        BEGIN {
            print "| setting | share of the variance | by chance up to | rank correlation | by chance up to |"
            print "| --- | ---: | ---: | ---: | ---: |"
        }
        function text(x, format) { return x == "" ? "" : sprintf(format, x) }
        {
            printf "| %s | %s | %s | %s | %s |\n", $1, text($3 == "" ? "" : $3 < 0 ? 0 : 100 * $3, "%.0f%%"),
                text($4 == "" ? "" : 100 * $4, "%.0f%%"), text($5, "%+.2f"), text($6, "%.2f")
        }' "$plots/tune-mattered.tsv"
}

budgets=''
for ((number = 0, budget = epochs; number < rungs; number++, budget *= eta)); do budgets+="${budgets:+, }$budget"; done
first_rung='all epochs'
if [ "$rungs" -gt 0 ]; then first_rung="$epochs epoch$([ "$epochs" -eq 1 ] || echo s)"; fi
of_rungs=${budgets:+"rungs of $budgets epochs, one in $eta continues; "}
prepare "$best" "$first_seed"
{
    echo "$(basename "$(cd "$data" && pwd)"), space $(basename "$space"), $n configurations drawn with $draw; ${of_rungs:-"random search; "}the best \
and the defaults to the end, seeds $seeds${common[*]:+; ${common[*]}}. All results are on dev."
    echo
    write_table
    echo
    echo "What mattered: $criterion_name after $first_rung, each setting separately. Interactions of settings, and effects that appear \
only later, are not visible."
    echo
    write_mattered
    echo
    echo "The best is $([ "$best" = 0 ] && echo "the defaults" || echo "configuration $best"), in $run/model. This trains the same network from the start, and adds terms (--terms no: none):"
    echo
    echo "    $(train_line best)"
} >"$out/tune.md"
cat "$out/tune.md"

if [ "$(cut -f 3 "$plots/tune-mattered.tsv" | tr -d '\n')" = '' ]; then
    say "no plot: too few results"
elif command -v gnuplot >/dev/null; then
    what="$(basename "$(cd "$data" && pwd)"), space $(basename "$space"), $n configurations; each setting separately"
    draw "$plots" tune "n=$(wc -l <"$plots/tune-mattered.tsv")" "small='${what//\'/}'" "criterion='$criterion_name'" \
        "first='after $first_rung; the line is their mean'" "last='at the last rung, for those that continued'" \
        "mattered='tune-mattered.tsv'" "points='tune-points.tsv'"
else
    say "no plot: gnuplot is missing (apt install gnuplot-nox)"
fi
[ ${#failed[@]} -eq 0 ] || fail "${#failed[@]} of $n configurations failed; their logs: ${failed[*]}"
