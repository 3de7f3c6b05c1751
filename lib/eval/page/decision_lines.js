// SPDX-License-Identifier: Apache-2.0
// The file of decisions (formats/decisions.md): a line of JSON for each encounter with decisions.

// ---- writing ----

const lineOf = number => {
  const encounter = readEncounter(number);
  const place = e => ({document: encounter.notes[e.note].id, index: e.note, begin: e.begin, end: e.end, text: textOf(encounter, e)});
  const byModel = e => ({...place(e), peak: [e.peak, e.peakEnd], weight: e.weight, block: e.block, source: e.term ? "term" : undefined, repeat: e.repeat || undefined,
    marks: e.marks, by: "model"});
  const byCoder = e => ({...place(e), by: "coder"});
  const line = c => {
    const {decision, spans, removed, principal, order, admission, reason} = entryOf(number, c.code);
    const kept = c.evidence.filter(e => !removed.some(r => samePlace(r, e)));
    return {code: c.code, description: c.description, score: c.score, predicted: c.predicted, gold: c.gold, decision,
      principal, order, present_on_admission: admission, reason,
      evidence: [...kept.map(byModel), ...spans.map(byCoder)], removed: removed.length ? removed.map(place) : undefined};
  };
  const added = addedTo(encounter).map(code => ({code, description: describe(code), score: null, predicted: false, evidence: []}));
  return JSON.stringify({id: encounter.id, codes: [...encounter.codes, ...added].map(line)}) + "\n";
};

// Encounters with equal ids are distinguished by their order, so one before a written one is written, too.
const decisionLines = () => {
  const last = new Map();
  for (const number of reviews.keys()) last.set(sources[number].dataset.id, Math.max(number, last.get(sources[number].dataset.id) ?? 0));
  return sources.map((source, number) => number <= (last.get(source.dataset.id) ?? -1) ? lineOf(number) : "").join("");
};

// ---- reading ----

const check = valid => { if (!valid) throw new TypeError(); };

const isSpan = (e, notes) => {
  const whole = [e.index, e.begin, e.end].every(Number.isInteger), note = notes[e.index];
  return whole && note !== undefined && e.begin >= 0 && e.begin < e.end && e.end <= pointsOf(note);
};

// The fields that belong to the decision.
const fieldsOf = ({decision, principal, order, present_on_admission: admission, reason}) => {
  check([undefined, true, false].includes(principal) && (order === undefined || (Number.isInteger(order) && order > 0)));
  check([undefined, ...admissions].includes(admission) && ["undefined", "string"].includes(typeof reason));
  const all = decision === "accepted" ? {principal: principal || undefined, order, admission} : decision === "rejected" ? {reason} : {};
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
};

// The entries of one line; throws if the line is invalid.
const readLine = line => {
  const {id, codes} = JSON.parse(line);
  check(typeof id === "string" && Array.isArray(codes));
  let principal = false; // of an encounter only one is
  return {id, entries: codes.map(c => {
    const {code, decision, evidence, removed = []} = c;
    check(typeof code === "string" && [null, "accepted", "rejected"].includes(decision) && Array.isArray(evidence) && Array.isArray(removed));
    const fields = fieldsOf(c);
    if (principal) delete fields.principal;
    principal ||= fields.principal === true;
    return {code, decision, fields, spans: evidence.filter(e => e.by === "coder"), removed};
  })};
};

// {changes, encounters, others}, or {bad: number of the line}. Encounters with equal ids are distinguished by their order. A span
// that does not fit the notes is left out.
const readDecisions = text => {
  const numbers = new Map(), changes = [], first = []; // first: another principal diagnosis is no longer one
  sources.forEach((s, i) => {
    const same = numbers.get(s.dataset.id);
    if (same) same.push(i); else numbers.set(s.dataset.id, [i]);
  });
  let encounters = 0, others = 0, at = 0;
  for (const line of text.split("\n")) {
    at++;
    if (!line.trim()) continue;
    let read;
    try { read = readLine(line); } catch { return {bad: at}; }
    const number = numbers.get(read.id)?.shift();
    if (number === undefined) { others++; continue; }
    encounters++;
    const notes = read.entries.some(e => e.spans.length || e.removed.length) ? readEncounter(number).notes : [];
    const fit = list => list.filter(e => e !== null && typeof e === "object" && isSpan(e, notes)).map(e => ({note: e.index, begin: e.begin, end: e.end}));
    for (const {code, decision, fields, spans, removed} of read.entries) {
      if (!decision && !spans.length && !removed.length) continue;
      changes.push({number, code, entry: {decision, spans: fit(spans), removed: fit(removed), ...fields}});
      if (fields.principal) first.push(...principalChanges(number, code, true).filter(c => c.code !== code));
    }
  }
  return {changes: [...first, ...changes], encounters, others};
};
