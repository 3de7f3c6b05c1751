// SPDX-License-Identifier: Apache-2.0
// The text of a note with its evidence in <mark> elements, and each word of the evidence in a <span>.

const words = /[\p{L}\p{M}\p{N}]+(?:['’.,-][\p{L}\p{M}\p{N}]+)*/gu;

// The text is cut at each start and end of a passage, a peak or unread text, so that all letters of a part are in the same ones:
// [{begin, end, unread, passages: [{item, peak}]}], in UTF-16 units of the note, ascending. Parts without evidence are included.
const cut = (note, items) => {
  const places = new Set([0, note.text.length]), at = note.at;
  for (const e of items) for (const p of [e.begin, e.peak, e.peakEnd, e.end]) places.add(at[p]);
  for (const {begin, end} of note.unread) places.add(begin).add(end);
  const sorted = [...places].sort((a, b) => a - b), waiting = [...items].sort((a, b) => a.begin - b.begin);
  const parts = [];
  let open = [], next = 0;
  for (let i = 0; i + 1 < sorted.length; i++) {
    const begin = sorted[i], end = sorted[i + 1];
    while (next < waiting.length && at[waiting[next].begin] <= begin) open.push(waiting[next++]);
    open = open.filter(e => at[e.end] > begin);
    parts.push({begin, end, unread: note.unread.some(u => u.begin <= begin && u.end >= end), passages: open.map(e => ({item: e, peak: at[e.peak] <= begin && at[e.peakEnd] >= end}))});
  }
  return parts;
};

// "in atrial fibrillation." as in, " ", atrial, " ", fibrillation, ".": the words as elements.
const wordsOf = text => {
  const nodes = [];
  let at = 0;
  for (const {0: word, index} of text.matchAll(words)) {
    nodes.push(text.slice(at, index), make("span", {}, word));
    at = index + word.length;
  }
  return [...nodes, text.slice(at)];
};

// Fills `element`; onMark(mark, part) for each mark made.
const writeText = (element, note, items, onMark) => {
  const nodes = cut(note, items).map(part => {
    const text = note.text.slice(part.begin, part.end), wrap = node => part.unread ? make("span", {className: "unread"}, node) : node;
    if (!part.passages.length) return wrap(text);
    const mark = make("mark", {}, ...wordsOf(text));
    onMark(mark, part);
    return wrap(mark);
  });
  element.replaceChildren(...nodes);
};

// The selection as {note, begin, end} in code points, without white space around it; null if it is empty or spans more than
// one note.
const selectedPassage = encounter => {
  const selection = getSelection();
  if (!selection.rangeCount || selection.isCollapsed) return null;
  const range = selection.getRangeAt(0), within = node => (node.nodeType === 1 ? node : node.parentElement).closest("#notes .text");
  const element = within(range.startContainer);
  if (!element || element !== within(range.endContainer)) return null;
  const before = document.createRange();
  before.selectNodeContents(element);
  before.setEnd(range.startContainer, range.startOffset);
  const text = range.toString(), start = before.toString().length + text.length - text.trimStart().length;
  const note = encounter.notes[Number(element.dataset.note)];
  if (!text.trim()) return null;
  return {note: note.index, begin: pointAt(note, start), end: pointAt(note, start + text.trim().length)};
};

// An element with properties, and children that are elements or text.
const make = (name, properties, ...children) => {
  const {data, aria, ...rest} = properties, element = Object.assign(document.createElement(name), rest);
  Object.assign(element.dataset, data);
  for (const [key, value] of Object.entries(aria ?? {})) element.setAttribute("aria-" + key, value);
  element.append(...children);
  return element;
};

const icon = name => {
  const svg = document.querySelector("#next svg").cloneNode(true);
  svg.firstElementChild.setAttribute("href", "#icon-" + name);
  return svg;
};
