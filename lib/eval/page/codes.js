// SPDX-License-Identifier: Apache-2.0
// The list of codes: one element for each, in groups, of which some are hidden.

let shown = null;   // the encounter
let chosen = null;  // the code that is chosen
let place = 0;      // index of its current place
let word = null;    // the word (an element) whose codes are the only ones shown
let cards = [];     // {code, model, all: evidence of model and coder, item, folded} in the order of the file
let unfolded = false; // whether the codes below the limit are shown

const cardOf = code => cards.find(card => card.code === code);
const entryFor = card => entryOf(shown.number, card.code);

// The codes as they are on the page, from top to bottom.
const visibleCards = () => [...$("code-list").querySelectorAll("li.code")].filter(item => !item.closest("[hidden]")).map(item => cards[Number(item.dataset.i)]);

// ---- one code ----

const aboutTerm = e => [t("term"), ...(e.marks ?? []).map(name => t(name))].join(", ");

const aboutPassage = (encounter, e) =>
  [titleOf(encounter.notes[e.note]), e.term && aboutTerm(e), e.repeat ? t("repeat") : e.weight === null ? t("byYou") : t("weight", percent(e.weight))]
    .filter(Boolean).join(" · ");

// The words of a place, of which the peak is the middle: of long ones the ends are left out.
const quoteOf = (encounter, e) => {
  const note = encounter.notes[e.note], most = 160;
  const part = (from, to) => {
    const begin = unitAt(note, from), end = unitAt(note, to);
    return {text: note.text.slice(begin, Math.min(end, begin + most)), last: note.text.slice(Math.max(begin, end - most), end), long: end - begin > most};
  };
  const before = part(e.begin, e.peak), peak = part(e.peak, e.peakEnd), after = part(e.peakEnd, e.end);
  return make("q", {dir: "auto", lang: ""}, ...textNodes((before.long ? "…" : "") + before.last), make("b", {}, ...textNodes(peak.text + (peak.long ? "…" : ""))),
    ...textNodes(after.text + (after.long ? "…" : "")));
};

const placeItem = (card, e, i) => {
  const button = make("button", {type: "button", className: "place", data: {place: i}}, ...e.repeat ? [] : [quoteOf(shown, e)], make("small", {}, aboutPassage(shown, e)));
  button.style.setProperty("--strength", strength(e, card.all));
  return make("li", {}, button, iconButton("reject", t("removePlace"), {className: "remove-place", data: {action: "remove-place", place: i}}));
};

const decideButton = (action, code, pressed) =>
  iconButton(action === "remove" ? "reject" : action, t(action, code), {className: action, data: {action}, aria: action === "remove" ? {} : {pressed}});

const placesOf = card => [
  ...card.all.length ? [make("ol", {className: "places"}, ...card.all.map((e, i) => placeItem(card, e, i)))]
    : [make("p", {className: "places"}, card.model ? t("noEvidence") : t("noCoderEvidence"))],
  make("div", {className: "attach"}, make("button", {type: "button", data: {action: "attach"}}, t("attach")),
    ...entryFor(card).removed.length ? [make("button", {type: "button", data: {action: "restore"}}, t("restore", entryFor(card).removed.length))] : [])];

const tagsOf = card => {
  const {decision, principal} = entryFor(card), {model} = card;
  return [principal && "principal", !model && "added", model && !model.predicted && "asked", model?.gold && "recorded", model && decision].filter(Boolean)
    .flatMap((tag, i) => [i ? " · " : "", make("span", {className: tag}, t(tag))]);
};

