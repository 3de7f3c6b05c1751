# SPDX-License-Identifier: Apache-2.0
# Standard input and output that do not block, as other programs may leave them: a program waits for them.

load ../helper

setup_file() {
    export data=$BATS_FILE_TMPDIR
    cd "$data" || return 1
    write_corpus
    train model --epochs 1 --no-focal
    for i in {1..20}; do corpus 40 "e$i-"; done > encounters.jsonl
    ecan-tokenize -q -o tokens.mp encounters.jsonl
    ecan-predict -q -m model -o scored.mp tokens.mp
    printf 'id,code,score\n' > predictions.csv
    for i in {1..20}; do for j in {0..39}; do echo "e$i-$j,A1,0.25"; done; done >> predictions.csv
    ecan-w2v -q --size 64 --min-count 1 --threads 1 -o v.bin train.mp
}

setup() {
    need msgpack
    cat > "$BATS_TEST_TMPDIR/through.py" << 'END_OF_PYTHON'
"""through.py FILE PROGRAM [OPTION]...: the program's standard input is a pipe that has FILE in it, its standard output
a pipe; neither blocks, and each is empty or full at first."""
import fcntl
import os
import subprocess
import sys
import threading
import time

def pipe():
    ends = os.pipe()
    for end in ends:
        fcntl.fcntl(end, fcntl.F_SETFL, fcntl.fcntl(end, fcntl.F_GETFL) | os.O_NONBLOCK)
    return ends

def feed(fd, data):
    time.sleep(0.1)
    os.set_blocking(fd, True) # of this end only: the ends of a pipe have flags of their own
    for i in range(0, len(data), 30000):
        os.write(fd, data[i:i + 30000])
        time.sleep(0.002)
    os.close(fd)

file, *command = sys.argv[1:]
(stdin, to), (out, stdout) = pipe(), pipe()
program = subprocess.Popen(command, stdin=stdin, stdout=stdout)
os.close(stdin)
os.close(stdout)
feeder = threading.Thread(target=feed, args=(to, open(file, "rb").read()))
feeder.start()
os.set_blocking(out, True)
time.sleep(0.3) # bytes that do not fit in the pipe must wait
while piece := os.read(out, 1 << 16):
    sys.stdout.buffer.write(piece)
feeder.join()
sys.exit(program.wait())
END_OF_PYTHON
}

# The same bytes come out as from a file.
same_through() {
    local file=$1
    shift
    "$@" < "$data/$file" > "$BATS_TEST_TMPDIR/wanted"
    [ "$(wc -c < "$BATS_TEST_TMPDIR/wanted")" -gt 1000 ]
    "$python" "$BATS_TEST_TMPDIR/through.py" "$data/$file" "$@" > "$BATS_TEST_TMPDIR/got"
    cmp "$BATS_TEST_TMPDIR/wanted" "$BATS_TEST_TMPDIR/got"
}

@test "programs that write a stream" {
    same_through encounters.jsonl ecan-tokenize -q
    same_through predictions.csv ecan-import -q --gold "$data/tokens.mp"
    same_through v.bin ecan-embed -q --vectors - "$data/tokens.mp"
    same_through tokens.mp ecan-predict -q -m "$data/model"
}

@test "programs that write text" {
    same_through tokens.mp ecan-show --full
    same_through scored.mp ecan-explain -m "$data/model"
    same_through train.mp ecan-w2v -q --size 64 --min-count 1 --threads 1 --text
}
