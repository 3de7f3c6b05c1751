# SPDX-License-Identifier: Apache-2.0
"""For the .bats files: reads and writes streams and model folders, and runs programs."""
import json
import os
import pathlib
import struct
import subprocess
import sys

import msgpack
import msgpack_numpy
import numpy


def unpack(data):
    """The objects of a stream, tensors as arrays; an incomplete object at the end is left out."""
    unpacker = msgpack.Unpacker(object_hook=msgpack_numpy.decode, max_buffer_size=2**30)
    unpacker.feed(data)
    return list(unpacker)


def read(path):
    return unpack(pathlib.Path(path).read_bytes())


def records(path_or_bytes):
    data = path_or_bytes if isinstance(path_or_bytes, bytes) else pathlib.Path(path_or_bytes).read_bytes()
    return [o for o in unpack(data) if "id" in o]


def pack(objects):
    return b"".join(msgpack.packb(o, default=msgpack_numpy.encode) for o in objects)


def write(path, objects):
    pathlib.Path(path).write_bytes(pack(objects))


def same(a, b):
    """Bit-identical, also arrays within lists and maps."""
    if isinstance(a, numpy.ndarray) or isinstance(b, numpy.ndarray):
        return type(a) is type(b) and a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(same(a[k], b[k]) for k in a)
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(map(same, a, b))
    return a == b


def read_tensors(folder):
    """Name -> array, in the order of the file."""
    data = pathlib.Path(folder, "model.safetensors").read_bytes()
    n, = struct.unpack("<Q", data[:8])
    body = data[8 + n:]
    return {name: numpy.frombuffer(body[slice(*t["data_offsets"])], "<f4").reshape(t["shape"]).copy()
            for name, t in json.loads(data[8:8 + n]).items()}


def write_tensors(folder, tensors):
    header, body = {}, b""
    for name, array in tensors.items():
        bytes_ = array.astype("<f4").tobytes()
        header[name] = {"dtype": "F32", "shape": list(array.shape), "data_offsets": [len(body), len(body) + len(bytes_)]}
        body += bytes_
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    pathlib.Path(folder, "model.safetensors").write_bytes(struct.pack("<Q", len(text)) + text + body)


def run(*command, stdin=b"", **more):
    """The result: .returncode, .stdout as bytes, .stderr as text."""
    done = subprocess.run(command, input=stdin, capture_output=True, **more)
    done.stderr = done.stderr.decode()
    return done


def refused(*command, because="", stdin=b"", code=1, **more):
    """Checks that it exits with code, and that its message begins with its name and contains `because`; no complete output."""
    done = run(*command, stdin=stdin, **more)
    what = f"{' '.join(map(str, command))}: exit {done.returncode}: {done.stderr}"
    assert done.returncode == code, what
    assert done.stderr.startswith(f"{command[0]}: ") and because in done.stderr, what
    assert not any(isinstance(o, dict) and "end" in o for o in unpack(done.stdout)), what + " (an end record)"
    return done


def with_fault(fault, *command, library="fault", **more):
    """The result of run() under FAULT (tests/fault/fault.c, memory.c); .fired: whether the fault occurred."""
    fired = pathlib.Path("fired").absolute()
    fired.unlink(missing_ok=True)
    environment = {**os.environ, "FAULT": fault, "FAULT_FIRED": str(fired),
                   "LD_PRELOAD": f"{os.environ['ECAN_BUILD']}/tests/{library}.so"}
    done = run(*command, env=environment, **more)
    done.fired = fired.exists()
    return done


def numbers(dense):
    """1, 2, 3, ...; beyond `dense` in growing steps."""
    n = 1.0
    while True:
        yield int(n)
        n = n + 1 if n < dense else n * 1.15
