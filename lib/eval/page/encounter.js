// SPDX-License-Identifier: Apache-2.0
// The encounters of the page: each is the text of a <noscript> element, which is parsed when it is shown.
//
//   {number, id, notes: [{id, type, date, text, at}], codes: [{code, description, score, predicted, gold, evidence: [...]}]}
//
// Evidence is {note, begin, end, peak, peakEnd, weight, block, term, marks}; a term has no block. Positions count code points, as in the file.

let sources = []; // the <noscript> elements

const parseArticle = source =>
  new DOMParser().parseFromString(source.textContent, "text/html").querySelector("article");

// Converts code points to UTF-16 units of JavaScript strings: at[i] is the start of code point i; the last element is the end.
const placesOf = text => {
  const at = [0];
  for (const c of text) at.push(at[at.length - 1] + c.length);
  return at;
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
  const data = section.dataset, text = section.querySelector(".text").textContent;
  return {index, id: data.id ?? (data.number === undefined ? index : Number(data.number)), type: data.type, date: data.date, text,
    at: placesOf(text)};
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
  const article = parseArticle(sources[number]);
  return {number, id: sources[number].dataset.id, notes: [...article.querySelectorAll(".note")].map(readNote),
    codes: [...article.querySelectorAll(".code")].map(readCode)};
};

const codesOf = number => sources[number].dataset.codes.split("\t").filter(code => code !== "");

const titleOf = note => [note.type || t("note", note.index + 1), note.date].filter(Boolean).join(" · ");

const textOf = (encounter, e) => {
  const note = encounter.notes[e.note];
  return note.text.slice(note.at[e.begin], note.at[e.end]);
};
