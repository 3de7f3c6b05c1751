#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Writes reference numbers for the C code: NAME.safetensors and NAME.json for each case below.

    tests/ref/make-fixtures.py [FOLDER]          default: the folder of this script

README.md here says what each tensor is. Parameters, inputs and labels are drawn in float32; everything
expected is computed from them in float64 by examples/effectivecan.py and rounded to float32 once, so that
a difference seen in a test is the C program's own. The same bytes from run to run.
"""
import json
import os
import sys

import numpy
import torch

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "..", "examples"))
import effectivecan  # noqa: E402

WORDS, STEPS, LEARNING_RATE = 20, 10, 0.01

BASE = {"embedding_size": 6, "channels": [8, 10, 9, 7], "kernels": [3, 4, 5, 2], "reduction": 20,
        "attention": "multi", "label_size": 0, "blocks_attended": "all", "squeeze_excitation": True,
        "residual": True, "max_words": 100, "threshold": 0.5}
SMALL = {"channels": [8, 7], "kernels": [3, 4]}

# name: (what differs from BASE, gamma, words of each document, labels)
CASES = {
    "multi-bce": ({}, 0, [12, 5, 8], 7),
    "multi-focal1": ({"reduction": 4}, 1, [9, 4], 6),  # squeeze widths 2, 2, 2, 1
    "multi-focal2": (SMALL, 2, [6, 11, 3], 9),
    "sum-bce": ({"attention": "sum"}, 0, [7, 12, 4], 6),
    "sum-focal1": ({"attention": "sum", "reduction": 3, "label_size": 5}, 1, [6, 10], 7),
    "first": ({"blocks_attended": "first"}, 0, [9, 5], 5),
    "last": ({"blocks_attended": "last"}, 1, [5, 10], 5),
    "no-se": ({**SMALL, "squeeze_excitation": False}, 0, [8, 4, 6], 6),
    "no-residual": ({**SMALL, "residual": False}, 0, [5, 9], 6),
    "no-se-no-residual-sum": ({**SMALL, "squeeze_excitation": False, "residual": False, "attention": "sum"},
                              1, [7, 5], 5),
    "even-kernels": ({"channels": [8, 9, 7], "kernels": [2, 4, 6]}, 0, [10, 7], 5),
    "shorter-than-kernel": ({"channels": [8, 7], "kernels": [9, 8]}, 0, [3, 11, 2], 6),
    "empty-document": (SMALL, 0, [6, 0, 9], 7),
    "empty-document-sum": ({**SMALL, "attention": "sum"}, 1, [0, 7], 5),
    "one-word": (SMALL, 0, [1], 5),
    "label-size": ({**SMALL, "label_size": 11, "reduction": 2}, 0, [8, 3], 6),
    "one-block": ({"channels": [9], "kernels": [5]}, 0, [7, 4], 8),
}


def make_model(config, labels, draw):
    """A model with parameters drawn so that no part of it is flat: normal, 1/sqrt(inputs) wide; U wider, for
    peaked softmaxes; LayerNorm around 1 and 0; fc1 mostly on the living side of its ReLU. In float64, each a
    float32."""
    model = effectivecan.EffectiveCAN(config, WORDS, labels).double()
    for name, p in model.named_parameters():
        a = draw.standard_normal(tuple(p.shape))
        if name == "U":
            a *= 1.5
        elif name == "embed.weight":
            a[0] = 0
        elif name.endswith("norm.weight"):
            a = 1 + 0.3 * a
        elif name.endswith("fc1.bias"):
            a = 0.5 + 0.3 * a
        elif a.ndim == 1:
            a *= 0.3
        else:
            a *= (a.size / a.shape[0]) ** -0.5
        p.data = torch.from_numpy(a.astype("f4").astype("f8"))
    return model


def make_case(name, seed):
    """-> (what NAME.json says, the tensors)."""
    changes, gamma, lengths, labels = CASES[name]
    draw = numpy.random.RandomState(seed)  # numpy promises its numbers for good
    model = make_model({**BASE, **changes}, labels, draw)
    documents = [draw.randint(1, WORDS, n) for n in lengths]
    y = (draw.random_sample((len(lengths), labels)) < 0.4).astype("f4")

    t = {"param." + n: p.detach().numpy().copy() for n, p in model.named_parameters()}
    t.update({f"ids.{b}": d for b, d in enumerate(documents)})
    t["labels"] = y

    ids, y = effectivecan.pad(documents), torch.from_numpy(y).double()
    with torch.no_grad():
        x = model.embed(ids)
        hs, mask = model.encode(ids)
        v, weights = model.attend(hs, mask)
        t["logits"] = model(ids).numpy()
    for b, n in enumerate(lengths):
        t[f"X.{b}"] = x[b, :n].numpy()
        t.update({f"H.{i}.{b}": h[b, :, :n].T.numpy() for i, h in enumerate(hs)})
        t.update({f"A.{i}.{b}": a[b, :, :n].numpy() for i, a in enumerate(weights)})
        t[f"V.{b}"] = v[b].numpy()

    # Ten steps of Adam on this one batch. The gradients kept are those of the first.
    adam = torch.optim.Adam(model.parameters(), LEARNING_RATE, betas=(0.9, 0.999), eps=1e-8)
    losses = []
    for step in range(STEPS):
        adam.zero_grad()
        value = effectivecan.loss(model(ids), y, gamma)
        value.backward()
        losses.append(value.item())
        if step == 0:  # blocks after the only attended one have no gradient: zero
            t.update({"grad." + n: numpy.zeros(tuple(p.shape)) if p.grad is None else p.grad.numpy().copy()
                      for n, p in model.named_parameters()})
        adam.step()
    t["loss"], t["losses"] = numpy.array(losses[:1]), numpy.array(losses)
    t.update({f"adam{STEPS}." + n: p.detach().numpy() for n, p in model.named_parameters()})
    return {"config": model.config, "words": WORDS, "labels": labels, "documents": len(lengths),
            "gamma": gamma, "learning_rate": LEARNING_RATE}, t


def main():
    torch.set_num_threads(1)
    folder = sys.argv[1] if len(sys.argv) > 1 else HERE
    os.makedirs(folder, exist_ok=True)
    for seed, name in enumerate(CASES, 1):
        facts, tensors = make_case(name, seed)
        effectivecan.write_tensors(os.path.join(folder, name + ".safetensors"), tensors)
        with open(os.path.join(folder, name + ".json"), "w", encoding="utf-8") as f:
            json.dump(facts, f, indent=2)
            f.write("\n")


if __name__ == "__main__":
    main()
