// SPDX-License-Identifier: Apache-2.0
// Showing an encounter.

// Which encounter it is, in the order of the list.
const drawPosition = () => {
  $("choose-count").textContent = t("count", numeral(positionOf(shown.number) + 1), numeral(sources.length));
  $("previous").disabled = stepTo(-1) === undefined;
  $("next").disabled = stepTo(1) === undefined;
};

const drawBanner = () => {
  $("not-read").hidden = !notRead(shown);
  $("not-read").textContent = t("notRead", notRead(shown));
  drawPosition();
  // Titles and addresses are kept in the browser's history, so neither contains the id of the encounter.
  document.title = (sources.length > 1 ? t("count", shown.number + 1, sources.length) + " · " : "") + t("title");
};

const drawEncounter = () => {
  word = null;
  drawCodes();
  drawNotes();
  showWord(null);
  light();
  filterNotes();
  $("choose-id").textContent = inLine(shown.id);
  for (const id of ["previous", "next", "choose-count"]) $(id).hidden = sources.length === 1;
  drawBanner();
};

const show = number => {
  shown = readEncounter(number);
  chosen = null;
  place = 0;
  unfolded = false;
  $("code-search").value = $("find").value = "";
  $("notes").scrollTop = $("code-pane").scrollTop = $("code-scroll").scrollTop = $("note-links").scrollTop = 0;
  drawEncounter();
  say("");
  location.hash = number + 1;
};

// Draws these codes again after their decisions or evidence changed, and the notes whose evidence did.
const refresh = codes => {
  const notes = new Set(), touch = list => { for (const e of list) notes.add(e.note); };
  for (const code of new Set(codes)) {
    const card = cardOf(code), old = card?.all ?? [], now = evidenceOf(shown, code);
    if (old.length === now.length && old.every((e, i) => samePlace(e, now[i]))) continue;
    touch(old);
    touch(now);
    if (card) card.all = now;
  }
  if (codes.some(code => !cardOf(code)) || cards.some(card => !card.model && !reviewOf(shown.number).has(card.code))) {
    if (!shown.byCode.has(chosen) && !reviewOf(shown.number).has(chosen)) chosen = null;
    drawCodes();
  } else for (const code of new Set(codes)) drawCard(cardOf(code));
  place = 0;
  drawProgress();
  fillNotes([...notes]);
  if (word && !word.isConnected) showWord(null);
  light();
  if (notes.size) findAgain();
};

const translate = () => {
  document.documentElement.lang = language;
  $("language").value = language;
  for (const e of document.querySelectorAll("[data-t]")) e.textContent = t(e.dataset.t);
  for (const e of document.querySelectorAll("[data-t-label]")) e.setAttribute("aria-label", t(e.dataset.tLabel));
  for (const e of document.querySelectorAll("[data-t-title]")) e.title = t(e.dataset.tTitle);
  for (const e of document.querySelectorAll("[data-t-placeholder]")) e.placeholder = t(e.dataset.tPlaceholder);
  for (const o of $("fold").options) o.textContent = Number(o.value) ? t("foldBelow", percent(Number(o.value))) : t("foldNothing");
  $("print-all").textContent = t("printAll", numeral(sources.length));
};