const drawCard = card => {
  const {model, item} = card, {decision} = entryFor(card), open = card.code === chosen;
  const tags = tagsOf(card), description = model?.description ?? describe(card.code);
  const choose = make("button", {type: "button", className: "choose", aria: {expanded: open}}, make("b", {}, inLine(card.code)),
    ...model ? [make("span", {className: "percent"}, percent(model.score))] : [],
    make("span", {className: "description", dir: "auto", lang: ""}, inLine(description, 400)),
    ...tags.length ? [make("small", {className: "tags"}, ...tags)] : []);
  const decide = make("div", {className: "decide"}, ...model
    ? [decideButton("accept", card.code, decision === "accepted"), decideButton("reject", card.code, decision === "rejected")]
    : [decideButton("remove", card.code)]);
  item.className = ["code", decision ?? "undecided", open && "chosen", !model && "added", model && !model.predicted && "asked"].filter(Boolean).join(" ");
  item.style.setProperty("--p", model?.score ?? 0);
  const focused = item.contains(document.activeElement) && (document.activeElement.dataset.action ?? "choose");
  item.replaceChildren(choose, decide, ...open ? [...fieldsElements(card), ...placesOf(card)] : []);
  if (focused) (item.querySelector(`[data-action="${focused}"]:not(:disabled)`) ?? choose).focus({preventScroll: true});
};

const drawProgress = () => {
  const n = shown.codes.length;
  $("progress").textContent = n ? t("decided", numeral(decidedOf(shown.number)), numeral(n)) : "";
  $("undo").disabled = !past.length;
  $("next-undecided").disabled = !cards.some(card => !entryFor(card).decision);
};

// ---- order, groups, and the codes that are hidden ----

const byPlace = card => card.all.reduce((first, e) => Math.min(first, e.note + e.begin / 1e9), Infinity);

const sortKeys = {
  score: card => -(card.model?.score ?? -1),
  place: byPlace,
  order: card => {
    const at = sequence(shown.number, cards.map(c => c.code)).indexOf(card.code);
    return at < 0 ? Infinity : at;
  },
};

const sortedCards = () => {
  const key = sortKeys[$("code-order").value], all = cards.map((card, i) => ({card, i, key: key(card)}));
  return all.sort((a, b) => a.key === b.key ? a.i - b.i : a.key - b.key).map(e => e.card);
};

const isFolded = card => card.model !== undefined && card.model.score < Number($("fold").value) && !entryFor(card).decision && !entryFor(card).spans.length;

const group = (list, className, ...head) => make("section", {className}, ...head, make("ol", {}, ...list.map(card => card.item)));

const chapterGroups = list => {
  const byKey = new Map();
  for (const card of list) {
    const {key, name} = chapterOf(card.code);
    if (!byKey.has(key)) byKey.set(key, {name, list: []});
    byKey.get(key).list.push(card);
  }
  return [...byKey].sort(([a], [b]) => a < b ? -1 : 1).map(([, {name, list: own}]) =>
    group(own, "chapter", make("h3", {}, name, " ", make("small", {}, numeral(own.length)))));
};

const foldGroup = list => {
  const button = make("button", {type: "button", id: "unfold", aria: {expanded: unfolded}}, icon("down"),
    " ", t("lessProbable", numeral(list.length), percent(Number($("fold").value))));
  return group(list, "less-probable", make("h3", {}, button));
};

// Puts the codes into their order and groups.
const arrange = () => {
  const sorted = sortedCards(), grouped = $("grouped").getAttribute("aria-pressed") === "true";
  for (const card of cards) card.folded = isFolded(card);
  const open = sorted.filter(card => !card.folded), folded = sorted.filter(card => card.folded);
  $("code-list").replaceChildren(...grouped ? chapterGroups(open) : [group(open, "chapter")], ...folded.length ? [foldGroup(folded)] : []);
  hideCards();
};

