#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The streams that the browser's tests make pages of, and their model: make-fixtures.py FOLDER

few.mp   encounters with everything that a page must not trip over
many.mp  400 encounters
terms.mp one encounter with a term
unread.mp  one encounter of which the model read the first words of the first note, and one that it read
big.mp   one encounter of 5,000 words with 50 codes

All is made up. A word's weight for a code is in the records (A), so the model need not know anything.
"""
import json
import os
import pathlib
import random
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
import numpy  # noqa: E402
from helper import write, write_tensors  # noqa: E402

DESCRIPTIONS = {
    "I10": "Hypertension artérielle",
    "E11": "diabète & <b>plus</b>",
    "X\"1'<i>": "quoted \"code\" </script><script>window.pwned = 3</script>",
    "Z00": "",
    "J18.9": "Longontsteking, niet gespecificeerd",
} | {f"B{i:02}": f"Code number {i}, whose description is as long as those of real codes are" for i in range(50)}
CODES = list(DESCRIPTIONS)


def model(folder):
    folder.mkdir(exist_ok=True)
    config = {"embedding_size": 2, "channels": [4], "kernels": [3], "squeeze_excitation": False, "residual": False}
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "vocab.txt").write_text("<pad>\n<unk>\n")
    (folder / "labels.tsv").write_text("".join(f"{c}\t{d}\n" for c, d in DESCRIPTIONS.items()))
    shapes = {"embed.weight": (2, 2), "U": (len(CODES), 4), "W": (len(CODES), 4), "b": (len(CODES),),
              "blocks.0.conv.weight": (4, 2, 3), "proj.0.weight": (4, 4), "proj.0.bias": (4,)}
    shapes |= {f"blocks.0.{part}": (4,) for part in ("conv.bias", "norm.weight", "norm.bias")}
    write_tensors(str(folder), {name: numpy.zeros(shape) for name, shape in shapes.items()})


def encounter(id, documents, codes):
    """codes: {code: (score, [(word, which of its occurrences, weight), ...])}"""
    words = [(i, m) for i, d in enumerate(documents) for m in re.finditer(r"\w+", d["text"])]
    A = numpy.zeros((len(CODES), len(words)), "<f4")
    scores = numpy.full(len(CODES), .001, "<f4")
    for code, (score, places) in codes.items():
        scores[CODES.index(code)] = score
        for word, which, weight in places:
            found = [t for t, (_, m) in enumerate(words) if m[0].lower() == word.lower()]
            A[CODES.index(code), found[which]] = weight
    best = A.argmax(1) if words else numpy.full(len(CODES), -1)
    peaks = numpy.stack([numpy.where(best < 0, -1, 0), best], 1)
    predicted = sorted((c for c in codes if codes[c][0] > .002), key=lambda c: -codes[c][0])
    return {"id": id, "documents": documents, "tokens": [m[0].lower() for _, m in words],
            "spans": numpy.array([(i, m.start(), m.end()) for i, m in words], "<i4").reshape(-1, 3),
            "ids": numpy.ones(len(words), "<i4"), "peaks": peaks.astype("<i4"),
            "peak_weights": A.max(1) if words else numpy.zeros(len(CODES), "<f4"), "A": [A], "scores": scores,
            "predicted": [{"code": c, "score": float(scores[CODES.index(c)])} for c in predicted]}


def few():
    hostile = ("Été 🩺 : <script>window.pwned = 1</script> l’état d'une patiente\r\n"
               "diabète de type 2 & néphropathie, diabète équilibré.\r\n\r\n"
               "<!-- </noscript></div></article><img src=x onerror=\"window.pwned=2\"> &amp; &#39; \u2028 a\u0308 fin")
    long = ("Patiënte met hypertensie, gekend sinds 2009.\n" + "Verder geen bijzonderheden in het onderzoek.\n" * 60 +
            "Besluit: Hypertensie onder controle; een pneumonie werd niet weerhouden.")
    arabic = "المريض يعاني من ارتفاع ضغط الدم والسكري منذ سنوات."
    notes = [{"id": "n<1>", "type": "Lettre de \"sortie\" <i>", "date": "2024-03-01", "text": hostile},
             {"id": 2, "type": "opnameverslag", "text": long},
             {"text": arabic}]
    yield encounter("e<1>\"&'", notes, {
        "I10": (.9375, [("hypertensie", 0, .625), ("hypertensie", 1, .25), ("ارتفاع", 0, .125)]),
        "E11": (.75, [("diabète", 0, .5), ("patiente", 0, .25)]),
        CODES[2]: (.0039, [("diabète", 0, .5)]),
        "Z00": (.001, [("fin", 0, .5)])})
    yield encounter("leeg", [{"id": "n", "text": ""}], {"I10": (.9, [])})
    yield encounter("niets", [{"id": "n", "text": "Geen afwijkingen."}], {})
    text = "🩺 Koorts en hoest. RX thorax: pneumonie rechts. Gekend met hypertensie en diabetes. Allergie voor penicilline."
    yield encounter("vier", [{"id": "v1", "type": "spoedverslag", "text": text}], {
        "J18.9": (.97, [("pneumonie", 0, .75), ("koorts", 0, .125)]),
        "I10": (.8, [("hypertensie", 0, .5)]), "E11": (.6, [("diabetes", 0, .5)])})


def terms():
    one = encounter("term", [{"id": "n", "text": "Gekend met een hoge bloeddruk sinds jaren. Hypertensie."}], {
        "I10": (.9, [("hypertensie", 0, .5)]), "E11": (.8, [("hoge", 0, .25)])})
    yield one | {"matches": numpy.array([[CODES.index("I10"), 3, 5]], "<i4"), "match_weights": numpy.array([3], "<f4"), "match_marks": numpy.array([1], "<i4")}


def unread():
    read, rest = "Opname met koorts & hoest. Thorax: <b>pneumonie</b>. ", "Gekend met hypertensie sinds 2009 🩺, behandeld.\r\nEinde."
    one = encounter("gekort", [{"id": "n", "type": "brief", "text": read + rest}], {
        "J18.9": (.9, [("pneumonie", 0, .5)]), "I10": (.8, [("koorts", 0, .25)])})
    T = len(re.findall(r"\w+", read))
    hypertension = one["tokens"].index("hypertensie")
    yield one | {"documents": one["documents"] + [{"id": "m", "type": "verpleging", "text": "Nacht rustig."}, {"id": "l", "type": "labo", "text": "12.5 / 7"}],
        "ids": one["ids"][:T], "A": [one["A"][0][:, :T]], "words_cut": 1234, "notes_cut": 2,
        "matches": numpy.array([[CODES.index("I10"), hypertension, hypertension + 1]], "<i4"), "match_weights": numpy.array([3], "<f4")}
    yield encounter("heel", [{"id": "n", "type": "brief", "text": "Alles is gelezen: hypertensie."}], {"I10": (.9, [("hypertensie", 0, .5)])})


def many():
    for i in range(400):
        text = f"Dossier {i}. " + "Dit is een zin van een verslag zonder veel nieuws. " * 60 + "Koorts bij pneumonie."
        one = encounter(f"dossier-{i:03}", [{"id": "n", "type": "ontslagbrief", "text": text}], {
            "J18.9": (.9, [("pneumonie", 0, .5)]), f"B{i % 50:02}": (.7, [("koorts", 0, .5)])})
        del one["A"]  # the peaks will do
        yield one


def big():
    some = random.Random(1)
    words = [some.choice("koorts hoest pijn zwelling hypertensie dosis controle patiënte élévation longen".split()) + str(i)
             for i in range(5000)]
    half = [" ".join(words[:2500]), " ".join(words[2500:])]
    yield encounter("groot", [{"id": i, "type": "verslag", "text": t} for i, t in enumerate(half)], {
        f"B{i:02}": (.99 - i / 100, [(w, 0, (9 - n) / 20) for n, w in enumerate(some.sample(words, 8))]) for i in range(50)})


folder = pathlib.Path(sys.argv[1])
folder.mkdir(parents=True, exist_ok=True)
model(folder / "model")
for name, encounters in {"few": list(few()), "many": list(many()), "terms": list(terms()), "unread": list(unread()), "big": list(big())}.items():
    head = {"ecan": 1, "kind": "scored", "history": [{"program": "made-up", "version": "1"}], "labels": CODES}
    write(folder / f"{name}.mp", [head, *encounters, {"end": len(encounters)}])
