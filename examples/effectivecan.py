#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""EffectiveCAN (Liu et al., EMNLP 2021) in PyTorch, with the model folders of ecan.

Same parameters in, same scores out as ecan-predict: for whoever would rather go on in Python,
and as a second opinion on the C programs.

    effectivecan.py MODEL < tokens.mp       {"id": "...", "scores": [p of each label, in model order]}

    model = effectivecan.load("model")
    probabilities = model.score([["koorts", "sinds", "gisteren"], []])      # [documents][labels]
    effectivecan.save(model, "model2")                                      # ecan-predict -m model2

Needs torch and numpy, and msgpack as a program (Debian: python3-torch, python3-msgpack).

Letters: B documents, T words of the longest, E embedding size, D[i] channels and K[i] kernel width
of block i, L labels, S width of V. Documents are padded to T with word 0, whose vector is zero;
`mask` [B][T] is true for their own words, and nothing that follows depends on the others.
"""
import argparse
import json
import os
import sys

import numpy
import torch
from torch import nn
import torch.nn.functional as F

# label_size 0: as wide as the last block. max_words 0: all.
DEFAULTS = {"embedding_size": 100, "channels": [100, 100], "kernels": [5, 3], "reduction": 20,
            "attention": "multi", "label_size": 0, "blocks_attended": "all", "squeeze_excitation": True,
            "residual": True, "max_words": 3500, "threshold": 0.5}


class Block(nn.Module):
    """Residual squeeze-and-excitation block (section 3.2): H = gelu(LayerNorm(C * s) + X')."""

    def __init__(self, d_in, d_out, kernel, reduction, squeeze_excitation, residual):
        super().__init__()
        self.conv = nn.Conv1d(d_in, d_out, kernel)
        # T stays T: (K-1)/2 zeros on the left, K/2 on the right (an even K has one more word on the right).
        self.pad = ((kernel - 1) // 2, kernel // 2)
        if squeeze_excitation:
            hidden = max(1, d_out // reduction)
            self.fc1 = nn.Linear(d_out, hidden)
            self.fc2 = nn.Linear(hidden, d_out)
        self.norm = nn.LayerNorm(d_out, eps=1e-5)
        if residual:
            self.res = nn.Conv1d(d_in, d_out, 1)

    def forward(self, x, mask):
        """x [B][d_in][T], zero where there is no word -> H [B][d_out][T], zero there too."""
        m = mask.unsqueeze(1).to(x.dtype)
        c = self.conv(F.pad(x, self.pad))
        if hasattr(self, "fc1"):
            # z: the mean over the words of the document. s in (0, 1): the weight of each channel in the document.
            z = (c * m).sum(2) / m.sum(2).clamp(min=1)
            s = torch.sigmoid(self.fc2(F.relu(self.fc1(z))))
            c = c * s.unsqueeze(2)
        y = self.norm(c.transpose(1, 2)).transpose(1, 2)
        if hasattr(self, "res"):
            y = y + self.res(x)
        return F.gelu(y) * m  # erf, not tanh


class EffectiveCAN(nn.Module):
    """config: the keys of config.json that define the network; DEFAULTS has the missing ones.

    words and labels: how many, or the lists of them (which score() and save() need).
    """

    def __init__(self, config, words, labels, dropout=0.0):
        super().__init__()
        self.config = c = {**DEFAULTS, **config}
        self.words = None if isinstance(words, int) else list(words)
        self.labels = None if isinstance(labels, int) else list(labels)
        n_words = words if isinstance(words, int) else len(words)
        n_labels = labels if isinstance(labels, int) else len(labels)
        dims = c["channels"]
        c["label_size"] = c["label_size"] or dims[-1]
        if c["attention"] == "sum" and c["blocks_attended"] != "all":
            raise ValueError("sum-pooling attends to the sum of all blocks")

        self.embed = nn.Embedding(n_words, c["embedding_size"], padding_idx=0)
        self.drop = nn.Dropout(dropout)
        self.blocks = nn.ModuleList(
            Block(d_in, d_out, k, c["reduction"], c["squeeze_excitation"], c["residual"])
            for d_in, d_out, k in zip([c["embedding_size"]] + dims[:-1], dims, c["kernels"]))

        # The blocks that are attended (Table 9), with proj.0, proj.1, ... in that order.
        every = list(range(len(dims)))
        self.attended = {"all": every, "first": every[:1], "last": every[-1:]}[c["blocks_attended"]]
        widths = [dims[i] for i in self.attended]
        if c["attention"] == "sum":
            # H = H_last + sum of the others, each projected to the width of the last.
            self.same = nn.ModuleList(nn.Conv1d(d, widths[-1], 1) for d in widths[:-1])
            widths = widths[-1:]
        self.U = nn.Parameter(torch.empty(n_labels, c["label_size"]))
        self.proj = nn.ModuleList(nn.Linear(c["label_size"], d) for d in widths)
        self.W = nn.Parameter(torch.empty(n_labels, sum(widths)))
        self.b = nn.Parameter(torch.zeros(n_labels))
        nn.init.xavier_uniform_(self.U)
        nn.init.xavier_uniform_(self.W)

    def encode(self, ids):
        """ids [B][T], 0 is padding -> list of H_i [B][D_i][T], and mask."""
        mask = ids != 0
        x = self.drop(self.embed(ids)).transpose(1, 2)
        hs = []
        for block in self.blocks:
            x = block(x, mask)
            hs.append(x)
        return hs, mask

    def attend(self, hs, mask):
        """-> V [B][L][S], and A, a list of [B][L][T]: the attention of each label over the words."""
        hs = [hs[i] for i in self.attended]
        if self.config["attention"] == "sum":
            total = hs[-1]
            for same, h in zip(self.same, hs):
                total = total + same(h)
            hs = [total * mask.unsqueeze(1)]
        vs, weights = [], []
        for proj, h in zip(self.proj, hs):
            scores = proj(self.U) @ h
            # The smallest float instead of -inf, so that a document without words gets no NaN: its weights
            # are all on padding, where h is zero, and V = 0.
            a = scores.masked_fill(~mask.unsqueeze(1), torch.finfo(scores.dtype).min).softmax(2)
            vs.append(a @ h.transpose(1, 2))
            weights.append(a)
        return torch.cat(vs, 2), weights

    def forward(self, ids):
        """ids [B][T] -> logits [B][L]."""
        v, _ = self.attend(*self.encode(ids))
        return (v * self.W).sum(2) + self.b

    def score(self, documents):
        """Lists of words -> probabilities [B][L]. Words after max_words are not read."""
        if not hasattr(self, "ids"):
            self.ids = {word: i for i, word in enumerate(self.words) if i >= 2}  # 0 padding, 1 unknown
        self.eval()
        with torch.no_grad():
            return torch.sigmoid(self(pad([[self.ids.get(w, 1) for w in d[:self.config["max_words"] or None]]
                                           for d in documents])))


def pad(documents):
    """Lists of word ids -> [B][T], at least one word wide, padded with 0."""
    ids = torch.zeros(len(documents), max(1, *map(len, documents)) if documents else 1, dtype=torch.long)
    for row, document in zip(ids, documents):
        row[:len(document)] = torch.as_tensor(document, dtype=torch.long)
    return ids


def loss(logits, y, gamma=0):
    """Mean over batch and labels of -(1 - p_t)^gamma log p_t; gamma 0 is binary cross entropy."""
    signed = (2 * y - 1) * logits  # p_t = sigmoid(signed)
    return -(torch.sigmoid(-signed) ** gamma * F.logsigmoid(signed)).mean()


def read_tensors(path):
    """A safetensors file of float32 -> {name: array}."""
    with open(path, "rb") as f:
        size = int.from_bytes(f.read(8), "little")
        header = json.loads(f.read(size))
        data = f.read()
    tensors = {}
    for name, t in header.items():
        if name == "__metadata__":
            continue
        if t["dtype"] != "F32":
            raise ValueError(f"{path}: {name}: expected F32, got {t['dtype']}")
        begin, end = t["data_offsets"]
        tensors[name] = numpy.frombuffer(data[begin:end], "<f4").reshape(t["shape"])
    return tensors


def write_tensors(path, tensors):
    """{name: array} -> a safetensors file of float32, data at a multiple of 64 bytes."""
    header, at = {}, 0
    arrays = {name: numpy.ascontiguousarray(a, "<f4") for name, a in tensors.items()}
    for name, a in arrays.items():
        header[name] = {"dtype": "F32", "shape": list(a.shape), "data_offsets": [at, at + a.nbytes]}
        at += a.nbytes
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-(8 + len(text)) % 64)
    with open(path, "wb") as f:
        f.write(len(text).to_bytes(8, "little") + text + b"".join(a.tobytes() for a in arrays.values()))


def read_lines(path):
    with open(path, encoding="utf-8", newline="\n") as f:
        return f.read().removesuffix("\n").split("\n")


def load(folder):
    """A model folder -> EffectiveCAN, ready to score."""
    with open(os.path.join(folder, "config.json"), encoding="utf-8") as f:
        config = json.load(f)
    labels = [line.split("\t")[0] for line in read_lines(os.path.join(folder, "labels.tsv"))]
    model = EffectiveCAN(config, read_lines(os.path.join(folder, "vocab.txt")), labels)
    tensors = read_tensors(os.path.join(folder, "model.safetensors"))
    model.load_state_dict({name: torch.tensor(a) for name, a in tensors.items()})
    return model.eval()


def save(model, folder):
    """Writes a model folder for load() and the programs of ecan. Labels get no description."""
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "config.json"), "w", encoding="utf-8") as f:
        json.dump(model.config, f, indent=2)
    with open(os.path.join(folder, "vocab.txt"), "w", encoding="utf-8", newline="\n") as f:
        f.writelines(word + "\n" for word in model.words)
    with open(os.path.join(folder, "labels.tsv"), "w", encoding="utf-8", newline="\n") as f:
        f.writelines(code + "\t\n" for code in model.labels)
    write_tensors(os.path.join(folder, "model.safetensors"),
                  {name: t.detach().numpy() for name, t in model.state_dict().items()})


