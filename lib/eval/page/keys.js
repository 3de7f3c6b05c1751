// SPDX-License-Identifier: Apache-2.0
// Keys.

const focusCard = card => {
  const button = card.item.querySelector(".choose");
  button.focus({preventScroll: true});
  card.item.scrollIntoView({block: "nearest"});
  button.scrollIntoView({block: "nearest"}); // the first line of a card that is higher than the pane
};

const stepCode = by => {
  const list = visibleCards(), at = list.indexOf(cardOf(chosen));
  const card = list[at < 0 ? (by > 0 ? 0 : list.length - 1) : at + by];
  if (!card) return;
  choose(card.code);
  focusCard(card);
};

const stepPlace = by => {
  const n = cardOf(chosen)?.all.length;
  if (!n) return stepCode(by);
  goToPlace((place + by + n) % n);
  currentMark()?.mark.focus({preventScroll: true});
};

const showAll = () => {
  closeAdd();
  if (word) return showWord(null);
  if ($("code-search").value) {
    $("code-search").value = "";
    return hideCards();
  }
  choose(null);
  say("");
};

const wordKey = () => {
  const mark = document.activeElement.closest("mark") ?? currentMark()?.mark, element = mark?.querySelector("span:not(.control)");
  if (element) showWord(element === word ? null : element);
};

const withChosen = action => () => {
  const card = cardOf(chosen);
  if (card) action(card);
};

const letterKeys = {
  a: () => decideAndGoOn("accepted"), r: () => decideAndGoOn("rejected"), u: undoLast, d: goToUndecided, w: wordKey, "+": openAdd,
  e: withChosen(attach), x: withChosen(card => { if (card.all.length) removePlace(card, place); }), m: withChosen(togglePrincipal),
  n: () => stepEncounter(1), p: () => stepEncounter(-1), "/": openList, s: saveDecisions, "?": () => openHelp(),
  f: () => $("find").focus(), c: () => $("code-search").focus(), l: () => toggleIndex(true),
};
const otherKeys = {
  ArrowDown: () => stepCode(1), ArrowUp: () => stepCode(-1), ArrowRight: () => stepPlace(1), ArrowLeft: () => stepPlace(-1),
  Escape: showAll,
};
const keyNames = [["↓ ↑", "code"], ["→ ←", "place"], ["A", "accept"], ["R", "reject"], ["D", "undecided"], ["U", "undo"], ["E", "attach"], ["X", "removePlace"],
  ["M", "principal"], ["W", "word"], ["+", "add"], ["C", "searchCodes"], ["F", "find"], ["L", "index"], ["N P", "encounter"], ["/", "list"], ["S", "save"], ["Esc", "clear"], ["?", "help"]];

const openHelp = () => {
  const row = ([keys, name]) => make("div", {}, make("dt", {}, ...keys.split(" ").map(key => make("kbd", {}, key))), make("dd", {}, strings[language].keys[name]));
  $("keys").replaceChildren(...keyNames.map(row));
  $("help-dialog").showModal();
  $("help-close").focus();
};

// The pane of notes scrolls by keys, wherever the focus is.
const scrollKeys = {PageDown: .85, PageUp: -.85, Home: -1e6, End: 1e6};

const scrollNotes = by => {
  pinned = null;
  $("notes").scrollBy(0, by * $("notes").clientHeight);
};

const onKey = event => {
  const {key, target} = event, typing = target.matches("input:not([type=checkbox]), select");
  if (event.ctrlKey && key === "z" && !target.matches("input")) {
    event.preventDefault();
    return undoLast();
  }
  if (event.altKey || event.ctrlKey || event.metaKey || document.querySelector("dialog[open]")) return;
  // A dialog that was closed may keep the focus for a moment.
  if (typing && !target.closest("dialog:not([open])") && key !== "Escape") return;
  const action = otherKeys[key] ?? ($("letters").checked ? letterKeys[key.toLowerCase()] : undefined);
  const mark = target.matches("mark") && (key === "Enter" || key === " ");
  const inIndex = target.closest("#note-links") && {ArrowDown: 1, ArrowUp: -1}[key];
  if (inIndex) stepNote(inIndex);
  else if (target.matches(".table") && ["ArrowLeft", "ArrowRight"].includes(key)) return;
  else if (key in scrollKeys && $("notes").scrollHeight > $("notes").clientHeight) scrollNotes(scrollKeys[key]);
  else if (mark) wordKey();
  else if (action) action();
  else return;
  event.preventDefault();
};
