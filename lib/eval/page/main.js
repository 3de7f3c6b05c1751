// SPDX-License-Identifier: Apache-2.0
// Actions of mouse, keys and buttons.

// ---- codes and places ----

const cardAt = element => {
  const item = element.closest("#code-list > li");
  return item && cards[Number(item.dataset.i)];
};

const visibleCards = () => cards.filter(card => !card.item.hidden);

const focusCard = card => {
  const button = card.item.querySelector(".choose");
  button.focus({preventScroll: true});
  card.item.scrollIntoView({block: "nearest"});
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

// ---- decisions ----

const decide = (card, decision) => {
  const entry = entryOf(shown.number, card.code), taken = entry.decision === decision, next = taken ? null : decision;
  change([{number: shown.number, code: card.code, entry: next || entry.spans.length ? {...entry, decision: next} : undefined}]);
  drawCard(card);
  drawProgress();
  light();
  say(t(taken ? "saidCleared" : decision === "accepted" ? "saidAccepted" : "saidRejected", card.code));
};

const remove = card => {
  change([{number: shown.number, code: card.code, entry: undefined}]);
  refresh();
  $("code-pane").focus();
  say(t("saidRemoved", card.code));
};

// By key: decide on the chosen code and go to the next one that is not decided.
const decideAndGoOn = decision => {
  const card = cardOf(chosen);
  if (!card) return;
  if (!shown.codes.some(c => c.code === card.code)) {
    if (decision === "rejected") remove(card);
    return;
  }
  if (entryOf(shown.number, card.code).decision !== decision) decide(card, decision);
  const list = visibleCards(), at = list.indexOf(card), said = $("status").textContent;
  const next = [...list.slice(at + 1), ...list.slice(0, at)].find(c => !entryOf(shown.number, c.code).decision);
  if (next) {
    choose(next.code);
    focusCard(next);
  }
  say([said, next ? $("status").textContent : t("allDecided")].join(" "));
};

const undoLast = () => {
  if (!past.length) return;
  const changes = undo(), spans = changes.some(c => c.before?.spans.length || cardOf(c.code)?.all.some(e => e.weight === null));
  if (!changes.some(c => c.number === shown.number)) show(changes[0].number);
  else if (spans || changes.some(c => !shown.codes.some(o => o.code === c.code))) refresh();
  else {
    for (const c of changes) if (c.number === shown.number) drawCard(cardOf(c.code));
    drawProgress();
    light();
  }
  say(t("saidUndone", changes.map(c => c.code).slice(0, 5).join(", ")));
};

// ---- adding a missed code ----

let selected = null; // its passage

const quote = e => {
  selected = e;
  $("add-quote").hidden = !e;
  $("add-hint").hidden = e !== null;
  if (e) $("add-quote").textContent = textOf(shown, e);
};

const openAdd = () => {
  quote(selectedPassage(shown));
  $("add-fields").hidden = false;
  $("add-open").hidden = true;
  $("add-code").value = "";
  $("add-code").focus();
};

const closeAdd = () => {
  $("add-fields").hidden = true;
  $("add-open").hidden = false;
};

const addCode = () => {
  const code = $("add-code").value.trim(), entry = entryOf(shown.number, code);
  if (!code) return;
  change([{number: shown.number, code, entry: {decision: "accepted", spans: [...entry.spans, ...selected ? [selected] : []]}}]);
  closeAdd();
  getSelection().removeAllRanges();
  refresh();
  choose(code);
  focusCard(cardOf(code));
  say(t("saidAdded", code));
};

const offerSelection = () => {
  const e = selectedPassage(shown);
  $("add-label").textContent = e ? t("addFor", textOf(shown, e)) : t("add");
  if (e && !$("add-fields").hidden) quote(e);
};

// ---- files ----

const saveDecisions = () => {
  if (!reviews.size) return say(t("nothing"));
  download("decisions.jsonl", decisionLines());
  unsaved = false;
  say(reviews.size === 1 ? t("savedOne") : t("saved", reviews.size));
};

const openDecisions = async () => {
  const [file] = $("file").files;
  if (!file) return;
  const {changes, encounters, others, bad} = readDecisions(await file.text());
  $("file").value = "";
  if (bad) return say(t("notDecisions", bad));
  const before = unsaved;
  if (changes.length) change(changes);
  unsaved = before; // decisions read from a file need not be saved again
  refresh();
  say(others ? t("openedOthers", encounters, others) : t("opened", encounters));
};

// ---- the list of encounters ----

const encounterItem = (source, number) => {
  const codes = codesOf(number), n = decidedOf(number), all = n === codes.length && n > 0;
  const state = make("span", {className: "state" + (all ? " all" : "")}, codes.length ? t("count", n, codes.length) : "");
  const button = make("button", {type: "button", data: {number}}, make("b", {}, source.dataset.id), state, make("small", {}, codes.join(", ")));
  if (number === shown.number) button.setAttribute("aria-current", "true");
  return make("li", {}, button);
};

const search = () => {
  const wanted = $("search").value.toLowerCase();
  let n = 0;
  for (const item of $("encounter-list").children) {
    const {id, codes} = sources[Number(item.firstChild.dataset.number)].dataset;
    item.hidden = !(id + "\t" + codes).toLowerCase().includes(wanted);
    n += !item.hidden;
  }
  $("found").textContent = t("found", n, sources.length);
};

const openList = () => {
  $("encounter-list").replaceChildren(...sources.map(encounterItem));
  $("search").value = "";
  search();
  $("encounters").showModal();
  $("search").focus();
  $("encounter-list").querySelector("[aria-current]").scrollIntoView({block: "center"});
};

const inList = event => {
  const buttons = [...$("encounter-list").querySelectorAll("li:not([hidden]) button")], at = buttons.indexOf(document.activeElement);
  if (event.key === "Enter" && event.target === $("search")) buttons[0]?.click();
  else if (event.key === "ArrowDown") buttons[at + 1]?.focus();
  else if (event.key === "ArrowUp") (buttons[at - 1] ?? $("search")).focus();
  else return;
  event.preventDefault();
};

const stepEncounter = by => {
  const number = shown.number + by;
  if (number >= 0 && number < sources.length) show(number);
};

// ---- printing ----

let printAll = false;

const paperNote = (section, note, encounter) => {
  const items = encounter.codes.flatMap((c, i) => evidenceOf(encounter, c.code).map(e => ({...e, number: i + 1})));
  section.querySelector("h3").textContent = titleOf(note);
  writeText(section.querySelector(".text"), note, items.filter(e => e.note === note.index), (mark, {begin, passages}) => {
    mark.dataset.numbers = passages.filter(p => note.at[p.item.begin] === begin).map(p => p.item.number).join(" ");
  });
};

const quoted = (encounter, e) => make("li", {}, make("q", {dir: "auto"}, textOf(encounter, e)), " ", make("small", {}, aboutPassage(encounter, bySpan(e))));

const paperArticle = number => {
  const article = document.importNode(parseArticle(sources[number]), true), encounter = readEncounter(number);
  if (notRead(encounter)) article.querySelector(".warning").textContent = t("notRead", notRead(encounter));
  article.querySelectorAll(".code").forEach((item, i) => {
    const c = encounter.codes[i];
    item.querySelector(".percent").textContent = percent(c.score);
    item.querySelectorAll("small").forEach((about, k) => { about.textContent = aboutPassage(encounter, c.evidence[k]); });
    item.querySelector("ul").append(...entryOf(number, c.code).spans.map(e => quoted(encounter, e)));
    item.querySelector(".description").after(" ", make("small", {className: "tag"}, t(entryOf(number, c.code).decision ?? "undecided")));
  });
  for (const code of addedTo(encounter)) {
    const quotes = entryOf(number, code).spans.map(e => quoted(encounter, e));
    article.querySelector(".codes").append(make("li", {className: "code"}, make("b", {}, code), " ", make("small", {className: "tag"}, t("added")),
      make("ul", {}, ...quotes)));
  }
  article.querySelectorAll(".note").forEach((section, i) => paperNote(section, encounter.notes[i], encounter));
  return article;
};

const layPaper = () => {
  const numbers = printAll ? sources.keys() : [shown.number];
  $("paper").replaceChildren(...[...numbers].map(paperArticle));
};

const clearPaper = () => {
  $("paper").replaceChildren();
  printAll = false;
};

const openPrint = () => {
  if (sources.length === 1) return print();
  $("print-dialog").returnValue = "";
  $("print-dialog").showModal();
};

// ---- keys ----

const showAll = () => {
  closeAdd();
  if (word) return showWord(null);
  choose(null);
  say("");
};

const wordKey = () => {
  const mark = document.activeElement.closest("mark") ?? currentMark()?.mark, element = mark?.querySelector("span");
  if (element) showWord(element === word ? null : element);
};

const letterKeys = {
  a: () => decideAndGoOn("accepted"), r: () => decideAndGoOn("rejected"), u: undoLast, w: wordKey, "+": openAdd,
  n: () => stepEncounter(1), p: () => stepEncounter(-1), "/": openList, s: saveDecisions, "?": () => openHelp(),
};
const otherKeys = {
  ArrowDown: () => stepCode(1), ArrowUp: () => stepCode(-1), ArrowRight: () => stepPlace(1), ArrowLeft: () => stepPlace(-1),
  Escape: showAll,
};
const keyNames = [["↓ ↑", "code"], ["→ ←", "place"], ["A", "accept"], ["R", "reject"], ["U", "undo"], ["W", "word"], ["+", "add"],
  ["N P", "encounter"], ["/", "list"], ["S", "save"], ["Esc", "clear"], ["?", "help"]];

const openHelp = () => {
  const row = ([keys, name]) => make("div", {}, make("dt", {}, ...keys.split(" ").map(key => make("kbd", {}, key))), make("dd", {}, strings[language].keys[name]));
  $("keys").replaceChildren(...keyNames.map(row));
  $("help-dialog").showModal();
  $("help-close").focus();
};

// The pane of notes scrolls by keys, wherever the focus is.
const scrollKeys = {PageDown: .85, PageUp: -.85, Home: -1e6, End: 1e6};

const onKey = event => {
  if (event.ctrlKey && event.key === "z" && !event.target.matches("input")) {
    event.preventDefault();
    return undoLast();
  }
  if (event.altKey || event.ctrlKey || event.metaKey || document.querySelector("dialog[open]")) return;
  // A dialog that was closed may keep the focus for a moment.
  if (event.target.matches("input, select") && !event.target.closest("dialog:not([open])") && event.key !== "Escape") return;
  const action = otherKeys[event.key] ?? ($("letters").checked ? letterKeys[event.key.toLowerCase()] : undefined);
  const mark = event.target.matches("mark") && (event.key === "Enter" || event.key === " ");
  if (event.key in scrollKeys && $("notes").scrollHeight > $("notes").clientHeight) $("notes").scrollBy(0, scrollKeys[event.key] * $("notes").clientHeight);
  else if (mark) wordKey();
  else if (action) action();
  else return;
  event.preventDefault();
};

// ---- start ----

const onCodes = event => {
  const card = cardAt(event.target), button = event.target.closest("button");
  if (!card || !button) return;
  if (button.dataset.action === "accept") decide(card, "accepted");
  else if (button.dataset.action === "reject") decide(card, "rejected");
  else if (button.dataset.action === "remove") remove(card);
  else if (button.dataset.place) goToPlace(Number(button.dataset.place));
  else choose(card.code === chosen ? null : card.code);
};

const onNotes = event => {
  const link = event.target.closest("#note-links a");
  if (link) {
    event.preventDefault();
    $("note-" + link.dataset.note).scrollIntoView();
    $("note-" + link.dataset.note).focus({preventScroll: true});
  } else if (getSelection().isCollapsed) {
    const element = event.target.closest("mark > span");
    if (element || word) showWord(element === word ? null : element);
  }
};

const hashNumber = () => {
  const number = Number(location.hash.slice(1)) - 1;
  return Number.isInteger(number) && number >= 0 && number < sources.length ? number : 0;
};

const listen = () => {
  const click = {previous: () => stepEncounter(-1), next: () => stepEncounter(1), choose: openList, save: saveDecisions,
    open: () => $("file").click(), print: openPrint, help: openHelp, undo: undoLast, "speaks-all": () => showWord(null),
    "add-open": openAdd, "add-cancel": closeAdd};
  for (const [id, action] of Object.entries(click)) $(id).addEventListener("click", action);
  $("code-list").addEventListener("click", onCodes);
  $("notes").addEventListener("click", onNotes);
  $("add").addEventListener("submit", event => { event.preventDefault(); addCode(); });
  $("file").addEventListener("change", openDecisions);
  $("search").addEventListener("input", search);
  $("encounters").addEventListener("keydown", inList);
  $("encounter-list").addEventListener("click", event => {
    const button = event.target.closest("button");
    if (!button) return;
    $("encounters").close();
    show(Number(button.dataset.number));
  });
  $("print-dialog").addEventListener("close", () => {
    printAll = $("print-dialog").returnValue === "all";
    if ($("print-dialog").returnValue) print();
  });
  $("language").addEventListener("change", () => {
    language = $("language").value;
    translate();
    refresh();
    drawEncounter();
  });
  document.addEventListener("keydown", onKey);
  document.addEventListener("selectionchange", offerSelection);
  addEventListener("hashchange", () => { if (hashNumber() !== shown.number) show(hashNumber()); });
  addEventListener("beforeprint", layPaper);
  addEventListener("afterprint", clearPaper);
  addEventListener("beforeunload", event => { if (unsaved && reviews.size) event.preventDefault(); });
};

document.addEventListener("DOMContentLoaded", () => {
  sources = [...document.querySelectorAll("noscript[data-id]")];
  language = navigator.languages.map(l => l.slice(0, 2)).find(l => l in strings) ?? "en";
  translate();
  $("app").hidden = false;
  $("incomplete").hidden = $("end") !== null;
  if (!sources.length) return;
  const known = new Set(sources.flatMap((_, number) => codesOf(number)));
  $("known").replaceChildren(...[...known].sort().map(code => new Option(code, code)));
  listen();
  show(hashNumber());
});
