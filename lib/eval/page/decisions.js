// SPDX-License-Identifier: Apache-2.0
// The decisions of the coder, kept only in memory.
//
// An entry is {decision: "accepted", "rejected" or null, spans, removed} and the fields of its decision. spans: [{note, begin, end}], which
// the coder selected; removed: those of the model that the coder removed. Fields of an accepted code: principal (true), order (from 1),
// admission (present on admission); of a rejected one: reason. An entry is never changed, only replaced. So undo restores the old entry.

const reviews = new Map(); // number of the encounter -> code -> entry
const past = [];           // for undo: [{number, code, before}] for each step
let unsaved = false;
let onUnsaved = () => {};

const noEntry = {decision: null, spans: [], removed: []};
const admissions = ["Y", "N", "U", "W", "1"];
const reasons = ["not-documented", "negated", "historical", "family", "uncertain", "other-code", "not-relevant"];

const reviewOf = number => reviews.get(number) ?? new Map();
const entryOf = (number, code) => reviewOf(number).get(code) ?? noEntry;
const isEmpty = entry => !entry || (!entry.decision && !entry.spans.length && !entry.removed.length);
const samePlace = (a, b) => a.note === b.note && a.begin === b.begin && a.end === b.end;

const setUnsaved = value => {
  unsaved = value;
  onUnsaved();
};

const put = (number, code, entry) => {
  const review = reviewOf(number);
  if (isEmpty(entry)) review.delete(code); else review.set(code, entry);
  if (review.size) reviews.set(number, review); else reviews.delete(number);
  setUnsaved(true);
};

// changes: [{number, code, entry}]; entry empty or undefined: delete it. They are undone together.
const change = changes => {
  past.push(changes.map(({number, code}) => ({number, code, before: reviewOf(number).get(code)})));
  for (const {number, code, entry} of changes) put(number, code, entry);
};

const undo = () => {
  const changes = past.pop();
  for (const {number, code, before} of changes) put(number, code, before);
  return changes;
};

// The entry with another decision: the fields of the old one are dropped.
const withDecision = ({spans, removed}, decision) => ({decision, spans, removed});

// Codes that the coder added: those of the review that are not in the model's list.
const addedTo = encounter => [...reviewOf(encounter.number).keys()].filter(code => !encounter.byCode.has(code));

const decidedOf = number => codesOf(number).filter(code => entryOf(number, code).decision).length;

// ---- principal diagnosis and order of the accepted codes ----

const isAccepted = (number, code) => entryOf(number, code).decision === "accepted";

// The principal diagnosis, then the others in the order of the coder, then those without a place in it, as in `codes`.
const sequence = (number, codes) => {
  const place = code => {
    const {principal, order} = entryOf(number, code);
    return principal ? 0 : order ?? Infinity;
  };
  return codes.filter(code => isAccepted(number, code)).map((code, i) => ({code, i, at: place(code)}))
    .sort((a, b) => a.at === b.at ? a.i - b.i : a.at - b.at).map(e => e.code);
};

// What makes the code the principal diagnosis, and no other; or takes that from it.
const principalChanges = (number, code, value) => [...reviewOf(number)]
  .filter(([other, entry]) => other === code || entry.principal)
  .map(([other, entry]) => ({number, code: other, entry: {...entry, principal: other === code && value ? true : undefined}}));

// What moves a code by one place. All accepted codes get their number.
const orderChanges = (number, codes, code, by) => {
  const list = sequence(number, codes), at = list.indexOf(code), to = at + by;
  if (at < 0 || to < 0 || to >= list.length || entryOf(number, list[at]).principal || entryOf(number, list[to]).principal) return [];
  [list[at], list[to]] = [list[to], list[at]];
  return list.map((c, i) => ({number, code: c, entry: {...entryOf(number, c), order: i + 1}}));
};
