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

const count = n => n === null ? "–" : n.toLocaleString("en");
const decimal = x => x === null || x === undefined ? "–" : x.toFixed(3);
const percent = p => p > 0 && p < .005 ? "<1%" : p < 1 && p >= .995 ? ">99%" : `${(100 * p).toFixed(0)}%`;
// A text for one line, without characters that change the direction of the text around it.
const plain = (text, most = 300) => {
  const clean = text.replace(/[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, "");
  return clean.length > most ? clean.slice(0, most) + "…" : clean;
};

const table = (head, rows) => make("table", {}, make("thead", {}, make("tr", {}, ...head.map(text => make("th", {scope: "col"}, text)))),
  make("tbody", {}, ...rows.map(cells => make("tr", {}, ...cells.map(cell => make("td", {}, cell))))));

const {micro, macro} = metrics;
$("about").textContent = `${count(metrics.documents)} encounters of test, ${count(metrics.labels)} codes, threshold ${decimal(metrics.threshold)}` +
  (metrics.own_thresholds ? ` (${count(metrics.own_thresholds)} codes have their own)` : "") +
  (metrics.train_documents ? `, trained on ${count(metrics.train_documents)} encounters` : "");
$("overall").append(
  table(["Average", "Precision", "Recall", "F1", "AUC"], [["Micro", decimal(micro.precision), decimal(micro.recall), decimal(micro.f1), decimal(micro.auc)],
    ["Macro", decimal(macro.precision), decimal(macro.recall), decimal(macro.f1_of_means), decimal(macro.auc)]]),
  table(["Ranking", "Precision", "Recall", "nDCG"], Object.entries(metrics.at).map(([k, at]) => [`at ${k}`, decimal(at.precision), decimal(at.recall), decimal(at.ndcg)])),
  table(["Other", "Value"], [["Average precision", decimal(micro.average_precision)], ["Macro-F1, mean over codes with gold", decimal(macro.f1_mean_present)], ["MAP", decimal(metrics.map)],
    ["Exactly right encounters", decimal(metrics.exact_match)], ["Calibration error", decimal(metrics.calibration_error)], ["Codes unknown to the model", count(metrics.labels_unknown)]]));

const binHead = ["Codes", "With gold", "Gold", "Predicted", "Right", "Precision", "Recall", "Micro-F1", "Macro-F1"];
const binCells = bin => [count(bin.labels), count(bin.labels_present), count(bin.gold), count(bin.predicted), count(bin.hits), decimal(bin.micro.precision), decimal(bin.micro.recall),
  decimal(bin.micro.f1), decimal(bin.macro.f1_mean_present)];
for (const {by, groups} of metrics.by_group ?? []) {
  $("chapters").append(table([by, ...binHead], groups.map(bin => [plain(bin.group ?? "no group"), ...binCells(bin)])));
}
if (metrics.by_frequency) $("frequency").append(table(["Training encounters", ...binHead], metrics.by_frequency.map(bin =>
  [bin.to === null ? `${count(bin.from)} or more` : bin.from === bin.to ? count(bin.from) : `${count(bin.from)}–${count(bin.to)}`, ...binCells(bin)])));
else $("frequency").append(make("p", {}, "The training data were not found."));

// ---- plots: lines in a square of 300 by 200 ----

const shape = (name, attributes, ...children) => {
  const element = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
};

// lines: [{name, points: [[x, y]]}] of which y is within 0 and 1, x within the range.
const plot = (title, xName, [low, high], series, even = false) => {
  const x = v => 34 + 256 * (v - low) / (high - low || 1), y = v => 190 - 180 * v;
  const path = points => "M" + points.map(([a, b]) => `${x(a).toFixed(1)},${y(b).toFixed(1)}`).join("L");
  const drawn = series.filter(s => s.points.length).map((s, i) => shape("path", {class: i ? "two" : "one", d: path(s.points)}));
  const ticks = [0, .25, .5, .75, 1].map(v => shape("text", {x: 28, y: y(v) + 4, "text-anchor": "end"}, String(v)));
  const ends = [low, high].map(v => shape("text", {x: x(v), y: 204, "text-anchor": "middle"}, String(v)));
  const legend = series.length > 1 ? series.map((s, i) => shape("text", {x: 284, y: 24 + 14 * i, "text-anchor": "end"}, (i ? "- - " : "— ") + s.name)) : [];
  const svg = shape("svg", {viewBox: "0 0 312 222", role: "img", "aria-label": title}, shape("path", {class: "axis", d: "M34,10V190H290"}),
    ...even ? [shape("path", {class: "even", d: path([[0, 0], [1, 1]])})] : [], ...ticks, ...ends, shape("text", {x: 162, y: 218, "text-anchor": "middle"}, xName), ...drawn, ...legend);
  $("curves").append(make("figure", {}, svg, make("figcaption", {}, title)));
};

const curve = rowsOf("curve").map(r => [number(r.recall), number(r.precision)]).filter(([r, p]) => r !== null && p !== null);
plot("Precision by recall, at each threshold", "recall", [0, 1], [{name: "precision", points: curve}]);
plot("Share of right codes by predicted probability", "probability", [0, 1],
  [{name: "share", points: rowsOf("reliability").filter(r => Number(r.n)).map(r => [number(r.mean), number(r.share)])}], true);
const epochs = objects("history"), most = Math.max(...epochs.map(e => e.loss ?? 0));
if (epochs.length) plot(`Training: micro-F1 on dev, and loss as a share of ${decimal(most)}`, "epoch", [1, epochs.length],
  [{name: "micro-F1 on dev", points: epochs.map((e, i) => [i + 1, e.dev_micro_f1]).filter(([, v]) => v !== null && v !== undefined)},
    {name: "loss", points: epochs.map((e, i) => [i + 1, e.loss / most])}]);

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
const codeLine = ([code, n]) => make("li", {}, make("b", {}, plain(code)), ` ${plain(names.get(code) ?? "")} (${count(n)} ${n === 1 ? "encounter" : "encounters"})`);

const exampleLine = code => i => {
  const {id, codes: all} = encounters[i], c = all.find(o => o.code === code), [e] = c.evidence;
  return make("li", {}, make("bdi", {}, plain(id, 60)), ` (${percent(c.score)}): `, e ? make("q", {}, make("bdi", {}, plain(e.text))) : "no evidence");
};

const part = (title, className, items) => items.length ? [make("h3", {className}, title), make("ul", {}, ...items)] : [];
const detailsOf = ({code}) => {
  const {right, missed, wrong, instead, insteadOf} = caseOf(code), example = exampleLine(code), some = 3;
  const made = [...part(`Where it is missed, these codes are predicted wrongly`, "", commonest(instead, code).map(codeLine)),
    ...part(`Where it is wrong, these codes are missed`, "", commonest(insteadOf, code).map(codeLine)),
    ...part(`Right: ${count(right.length)}`, "right", right.slice(0, some).map(example)), ...part(`Missed: ${count(missed.length)}`, "wrong", missed.slice(0, some).map(example)),
    ...part(`Wrong: ${count(wrong.length)}`, "wrong", wrong.slice(0, some).map(example))];
  return made.length ? made : ["It is neither predicted nor recorded in test."];
};

const columns = [["code", "Code"], ["name", "Description"], ["gold", "Gold"], ["predicted", "Predicted"], ["right", "Right"], ["precision", "Precision"], ["recall", "Recall"], ["f1", "F1"]];
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
    const button = make("button", {type: "button"}, title), head = make("th", {scope: "col", className: key === "name" ? "text" : ""}, button);
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
  $("found").textContent = `${count(found.length)} of ${count(codes.length)} codes`;
  $("more").hidden = found.length <= shownRows;
};
$("search").addEventListener("input", drawCodes);
$("more").addEventListener("click", () => { shownRows += 400; drawCodes(); });
drawCodes();

// ---- settings ----

const config = JSON.parse(textOf("config"));
const {training = {}, tokenizer = {}, files, ...shape_} = config;
const simple = object => Object.entries(object).filter(([, v]) => v === null || typeof v !== "object" || Array.isArray(v)).map(([k, v]) => `${k} ${Array.isArray(v) ? v.join(" ") : v}`).join("\n");
for (const [title, text] of [["Run", textOf("settings")], ["Training", simple(training)], ["Words", simple(tokenizer)], ["Model", simple(shape_)]]) {
  if (text.trim()) $("settings-list").append(make("h3", {}, title), make("pre", {}, text.trim()));
}
}
