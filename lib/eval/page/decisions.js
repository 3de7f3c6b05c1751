// SPDX-License-Identifier: Apache-2.0
// The decisions of the coder, kept only in memory, and their file (formats/decisions.md).
//
// An entry is {decision: "accepted", "rejected" or null, spans: [{note, begin, end}]}, spans are those that the coder
// selected. An entry is never changed, only replaced. So undo restores the old entry.

const reviews = new Map(); // number of the encounter -> code -> entry
const past = [];           // for undo: [{number, code, before}] for each step
let unsaved = false;

const reviewOf = number => reviews.get(number) ?? new Map();
const entryOf = (number, code) => reviewOf(number).get(code) ?? {decision: null, spans: []};

const put = (number, code, entry) => {
  const review = reviewOf(number);
  if (entry) review.set(code, entry); else review.delete(code);
  if (review.size) reviews.set(number, review); else reviews.delete(number);
  unsaved = true;
};

// changes: [{number, code, entry}]; entry undefined: delete it. They are undone together.
const change = changes => {
  past.push(changes.map(({number, code}) => ({number, code, before: reviewOf(number).get(code)})));
  for (const {number, code, entry} of changes) put(number, code, entry);
};

const undo = () => {
  const changes = past.pop();
  for (const {number, code, before} of changes) put(number, code, before);
  return changes;
};

// Codes that the coder added: those of the review that are not in the model's list.
const addedTo = encounter =>
  [...reviewOf(encounter.number)].filter(([code]) => !encounter.codes.some(c => c.code === code)).map(([code]) => code);

const decidedOf = number => codesOf(number).filter(code => entryOf(number, code).decision).length;

// ---- writing the file: a line of JSON for each encounter with decisions ----

const lineOf = number => {
  const encounter = readEncounter(number);
  const place = e => ({document: encounter.notes[e.note].id, index: e.note, begin: e.begin, end: e.end, text: textOf(encounter, e)});
  const byModel = e => ({...place(e), peak: [e.peak, e.peakEnd], weight: e.weight, block: e.block, source: e.term ? "term" : undefined,
    marks: e.marks, by: "model"});
  const byCoder = e => ({...place(e), by: "coder"});
  const line = c => {
    const {decision, spans} = entryOf(number, c.code);
    return {code: c.code, description: c.description, score: c.score, predicted: c.predicted, gold: c.gold, decision,
      evidence: [...c.evidence.map(byModel), ...spans.map(byCoder)]};
  };
  const added = addedTo(encounter).map(code => ({code, description: "", score: null, predicted: false, evidence: []}));
  return JSON.stringify({id: encounter.id, codes: [...encounter.codes, ...added].map(line)}) + "\n";
};

// Encounters with equal ids are distinguished by their order, so one before a written one is written, too.
const isWritten = (source, number) => [...reviews.keys()].some(n => n === number || n > number && sources[n].dataset.id === source.dataset.id);
const decisionLines = () => sources.map((source, number) => isWritten(source, number) ? lineOf(number) : "").join("");

const download = (name, text) => {
  const url = URL.createObjectURL(new Blob([text], {type: "application/x-ndjson"}));
  make("a", {href: url, download: name}).click();
  setTimeout(() => URL.revokeObjectURL(url), 60000);
};

// ---- reading the file ----

const isSpan = (e, notes) => {
  const whole = [e.index, e.begin, e.end].every(Number.isInteger), note = notes[e.index];
  return whole && note !== undefined && e.begin >= 0 && e.begin < e.end && e.end < note.at.length;
};

// The entries of one line; throws if the line is invalid.
const readLine = line => {
  const {id, codes} = JSON.parse(line);
  if (typeof id !== "string" || !Array.isArray(codes)) throw new TypeError();
  return {id, entries: codes.map(({code, decision, evidence}) => {
    if (typeof code !== "string" || ![null, "accepted", "rejected"].includes(decision) || !Array.isArray(evidence)) throw new TypeError();
    return {code, decision, spans: evidence.filter(e => e.by === "coder")};
  })};
};

// {changes, encounters, others}, or {bad: number of the line}. Encounters with equal ids are distinguished by their order. A span
// that does not fit the notes is left out.
const readDecisions = text => {
  const numbers = new Map(), changes = [];
  sources.forEach((s, i) => numbers.set(s.dataset.id, [...numbers.get(s.dataset.id) ?? [], i]));
  let encounters = 0, others = 0, at = 0;
  for (const line of text.split("\n")) {
    at++;
    if (!line.trim()) continue;
    let read;
    try { read = readLine(line); } catch { return {bad: at}; }
    const number = numbers.get(read.id)?.shift();
    if (number === undefined) { others++; continue; }
    encounters++;
    const notes = read.entries.some(e => e.spans.length) ? readEncounter(number).notes : [];
    for (const {code, decision, spans} of read.entries) {
      if (!decision && !spans.length) continue;
      const kept = spans.filter(e => isSpan(e, notes)).map(e => ({note: e.index, begin: e.begin, end: e.end}));
      changes.push({number, code, entry: {decision, spans: kept}});
    }
  }
  return {changes, encounters, others};
};
