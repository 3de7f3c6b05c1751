#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Words per second of a training step or of prediction, and peak memory, in PyTorch.

    speed.py CONFIG [--mode train|infer] [--words N] [--batch N] [--steps N] [--threads N]
                    [--documents FILE] [--model DIR] [--bf16] [--turns]
    speed.py CONFIG --model DIR --export FILE       the model as an ONNX graph, for speed.js

speed.c has the same command line and prints the same lines of JSON; bench.py runs the two in turn. The first
step is not counted; the best of the others counts. Documents are padded to the longest of their batch, as programs
around PyTorch do; the words that are counted are the documents' own.
"""
import argparse
import itertools
import json
import os
import resource
import sys
import time

import torch

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "examples"))
import effectivecan  # noqa: E402

WORDS = 50000
CONFIGS = {  # name: (labels, embedding size, channels, kernels, attention)
    "mimic50": (50, 100, [180, 180, 200, 200], [11, 11, 9, 9], "multi"),
    "dutch144": (144, 200, [180, 180, 200, 200], [11, 11, 9, 9], "multi"),
    "french940": (940, 200, [180, 180, 200, 200], [11, 11, 9, 9], "multi"),
    "eurlex": (3956, 100, [180, 180, 200, 200], [15, 15, 7, 7], "multi"),
    "mimicfull-sum": (8922, 100, [200, 200, 240, 240], [13, 13, 9, 9], "sum"),
    "mimicfull-multi": (8922, 100, [200, 200, 240, 240], [13, 13, 9, 9], "multi"),
    "wiki10": (30938, 100, [160, 160, 220, 220], [17, 17, 5, 5], "multi"),
}


class Probabilities(torch.nn.Module):
    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, ids):
        return torch.sigmoid(self.model(ids))


def export(model, path):
    """Opset 17 has LayerNormalization. The number of documents and of words is left open."""
    torch.onnx.export(Probabilities(model.eval()), (torch.randint(1, WORDS, (1, 300)),), path, opset_version=17,
                      input_names=["ids"], output_names=["scores"],
                      dynamic_axes={"ids": {0: "B", 1: "T"}, "scores": {0: "B"}})


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("config", choices=CONFIGS)
    parser.add_argument("--mode", choices=("train", "infer"), default="train")
    parser.add_argument("--words", type=int, default=1500)
    parser.add_argument("--batch", type=int, default=4)
    parser.add_argument("--steps", type=int, default=2)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--documents", help="a document a line, the ids of its words")
    parser.add_argument("--model", help="a model folder; random numbers without")
    parser.add_argument("--bf16", action="store_true", help="products in bfloat16: torch.autocast")
    parser.add_argument("--export", metavar="FILE")
    parser.add_argument("--turns", action="store_true", help="a step for every line that comes in")
    args = parser.parse_args()
    if args.bf16:  # PyTorch 1.13 has no layer_norm of bfloat16 with weights of 32 bits
        layer_norm = torch.nn.functional.layer_norm
        torch.nn.functional.layer_norm = lambda x, *rest: layer_norm(x.float(), *rest)
    torch.set_num_threads(args.threads)
    torch.manual_seed(0)
    labels, emb, channels, kernels, attention = CONFIGS[args.config]
    if args.model:
        model = effectivecan.load(args.model)
    else:
        model = effectivecan.EffectiveCAN({"embedding_size": emb, "channels": channels, "kernels": kernels,
                                           "attention": attention}, WORDS, labels, dropout=0.3)
    if args.export:
        export(model, args.export)
        return
    if args.documents:
        with open(args.documents, encoding="ascii") as f:
            documents = [[int(word) for word in line.split()] for line in f]
    else:
        documents = torch.randint(1, WORDS, (args.batch, args.words)).tolist()
    y = (torch.rand(args.batch, labels) < 10 / labels).float()
    adam = torch.optim.Adam(model.parameters(), 1.5e-4)
    model.train(args.mode == "train")
    endless = itertools.cycle(documents)

    def products():
        return torch.autocast("cpu", dtype=torch.bfloat16, enabled=args.bf16)

    def infer(ids):
        with torch.no_grad(), products():
            return torch.sigmoid(model(ids))

    def step():
        """(seconds, words) of the next batch."""
        batch = [next(endless) for _ in range(args.batch)]
        start = time.perf_counter()
        ids = effectivecan.pad(batch)
        if args.mode == "train":
            adam.zero_grad()
            with products():
                logits = model(ids)
            effectivecan.loss(logits.float(), y).backward()
            adam.step()
        else:
            infer(ids)
        return time.perf_counter() - start, sum(map(len, batch))

    if args.turns:
        if args.mode == "infer":
            print(json.dumps({"scores": infer(effectivecan.pad(documents[:1]))[0, :8].float().tolist()}))
        step()
        print(json.dumps({"parameters": sum(p.numel() for p in model.parameters())}), flush=True)
        for _ in sys.stdin:
            seconds, words = step()
            print(json.dumps({"seconds": round(seconds, 6), "words": words}), flush=True)
        return
    step()
    seconds, words = min((step() for _ in range(args.steps)), key=lambda s: s[0] / s[1])
    print(json.dumps({"program": "pytorch", "config": args.config, "mode": args.mode, "words": words,
                      "batch": args.batch, "threads": args.threads, "words_per_second": round(words / seconds, 1),
                      "peak_mib": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1)}))


if __name__ == "__main__":
    main()
