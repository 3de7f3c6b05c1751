# SPDX-License-Identifier: Apache-2.0
# pipelines/tune.sh: the configurations that a space of settings draws, and the table of what mattered.

searched=
load tune

@test "the same seed draws the same configurations, a larger N more of them, another seed others" {
    draw 1 20 >a
    draw 1 60 | head -n 20 | cmp - a
    not cmp -s a <(draw 2 20)
    [ "$(cut -d'|' -f 2 a | tr '\n' ' ')" = "$(seq -s ' ' 20) " ]
    [ "$(cut -d'|' -f 3- a | sort -u | wc -l)" -eq 20 ]
}

@test "what a setting is drawn as depends neither on the other lines nor on the awk" {
    draw 1 20 | cut -d'|' -f 7 >a
    { echo '--dropout uniform 0 0.9' && cat "$space"; } >more
    draw 1 20 more | cut -d'|' -f 8 | cmp - a
    for awk in gawk mawk original-awk; do
        command -v "$awk" >/dev/null || continue
        "$awk" -v seed=1 -v n=20 -f "$pipelines/tune/draw.awk" "$space" | grep '^C' | tr '\037\036' '| ' | cmp - <(draw 1 20)
    done
    # Written down, so that they stay what they are.
    [ "$(draw 1 3 | cut -d'|' -f 7- | tr '\n' ' ')" = '0.00165|2|4|3|off|4 0.0177|2|4|5|off|8 0.0493|2|8|4|on|8 ' ]
}

@test "values: within their ranges, evenly, each setting for itself" {
    printf '%s\n' '--dropout uniform 0.2 0.6' '--learning-rate log 1e-4 1e-2' '--batch-size integer 3 6' '--gamma choice 0 1 2' >s
    draw 1 4000 s | awk -F'|' '
        { if ($7 < 0.2 || $7 > 0.6 || $8 < 1e-4 || $8 > 1e-2 || $9 < 3 || $9 > 6) { print; exit 1 }
          u += $7; l += log($8) / log(10); n[$9]++; c[$10]++; both += ($7 > 0.4) == ($8 > 1e-3) }
        function near(x, y, by) { if (x < y - by || x > y + by) { print x, y; bad = 1 } }
        END {
            near(u / NR, 0.4, 0.008); near(l / NR, -3, 0.04); near(both / NR, 0.5, 0.04)
            for (i = 3; i <= 6; i++) near(n[i] / NR, 0.25, 0.03)
            for (i = 0; i <= 2; i++) near(c[i] / NR, 1 / 3, 0.03)
            exit bad
        }'
}

@test "what a line becomes on the command line" {
    printf '%s\n' '# a comment' '' '$depth choice 3' '--channels choice 7 x $depth' "  --preset   choice 'french' # of these" \
        "shape choice '--no-residual --reduction 10'" '--focal flag' 'W2V --iter choice 9' 'W2V choice "--sg --window 3"' \
        "TOKENIZE --case choice keep" "TEXT choice 'a b.gz'" >s
    draw 1 2 s >a
    cat a
    grep -qx 'C|1|--case keep|--iter 9 --sg --window 3|=a b.gz|--channels 7,7,7 --preset french --no-residual --reduction 10 --\(no-\)\?focal|3|.*' a
    [ "$(grep -o -- '--\(no-\)\?focal' a | sort | tr '\n' ' ')" = '--focal --no-focal ' ]
    [ "$(draw 1 9 s | wc -l)" -eq 2 ] # there are no more
}

@test "a list ties numbers of blocks" {
    printf '%s\n' '$a integer 5 9' '--channels list $a $a 7' '$b choice 3' '--kernels list $b $b $b' >s
    draw 1 5 s >drawn
    [ "$(wc -l <drawn)" -eq 5 ]
    while IFS='|' read -r _ _ _ _ _ options a b; do
        [ "$options $b" = "--channels $a,$a,7 --kernels 3,3,3 3" ]
    done <drawn
    for wrong in '$a integer 0 9@--channels: the value 0 of $a is not within 1 .. 16384' '$a choice 17@x $a: the value 17 of $a is not within 1 .. 16'; do
        { echo "${wrong%@*}"; [[ $wrong == *x* ]] && echo '--channels choice 4 x $a' || echo '--channels list $a $a'; } >s
        run draw 1 5 s
        [[ $output == *"s:2: ${wrong#*@}"* ]]
    done
}

