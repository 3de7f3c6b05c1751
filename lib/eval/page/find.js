// SPDX-License-Identifier: Apache-2.0
// Searching the text of the notes. What is found is highlighted without a change of the document (CSS Custom Highlight API).

const mostFound = 1000;

let found = [];    // [{note, begin, end}] in units of the note
let foundAt = -1;  // the one that is shown
const pieces = []; // for each note, its text nodes: [{node, begin}]; made when they are needed

const forgetTextNodes = index => { delete pieces[index]; };

const piecesOf = index => {
  if (pieces[index]) return pieces[index];
  const walk = document.createTreeWalker(articles[index].querySelector(".text"), NodeFilter.SHOW_TEXT), list = [];
  let begin = 0;
  for (let node; (node = walk.nextNode()); begin += node.length) list.push({node, begin});
  return pieces[index] = list;
};

const rangeOf = ({note, begin, end}) => {
  const list = piecesOf(note);
  const place = unit => {
    const {node, begin: first} = list[Math.max(0, countBelow(list.length, i => list[i].begin, unit + 1) - 1)];
    return [node, unit - first];
  };
  const [startContainer, startOffset] = place(begin), [last, offset] = place(end - 1);
  return new StaticRange({startContainer, startOffset, endContainer: last, endOffset: offset + 1});
};

const findIn = (note, wanted, room) => {
  const {text, units} = note.folded ??= foldNote(note.text), places = [];
  for (let at = text.indexOf(wanted); at >= 0 && places.length < room; at = text.indexOf(wanted, at + wanted.length)) {
    const end = at + wanted.length;
    places.push({note: note.index, begin: units ? units[at] : at, end: units ? units[end] : end});
  }
  return places;
};

const highlight = () => {
  if (!("highlights" in CSS)) return;
  CSS.highlights.set("found", new Highlight(...found.map(rangeOf)));
  if (found[foundAt]) CSS.highlights.set("found-here", new Highlight(rangeOf(found[foundAt])));
  else CSS.highlights.delete("found-here");
};

const drawFound = () => {
  const n = numeral(found.length) + (found.length === mostFound ? "+" : "");
  $("find-count").textContent = !$("find").value.trim() ? "" : found.length ? t("count", numeral(foundAt + 1), n) : t("notFound");
  for (const id of ["find-next", "find-previous"]) $(id).disabled = !found.length;
};

const goToFound = at => {
  foundAt = at;
  drawFound();
  highlight();
  const place = found[at];
  if (!place) return;
  pinned = place.note;
  const {startContainer, startOffset, endContainer, endOffset} = rangeOf(place), range = document.createRange();
  range.setStart(startContainer, startOffset);
  range.setEnd(endContainer, endOffset);
  bringIntoSight(() => range.getBoundingClientRect());
  markCurrent(place.note);
};

// The notes that are shown, from the current one: its first place is shown first.
const findText = () => {
  const wanted = fold($("find").value.trim()).replace(/\s+/g, " ");
  found = [];
  if (wanted) for (const note of shown.notes) if (!articles[note.index].hidden) found.push(...findIn(note, wanted, mostFound - found.length));
  goToFound(found.length ? Math.max(0, found.findIndex(place => place.note >= current)) : -1);
};

// After the text was drawn again, or another filter.
const findAgain = () => {
  const here = found[foundAt];
  if (!$("find").value.trim()) return;
  findText();
  if (!here) return;
  const same = found.findIndex(place => place.note === here.note && place.begin === here.begin);
  if (same >= 0) goToFound(same);
};

const stepFound = by => {
  if (found.length) goToFound((foundAt + by + found.length) % found.length);
};

const clearFind = () => {
  $("find").value = "";
  findText();
};