def read_tokens(file):
    """A stream of kind tokens -> (id, tokens) of each record."""
    import msgpack
    stream, ended = msgpack.Unpacker(file, max_buffer_size=2**30), False
    for record in stream:
        if "id" in record:
            yield record["id"], record["tokens"]
        elif "kind" in record and record["kind"] != "tokens":
            sys.exit(f"effectivecan.py: expected a stream of kind tokens, got {record['kind']}")
        ended = "end" in record and "id" not in record
    if not ended or stream.read_bytes(1):  # bytes left: part of an object
        sys.exit("effectivecan.py: the stream is truncated")


def main():
    parser = argparse.ArgumentParser(description="Reads a token stream and writes the scores of the labels as JSON Lines.")
    parser.add_argument("model", help="model folder")
    parser.add_argument("--batch", type=int, default=8, help="documents at a time (default: 8)")
    args = parser.parse_args()
    model = load(args.model)

    def flush(batch):
        for (name, _), p in zip(batch, model.score([tokens for _, tokens in batch]).tolist()):
            print(json.dumps({"id": name, "scores": p}))

    batch = []
    for record in read_tokens(sys.stdin.buffer):
        batch.append(record)
        if len(batch) == args.batch:
            flush(batch)
            batch = []
    if batch:
        flush(batch)


if __name__ == "__main__":
    main()
