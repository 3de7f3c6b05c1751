#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The streams that the browser's tests make pages of, and their model: make-fixtures.py FOLDER NAME...

few.mp   encounters with everything that a page must not trip over
many.mp  400 encounters
terms.mp one encounter with a term
unread.mp  one encounter of which the model read the first words of the first note, and one that it read
repeats.mp  one encounter with the same words in several places
big.mp   one encounter of 5,000 words with 50 codes
stay.mp  one encounter of 100 notes, 60,000 words and 80 codes
odd.mp   text that is hard to show: characters that change the direction, words of 1 MB, tables
report.mp  40 encounters with gold codes
crowd.mp 10,000 encounters
codes    codes.tsv: 95,000 codes with descriptions

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
STAY = {code: name for code, name in zip(
    "A41.9 A09.9 B37.0 C34.1 C78.7 D50.9 D64.9 D69.6 E11.9 E11.4 E78.0 E03.9 E87.1 E87.6 E66.0 E43 E86 F05.0 F32.9 F17.2 F10.2 G20 G40.9 G47.3 "
    "G62.9 H25.9 H40.1 H91.9 I10 I20.0 I21.4 I25.1 I26.9 I48.9 I50.0 I50.1 I63.9 I70.2 I80.2 J18.9 J44.1 J44.9 J69.0 J90 J96.0 K21.0 K25.4 K57.3 "
    "K59.0 K70.3 K80.2 K92.2 L03.1 L89.2 M10.9 M16.1 M17.1 M54.5 M80.0 M81.9 N17.9 N18.3 N18.4 N30.0 N39.0 N40 R07.4 R11 R26.2 R31 R41.0 R55 S06.0 "
    "S22.3 S72.0 T81.4 U07.1 W19 Z86.7 Z92.1 Z95.5".split(),
    "Sepsis, unspecified|Gastroenteritis|Candidal stomatitis|Malignant neoplasm of upper lobe of lung|Secondary malignant neoplasm of liver|Iron deficiency anaemia|"
    "Anaemia, unspecified|Thrombocytopenia, unspecified|Type 2 diabetes mellitus without complications|Type 2 diabetes mellitus with neurological complications|"
    "Pure hypercholesterolaemia|Hypothyroidism, unspecified|Hyponatraemia|Hypokalaemia|Obesity due to excess calories|Severe protein-energy malnutrition|"
    "Volume depletion|Delirium not superimposed on dementia|Depressive episode|Tobacco dependence|Alcohol dependence|Parkinson disease|Epilepsy|Sleep apnoea|"
    "Polyneuropathy|Senile cataract|Primary open-angle glaucoma|Hearing loss|Essential (primary) hypertension|Unstable angina|"
    "Acute subendocardial myocardial infarction|Atherosclerotic heart disease|Pulmonary embolism|Atrial fibrillation and atrial flutter, unspecified|"
    "Congestive heart failure|Left ventricular failure|Cerebral infarction|Atherosclerosis of arteries of extremities|Phlebitis of deep vessels of legs|"
    "Pneumonia, unspecified|COPD with acute exacerbation|COPD, unspecified|Pneumonitis due to food and vomit|Pleural effusion|Acute respiratory failure|"
    "Reflux disease with oesophagitis|Gastric ulcer with haemorrhage|Diverticular disease of large intestine|Constipation|Alcoholic cirrhosis of liver|"
    "Calculus of gallbladder|Gastrointestinal haemorrhage|Cellulitis of limb|Pressure ulcer, stage III|Gout|Coxarthrosis|Gonarthrosis|Low back pain|"
    "Osteoporosis with pathological fracture|Osteoporosis|Acute renal failure|Chronic kidney disease, stage 3|Chronic kidney disease, stage 4|Acute cystitis|"
    "Urinary tract infection|Hyperplasia of prostate|Chest pain|Nausea and vomiting|Difficulty in walking|Haematuria|Disorientation|Syncope|Concussion|"
    "Fracture of rib|Fracture of neck of femur|Infection following a procedure|COVID-19|Unspecified fall|Personal history of circulatory disease|"
    "Long-term use of anticoagulants|Presence of coronary stent".split("|"))}
