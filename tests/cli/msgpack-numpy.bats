# SPDX-License-Identifier: Apache-2.0
# Tensors are those of msgpack-numpy, byte for byte, in both directions.

load ../helper

setup() {
    accept=$BATS_TEST_DIRNAME/../../formats/accept
    need msgpack msgpack_numpy
}

@test "Python reads every stream and writes the same bytes again" {
    "$python" - "$accept"/{tokens,embedded,encoded,attended-weights,scored}.mp <<'END'
import sys, msgpack, numpy, msgpack_numpy

for path in sys.argv[1:]:
    data = open(path, "rb").read()
    objects = list(msgpack.Unpacker(open(path, "rb"), object_hook=msgpack_numpy.decode))
    arrays = [v for o in objects for v in o.values() if isinstance(v, numpy.ndarray)]
    assert arrays and all(a.dtype in (numpy.dtype("<f4"), numpy.dtype("<i4")) for a in arrays), path
    again = b"".join(msgpack.packb(o, default=msgpack_numpy.encode) for o in objects)
    # Python has no float32 of its own and these streams have none, so every byte must be the same.
    assert again == data, path
END
}

@test "the packer writes the bytes of msgpack-numpy" {
    "$python" - "$BATS_TEST_DIRNAME/../unit/pack.c" <<'END'
import re, sys, msgpack, numpy, msgpack_numpy

wanted = {
    "floats": numpy.array([[1, 2, 3], [-1, 0.5, 0]], "<f4"),
    "ints": numpy.array([1, -1], "<i4"),
    "empty": numpy.zeros((0, 300), "<f4"),
}
source = open(sys.argv[1]).read()
for name, array in wanted.items():
    literal = re.search(r"static const char %s\[\] =\s*((?:\"(?:[^\"\\]|\\.)*\"\s*)+);" % name, source).group(1)
    parts = re.findall(r"\"((?:[^\"\\]|\\.)*)\"", literal)
    data = b"".join(p.encode().decode("unicode_escape").encode("latin-1") for p in parts)
    assert data == msgpack.packb(array, default=msgpack_numpy.encode), name
END
}
