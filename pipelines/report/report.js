// SPDX-License-Identifier: Apache-2.0
// The page of ecan report: tables and plots of the data in its templates. All of it is shown as text.
"use strict";
{
const $ = id => document.getElementById(id);
const textOf = id => $(id).content.textContent;
const make = (name, properties = {}, ...children) => {
  const element = Object.assign(document.createElement(name), properties);
  element.append(...children);
  return element;
};

// ---- languages ----

const strings = {
  en: {
    title: "Evaluation", parts: "Parts of the page", language: "Language", results: "Results", chapters: "Chapters", byChapter: "By chapter", frequency: "Frequency",
    byFrequency: "By number of training encounters of a code", curves: "Curves", codes: "Codes", settings: "Settings", search: "Search by code and description", more: "Show more codes",
    about: "{0} encounters of test, {1} codes, threshold {2}", ownThresholds: " ({0} codes have their own)", trainedOn: ", trained on {0} encounters",
    average: "Average", micro: "Micro", macro: "Macro", ranking: "Ranking", at: "at {0}", other: "Other", value: "Value", averagePrecision: "Average precision",
    macroPresent: "Macro-F1, mean over codes with gold", exact: "Exactly right encounters", calibration: "Calibration error", unknown: "Codes unknown to the model",
    withGold: "With gold", gold: "Gold", predicted: "Predicted", right: "Right", precision: "Precision", recall: "Recall", noGroup: "no group",
    training: "Training encounters", orMore: "{0} or more", noTraining: "The training data were not found.",
    precisionByRecall: "Precision by recall, at each threshold", rightByProbability: "Share of right codes by predicted probability", byEpoch: "Training: micro-F1 on dev, and loss as a share of {0}",
    probability: "probability", share: "share", epoch: "epoch", onDev: "micro-F1 on dev", loss: "loss",
    oneEncounter: "{0} encounter", encounters: "{0} encounters", noEvidence: "no evidence", instead: "Where it is missed, these codes are predicted wrongly",
    insteadOf: "Where it is wrong, these codes are missed", rightCount: "Right: {0}", missedCount: "Missed: {0}", wrongCount: "Wrong: {0}", neither: "It is neither predicted nor recorded in test.",
    code: "Code", description: "Description", found: "{0} of {1} codes", run: "Run", trainingSettings: "Training", words: "Words", model: "Model",
  },
  nl: {
    title: "Evaluatie", parts: "Delen van de pagina", language: "Taal", results: "Resultaten", chapters: "Hoofdstukken", byChapter: "Per hoofdstuk", frequency: "Frequentie",
    byFrequency: "Volgens het aantal trainingsdossiers van een code", curves: "Grafieken", codes: "Codes", settings: "Instellingen", search: "Zoek op code en omschrijving", more: "Meer codes tonen",
    about: "{0} dossiers van test, {1} codes, drempel {2}", ownThresholds: " ({0} codes hebben een eigen drempel)", trainedOn: ", getraind op {0} dossiers",
    average: "Gemiddelde", micro: "Micro", macro: "Macro", ranking: "Rangorde", at: "op {0}", other: "Andere", value: "Waarde", averagePrecision: "Gemiddelde precisie",
    macroPresent: "Macro-F1, gemiddeld over codes die voorkomen", exact: "Volledig juiste dossiers", calibration: "Kalibratiefout", unknown: "Codes die het model niet kent",
    withGold: "Komt voor", gold: "Juiste codes", predicted: "Voorspeld", right: "Juist voorspeld", precision: "Precisie", recall: "Recall", noGroup: "geen groep",
    training: "Trainingsdossiers", orMore: "{0} of meer", noTraining: "De trainingsgegevens zijn niet gevonden.",
    precisionByRecall: "Precisie volgens recall, bij elke drempel", rightByProbability: "Aandeel juiste codes volgens de voorspelde kans", byEpoch: "Training: micro-F1 op dev, en verlies als deel van {0}",
    probability: "kans", share: "aandeel", epoch: "epoch", onDev: "micro-F1 op dev", loss: "verlies",
    oneEncounter: "{0} dossier", encounters: "{0} dossiers", noEvidence: "geen vindplaats", instead: "Waar hij gemist is, zijn deze codes ten onrechte voorspeld",
    insteadOf: "Waar hij fout is, zijn deze codes gemist", rightCount: "Juist: {0}", missedCount: "Gemist: {0}", wrongCount: "Fout: {0}", neither: "In test is hij niet voorspeld en komt hij niet voor.",
    code: "Code", description: "Omschrijving", found: "{0} van {1} codes", run: "Uitvoering", trainingSettings: "Training", words: "Woorden", model: "Model",
  },
  fr: {
    title: "Évaluation", parts: "Parties de la page", language: "Langue", results: "Résultats", chapters: "Chapitres", byChapter: "Par chapitre", frequency: "Fréquence",
    byFrequency: "Selon le nombre de séjours d’entraînement d’un code", curves: "Courbes", codes: "Codes", settings: "Réglages", search: "Chercher par code et libellé", more: "Montrer plus de codes",
    about: "{0} séjours de test, {1} codes, seuil {2}", ownThresholds: " ({0} codes ont leur propre seuil)", trainedOn: ", entraîné sur {0} séjours",
    average: "Moyenne", micro: "Micro", macro: "Macro", ranking: "Classement", at: "à {0}", other: "Autres", value: "Valeur", averagePrecision: "Précision moyenne",
    macroPresent: "Macro-F1, moyenne sur les codes présents", exact: "Séjours entièrement justes", calibration: "Erreur de calibration", unknown: "Codes inconnus du modèle",
    withGold: "Présents", gold: "Codes justes", predicted: "Prédits", right: "Bien prédits", precision: "Précision", recall: "Rappel", noGroup: "sans groupe",
    training: "Séjours d’entraînement", orMore: "{0} ou plus", noTraining: "Les données d’entraînement n’ont pas été trouvées.",
    precisionByRecall: "Précision selon le rappel, à chaque seuil", rightByProbability: "Part de codes justes selon la probabilité prédite", byEpoch: "Entraînement : micro-F1 sur dev, et perte en part de {0}",
    probability: "probabilité", share: "part", epoch: "époque", onDev: "micro-F1 sur dev", loss: "perte",
    oneEncounter: "{0} séjour", encounters: "{0} séjours", noEvidence: "pas de preuve", instead: "Là où il manque, ces codes sont prédits à tort",
    insteadOf: "Là où il est faux, ces codes manquent", rightCount: "Juste : {0}", missedCount: "Manqué : {0}", wrongCount: "Faux : {0}", neither: "Dans test, il n’est ni prédit ni présent.",
    code: "Code", description: "Libellé", found: "{0} codes sur {1}", run: "Exécution", trainingSettings: "Entraînement", words: "Mots", model: "Modèle",
  },
};
let language = navigator.languages.map(l => l.slice(0, 2)).find(l => l in strings) ?? "en";
const t = (key, ...values) => strings[language][key].replace(/\{(\d)\}/g, (_, i) => values[i]);

// ---- data ----

const lines = id => textOf(id).split("\n").filter(line => line.trim());
const objects = id => lines(id).map(line => JSON.parse(line));
const rowsOf = id => {
  const [head = "", ...rest] = lines(id), keys = head.split("\t");
  return rest.map(line => Object.fromEntries(line.split("\t").map((value, i) => [keys[i], value])));
};
const number = value => value === "" || value === null || value === undefined ? null : Number(value);
const metrics = JSON.parse(textOf("metrics"));
const names = new Map(lines("names").map(line => line.split("\t")).map(([code, ...name]) => [code, name.join("\t")]));
const encounters = objects("evidence");

// ---- numbers and tables ----

const count = n => n === null ? "–" : n.toLocaleString(language);
const decimal = x => x === null || x === undefined ? "–" : x.toLocaleString(language, {minimumFractionDigits: 3, maximumFractionDigits: 3});
const percent = p => p > 0 && p < .005 ? "<1%" : p < 1 && p >= .995 ? ">99%" : `${(100 * p).toFixed(0)}%`;
// A text for one line, without characters that change the direction of the text around it.
const plain = (text, most = 300) => {
  const clean = text.replace(/[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, "");
  return clean.length > most ? clean.slice(0, most) + "…" : clean;
};

const table = (head, rows) => make("table", {}, make("thead", {}, make("tr", {}, ...head.map(text => make("th", {scope: "col"}, text)))),
  make("tbody", {}, ...rows.map(cells => make("tr", {}, ...cells.map(cell => make("td", {}, cell))))));

const {micro, macro} = metrics;
const drawOverall = () => {
  $("about").textContent = t("about", count(metrics.documents), count(metrics.labels), decimal(metrics.threshold)) +
    (metrics.own_thresholds ? t("ownThresholds", count(metrics.own_thresholds)) : "") + (metrics.train_documents ? t("trainedOn", count(metrics.train_documents)) : "");
  $("overall").replaceChildren(
    table([t("average"), t("precision"), t("recall"), "F1", "AUC"], [[t("micro"), decimal(micro.precision), decimal(micro.recall), decimal(micro.f1), decimal(micro.auc)],
      [t("macro"), decimal(macro.precision), decimal(macro.recall), decimal(macro.f1_of_means), decimal(macro.auc)]]),
    table([t("ranking"), t("precision"), t("recall"), "nDCG"], Object.entries(metrics.at).map(([k, at]) => [t("at", k), decimal(at.precision), decimal(at.recall), decimal(at.ndcg)])),
    table([t("other"), t("value")], [[t("averagePrecision"), decimal(micro.average_precision)], [t("macroPresent"), decimal(macro.f1_mean_present)], ["MAP", decimal(metrics.map)],
      [t("exact"), decimal(metrics.exact_match)], [t("calibration"), decimal(metrics.calibration_error)], [t("unknown"), count(metrics.labels_unknown)]]));
};

const binHead = () => [...["codes", "withGold", "gold", "predicted", "right", "precision", "recall"].map(key => t(key)), "Micro-F1", "Macro-F1"];
const binCells = bin => [count(bin.labels), count(bin.labels_present), count(bin.gold), count(bin.predicted), count(bin.hits), decimal(bin.micro.precision), decimal(bin.micro.recall),
  decimal(bin.micro.f1), decimal(bin.macro.f1_mean_present)];
const rangeOf = ({from, to}) => to === null ? t("orMore", count(from)) : from === to ? count(from) : `${count(from)}–${count(to)}`;
const drawGroups = () => {
  $("chapters").replaceChildren(...(metrics.by_group ?? []).map(({by, groups}) => table([by, ...binHead()], groups.map(bin => [plain(bin.group ?? t("noGroup")), ...binCells(bin)]))));
  $("frequency").replaceChildren(metrics.by_frequency ? table([t("training"), ...binHead()], metrics.by_frequency.map(bin => [rangeOf(bin), ...binCells(bin)]))
    : make("p", {}, t("noTraining")));
};

// ---- plots: lines in a square of 300 by 200 ----

const shape = (name, attributes, ...children) => {
  const element = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
};

// series: [{name, points: [[x, y]]}] of which y is within 0 and 1, x within the range. Their names are above the lines.
const plot = (title, xName, [low, high], series, even = false) => {
  const x = v => 34 + 256 * (v - low) / (high - low || 1), y = v => 208 - 180 * v;
  const path = points => "M" + points.map(([a, b]) => `${x(a).toFixed(1)},${y(b).toFixed(1)}`).join("L");
  const drawn = series.filter(s => s.points.length).map((s, i) => shape("path", {class: i ? "two" : "one", d: path(s.points)}));
  const ticks = [0, .25, .5, .75, 1].map(v => shape("text", {x: 28, y: y(v) + 4, "text-anchor": "end"}, v.toLocaleString(language)));
  const ends = [low, high].map(v => shape("text", {x: x(v), y: 222, "text-anchor": "middle"}, String(v)));
  const legend = series.length > 1 ? series.flatMap((s, i) => [shape("path", {class: i ? "two" : "one", d: `M${34 + 140 * i},10h22`}), shape("text", {x: 62 + 140 * i, y: 14}, s.name)]) : [];
  const svg = shape("svg", {viewBox: "0 0 312 240", role: "img", "aria-label": title}, shape("path", {class: "axis", d: "M34,24V208H290"}),
    ...even ? [shape("path", {class: "even", d: path([[0, 0], [1, 1]])})] : [], ...ticks, ...ends, shape("text", {x: 162, y: 236, "text-anchor": "middle"}, xName), ...drawn, ...legend);
  $("curves").append(make("figure", {}, svg, make("figcaption", {}, title)));
};

const curve = rowsOf("curve").map(r => [number(r.recall), number(r.precision)]).filter(([r, p]) => r !== null && p !== null);
const reliability = rowsOf("reliability").filter(r => Number(r.n)).map(r => [number(r.mean), number(r.share)]);
const epochs = objects("history"), most = Math.max(...epochs.map(e => e.loss ?? 0));
const drawCurves = () => {
  $("curves").replaceChildren();
  plot(t("precisionByRecall"), t("recall"), [0, 1], [{name: t("precision"), points: curve}]);
  plot(t("rightByProbability"), t("probability"), [0, 1], [{name: t("share"), points: reliability}], true);
  if (epochs.length) plot(t("byEpoch", decimal(most)), t("epoch"), [1, epochs.length],
    [{name: t("onDev"), points: epochs.map((e, i) => [i + 1, e.dev_micro_f1]).filter(([, v]) => v !== null && v !== undefined)},
      {name: t("loss"), points: epochs.map((e, i) => [i + 1, e.loss / most])}]);
};

// ---- codes ----

const codes = rowsOf("codes").map(({code, gold, predicted, hits, precision, recall, f1}) => ({code, name: names.get(code) ?? "",
  gold: Number(gold), predicted: Number(predicted), right: Number(hits), precision: number(precision), recall: number(recall), f1: number(f1)}));

// For each code: the encounters in which it is right, missed or wrong, as indexes; and of these the other codes that are wrong where it is
// missed, and missed where it is wrong.
const cases = new Map();
const caseOf = code => {
  if (!cases.has(code)) cases.set(code, {right: [], missed: [], wrong: [], instead: new Map(), insteadOf: new Map()});
  return cases.get(code);
};
const add = (map, key) => map.set(key, (map.get(key) ?? 0) + 1);
encounters.forEach(({codes: all}, i) => {
  const missed = all.filter(c => c.gold && !c.predicted), wrong = all.filter(c => c.gold === false && c.predicted);
  for (const c of all) if (c.gold && c.predicted) caseOf(c.code).right.push(i);
  for (const c of missed) caseOf(c.code).missed.push(i);
  for (const c of wrong) caseOf(c.code).wrong.push(i);
  for (const a of missed) for (const b of wrong) {
    add(caseOf(a.code).instead, b.code);
    add(caseOf(b.code).insteadOf, a.code);
  }
});

// The most frequent first; of equal ones those of the same category.
const commonest = (map, code) => [...map].sort(([a, n], [b, m]) => m - n || b.startsWith(code.slice(0, 3)) - a.startsWith(code.slice(0, 3)) || (a < b ? -1 : 1)).slice(0, 5);
const codeLine = ([code, n]) => make("li", {}, make("b", {}, plain(code)), ` ${plain(names.get(code) ?? "")} (${t(n === 1 ? "oneEncounter" : "encounters", count(n))})`);

const exampleLine = code => i => {
  const {id, codes: all} = encounters[i], c = all.find(o => o.code === code), [e] = c.evidence;
  return make("li", {}, make("bdi", {}, plain(id, 60)), ` (${percent(c.score)}): `, e ? make("q", {}, make("bdi", {}, plain(e.text))) : t("noEvidence"));
};

const part = (title, className, items) => items.length ? [make("h3", {className}, title), make("ul", {}, ...items)] : [];
const detailsOf = ({code}) => {
  const {right, missed, wrong, instead, insteadOf} = caseOf(code), example = exampleLine(code), some = 3;
  const made = [...part(t("instead"), "", commonest(instead, code).map(codeLine)),
    ...part(t("insteadOf"), "", commonest(insteadOf, code).map(codeLine)),
    ...part(t("rightCount", count(right.length)), "right", right.slice(0, some).map(example)), ...part(t("missedCount", count(missed.length)), "wrong", missed.slice(0, some).map(example)),
    ...part(t("wrongCount", count(wrong.length)), "wrong", wrong.slice(0, some).map(example))];
  return made.length ? made : [t("neither")];
};

const columns = [["code", "code"], ["name", "description"], ["gold", "gold"], ["predicted", "predicted"], ["right", "right"], ["precision", "precision"], ["recall", "recall"], ["f1", null]]; // and their titles
let sortKey = "gold", descending = true, shownRows = 100;

const codeRow = c => {
  const button = make("button", {type: "button", className: "code-button", ariaExpanded: "false"}, plain(c.code));
  const bar = make("span", {className: "bar"});
  bar.style.setProperty("--f1", c.f1 ?? 0);
  const row = make("tr", {}, make("td", {}, button), make("td", {className: "text"}, plain(c.name)), ...[c.gold, c.predicted, c.right].map(n => make("td", {}, count(n))),
    ...[c.precision, c.recall].map(x => make("td", {}, decimal(x))), make("td", {className: "score"}, decimal(c.f1), " ", bar));
  button.addEventListener("click", () => {
    const open = button.ariaExpanded === "true";
    button.ariaExpanded = String(!open);
    if (open) row.nextSibling.remove();
    else row.after(make("tr", {className: "details"}, make("td", {colSpan: columns.length}, ...detailsOf(c))));
  });
  return row;
};

const fold = text => text.normalize("NFD").replace(/[\u0300-\u036f]/g, "").toLowerCase();

const drawCodes = () => {
  const wanted = fold($("search").value).split(/\s+/).filter(Boolean);
  const found = codes.filter(c => wanted.every(word => (c.folded ??= fold(c.code + " " + c.name)).includes(word)));
  const value = c => c[sortKey] ?? -1;
  found.sort((a, b) => (descending ? -1 : 1) * (value(a) < value(b) ? -1 : value(a) > value(b) ? 1 : 0));
  const heads = columns.map(([key, title]) => {
    const button = make("button", {type: "button"}, title ? t(title) : "F1"), head = make("th", {scope: "col", className: key === "name" ? "text" : ""}, button);
    if (key === sortKey) head.ariaSort = descending ? "descending" : "ascending";
    button.addEventListener("click", () => {
      descending = key === sortKey ? !descending : !["code", "name"].includes(key);
      sortKey = key;
      drawCodes();
      $("code-table").querySelector("[aria-sort] button").focus();
    });
    return head;
  });
  $("code-table").replaceChildren(make("table", {}, make("thead", {}, make("tr", {}, ...heads)), make("tbody", {}, ...found.slice(0, shownRows).map(codeRow))));
  $("found").textContent = t("found", count(found.length), count(codes.length));
  $("more").hidden = found.length <= shownRows;
};
$("search").addEventListener("input", drawCodes);
$("more").addEventListener("click", () => { shownRows += 400; drawCodes(); });

// ---- settings ----

const config = JSON.parse(textOf("config"));
const {training = {}, tokenizer = {}, files, ...shape_} = config;
const simple = object => Object.entries(object).filter(([, v]) => v === null || typeof v !== "object" || Array.isArray(v)).map(([k, v]) => `${k} ${Array.isArray(v) ? v.join(" ") : v}`).join("\n");
const drawSettings = () => $("settings-list").replaceChildren(...[["run", textOf("settings")], ["trainingSettings", simple(training)], ["words", simple(tokenizer)], ["model", simple(shape_)]]
  .filter(([, text]) => text.trim()).flatMap(([title, text]) => [make("h3", {}, t(title)), make("pre", {}, text.trim())]));

// ---- the page ----

const draw = () => {
  document.documentElement.lang = $("language").value = language;
  document.title = t("title");
  for (const e of document.querySelectorAll("[data-t]")) e.textContent = t(e.dataset.t);
  for (const e of document.querySelectorAll("[data-t-label]")) e.setAttribute("aria-label", t(e.dataset.tLabel));
  for (const part of [drawOverall, drawGroups, drawCurves, drawCodes, drawSettings]) part();
};
$("language").addEventListener("change", () => { language = $("language").value; draw(); });
$("language").hidden = false;
draw();
}