@test "the paper's space: its ranges, and blocks tied in pairs" {
    draw 1 200 "$pipelines/spaces/paper" | cut -d'|' -f 6 | tr ',' ' ' | awk '
        # --channels A A B B --kernels C C D D --dropout Q --gamma G
        $2 != $3 || $4 != $5 || $7 != $8 || $9 != $10 { exit 1 }
        $2 < 100 || $2 > 240 || $4 < 100 || $4 > 240 || $7 < 5 || $7 > 25 || $9 < 5 || $9 > 25 { exit 1 }
        $12 < 0.1 || $12 > 0.3 || $14 < 0.5 || $14 > 2 || NF != 14 { exit 1 }
        { apart += $2 != $4 && $7 != $9 }
        END { exit NR != 200 || apart < 100 }'
}

@test "an invalid line is reported with its number, and nothing is trained" {
    local wrong message
    while IFS='@' read -r wrong message; do
        printf '%s\n' '# two lines before' '--dropout uniform 0 0.9' "$wrong" >s
        run "$pipelines/tune.sh" s "$data" out
        [ "$status" -eq 1 ]
        [[ $output == *"s:3: "*"$message"* ]] || { echo "$wrong: $output"; false; }
        [ -z "$(ls -d out/run-* out/words-* 2>/dev/null)" ]
    done <<'END'
--gamma gaussian 0 1@gaussian: choice, flag, uniform, log, integer or list
--gamma@no kind
--gamma choice@choice wants values
--gamma uniform 1@two numbers
--gamma uniform 1 0@not less
--gamma uniform 0 x@x: not a number
--gamma log 0 1@above 0
--batch-size integer 1 2.5@2.5: not a whole number
--focal flag on@flag has no values
--dropout choice 0.1@line 2 has it
--learnig-rate log 1e-4 1e-3@ecan-train has no setting --learnig-rate
--gamma uniform 0 200@--gamma: 200 is not within 0 .. 100
--kernels choice 3 1024@--kernels: 1024 is not within 1 .. 1023
--channels choice 8,8 8,x@--channels: x: not a whole number
--batch-size choice 8 8.5@--batch-size: 8.5: not a whole number
--batch-size uniform 4 8@uniform: --batch-size has whole numbers
--attention choice multi both@--attention: invalid value 'both': choose one of multi|sum
--label-sharing choice none codes,word@--label-sharing: invalid value 'word': choose of none|codes
--focal-from choice best last@--focal-from: last: not a whole number
--focal choice true@--focal has no value
--gamma flag@--gamma is not a flag
--train choice a@ecan-train has no setting --train
shape choice '' '--no-residual --reductoin 10'@ecan-train has no setting --reductoin
shape choice '--reduction 0'@--reduction: 0 is not within 1 .. 16384
shape choice '--reduction'@--reduction wants a value
W2V --channels choice 1@ecan-w2v has no --channels
--seed choice 1 2@--seed: not a setting to search over
W2V --seed choice 1 2@--seed: not a setting
--gamma choice 'a@not closed
--gamma choice ''@not a value
--channels choice 4 x $deep@no line has $deep
--channels choice 4 x deep@begins with $
$deep choice 1 2@no line uses it
$deep choice 1.5@1.5: not a whole number
$deep uniform 1 2@$deep: choice or integer
--channels list 4 $deep@no line has $deep
--channels list@list wants numbers
--channels list 4 0@--channels: 0 is not within 1 .. 16384
--gamma list 0.1@list wants an option
W2V --size list 4@list wants an option
TEXT uniform 0 1@uniform wants an option
W2V --size choice 4 x $blocks@x can only repeat
a=b choice 1@neither an option nor a name
END
    printf '# nothing\n' >s
    run "$pipelines/tune.sh" s "$data" out
    [ "$status" -eq 1 ] && [[ $output == *"no settings"* ]]
}

