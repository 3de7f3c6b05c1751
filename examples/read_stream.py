#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Reads any ecan stream and prints one line for each object: its kind or id, and the type or shape of each value.

    read_stream.py < encoded.mp

Needs Debian's python3-msgpack and python3-msgpack-numpy. A tensor arrives as a numpy array.
"""
import sys

import msgpack
import msgpack_numpy


def shape(value):
    if isinstance(value, list) and value and hasattr(value[0], "shape"):
        return [shape(v) for v in value]
    return list(value.shape) if hasattr(value, "shape") else type(value).__name__


for o in msgpack.Unpacker(sys.stdin.buffer, object_hook=msgpack_numpy.decode, max_buffer_size=2**30):
    if "id" in o:
        print("record", o["id"], *(f"{key}={shape(value)}" for key, value in o.items() if key != "id"))
    elif "end" in o:
        print("end", o["end"])
    else:
        print("header", o["kind"], *(stage["program"] for stage in o["history"]))
