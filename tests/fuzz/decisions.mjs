// SPDX-License-Identifier: Apache-2.0
// Fuzzing files of decisions, as the page of ecan-explain reads them: what is accepted is within the notes of the page, the file that
// is written from it gives the same decisions, and undo leaves none.
import assert from "node:assert/strict";
import inspector from "node:inspector";
import {readFileSync} from "node:fs";
import vm from "node:vm";
import {fuzz} from "./common/fuzz.mjs";

// ---- two encounters with the same id, and one more, as elements of a page ----

const encounters = [
  {id: "a", notes: [{id: "n1", text: "Fièvre \u{1f600} et toux"}, {text: "no fever"}], codes: ["I10", "J45"]},
  {id: "a", notes: [{id: "n2", text: ""}], codes: []},
  {id: "b", notes: [{id: "n3", text: "x"}], codes: ["E11.9"]}];
const passage = {dataset: {note: "0", begin: "0", end: "1", peak: "0 1", weight: "0.5", block: "0"}};
const elementOf = ({notes, codes}) => ({
  dataset: {},
  querySelectorAll: selector => selector === ".note"
    ? notes.map((note, i) => ({dataset: {id: note.id, number: note.id ? undefined : String(i)}, querySelector: () => ({textContent: note.text, childNodes: []})}))
    : codes.map(code => ({dataset: {score: "0.9"}, querySelector: s => ({textContent: s === "b" ? code : "about " + code}),
      querySelectorAll: () => notes[0].text ? [passage] : []})),
});
class DOMParser {
  parseFromString(text) { return {querySelector: () => elementOf(JSON.parse(text))}; }
}
const sources = encounters.map(e => ({dataset: {id: e.id, codes: e.codes.join("\t")}, textContent: JSON.stringify(e)}));

const page = new URL("../../lib/eval/page/", import.meta.url);
const source = name => readFileSync(new URL(name, page), "utf8");
const code = ["fold", "encounter", "table", "decisions", "decision_lines"].map(name => source(name + ".js")).join("") +
  "\n({set: s => { sources = s; }, readDecisions, change, undo, decisionLines, decidedOf, isEmpty, reviews, past});";
const t = vm.runInNewContext(code, {DOMParser}, {filename: "page.js"});
t.set(sources);

// ---- what an input reaches: blocks of the script, as V8 counts them ----

const session = new inspector.Session();
session.connect();
const ask = (method, parameters) => {
  let result;
  session.post(method, parameters, (error, answer) => { assert(!error); result = answer; });
  return result;
};
ask("Profiler.enable");
ask("Profiler.startPreciseCoverage", {callCount: true, detailed: true});
const reached = () => ask("Profiler.takePreciseCoverage").result.filter(script => script.url === "page.js").flatMap(script =>
  script.functions.flatMap(f => f.ranges.filter(r => r.count > 0).map(r => `${r.startOffset}-${r.endOffset}`)));

// ---- one input ----

const plain = value => JSON.parse(JSON.stringify(value));
const current = () => plain([...t.reviews].map(([number, review]) => [number, [...review]
  .sort(([a], [b]) => a < b ? -1 : a > b ? 1 : 0)])
  .filter(([, review]) => review.length).sort(([a], [b]) => a - b));

const check = text => {
  const {changes, encounters: n, others, bad} = t.readDecisions(text);
  if (bad !== undefined) {
    assert(bad >= 1 && bad <= text.split("\n").length);
    return;
  }
  assert(n >= 0 && n <= encounters.length && others >= 0);
  for (const {number, code, entry} of changes) {
    assert(Number.isInteger(number) && number >= 0 && number < encounters.length && typeof code === "string");
    assert([null, "accepted", "rejected"].includes(entry.decision));
    if (entry.decision !== "accepted") assert(!("principal" in entry || "order" in entry || "admission" in entry));
    if (entry.decision !== "rejected") assert(!("reason" in entry));
    for (const e of [...entry.spans, ...entry.removed]) {
      const size = [...encounters[number].notes[e.note].text].length;
      assert(0 <= e.begin && e.begin < e.end && e.end <= size);
    }
  }
  t.change(changes);
  for (const review of t.reviews.values()) {
    assert([...review.values()].filter(e => e.principal).length <= 1);
    assert(![...review.values()].some(t.isEmpty));
  }
  sources.forEach((_, i) => assert(t.decidedOf(i) <= encounters[i].codes.length));
  const before = current(), file = t.decisionLines(), again = t.readDecisions(file);
  assert.equal(again.bad, undefined);
  t.undo();
  assert.equal(t.reviews.size, 0);
  assert.equal(again.others, 0);
  t.change(again.changes);
  const after = current();
  assert.deepEqual(after, before);
  t.undo();
};

const run = text => {
  t.reviews.clear();
  t.past.length = 0;
  check(text);
  return reached();
};

const line = (id, ...codes) => JSON.stringify({id, codes});
const accepted = {code: "I10", decision: "accepted", principal: true, order: 2, present_on_admission: "Y", removed: [{index: 0, begin: 0, end: 1}], evidence: [{document: "n1", index: 0, begin: 0, end: 1, by: "model"}, {index: 0, begin: 7, end: 8, by: "coder"}]};
fuzz({seeds: [line("a", accepted, {code: "Z99", decision: null, evidence: [{index: 1, begin: 0, end: 8, by: "coder"}]}) + "\n" + line("b",
  {code: "E11.9", decision: "rejected", reason: "negated", evidence: []}) + "\n", line("a", accepted) + "\n" + line("a", accepted), line("a") + "\n" + line("a", accepted), line("c"), "[]", "{}", ""],
  words: ['"a"', '"principal":true,', '"order":1,', '"removed":[],', '"reason":"x",', '"accepted"', '"b"', '"by":"coder"', '"decision":null', "1", "-1", "\\ud83d", "\n", ",", "}"], run});