DESCRIPTIONS |= {code: name for code, name in STAY.items() if code not in DESCRIPTIONS}
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


def repeats():
    yield encounter("herhaald", [{"id": "n", "type": "brief", "text": "Opname met pneumonie."}, {"id": "m", "type": "nota", "text": "Pneumonie in behandeling. De pneumonie verbetert."}], {"J18.9": (.9, [("pneumonie", 0, .5)])})


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


SENTENCES = """Patiënte werd opgenomen via spoed wegens toenemende dyspnoe sinds drie dagen. Bij klinisch onderzoek crepitaties rechts basaal, geen oedemen.
Gekend met voorkamerfibrilleren waarvoor orale anticoagulatie. De bloeddruk bleef hoog ondanks aanpassing van de medicatie. Geen thoracale pijn, geen syncope.
RX thorax toont een infiltraat in de rechter onderkwab. Gestart met amoxicilline-clavulaanzuur intraveneus. De nierfunctie verbeterde na hydratatie.
Nacht rustig, patiënte sliep goed. Mobilisatie met de kinesist, twee maal dertig meter met rollator. Wondje aan het linker onderbeen verzorgd.
Echografie: gedaalde ejectiefractie, matige mitralisinsufficiëntie. Voorgeschiedenis van prostaathypertrofie bij de vader. Rookt vijftien sigaretten per dag.
Diabetes type 2 redelijk onder controle met metformine. Overleg met de dienst geriatrie over verder beleid. Ontslag naar huis met thuisverpleging.""".replace("\n", " ").split(". ")


def laboratory(some, day):
    rows = "Hemoglobine g/dL 12-16|Hematocriet % 36-46|Leukocyten 10E9/L 4-10|Trombocyten 10E9/L 150-400|Natrium mmol/L 135-145|Kalium mmol/L 3.5-5.1|Ureum mg/dL 17-48|Creatinine mg/dL 0.5-0.9|CRP mg/L <5|Glucose mg/dL 70-110"
    lines = [f"Bloedafname dag {day}. Resultaten:"] + [f"{name:<16}{some.uniform(1, 200):>9.1f}   {unit:<8} {normal}" for name, unit, normal in (r.split() for r in rows.split("|"))]
    lines += ["", "Test\tVorige\tNu\tEenheid"] + [f"{name}\t{some.uniform(1, 9):.1f}\t{some.uniform(1, 9):.1f}\tU/L" for name in ("ASAT", "ALAT", "Gamma-GT", "Lipase")]
    return "\n".join(lines) + "\n\n"


