// SPDX-License-Identifier: Apache-2.0
// The view: the notes and the codes of one encounter.

const $ = id => document.getElementById(id);

let shown = null;   // the encounter
let chosen = null;  // the code that is chosen
let place = 0;      // index of its current place
let word = null;    // the word (an element) whose codes are the only ones shown
let cards = [];     // {code, item, all: evidence of model and coder} in the order of the list
let marks = [];     // {mark, passages: [{item, peak}]} in the order of the text; item: its evidence, code and strength

const say = text => { $("status").textContent = text; };

// ---- the evidence of a code ----

const bySpan = ({note, begin, end}) => ({note, begin, end, peak: begin, peakEnd: end, weight: null});

const evidenceOf = (encounter, code) => {
  const model = encounter.codes.find(c => c.code === code)?.evidence ?? [];
  return [...model, ...entryOf(encounter.number, code).spans.map(bySpan)];
};

// Strength between 0 and 1, relative to the strongest passage of the same code.
const strength = (e, all) => {
  const top = Math.max(...all.map(o => o.weight ?? 0));
  return e.weight === null || top === 0 ? 1 : e.weight / top;
};

// ---- notes ----

const drawNotes = () => {
  const all = cards.flatMap(card => card.all.map(item => ({...item, item, code: card.code, strength: strength(item, card.all)})));
  marks = [];
  const article = note => {
    const text = make("div", {className: "text", dir: "auto", lang: "", data: {note: note.index}});
    writeText(text, note, all.filter(e => e.note === note.index), (mark, {passages}) => {
      marks.push({mark, passages});
      mark.tabIndex = -1;
    });
    const title = make("h2", {id: "note-" + note.index, dir: "auto", tabIndex: -1}, titleOf(note));
    return make("article", {className: "note", aria: {labelledby: title.id}}, title, text);
  };
  $("note-list").replaceChildren(...shown.notes.map(article));
  $("note-links").hidden = shown.notes.length < 2;
  $("note-links").replaceChildren(...shown.notes.map(n => make("a", {href: "#note-" + n.index, dir: "auto", data: {note: n.index}}, titleOf(n))));
};

// ---- codes ----

const aboutTerm = e => [t("term"), ...(e.marks ?? []).map(name => t(name))].join(", ");

const aboutPassage = (encounter, e) =>
  [titleOf(encounter.notes[e.note]), e.term && aboutTerm(e), e.weight === null ? t("byYou") : t("weight", percent(e.weight))]
    .filter(Boolean).join(" · ");

const placeButton = (card, e, i) => {
  const note = shown.notes[e.note], part = (from, to) => note.text.slice(note.at[from], note.at[to]);
  const quote = make("q", {dir: "auto", lang: ""}, part(e.begin, e.peak), make("b", {}, part(e.peak, e.peakEnd)), part(e.peakEnd, e.end));
  const button = make("button", {type: "button", className: "place", data: {place: i}}, quote, make("small", {}, aboutPassage(shown, e)));
  button.style.setProperty("--strength", strength(e, card.all));
  return make("li", {}, button);
};

const decideButton = (action, code, pressed) => {
  const button = make("button", {type: "button", className: action, title: t(action, code), data: {action},
    aria: {label: t(action, code)}}, icon(action === "remove" ? "reject" : action));
  if (action !== "remove") button.setAttribute("aria-pressed", pressed);
  return button;
};

const drawCard = card => {
  const model = shown.codes.find(c => c.code === card.code), {decision} = entryOf(shown.number, card.code), open = card.code === chosen;
  const head = [make("b", {}, card.code)];
  if (model) head.push(make("span", {className: "percent"}, percent(model.score)));
  const tags = [!model && "added", model && !model.predicted && "asked", model?.gold && "recorded", model && decision].filter(Boolean)
    .flatMap((tag, i) => [i ? " · " : "", make("span", {className: tag}, t(tag))]);
  const choose = make("button", {type: "button", className: "choose", aria: {expanded: open}}, ...head,
    make("span", {className: "description", dir: "auto", lang: ""}, model?.description ?? ""),
    ...tags.length ? [make("small", {className: "tags"}, ...tags)] : []);
  const decide = make("div", {className: "decide"}, ...model
    ? [decideButton("accept", card.code, decision === "accepted"), decideButton("reject", card.code, decision === "rejected")]
    : [decideButton("remove", card.code)]);
  const places = card.all.length ? make("ol", {className: "places"}, ...card.all.map((e, i) => placeButton(card, e, i)))
    : make("p", {className: "places"}, model ? t("noEvidence") : t("noCoderEvidence"));
  card.item.className = ["code", decision ?? "undecided", open && "chosen", !model && "added", model && !model.predicted && "asked"].filter(Boolean).join(" ");
  card.item.style.setProperty("--p", model?.score ?? 0);
  const focused = card.item.contains(document.activeElement) && (document.activeElement.dataset.action ?? "choose");
  card.item.replaceChildren(choose, decide, ...open ? [places] : []);
  if (focused) (card.item.querySelector(`[data-action="${focused}"]`) ?? choose).focus({preventScroll: true});
};

const drawProgress = () => {
  const n = shown.codes.length;
  $("progress").textContent = n ? t("decided", decidedOf(shown.number), n) : "";
  $("undo").disabled = !past.length;
};

