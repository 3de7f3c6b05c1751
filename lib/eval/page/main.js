// SPDX-License-Identifier: Apache-2.0
// Start of the page, and what mouse and buttons do.

const cardActions = {
  accept: card => decide(card, "accepted"), reject: card => decide(card, "rejected"), remove, attach, restore,
  "remove-place": (card, button) => removePlace(card, Number(button.dataset.place)),
  principal: togglePrincipal, earlier: card => move(card, -1), later: card => move(card, 1),
};

const onCodes = event => {
  const item = event.target.closest("li.code"), button = event.target.closest("button"), card = item && cards[Number(item.dataset.i)];
  if (button?.id === "unfold") return showFolded(!unfolded);
  if (!card || !button) return;
  const {action, place: i} = button.dataset;
  if (action) cardActions[action](card, button);
  else if (i) goToPlace(Number(i));
  else choose(card.code === chosen ? null : card.code);
};

const onField = event => {
  const {action} = event.target.dataset, item = event.target.closest("li.code");
  if (item && action) setFields(cards[Number(item.dataset.i)], {[action]: event.target.value || undefined});
};

const onNotes = event => {
  if (!getSelection().isCollapsed) return;
  const element = event.target.closest("mark > span:not(.control)");
  if (element || word) showWord(element === word ? null : element);
};

// In a narrow window the list of notes is only shown when it is asked for.
const toggleIndex = open => {
  $("index").classList.toggle("open", open);
  $("index-toggle").setAttribute("aria-expanded", open);
  if (open) links[current]?.focus();
};

const onIndex = event => {
  const link = event.target.closest("a");
  if (!link) return;
  event.preventDefault();
  toggleIndex(false);
  goToNote(Number(link.dataset.note));
};

const inFind = event => {
  if (event.key === "Escape") {
    clearFind();
    $("notes").focus();
  } else if (event.key === "Enter") stepFound(event.shiftKey ? -1 : 1);
  else return;
  event.preventDefault();
  event.stopPropagation();
};

const inCodeSearch = event => {
  if (event.key !== "Enter" && event.key !== "ArrowDown") return;
  event.preventDefault();
  const [card] = visibleCards();
  if (!card) return;
  choose(card.code);
  focusCard(card);
};

const hashNumber = () => {
  const number = Number(location.hash.slice(1)) - 1;
  return Number.isInteger(number) && number >= 0 && number < sources.length ? number : 0;
};

const changeLanguage = () => {
  language = $("language").value;
  translate();
  drawCodes();
  nameNotes();
  drawFound();
  drawBanner();
  showWord(null);
  light();
};

const onClick = {
  previous: () => stepEncounter(-1), next: () => stepEncounter(1), choose: openList, save: saveDecisions, open: () => $("file").click(),
  print: openPrint, help: openHelp, undo: undoLast, "next-undecided": goToUndecided, "speaks-all": () => showWord(null),
  "add-open": openAdd, "add-cancel": closeAdd, "add-anyway": () => addCode($("add-code").value.trim()), "add-not": () => { ask(null); $("add-code").focus(); },
  "find-next": () => stepFound(1), "find-previous": () => stepFound(-1), "index-toggle": () => toggleIndex(!$("index").classList.contains("open")),
  grouped: () => { $("grouped").setAttribute("aria-pressed", $("grouped").getAttribute("aria-pressed") !== "true"); arrange(); },
};

const listenToLists = () => {
  $("code-list").addEventListener("click", onCodes);
  $("code-list").addEventListener("change", onField);
  $("notes").addEventListener("click", onNotes);
  $("note-links").addEventListener("click", onIndex);
  $("add-results").addEventListener("click", event => {
    const item = event.target.closest("li");
    if (item) addCode(rows[[...$("add-results").children].indexOf(item)].code);
  });
  $("encounter-list").addEventListener("click", event => {
    const button = event.target.closest("button");
    if (!button) return;
    $("encounters").close();
    show(Number(button.dataset.number));
  });
  $("encounter-list").addEventListener("scroll", extendList, {passive: true});
};

const listenToFields = () => {
  $("note-filter").addEventListener("change", filterNotes);
  $("find").addEventListener("input", findText);
  $("find").addEventListener("keydown", inFind);
  for (const id of ["code-order", "fold"]) $(id).addEventListener("change", arrange);
  $("code-search").addEventListener("input", hideCards);
  $("code-search").addEventListener("keydown", inCodeSearch);
  $("add").addEventListener("submit", event => { event.preventDefault(); submitAdd(); });
  $("add-code").addEventListener("input", searchCodes);
  $("add-code").addEventListener("keydown", inAdd);
  $("file").addEventListener("change", openDecisions);
  for (const id of ["search", "list-filter"]) $(id).addEventListener("input", search);
  $("list-order").addEventListener("change", () => { setOrder($("list-order").value); search(); });
  $("encounters").addEventListener("keydown", inList);
  $("encounters").addEventListener("close", () => drawPosition());
  $("print-dialog").addEventListener("close", () => {
    printAll = $("print-dialog").returnValue === "all";
    if ($("print-dialog").returnValue) print();
  });
  $("language").addEventListener("change", changeLanguage);
};

const listenToWindow = () => {
  let waiting = false;
  const onScroll = () => {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => { waiting = false; follow(); });
  };
  for (const pane of [$("notes"), window]) pane.addEventListener("scroll", onScroll, {passive: true});
  for (const name of ["wheel", "touchmove"]) $("notes").addEventListener(name, () => { pinned = null; }, {passive: true});
  document.addEventListener("keydown", onKey);
  document.addEventListener("selectionchange", offerSelection);
  addEventListener("hashchange", () => { if (hashNumber() !== shown.number) show(hashNumber()); });
  addEventListener("beforeprint", layPaper);
  addEventListener("afterprint", clearPaper);
  addEventListener("beforeunload", event => { if (unsaved && reviews.size) event.preventDefault(); });
  onUnsaved = () => $("save").classList.toggle("unsaved", unsaved && reviews.size > 0);
  onTable = () => { if (!$("add-fields").hidden && row <= 0 && $("add-ask").hidden && $("add-code").value) searchCodes(); };
};

// The table of the page; without one, the codes of its encounters.
const loadTable = () => {
  const table = $("code-table");
  setTable(table ? table.content.textContent : [...new Set(sources.flatMap((_, number) => codesOf(number)))].sort().map(code => code + "\n").join(""));
};

document.documentElement.classList.add("scripted");

document.addEventListener("DOMContentLoaded", () => {
  sources = [...document.querySelectorAll("noscript[data-id]")];
  language = navigator.languages.map(l => l.slice(0, 2)).find(l => l in strings) ?? "en";
  translate();
  $("app").hidden = false;
  $("incomplete").hidden = $("end") !== null;
  if (!sources.length) return;
  loadTable();
  const many = sources.some((_, number) => codesOf(number).length > 20); // of a long list the less probable codes are folded
  $("grouped").setAttribute("aria-pressed", many);
  $("fold").value = many ? "0.5" : "0";
  setOrder("given");
  for (const [id, action] of Object.entries(onClick)) $(id).addEventListener("click", action);
  listenToLists();
  listenToFields();
  listenToWindow();
  show(hashNumber());
});
