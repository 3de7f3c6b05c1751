#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Codes of encounters by the library, from Python without anything but ctypes.

    predict.py model < encounters.jsonl > evidence.jsonl

writes the lines that ecan-tokenize -m model | ecan-predict -m model | ecan-explain -m model would write. With --texts
the notes are given as arrays of strings instead of JSON."""
import ctypes
import json
import os
import sys
from ctypes import POINTER, byref, c_char_p, c_float, c_int, c_size_t, c_void_p


class Options(ctypes.Structure):
    _fields_ = [("size", c_size_t), ("threads", c_int), ("by", c_int), ("passages", c_int), ("words", c_int),
                ("above", c_float), ("threshold", c_float), ("codes", c_char_p)]


class Code(ctypes.Structure):
    _fields_ = [("code", c_char_p), ("description", c_char_p), ("score", c_float), ("predicted", c_int),
                ("index", c_size_t), ("passages", c_size_t)]


def load():
    lib = ctypes.CDLL(os.environ.get("LIBECAN", "libecan.so.0"))
    strings = POINTER(c_char_p)
    for name, result, *arguments in [
            ("ecan_error_message", c_char_p), ("ecan_version", c_char_p),
            ("ecan_model_open", c_int, c_char_p, POINTER(c_void_p)), ("ecan_model_close", None, c_void_p),
            ("ecan_model_codes", c_size_t, c_void_p), ("ecan_model_code", c_char_p, c_void_p, c_size_t),
            ("ecan_predictor_new", c_int, c_void_p, POINTER(Options), POINTER(c_void_p)),
            ("ecan_predictor_free", None, c_void_p),
            ("ecan_predict_json", c_int, c_void_p, c_char_p, c_size_t),
            ("ecan_predict_texts", c_int, c_void_p, c_char_p, c_size_t, strings, strings, strings, strings),
            ("ecan_predictor_codes", c_size_t, c_void_p),
            ("ecan_predictor_code", POINTER(Code), c_void_p, c_size_t),
            ("ecan_predictor_scores", POINTER(c_float), c_void_p),
            ("ecan_predictor_json", c_int, c_void_p, POINTER(c_char_p))]:
        function = getattr(lib, name)
        function.restype, function.argtypes = result, arguments
    return lib


class Predictor:
    def __init__(self, folder, **options):
        self.lib, self.model, self.predictor = load(), c_void_p(), c_void_p()
        o = Options(**{"size": ctypes.sizeof(Options), "by": 2, **options})  # 2: ECAN_BY_ATTINGRAD
        self.check(self.lib.ecan_model_open(os.fsencode(folder), byref(self.model)))
        self.check(self.lib.ecan_predictor_new(self.model, byref(o), byref(self.predictor)))

    def check(self, status):
        if status:
            raise RuntimeError(self.lib.ecan_error_message().decode(), status)

    def predict(self, line):
        self.check(self.lib.ecan_predict_json(self.predictor, line, len(line)))

    def predict_texts(self, id, texts, ids, types, dates):
        def array(strings):
            return (c_char_p * len(strings))(*[s if s is None else s.encode() for s in strings])
        self.check(self.lib.ecan_predict_texts(self.predictor, id.encode(), len(texts), array(texts), array(ids),
                                               array(types), array(dates)))

    def codes(self):
        for i in range(self.lib.ecan_predictor_codes(self.predictor)):
            c = self.lib.ecan_predictor_code(self.predictor, i).contents
            yield c.code.decode(), c.score

    def scores(self):
        n = self.lib.ecan_model_codes(self.model)
        return self.lib.ecan_predictor_scores(self.predictor)[:n]

    def evidence(self):
        text = c_char_p()
        self.check(self.lib.ecan_predictor_json(self.predictor, byref(text)))
        return text.value

    def close(self):
        self.lib.ecan_predictor_free(self.predictor)
        self.lib.ecan_model_close(self.model)


def main():
    texts = "--texts" in sys.argv
    folders = [argument for argument in sys.argv[1:] if argument != "--texts"]
    if len(folders) != 1:
        sys.exit("usage: predict.py [--texts] MODEL < encounters.jsonl > evidence.jsonl")
    predictor = Predictor(folders[0], threads=2)
    for line in sys.stdin.buffer:
        if texts:
            e = json.loads(line)
            notes = e.get("documents", [{"id": e["id"], "text": e.get("text")}])
            predictor.predict_texts(e["id"], *[[d.get(key) for d in notes] for key in ("text", "id", "type", "date")])
        else:
            predictor.predict(line)
        sys.stdout.buffer.write(predictor.evidence() + b"\n")
    predictor.close()


if __name__ == "__main__":
    main()