const drawCodes = () => {
  const codes = [...shown.codes.map(c => c.code), ...addedTo(shown)];
  cards = codes.map((code, i) => ({code, all: evidenceOf(shown, code), item: make("li", {data: {i}})}));
  cards.forEach(drawCard);
  $("code-list").replaceChildren(...cards.map(card => card.item));
  $("no-codes").hidden = cards.length > 0;
  drawProgress();
};

// ---- highlighting ----

const cardOf = code => cards.find(card => card.code === code);

const light = () => {
  const card = cardOf(chosen), current = card?.all[place];
  for (const {mark, passages} of marks) {
    const own = passages.filter(p => chosen === null || p.item.code === chosen);
    const term = own.find(p => p.item.term)?.item, title = term ? aboutTerm(term) : "";
    const names = [chosen !== null && (own.length ? "lit" : "quiet"), own.some(p => p.peak) && "peak",
      own.some(p => p.item.weight === null) && "by-coder", term && "term", own.some(p => p.item.item === current) && "current"].filter(Boolean).join(" ");
    if (mark.className !== names) mark.className = names;
    if (mark.title !== title) mark.title = title;
    const most = String(Math.max(0, ...own.map(p => p.item.strength)));
    if (mark.style.getPropertyValue("--strength") !== most) mark.style.setProperty("--strength", most);
  }
  const notes = new Set(card?.all.map(e => String(e.note)));
  for (const link of $("note-links").children) link.classList.toggle("lit", notes.has(link.dataset.note));
  for (const button of $("code-list").querySelectorAll(".place")) {
    if (Number(button.dataset.place) === place) button.setAttribute("aria-current", "true"); else button.removeAttribute("aria-current");
  }
};

// Scrolls only if the place is not well visible, and without animation, because coders do this all day.
const bringIntoSight = element => {
  const pane = $("notes").getBoundingClientRect(), box = element.getBoundingClientRect(), room = pane.height / 6;
  const top = Math.max(pane.top, 0), bottom = Math.min(pane.bottom, innerHeight);
  if (box.top < top + room || box.bottom > bottom - room) element.scrollIntoView({block: "center"});
};

const currentMark = () => {
  const current = cardOf(chosen)?.all[place], own = marks.filter(m => m.passages.some(p => p.item.item === current));
  return own.find(m => m.passages.some(p => p.item.item === current && p.peak)) ?? own[0];
};

const goToPlace = i => {
  const card = cardOf(chosen);
  place = i;
  light();
  const at = currentMark();
  if (!at) return;
  bringIntoSight(at.mark);
  for (const m of marks) m.mark.tabIndex = m === at ? 0 : -1;
  say(t("place", chosen, place + 1, card.all.length, titleOf(shown.notes[card.all[place].note])));
};

const choose = code => {
  const before = cardOf(chosen);
  chosen = code;
  place = 0;
  if (before) drawCard(before);
  const card = cardOf(code);
  if (card) drawCard(card);
  light();
  if (card) goToPlace(0);
};

// ---- the codes that one place supports ----

// element: a word of a mark; null: show all codes.
const showWord = element => {
  const passages = marks.find(m => m.mark === element?.parentElement)?.passages ?? [];
  const codes = new Set(passages.map(p => p.item.code));
  word?.classList.remove("word");
  element?.classList.add("word");
  word = element;
  for (const card of cards) card.item.hidden = element !== null && !codes.has(card.code);
  $("speaks").hidden = element === null;
  if (element) $("speaks-text").textContent = t("speaks", element.textContent);
};

// ---- an encounter ----

const drawEncounter = () => {
  drawCodes();
  drawNotes();
  showWord(null);
  light();
  $("not-read").hidden = !notRead(shown);
  $("not-read").textContent = t("notRead", notRead(shown));
  $("choose-id").textContent = shown.id;
  $("choose-count").textContent = t("count", shown.number + 1, sources.length);
  for (const id of ["previous", "next", "choose-count"]) $(id).hidden = sources.length === 1;
  $("previous").disabled = shown.number === 0;
  $("next").disabled = shown.number + 1 === sources.length;
  // Titles and addresses are kept in the browser's history, so neither contains the id of the encounter.
  document.title = (sources.length > 1 ? t("count", shown.number + 1, sources.length) + " · " : "") + t("title");
};

const show = number => {
  shown = readEncounter(number);
  chosen = null;
  place = 0;
  drawEncounter();
  $("notes").scrollTop = $("code-pane").scrollTop = 0;
  say("");
  location.hash = number + 1;
};

// Draws the same encounter and code again after spans changed.
const refresh = () => {
  if (chosen !== null && ![...shown.codes.map(c => c.code), ...addedTo(shown)].includes(chosen)) chosen = null;
  place = 0;
  drawCodes();
  drawNotes();
  showWord(null);
  light();
};

const translate = () => {
  document.documentElement.lang = language;
  $("language").value = language;
  for (const e of document.querySelectorAll("[data-t]")) e.textContent = t(e.dataset.t);
  for (const e of document.querySelectorAll("[data-t-label]")) e.setAttribute("aria-label", t(e.dataset.tLabel));
  for (const e of document.querySelectorAll("[data-t-title]")) e.title = t(e.dataset.tTitle);
  for (const e of document.querySelectorAll("[data-t-placeholder]")) e.placeholder = t(e.dataset.tPlaceholder);
  $("print-all").textContent = t("printAll", sources.length);
};