@test "importance: the setting that determines the results, and no other" {
    printf '%s\n' '--learning-rate log 1e-4 1e-2' '--dropout uniform 0 0.9' '--gamma choice 0 1 2 3' '--attention choice multi sum' >s
    awk -v seed=4 -v n=60 -f "$pipelines/tune/draw.awk" s >drawn
    {
        printf 'configuration\trung\tepochs\tseeds\tfigure\tdeviation\tminutes\tfirst\tfailed\ta\tb\tc\td\n'
        grep '^C' drawn | awk -F '\037' -v OFS='\t' '{ f = ($10 == "sum") * 0.3 - 0.04 * $8
            print $2, 1, 3, 1, f, "", 1, f, "", $7, $8, $9, $10 }'
    } >made
    mattered made | tee found
    awk -F '\t' 'NR == 1 { if ($1 != "--attention" || $3 < 0.95) exit 1 } /rate|gamma/ { if ($3 > $4 + 0.1) exit 1 }' found
    # A line for each configuration, bin and choice.
    [ "$(grep -c . points)" -eq $((4 * 60 + 5 + 5 + 4 + 2 + 1 + 1 + 4 + 2)) ]

    # If the result only decreases with dropout, the correlation is -1, and the share is that of five bins.
    awk -F '\t' -v OFS='\t' 'NR > 1 { $8 = -$11 } 1' made >alone
    mattered alone | awk -F '\t' 'NR == 1 { exit !($1 == "--dropout" && $5 == -1 && $3 > 0.9 && $4 > 0 && $4 < 0.3) }'
    # Of 60 random orders one in 20 has a correlation beyond 1.96 / sqrt(59).
    mattered alone | awk -F '\t' '$6 != "" && ($6 < 0.22 || $6 > 0.29) { exit 1 }'

    # Figures that are all the same explain nothing; nor does one configuration.
    awk -F '\t' -v OFS='\t' 'NR > 1 { $8 = 0.5 } 1' made >same
    [ "$(mattered same | cut -f 3 | tr -d '\n')" = "" ]
    head -n 2 made >one
    [ "$(mattered one | cut -f 3 | tr -d '\n')" = "" ]
    [ "$(mattered one | wc -l)" -eq 4 ]
}

@test "the share: epsilon squared, by hand" {
    # Two choices: 1 2 3 and 5 6 7. within = 4, all = 28, n = 6, k = 2: 1 - (4 / 4) / (28 / 5)
    printf 'S\037--attention\037choice\037multi\036sum\n' >drawn
    printf 'head\n' >six
    for f in 1 2 3 5 6 7; do printf '%d\t1\t1\t1\t%d\t\t1\t%d\t\t%s\n' "$f" "$f" "$f" "$([ $f -lt 4 ] && echo multi || echo sum)"; done >>six
    [ "$(mattered six | cut -f 3)" = 0.8214 ]
}

@test "the spaces that come with the pipelines can be drawn from" {
    for file in "$pipelines"/spaces/*; do
        [ "$(draw 1 30 "$file" | wc -l)" -eq 30 ]
    done
}

@test "wrong usage" {
    run "$pipelines/tune.sh" few-encounters "$data"
    [ "$status" -eq 2 ] && [[ $output == *'ecan tune SPACE DATA OUT'* ]]
    run "$pipelines/tune.sh" no-such "$data" out
    [ "$status" -eq 1 ] && [[ $output == *'no-such: neither a file nor a space'* ]]
    ETA=1 run "$pipelines/tune.sh" few-encounters "$data" out
    [ "$status" -eq 1 ] && [[ $output == *'ETA=1: not a whole number from 2'* ]]
    N=x run "$pipelines/tune.sh" few-encounters "$data" out
    [ "$status" -eq 1 ] && [[ $output == *'N=x'* ]]
    CRITERION=auc run "$pipelines/tune.sh" few-encounters "$data" out
    [ "$status" -eq 1 ] && [[ $output == *'CRITERION=auc'* ]]
    run "$pipelines/tune.sh" few-encounters "$data" out --threads 4
    [ "$status" -eq 1 ] && [[ $output == *'--threads: ecan tune sets it itself'* ]]
    run "$pipelines/tune.sh" few-encounters nowhere out
    [ "$status" -eq 1 ] && [ "$output" = 'ecan tune: nowhere: folder not found' ]
}
