// SPDX-License-Identifier: Apache-2.0
// The encounters of the page: each is the text of a <noscript> element, which is parsed when it is shown.
//
//   {number, id, wordsCut, notesCut, notes: [{id, type, date, text, at, unread: [{begin, end}]}], codes: [{code, description, score, predicted, gold, evidence: [...]}]}
//
// The model did not read the parts `unread` of a note, in UTF-16 units. Evidence is {note, begin, end, peak, peakEnd, weight, block, term, marks}; a term has no block. Positions count code points, as in the file.

let sources = []; // the <noscript> elements

const parseArticle = source =>
  new DOMParser().parseFromString(source.textContent, "text/html").querySelector("article");

// Converts code points to UTF-16 units of JavaScript strings: at[i] is the start of code point i; the last element is the end.
const placesOf = text => {
  const at = [0];
  for (const c of text) at.push(at[at.length - 1] + c.length);
  return at;
};

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

// The code point that starts at a unit.
const pointAt = (note, unit) => {
  let low = 0, high = note.at.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (note.at[middle] < unit) low = middle + 1; else high = middle;
  }
  return low;
};

const readNote = (section, index) => {
  const data = section.dataset, element = section.querySelector(".text"), text = element.textContent;
  return {index, id: data.id ?? (data.number === undefined ? index : Number(data.number)), type: data.type, date: data.date, text,
    at: placesOf(text), unread: unreadOf(element)};
};

const readPassage = item => {
  const {note, begin, end, peak, weight, block, term, marks} = item.dataset;
  const [peakBegin, peakEnd] = peak.split(" ").map(Number);
  return {note: Number(note), begin: Number(begin), end: Number(end), peak: peakBegin, peakEnd, weight: Number(weight),
    block: block && Number(block), term: term !== undefined,
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
  return {number, id: sources[number].dataset.id, wordsCut: Number(wordsCut), notesCut: Number(notesCut), notes: [...article.querySelectorAll(".note")].map(readNote),
    codes: [...article.querySelectorAll(".code")].map(readCode)};
};

const codesOf = number => sources[number].dataset.codes.split("\t").filter(code => code !== "");

// "1,234 words, 2 notes of other types": what the model did not read; "" if it read everything.
const notRead = ({wordsCut, notesCut}) => {
  const count = (n, one, many) => n && t(n === 1 ? one : many, new Intl.NumberFormat(language).format(n));
  return [count(wordsCut, "oneWord", "someWords"), count(notesCut, "oneOtherNote", "otherNotes")].filter(Boolean).join(", ");
};

const titleOf = note => [note.type || t("note", note.index + 1), note.date].filter(Boolean).join(" · ");

const textOf = (encounter, e) => {
  const note = encounter.notes[e.note];
  return note.text.slice(note.at[e.begin], note.at[e.end]);
};
