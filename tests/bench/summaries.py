#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes up discharge summaries as large as MIMIC-IV's, to measure memory and time of ecan-terms:

    tests/bench/summaries.py 48000 | build/bin/ecan-tokenize > train.mp
    /usr/bin/time -v build/bin/ecan-terms --train train.mp > terms.tsv

Usage: summaries.py ENCOUNTERS [SEED]

Words and codes are drawn from distributions of Zipf: about 1,500 words of 200,000, and about 14 of 8,922 codes for
each summary. Most codes have a phrase of two words, which is in most of the summaries with the code. Needs numpy.
"""

import sys

import numpy as np

WORDS, CODES = 200_000, 8_922


def zipf(n, exponent):
    """The cumulative distribution of n ranks."""
    p = (np.arange(n) + 2.7) ** -exponent
    return np.cumsum(p / p.sum())


def name(i):
    """A word for each number, of consonants and vowels in turn."""
    letters = []
    while i or len(letters) < 4:
        i, k = divmod(i, 100)
        letters.append("bcdfghjklmnprstvwxyz"[k // 5] + "aeiou"[k % 5])
    return "".join(letters)


def main():
    n, seed = int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 1
    rng = np.random.default_rng(seed)
    names = np.array([name(i) for i in range(WORDS)])
    of_words, of_codes = zipf(WORDS, 1.05), zipf(CODES, 1.0)
    phrases = np.searchsorted(of_words, rng.random((CODES, 2)) * 0.4 + 0.6)
    for i in range(n):
        words = names[np.searchsorted(of_words, rng.random(max(50, int(rng.normal(1500, 500)))))]
        codes = np.unique(np.searchsorted(of_codes, rng.random(max(1, rng.poisson(15)))))
        for code in codes[rng.random(len(codes)) < 0.8]:
            at = rng.integers(len(words) - 1)
            words[at : at + 2] = names[phrases[code]]
        labels = ",".join(f'"C{code:04d}"' for code in codes)
        print(f'{{"id":"s{i}","text":"{" ".join(words)}","labels":[{labels}]}}')


if __name__ == "__main__":
    main()
