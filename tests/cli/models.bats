#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Invalid model folders: a file missing, truncated or of another model, a tensor missing, of another shape or not finite, a key of
# config.json wrong. All programs that open a model reject them and name the error and its place.

load ../helper

setup_file() {
    export data=$BATS_FILE_TMPDIR
    cd "$data" || return 1
    write_corpus
    train model --epochs 1 --no-focal --channels 8,6 --label-size 5
    train sum --epochs 1 --no-focal --channels 8,6 --attention sum
    ecan-tokenize <(corpus 4 p) > tokens.mp
    ecan-predict -q -m model tokens.mp > scored.mp
}

setup() {
    need msgpack msgpack_numpy numpy
    export old=$BATS_TEST_DIRNAME/../compat/0.1/model
    cd "$BATS_TEST_TMPDIR" || return 1
    cat > models.py << 'END'
from helper import *
import shutil
data = os.environ["data"]
tokens = pathlib.Path(data, "tokens.mp").read_bytes()

def fresh(name="model", hashes=False):
    """A copy, in the folder bad; without hashes it is as another program writes models, and its files may be changed."""
    shutil.rmtree("bad", ignore_errors=True)
    shutil.copytree(f"{data}/{name}", "bad")
    config = pathlib.Path("bad", "config.json")
    keys = {k: v for k, v in json.loads(config.read_text()).items() if hashes or k not in ("files", "fingerprint")}
    config.write_text(json.dumps(keys))
    return pathlib.Path("bad")

def no(because, *programs, stdin=tokens):
    for program in programs or ("ecan-predict", "ecan-check"):
        arguments = ["bad"] if program in ("ecan-check", "ecan-show") else ["-q", "-m", "bad"]
        refused(program, *arguments, because=because, stdin=stdin)

def change(path, old, new, count=1):
    text = pathlib.Path(path).read_bytes()
    assert old in text, (path, old)
    pathlib.Path(path).write_bytes(text.replace(old, new, count))
END
}