// Hides the codes that the chosen word does not support, that were not searched for, and that are folded.
const hideCards = () => {
  const wanted = foldedWords($("code-search").value), supported = word && supportedBy(word);
  const fold = $("code-list").querySelector(".less-probable");
  let n = 0;
  for (const card of cards) {
    card.words ??= " " + [compact(card.code), ...foldedWords(card.code), ...foldedWords(card.model?.description ?? describe(card.code))].join(" ");
    const matches = (!supported || supported.has(card.code)) && hasWords(card.words, wanted);
    card.item.hidden = !matches || (card.folded && !unfolded && !wanted.length && !supported);
    n += matches;
  }
  for (const section of $("code-list").children) section.classList.toggle("empty", ![...section.lastChild.children].some(item => !item.hidden));
  if (fold) fold.querySelector("button").setAttribute("aria-expanded", unfolded || wanted.length > 0 || Boolean(supported));
  $("no-match").hidden = !cards.length || n > 0;
};

const showFolded = value => {
  unfolded = value;
  hideCards();
};

const drawCodes = () => {
  const codes = [...shown.codes.map(c => c.code), ...addedTo(shown)];
  cards = codes.map((code, i) => ({code, model: shown.byCode.get(code), all: evidenceOf(shown, code), item: make("li", {data: {i}})}));
  cards.forEach(drawCard);
  arrange();
  $("no-codes").hidden = cards.length > 0;
  $("code-tools").hidden = cards.length < 8; // a short list is seen at a glance
  drawProgress();
};

// ---- highlighting ----

const light = () => {
  const card = cardOf(chosen), here = card?.all[place];
  for (const {mark, passages} of allMarks()) {
    const own = chosen === null ? passages : passages.filter(p => p.item.code === chosen);
    const term = own.find(p => p.item.term)?.item, title = term ? aboutTerm(term) : "";
    const names = [chosen !== null && (own.length ? "lit" : "quiet"), own.some(p => p.peak) && "peak",
      own.some(p => p.item.weight === null) && "by-coder", term && "term", here && own.some(p => p.item.code === chosen && samePlace(p.item, here)) && "current"].filter(Boolean).join(" ");
    if (mark.className !== names) mark.className = names;
    if (mark.title !== title) mark.title = title;
    const most = String(Math.max(0, ...own.map(p => p.item.strength)));
    if (mark.style.getPropertyValue("--strength") !== most) mark.style.setProperty("--strength", most);
  }
  lightIndex(card);
  for (const button of $("code-list").querySelectorAll(".place")) {
    if (Number(button.dataset.place) === place) button.setAttribute("aria-current", "true"); else button.removeAttribute("aria-current");
  }
};

const currentMark = () => {
  const here = cardOf(chosen)?.all[place], isHere = p => p.item.code === chosen && samePlace(p.item, here);
  const own = here ? marks[here.note].filter(m => m.passages.some(isHere)) : [];
  return own.find(m => m.passages.some(p => p.peak && isHere(p))) ?? own[0];
};

const goToPlace = i => {
  const card = cardOf(chosen), e = card.all[i];
  place = i;
  if (e) unfilter(e.note);
  light();
  const at = currentMark();
  if (!at) return;
  pinned = e.note;
  bringIntoSight(() => at.mark.getClientRects()[0] ?? at.mark.getBoundingClientRect());
  markCurrent(e.note);
  for (const m of allMarks()) m.mark.tabIndex = m === at ? 0 : -1;
  say(t("place", inLine(chosen), place + 1, card.all.length, titleOf(shown.notes[e.note])));
};

const choose = code => {
  const before = cardOf(chosen);
  chosen = code;
  place = 0;
  if (before) drawCard(before);
  const card = cardOf(code);
  if (card) drawCard(card);
  if (card?.all.length) goToPlace(0); else light();
};

// ---- the codes that one place supports ----

const supportedBy = element => new Set(allMarks().find(m => m.mark === element.parentElement)?.passages.map(p => p.item.code));

// element: a word of a mark; null: show all codes.
const showWord = element => {
  word?.classList.remove("word");
  element?.classList.add("word");
  word = element;
  hideCards();
  $("speaks").hidden = element === null;
  if (element) $("speaks-text").textContent = t("speaks", inLine(element.textContent));
};
