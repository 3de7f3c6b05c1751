// SPDX-License-Identifier: Apache-2.0
// The encounters of the page: each is the text of a <noscript> element, which is parsed when it is shown.
//
//   {number, id, wordsCut, notesCut, notes: [{index, id, type, date, author, text, unread: [{begin, end}]}],
//    codes: [{code, description, score, predicted, gold, evidence: [...]}], byCode: Map}
//
// The model did not read the parts `unread` of a note, in UTF-16 units. Evidence is {note, begin, end, peak, peakEnd, weight, block, term,
// marks, repeat}; a term has no block; a repeat has the words of a place before it. Its positions count code points, as in the file.

let sources = []; // the <noscript> elements

const parseArticle = source =>
  new DOMParser().parseFromString(source.textContent, "text/html").querySelector("article");

// ---- positions: code points of a file are UTF-16 units of a string, where a character above U+FFFF has two ----

// The code points that have two units, ascending.
const widePoints = text => {
  const found = [];
  if (/[\ud800-\udbff]/.test(text)) for (const {index} of text.matchAll(/[\u{10000}-\u{10ffff}]/gu)) found.push(index - found.length);
  return found;
};

const widePointsOf = note => note.wide ??= widePoints(note.text);

// How many of the ascending numbers are below a limit; numberAt(i) is the i-th.
const countBelow = (n, numberAt, limit) => {
  let low = 0, high = n;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (numberAt(middle) < limit) low = middle + 1; else high = middle;
  }
  return low;
};

const unitAt = (note, point) => point + countBelow(widePointsOf(note).length, i => note.wide[i], point);
const pointAt = (note, unit) => unit - countBelow(widePointsOf(note).length, i => note.wide[i] + i, unit);
const pointsOf = note => note.text.length - widePointsOf(note).length;

// ---- parsing ----

// The parts of the text that are elements.
const unreadOf = element => {
  const ranges = [];
  let at = 0;
  for (const node of element.childNodes) {
    const end = at + node.textContent.length;
    if (node.nodeType === 1) ranges.push({begin: at, end});
    at = end;
  }
  return ranges;
};

const readNote = (section, index) => {
  const data = section.dataset, element = section.querySelector(".text");
  return {index, id: data.id ?? (data.number === undefined ? index : Number(data.number)), type: data.type, date: data.date,
    author: data.author ?? "", text: element.textContent, unread: unreadOf(element)};
};

const readPassage = item => {
  const {note, begin, end, peak, weight, block, term, marks, repeat} = item.dataset;
  const [peakBegin, peakEnd] = peak.split(" ").map(Number);
  return {note: Number(note), begin: Number(begin), end: Number(end), peak: peakBegin, peakEnd, weight: Number(weight),
    block: block && Number(block), term: term !== undefined, repeat: repeat !== undefined,
    marks: marks?.split(" ")}; // of a term: negated, historical, family, uncertain; undefined: none
};

const readCode = item => ({
  code: item.querySelector("b").textContent, description: item.querySelector(".description").textContent,
  score: Number(item.dataset.score), predicted: item.dataset.asked === undefined,
  gold: item.dataset.gold && item.dataset.gold === "true", // undefined: unknown
  evidence: [...item.querySelectorAll("ul > li")].map(readPassage),
});

const readEncounter = number => {
  const article = parseArticle(sources[number]), {wordsCut = 0, notesCut = 0} = article.dataset;
  const codes = [...article.querySelectorAll(".code")].map(readCode);
  return {number, id: sources[number].dataset.id, wordsCut: Number(wordsCut), notesCut: Number(notesCut),
    notes: [...article.querySelectorAll(".note")].map(readNote), codes, byCode: new Map(codes.map(c => [c.code, c]))};
};

// ---- without parsing ----

const partsOf = value => (value ?? "").split("\t").filter(part => part !== "");
const codesOf = number => partsOf(sources[number].dataset.codes);
const scoresOf = number => partsOf(sources[number].dataset.scores).map(Number);

// ---- text of an encounter ----

// "1,234 words, 2 notes of other types": what the model did not read; "" if it read everything.
const notRead = ({wordsCut, notesCut}) => {
  const count = (n, one, many) => n && t(n === 1 ? one : many, numeral(n));
  return [count(wordsCut, "oneWord", "someWords"), count(notesCut, "oneOtherNote", "otherNotes")].filter(Boolean).join(", ");
};

const nameOf = note => inLine(note.type) || t("note", note.index + 1);

const titleOf = note => [nameOf(note), inLine(dateOf(note.date)), inLine(note.author)].filter(Boolean).join(" · ");

const textOf = (encounter, e) => {
  const note = encounter.notes[e.note];
  return note.text.slice(unitAt(note, e.begin), unitAt(note, e.end));
};