def stay():
    some = random.Random(7)
    kinds = [("Opnameverslag", "dr. A. Peeters"), ("Verpleegnota", "L. Janssens"), ("Labo", "Klinisch laboratorium"), ("Beeldvorming", "dr. M. Claes"),
             ("Consult cardiologie", "dr. F. De Smet"), ("Verpleegnota", "K. Wouters"), ("Kinesitherapie", "S. Maes"), ("Consult nefrologie", "dr. H. Dubois")]
    documents = []
    for i in range(100):
        kind, author = kinds[0] if i == 0 else ("Ontslagbrief", "dr. A. Peeters") if i == 99 else kinds[1 + i % 7]
        text = laboratory(some, i // 4 + 1) if kind == "Labo" else ""
        while len(text.split()) < 600:
            text += ". ".join(some.sample(SENTENCES, 6)) + f". Waarde{i}x{len(text)} genoteerd.\n" + ("\n" if some.random() < .5 else "")
        documents.append({"id": f"n{i + 1}", "type": kind, "date": f"2024-03-{1 + i // 4:02}T{8 + 3 * (i % 4):02}:15:00", "author": author, "text": text})
    places = [w for d in documents for w in some.sample(sorted(set(re.findall(r"waarde\w+", d["text"].lower()))), 3)]
    codes = {c: (.995 - i / 100, [(w, 0, .6 - .1 * k) for k, w in enumerate(some.sample(places, 4))]) for i, c in enumerate(STAY)}
    yield encounter("verblijf-2024-0317", documents, dict(list(codes.items())[:80])) | {"words_cut": 120}


def odd():
    table = "Uitslagen:\nHb       12.5   g/dL\nKalium    4.1   mmol/L\n\nNaam\tNu\nGamma-GT van de patiënt\t12\nASAT\t30\n\nHet is goed.  Er is niets.\nMorgen naar huis.  Tot dan.\n"
    yield encounter("om\u202egekeerd", [{"id": "b", "type": "bri\u202eef", "date": "1 maart", "author": "dr. \u2066X", "text": "geen koorts \u202eetoh\u202c pneumonie links"},
                                         {"id": "t", "type": "labo", "date": "2024-03-01", "text": table}], {"J18.9": (.9, [("pneumonie", 0, .5)]), "I10": (.8, [("goed", 0, .5)])})
    word = "w" * 1_000_000
    yield encounter("lang", [{"id": "l", "type": word, "author": word, "text": "begin " + word + " einde"}, {"id": "m", "type": "kort", "text": "Hypertensie."}],
                    {"J18.9": (.9, [(word, 0, .5)]), "I10": (.8, [("hypertensie", 0, .5)])})


def report():
    some = random.Random(5)
    for i in range(40):
        text = f"Dossier {i}: patiënt met <b>hypertensie</b> & koorts bij pneumonie."
        codes = {"I10": (.9, [("hypertensie", 0, .5)]), CODES[2]: (.6 if i % 2 else .4, [("koorts", 0, .5)]), "J18.9": (.7 if i % 3 else .2, [("pneumonie", 0, .5)])}
        one = encounter(f"<i>{i}", [{"id": "n", "text": text}], codes)
        yield one | {"labels": ["I10", "E11"] if i % 4 else ["I10", "J18.9", CODES[2]], "predicted": [p for p in one["predicted"] if p["score"] > .5]}


def crowd():
    for i in range(10_000):
        yield encounter(f"stay-{i:05}", [{"id": "n", "type": "letter", "text": f"Patient {i} with pneumonia and fever."}], {
            "J18.9": (.5 + .49 * (i % 100) / 100, [("pneumonia", 0, .5)]), f"B{i % 50:02}": (.9, [("fever", 0, .5)])})


def table(path):
    some = random.Random(3)
    parts = ["fracture of|open wound of|injury of|neoplasm of|acute inflammation of|chronic ulcer of|burn of".split("|"), "left|right|unspecified|both".split("|"),
             "femur|radius|finger|eyelid|kidney|stomach|œsophagus|éléments du rein|shoulder|ankle|lung".split("|"), "initial encounter|subsequent encounter|sequela|with complication".split("|")]
    lines = [f"{code}\t{name}" for code, name in STAY.items()]
    lines += [f"{chr(65 + i % 26)}{i // 26 % 100:02}.{i // 2600:03}\t" + " ".join(some.choice(p) for p in parts).capitalize() for i in range(95_000 - len(lines))]
    path.write_text("\n".join(lines) + "\n")


folder = pathlib.Path(sys.argv[1])
model(folder / "model")
for name in sys.argv[2:]:
    if name == "codes":
        table(folder / "codes.tsv")
        continue
    encounters = list({"few": few, "many": many, "terms": terms, "unread": unread, "repeats": repeats, "big": big, "stay": stay, "odd": odd, "crowd": crowd, "report": report}[name]())
    head = {"ecan": 1, "kind": "scored", "history": [{"program": "made-up", "version": "1"}], "labels": CODES}
    write(folder / f"{name}.mp", [head, *encounters, {"end": len(encounters)}])
