// SPDX-License-Identifier: Apache-2.0
// The text of a note with its evidence in <mark> elements, and each word of the evidence in a <span>.

const words = /[\p{L}\p{M}\p{N}]+(?:['’.,-][\p{L}\p{M}\p{N}]+)*/gu;

// The text is cut at each start and end of a passage, a peak, unread text or a table, so that all letters of a part are in the same ones:
// [{begin, end, unread, table, passages: [{item, peak}]}], in UTF-16 units of the note, ascending. Parts without evidence are included.
const cut = (note, items) => {
  const tables = tablesOf(note), places = new Set([0, note.text.length]);
  const waiting = items.map(item => ({item, begin: unitAt(note, item.begin), end: unitAt(note, item.end),
    peak: unitAt(note, item.peak), peakEnd: unitAt(note, item.peakEnd)})).sort((a, b) => a.begin - b.begin);
  for (const e of waiting) places.add(e.begin).add(e.peak).add(e.peakEnd).add(e.end);
  for (const {begin, end} of [...note.unread, ...tables]) places.add(begin).add(end);
  const sorted = [...places].sort((a, b) => a - b), parts = [];
  let open = [], next = 0, u = 0, k = 0;
  for (let i = 0; i + 1 < sorted.length; i++) {
    const begin = sorted[i], end = sorted[i + 1];
    while (next < waiting.length && waiting[next].begin <= begin) open.push(waiting[next++]);
    open = open.filter(e => e.end > begin);
    while (u < note.unread.length && note.unread[u].end <= begin) u++;
    while (k < tables.length && tables[k].end <= begin) k++;
    parts.push({begin, end, unread: u < note.unread.length && note.unread[u].begin <= begin, table: k < tables.length && tables[k].begin <= begin ? tables[k] : null,
      passages: open.map(e => ({item: e.item, peak: e.peak <= begin && e.peakEnd >= end}))});
  }
  return parts;
};

// "in atrial fibrillation." as in, " ", atrial, " ", fibrillation, ".": the words as elements.
const wordsOf = text => {
  const nodes = [];
  let at = 0;
  for (const {0: word, index} of text.matchAll(words)) {
    nodes.push(...textNodes(text.slice(at, index)), make("span", {}, word));
    at = index + word.length;
  }
  return [...nodes, ...textNodes(text.slice(at))];
};

// Characters that reverse the text after them would show another text than the one that was written. They have no effect in an
// element that is not laid out; a sign is shown instead.
const textNodes = text => {
  if (!/[\u202d\u202e]/.test(text)) return text ? [text] : [];
  return text.split(/([\u202d\u202e])/).filter(Boolean).map(part => /^[\u202d\u202e]$/.test(part)
    ? make("i", {className: "control", title: "U+" + part.codePointAt(0).toString(16).toUpperCase()}, make("span", {hidden: true}, part)) : part);
};

const tableElement = table => {
  const element = make("span", {className: "table"});
  element.style.tabSize = table.tab;
  if (table.wide > lineWidth() - 10) element.tabIndex = 0; // it can be wider than the pane, and is scrolled by keys
  return element;
};

// Fills `element`; onMark(mark, part) for each mark made.
const writeText = (element, note, items, onMark) => {
  const nodes = [];
  let table = null, rows = null;
  for (const part of cut(note, items)) {
    const text = note.text.slice(part.begin, part.end);
    let made = textNodes(text);
    if (part.passages.length) {
      const mark = make("mark", {}, ...wordsOf(text));
      onMark(mark, part);
      made = [mark];
    }
    if (part.unread) made = [make("span", {className: "unread"}, ...made)];
    if (part.table !== table && part.table) nodes.push(rows = tableElement(part.table));
    table = part.table;
    if (table) rows.append(...made); else nodes.push(...made);
  }
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
