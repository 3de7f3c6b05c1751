#!/usr/bin/python3
"""Words per second of a training step or of prediction, and peak memory, in PyTorch.

    speed.py CONFIG [--mode train|infer] [--words N] [--batch N] [--steps N] [--threads N]

speed.c has the same command line and prints the same line of JSON; run.sh compares them. One step is
done for warming up; the best of the others counts. Documents are full: nothing is padding.
"""
import argparse
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
}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("config", choices=CONFIGS)
    parser.add_argument("--mode", choices=("train", "infer"), default="train")
    parser.add_argument("--words", type=int, default=1500)
    parser.add_argument("--batch", type=int, default=4)
    parser.add_argument("--steps", type=int, default=2)
    parser.add_argument("--threads", type=int, default=2)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    torch.manual_seed(0)
    labels, emb, channels, kernels, attention = CONFIGS[args.config]
    model = effectivecan.EffectiveCAN({"embedding_size": emb, "channels": channels, "kernels": kernels,
                                       "attention": attention}, WORDS, labels, dropout=0.3)
    ids = torch.randint(1, WORDS, (args.batch, args.words))
    y = (torch.rand(args.batch, labels) < 10 / labels).float()
    adam = torch.optim.Adam(model.parameters(), 1.5e-4)
    model.train(args.mode == "train")

    def train():
        adam.zero_grad()
        effectivecan.loss(model(ids), y).backward()
        adam.step()

    def infer():
        with torch.no_grad():
            torch.sigmoid(model(ids))

    times = []
    for _ in range(args.steps + 1):
        start = time.perf_counter()
        train() if args.mode == "train" else infer()
        times.append(time.perf_counter() - start)
    print(json.dumps({"program": "pytorch", "config": args.config, "mode": args.mode, "words": args.words,
                      "batch": args.batch, "threads": args.threads,
                      "words_per_second": round(args.words * args.batch / min(times[1:]), 1),
                      "peak_mib": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1)}))


if __name__ == "__main__":
    main()
