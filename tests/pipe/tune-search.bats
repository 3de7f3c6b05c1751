# SPDX-License-Identifier: Apache-2.0
# pipelines/tune.sh: other searches than that of tune.bats. The models are too small to learn anything.

searched=
load tune

@test "a configuration that fails is reported with its log, and the others are not lost" {
    { cat "$space" && echo "broken choice '' '--channels 4,4,4 --kernels 3'"; } >s
    N=4 run search s failing
    [ "$status" -eq 1 ]
    bad=$(awk -F '\037' '/^C/ && $NF != "" { print $2 }' failing/drawn)
    [ "$(wc -w <<<"$bad")" -ge 1 ] && [ "$(wc -w <<<"$bad")" -le 3 ]
    for number in $bad; do
        [[ $output == *"configuration $number, seed 1, failed: failing/run-"*".log: "* ]]
        grep -q "^| $number | failed |" failing/tune.md
    done
    grep -q 'a block needs one of each' failing/run-*.log
    [[ $output == *"$(wc -w <<<"$bad") of 4 configurations failed"* ]]
    [ "$(grep -c ' | end | ' failing/tune.md)" -ge 2 ]
}

@test "a space of one setting; all configurations fail" {
    echo '--dropout choice 0 0.5' >s
    N=5 RUNGS=1 run search s one
    [ "$status" -eq 0 ] && [[ $output == *'no more than 2 configurations'* ]]
    [ "$(awk -F '\t' '{ print NF }' one/tune.tsv | sort -u)" = 10 ]
    echo "broken choice '--channels 4,4,4' '--channels 4,4'" >s
    N=2 RUNGS=1 run search s none
    [ "$status" -eq 1 ] && [[ $output == *'all configurations failed'* ]] && [ ! -e none/tune.tsv ]
}

@test "random search: all to their end" {
    RUNGS=0 N=3 search "$space" flat >random 2>/dev/null
    [ "$(rungs flat)" = 'end end end 1 ' ]
    [ "$(find flat -path '*-1/model' | wc -l)" -eq 4 ]
    grep -q 'random search' random
}

@test "--sshlogin: the jobs run on another machine, in the same folders" {
    # One without our environment, in another folder.
    cat >ssh <<END
#!/bin/bash
shift 2 # there --
echo x >>'$PWD/calls'
cd / && exec env -i HOME="\$HOME" SHELL=/bin/bash PATH=/usr/bin:/bin bash -c "\$*"
END
    chmod +x ssh
    PARALLEL="--ssh $PWD/ssh --sshlogin 2/there" N=2 RUNGS=1 search "$space" far >/dev/null 2>log || { cat log far/*.log; false; }
    [ "$(rungs far)" = 'end end end ' ]
    [ "$(wc -l <calls)" -ge 8 ]
}

@test "CRITERION=loss: the least is the best" {
    CRITERION=loss N=3 RUNGS=1 search "$space" least >/dev/null 2>&1
    awk -F '\t' '$2 == "end" { print $5 }' least/tune.tsv >values
    [ "$(wc -l <values)" -eq 3 ]
    sort -c -g values
    grep -q 'loss on dev' least/tune.md
}