@test "a file that is missing, empty, a folder, or cut" {
    "$python" - << 'END'
from models import *
every = ["ecan-embed", "ecan-encode", "ecan-attend", "ecan-score", "ecan-predict", "ecan-check", "ecan-show"]
for name in "config.json", "model.safetensors", "vocab.txt", "labels.tsv":
    path = fresh() / name
    whole = path.read_bytes()
    path.unlink()
    no(f"bad/{name}: ", *every)
    path.mkdir()
    no(f"bad/{name}: ")
    path.rmdir()
    for n in sorted({0, 1, 7, 8, 9, 100, len(whole) // 2, len(whole) - 1}):
        if n < len(whole) and not (n == len(whole) - 1 and name != "model.safetensors"): # the last line feed may be missing
            path.write_bytes(whole[:n])
            no("bad/")
shutil.rmtree("bad")
no("bad: No such file")
pathlib.Path("bad").write_text("x")
no("bad: not a model folder", "ecan-predict")
END
}

@test "config.json that is no object, or whose keys are wrong" {
    "$python" - << 'END'
from models import *
path = fresh(hashes=True) / "config.json"
good = json.loads(path.read_text())
for text in "", "[]", "5", "null", '"x"', "{", '{"a": 1,}', '{"channels": [8, 6], "channels": [8, 6]}', "{}{}", "\x00", '{"a": 1e999}':
    path.write_text(text)
    no("bad/config.json")
path.write_bytes(json.dumps(good).encode()[:-1] + b', "x": "\xff"}')
no("bad/config.json")
wrong = {
    "embedding_size": [0, -1, 7, 16385, 2**40, "8", 8.0, [8], True],
    "channels": [[], [8], [8, 6, 6], [8, 0], [8, -6], [8, 6.0], [8, "6"], 8, "8,6", [8] * 17, [8, 2**40], [6, 8], None],
    "kernels": [[], [3], [3, 3, 3], [3, 0], [3, 1024], [3, "3"], 3, [3, 5], None],
    "reduction": [0, -4, 16385, "4", 2.5],
    "attention": ["both", "", 1, ["multi"], "sum", None],
    "blocks_attended": ["some", 0, "first", None],
    "label_size": [-5, 16385, 4, "5"],
    "squeeze_excitation": [1, 0, "true", None, False],
    "residual": [1, "false", [], False],
    "max_words": [-1, 2.5, "25", 2**30],
    "threshold": [-0.1, 1.1, "0.5", None, [0.5]],
    "fingerprint": ["", "x" * 32, "A" * 32, "0" * 31, "0" * 33, 5],
    "tokenizer": [5, "x", []],
}
named = ("reduction", "attention", "blocks_attended", "label_size", "squeeze_excitation", "residual", "max_words", "threshold", "fingerprint", "tokenizer")
for key, values in wrong.items():
    for value in values:
        path.write_text(json.dumps({**good, key: value}))
        no(f"bad/config.json: {key}" if key in named and value not in (False, "sum", "first", 4) else "bad/")
path.write_text(json.dumps({**good, "more": {"x": [1]}}))
assert run("ecan-predict", "-q", "-m", "bad", stdin=tokens).stdout == pathlib.Path(data, "scored.mp").read_bytes()
END
}

@test "words and labels that are too few, too many, twice, or not text" {
    "$python" - << 'END'
from models import *
path = fresh() / "vocab.txt"
lines = path.read_bytes().split(b"\n")[:-1]
def words(because, *changed):
    path.write_bytes(b"".join(line + b"\n" for line in changed))
    no(because)
words("embed.weight", *lines[:-1])
words("embed.weight", *lines, b"more")
words("embed.weight", *lines, b"more\r")
words("vocab.txt: line 1", b"pad", *lines[1:])
words("vocab.txt: line 2", lines[0], *lines[2:])
words("vocab.txt: line 2", lines[0], b"<unk> ", *lines[2:])
words("vocab.txt: line 5", *lines[:4], lines[3], *lines[5:])
words("vocab.txt: line 5", *lines[:4], b"<unk>", *lines[5:])
words("vocab.txt: line 5", *lines[:4], b"", *lines[5:])
words("vocab.txt: line 5", *lines[:4], b"a\xff", *lines[5:])
path.write_bytes(b"\n".join(lines))
assert run("ecan-predict", "-q", "-m", "bad", stdin=tokens).returncode == 0

path = fresh() / "labels.tsv"
lines = path.read_bytes().split(b"\n")[:-1]
def codes(because, *changed):
    path.write_bytes(b"".join(line + b"\n" for line in changed))
    no(because)
codes("tensor", *lines[:-1])
codes("tensor", *lines, b"Z9\tmore")
codes("labels.tsv: no labels")
codes("labels.tsv: line 2", lines[0], lines[0], *lines[2:])
codes("labels.tsv: line 2", lines[0], b"\tno code", *lines[2:])
codes("labels.tsv: line 2", lines[0], b"", *lines[2:])
codes("labels.tsv: line 2", lines[0], b"A\xff\t", *lines[2:])
codes("labels.tsv: line 2", lines[0], b"A9\t\xff", *lines[2:])
codes("labels.tsv: line 2", lines[0], b"A9\ta\0b", *lines[2:])
END
}

@test "every tensor: missing, of another shape, flat; one too many" {
    "$python" - << 'END'
from models import *
for name in "model", "sum":
    folder = fresh(name)
    good = read_tensors(folder)
    write_tensors(folder, good)
    assert run("ecan-predict", "-q", "-m", "bad", stdin=tokens).returncode == 0
    for key, array in good.items():
        if name == "sum" and "same" not in key:
            continue
        for changed in None, array[:-1], numpy.concatenate([array, array]), array.reshape(-1, 1, 1, 1), array.reshape(1, *array.shape):
            write_tensors(folder, {k: changed if k == key else a for k, a in good.items() if k != key or changed is not None})
            no(f"bad/model.safetensors: tensor {key} ", "ecan-predict")
        no(f"bad/model.safetensors: tensor {key} ", "ecan-check")
        if array.ndim == 2 and array.shape[0] != array.shape[1]: # as many numbers, turned
            write_tensors(folder, {**good, key: array.T})
            no(f"bad/model.safetensors: tensor {key} ", "ecan-predict")
    write_tensors(folder, {**good, "more": numpy.zeros(3)})
    no("bad/model.safetensors: unexpected tensor more")
END
}

@test "every tensor: NaN and infinity give no score, and the tensor is named" {
    "$python" - << 'END'
from models import *
for name in "model", "sum":
    folder = fresh(name)
    good = read_tensors(folder)
    used = records(f"{data}/scored.mp")[0]["ids"][0]
    for key, array in good.items():
        for value in numpy.nan, numpy.inf:
            changed = array.copy()
            changed[(used if key == "embed.weight" else 0,) + (0,) * (array.ndim - 1)] = value
            write_tensors(folder, {**good, key: changed})
            no(f"tensor {key} has NaN or infinite values")
            if name == "sum" or value == numpy.inf:
                continue
            # The pipe, too, makes no scores of it.
            done = run("bash", "-c", "ecan-embed -q -m bad | ecan-encode -q -m bad | ecan-attend -q -m bad | ecan-score -q -m bad", stdin=tokens)
            assert done.returncode == 1 and not records(done.stdout) and f"tensor {key} has NaN" in done.stderr, (key, done.stderr)
    # A row that no word of the stream has does no harm; ecan-check sees it.
    changed = good["embed.weight"].copy()
    words = (folder / "vocab.txt").read_text().split("\n")
    unused = next(i for i in range(2, len(words)) if all(i not in r["ids"] for r in records(f"{data}/scored.mp")))
    changed[unused] = numpy.nan
    write_tensors(folder, {**good, "embed.weight": changed})
    assert run("ecan-predict", "-q", "-m", "bad", stdin=tokens).returncode == 0
    no("tensor embed.weight has NaN", "ecan-check")
END
}

@test "invalid safetensors" {
    "$python" - << 'END'
from models import *
path = fresh() / "model.safetensors"
whole = path.read_bytes()
n, = struct.unpack("<Q", whole[:8])
header, body = json.loads(whole[8:8 + n]), whole[8 + n:]
def put(text, data=body, length=None):
    text = text.encode() if isinstance(text, str) else text
    text += b" " * (-len(text) % 8)
    path.write_bytes(struct.pack("<Q", len(text) if length is None else length) + text + data)
    no("bad/model.safetensors: ", "ecan-predict")
for length in 0, 3, 2**63, 2**64 - 1, len(whole), n - 8:
    put(json.dumps(header), length=length)
for text in "", "[]", "{", "5", "\0" * 8, b"\xff" * 8:
    put(text)
put(json.dumps(header), body[:-4])
put(json.dumps(header), body + b"\0" * 4)
for key, value in ("dtype", "F16"), ("dtype", 5), ("shape", [2**32, 2**32]), ("shape", [-1]), ("shape", "x"), ("data_offsets", [0]), \
        ("data_offsets", [4, 0]), ("data_offsets", [0, 2**62]), ("data_offsets", [1, 5]):
    put(json.dumps({**header, "b": {**header["b"], key: value}}))
put(json.dumps({**header, "b": 5}))
put(json.dumps({**header, "b": {**header["b"], "data_offsets": header["W"]["data_offsets"]}}))
path.write_bytes(struct.pack("<Q", n + 8) + json.dumps({**header, "__metadata__": {"made": "here"}}).encode()[:0] + whole[8:8 + n] + b" " * 8 + body)
assert run("ecan-predict", "-q", "-m", "bad", stdin=tokens).returncode == 0
END
}

@test "files of two models mixed, a file changed, tensors or lines in another order: every program refuses them" {
    train other --epochs 1 --no-focal --channels 8,6 --label-size 5 --seed 9
    "$python" - << 'END'
from models import *
every = ["ecan-embed", "ecan-encode", "ecan-attend", "ecan-score", "ecan-predict", "ecan-check"]
is_not = "is not the file that config.json was written with"
def mixed(*names):
    for name in names:
        shutil.copy(f"other/{name}", "bad")
fresh(hashes=True)
mixed("model.safetensors")
no(f"bad: model.safetensors {is_not}", *every)
fresh(hashes=True)
mixed("config.json")
no(is_not, *every)
path = fresh(hashes=True) / "labels.tsv"
lines = path.read_bytes().splitlines(True)
path.write_bytes(b"".join(lines[::-1]))
no(f"bad: labels.tsv {is_not}", *every)
path = fresh(hashes=True) / "vocab.txt"
lines = path.read_bytes().splitlines(True)
path.write_bytes(b"".join(lines[:2] + lines[:1:-1]))
no(f"bad: vocab.txt {is_not}", *every)
# Two tensors of equal shape with exchanged names.
path = fresh(hashes=True) / "model.safetensors"
whole = path.read_bytes()
assert whole.count(b'"blocks.0.norm.weight"') == whole.count(b'"blocks.0.norm.bias"') == 1
path.write_bytes(whole.replace(b'"blocks.0.norm.weight"', b'"#"').replace(b'"blocks.0.norm.bias"', b'"blocks.0.norm.weight"')
                 .replace(b'"#"', b'"blocks.0.norm.bias"'))
no(f"bad: model.safetensors {is_not}", *every)
# Any byte of any file: the first, one in the middle, the last. Some are found by what the file then says.
for name in "model.safetensors", "vocab.txt", "labels.tsv":
    file = fresh(hashes=True) / name
    content = file.read_bytes()
    for at in 0, len(content) // 2, len(content) - 1:
        file.write_bytes(content[:at] + bytes([content[at] ^ 1]) + content[at + 1:])
        no("bad", *every)
# Any bit of the tensors.
path = fresh(hashes=True) / "model.safetensors"
for at in len(whole) - 1, len(whole) // 2, len(whole) - 4 * 65:
    path.write_bytes(whole[:at] + bytes([whole[at] ^ 64]) + whole[at + 1:])
    no(f"bad: model.safetensors {is_not}", "ecan-predict")
path.write_bytes(whole)
config = fresh(hashes=True) / "config.json"
good = json.loads(config.read_text())
for key, value, because in (("words", good["words"] - 1, "words: not"), ("labels", "6", "labels: not"), ("files", {}, "files: "), ("files", 5, "files: "),
                            ("files", {**good["files"], "more": "0" * 32}, "files: "), ("fingerprint", "0" * 32, "fingerprint"),
                            ("files", {**good["files"], "vocab.txt": "x"}, "files: ")):
    config.write_text(json.dumps({**good, key: value}))
    no(because, "ecan-predict", "ecan-check")
# A model of version 0.1 has a fingerprint only.
old = os.environ["old"]
shutil.rmtree("bad")
shutil.copytree(old, "bad")
assert run("ecan-check", "bad").returncode == 0
os.chmod("bad/labels.tsv", 0o644)
path = pathlib.Path("bad/labels.tsv")
path.write_bytes(b"".join(path.read_bytes().splitlines(True)[::-1]))
no("bad: the fingerprint in config.json is not that of the files", "ecan-predict", "ecan-check")
END
}

@test "files that are not regular files are errors, without waiting" {
    "$python" - << 'END'
from models import *
every = ["ecan-predict", "ecan-check", "ecan-tokenize"]
for name in "config.json", "model.safetensors", "vocab.txt", "labels.tsv", "linear.safetensors", "terms.tsv", "scopes.tsv":
    path = fresh() / name
    for make in lambda: os.mkfifo(path), lambda: os.symlink("/dev/zero", path), lambda: os.symlink("/dev/tty", path), lambda: path.mkdir():
        path.unlink(missing_ok=True)
        make()
        for program in ["ecan-predict", "ecan-check"] + (["ecan-tokenize"] if name == "config.json" else []):
            done = run(program, *(["bad"] if program == "ecan-check" else ["-q", "-m", "bad"]), stdin=tokens, timeout=20)
            assert done.returncode == 1 and f"bad/{name}: " in done.stderr, (program, name, done.stderr)
        if path.is_dir():
            path.rmdir()
END
}

@test "row 0 of the embedding that is not zero" {
    "$python" - << 'END'
from models import *
folder = fresh()
good = read_tensors(folder)
good["embed.weight"][0, 3] = 1
write_tensors(folder, good)
no("row 0", "ecan-check")
END
}
