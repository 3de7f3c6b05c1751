# SPDX-License-Identifier: Apache-2.0
# Sourced by the tests of ecan-train-mpi.

# What mpirun needs to run as root, and with more ranks than cores.
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
export ASAN_OPTIONS=${ASAN_OPTIONS-}:detect_leaks=0 # the MPI library leaks
ranks() { # N COMMAND...
    local n=$1
    shift
    mpirun -q --oversubscribe --bind-to none --mca btl_vader_single_copy_mechanism none -n "$n" "$@"
}

# long_corpus N PREFIX LABELS WORDS: encounters of half to one and a half times WORDS words, so that a batch has several slots.
long_corpus() {
    awk -v n="$1" -v prefix="$2" -v labels="$3" -v words="$4" 'BEGIN {
        for (i = 0; i < n; i++) {
            m = words / 2 + (i * 37) % words
            text = "sign" i % labels " " prefix
            for (j = 1; j < m; j++)
                text = text " word" (i * 17 + j * j * 3 + j) % 300
            printf "{\"id\": \"%s%d\", \"text\": \"%s\", \"labels\": [\"L%d\", \"L%d\"]}\n", prefix, i, text, i % labels, (i * 7) % labels
        }
    }'
}

# same MODEL MODEL: the files of two runs are equal.
same() {
    local file
    for file in model.safetensors config.json; do
        cmp "$1/$file" "$2/$file" || return 1
    done
    for file in "$1"/checkpoint/*.safetensors; do
        cmp "$file" "$2/checkpoint/${file##*/}" || return 1
    done
}
