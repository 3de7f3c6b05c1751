// SPDX-License-Identifier: Apache-2.0
// The pane of notes, and the list of notes that follows it.
//
// A browser lays a note out when it comes near the visible part of the pane (content-visibility in page.css): until then its height
// is an estimate.

let marks = [];      // for each note: [{mark, passages: [{item, peak}]}] in the order of the text; item: evidence with code and strength
let articles = [];   // the element of each note
let links = [];      // its element in the list
let current = 0;     // the note that is being read
let pinned = null;   // the note that was asked for, which may be too near the end to be at the top
let nearby = new Set(); // notes of which a part is visible
let seen = new Set();   // notes that were visible
let watcher = null;

const allMarks = () => marks.flat();

// ---- the evidence of a code ----

const bySpan = ({note, begin, end}) => ({note, begin, end, peak: begin, peakEnd: end, weight: null});

const evidenceOf = (encounter, code) => {
  const {spans, removed} = entryOf(encounter.number, code), model = encounter.byCode.get(code)?.evidence ?? [];
  return [...model.filter(e => !removed.some(r => samePlace(r, e))), ...spans.map(bySpan)];
};

// Strength between 0 and 1, relative to the strongest passage of the same code.
const strength = (e, all) => {
  const top = all.reduce((most, o) => Math.max(most, o.weight ?? 0), 0);
  return e.weight === null || top === 0 ? 1 : e.weight / top;
};

// ---- notes ----

// Characters of a line of the pane, about.
const lineWidth = () => Math.max(20, Math.min(76, Math.floor(($("notes").clientWidth - 80) / 9)));

const noteElement = note => {
  const text = make("div", {className: "text", dir: "auto", lang: "", data: {note: note.index}});
  const title = make("h2", {id: "note-" + note.index, dir: "auto", tabIndex: -1}, titleOf(note));
  return make("article", {className: "note", aria: {labelledby: title.id}, data: {note: note.index}}, title, text);
};

// Writes the text of these notes, with the marks of all codes.
const fillNotes = indexes => {
  const byNote = new Map(indexes.map(index => [index, []]));
  for (const card of cards) for (const item of card.all) byNote.get(item.note)?.push({...item, code: card.code, strength: strength(item, card.all)});
  for (const [index, items] of byNote) {
    marks[index] = [];
    writeText(articles[index].querySelector(".text"), shown.notes[index], items, (mark, {passages}) => {
      marks[index].push({mark, passages});
      mark.tabIndex = -1;
    });
    forgetTextNodes(index);
  }
};

const drawNotes = () => {
  const width = lineWidth();
  marks = [];
  articles = shown.notes.map(noteElement);
  articles.forEach((article, i) => article.style.setProperty("--lines", linesOf(shown.notes[i].text, width)));
  fillNotes(shown.notes.map(note => note.index));
  $("note-list").replaceChildren(...articles);
  seen = new Set();
  drawIndex();
  watch();
};

// ---- the list of notes ----

const hasUnread = note => note.unread.length > 0;

// How much of the text of a note the model did not read: "", "partlyRead" or "notReadNote".
const readingOf = note => {
  if (!hasUnread(note)) return "";
  const unread = note.unread.reduce((n, {begin, end}) => n + note.text.slice(begin, end).trim().length, 0);
  return unread >= .9 * note.text.trim().length ? "notReadNote" : "partlyRead";
};

const indexItem = note => {
  const author = inLine(note.author);
  const link = make("a", {href: "#note-" + note.index, tabIndex: -1, data: {note: note.index}}, make("bdi", {className: "when"}), make("bdi", {className: "type"}),
    ...author ? [make("bdi", {className: "author"}, author)] : [], ...readingOf(note) ? [make("span", {className: "reading"})] : [],
    make("span", {className: "places-here", aria: {hidden: true}}), make("span", {className: "unseen"}));
  return make("li", {}, link);
};

// Writes what depends on the language: into elements that exist, so that nothing moves.
const nameLink = (link, note) => {
  const reading = readingOf(note), texts = {when: inLine(dateOf(note.date)), type: nameOf(note), reading: reading && t(reading)};
  for (const e of link.children) if (texts[e.className] !== undefined && e.textContent !== texts[e.className]) e.textContent = texts[e.className];
};

const drawFilters = () => {
  const types = new Map();
  for (const note of shown.notes) types.set(nameOf(note), (types.get(nameOf(note)) ?? 0) + 1);
  const counted = (value, name, n) => option(value, `${name} (${numeral(n)})`), unread = shown.notes.filter(hasUnread).length;
  $("note-filter").replaceChildren(counted("all", t("allNotes"), shown.notes.length), option("evidence", t("withEvidence")),
    ...unread ? [counted("unread", t("notReadNote"), unread)] : [], ...types.size > 1 ? [...types].map(([name, n]) => counted("type:" + name, name, n)) : []);
};

const nameCurrent = () => {
  if (shown.notes[current]) $("index-current").textContent = t("count", numeral(current + 1), numeral(shown.notes.length)) + " · " + titleOf(shown.notes[current]);
};

// After the language changed.
const nameNotes = () => {
  const filter = $("note-filter").selectedIndex;
  shown.notes.forEach((note, i) => {
    $("note-" + i).textContent = titleOf(note);
    nameLink(links[i], note);
  });
  drawFilters();
  $("note-filter").selectedIndex = filter;
  nameCurrent();
};

const drawIndex = () => {
  const items = shown.notes.map(indexItem);
  links = items.map(item => item.firstChild);
  links.forEach((link, i) => nameLink(link, shown.notes[i]));
  $("note-links").replaceChildren(...items);
  drawFilters();
  for (const id of ["index", "index-toggle"]) $(id).hidden = shown.notes.length < 2;
  document.body.classList.toggle("one-note", shown.notes.length < 2);
  markCurrent(0);
};

// The notes with evidence, and how many places of the chosen code each has.
const lightIndex = card => {
  const any = new Set(cards.flatMap(c => c.all.map(e => e.note))), own = new Map();
  for (const e of card?.all ?? []) own.set(e.note, (own.get(e.note) ?? 0) + 1);
  links.forEach((link, i) => {
    link.classList.toggle("has", any.has(i));
    link.classList.toggle("lit", own.has(i));
    const n = own.get(i), told = link.lastChild, places = told.previousSibling; // what a screen reader says, and what is seen
    places.textContent = n ? numeral(n) : any.has(i) ? "•" : "";
    told.textContent = places.title = n ? t("placesHere", numeral(n)) : any.has(i) ? t("hasEvidence") : "";
  });
};

const isFiltered = note => {
  const filter = $("note-filter").value;
  if (filter === "evidence") return !marks[note.index].length;
  if (filter === "unread") return !hasUnread(note);
  return filter.startsWith("type:") && nameOf(note) !== filter.slice(5);
};

const filterNotes = () => {
  shown.notes.forEach((note, i) => { articles[i].hidden = links[i].parentElement.hidden = isFiltered(note); });
  const first = links.findIndex(link => !link.parentElement.hidden);
  if (first >= 0 && articles[current].hidden) goToNote(first, false);
  findAgain();
};

// Shows a note that the filter hides.
const unfilter = index => {
  if (!articles[index].hidden) return;
  $("note-filter").value = "all";
  filterNotes();
};

const markCurrent = index => {
  links[current]?.removeAttribute("aria-current");
  if (links[current]) links[current].tabIndex = -1;
  current = index;
  const link = links[index];
  if (!link) return;
  link.setAttribute("aria-current", "true");
  link.tabIndex = 0;
  scrollWithin($("note-links"), link);
  nameCurrent();
};

const goToNote = (index, focus = true) => {
  unfilter(index);
  pinned = index;
  articles[index].scrollIntoView();
  markCurrent(index);
  if (focus) $("note-" + index).focus({preventScroll: true});
};

// Arrow keys in the list.
const stepNote = by => {
  const list = links.filter(link => !link.parentElement.hidden), link = list[list.indexOf(links[current]) + by];
  if (!link) return;
  goToNote(Number(link.dataset.note), false);
  link.focus({preventScroll: true});
};

// ---- following the text ----

const follow = () => {
  const pane = $("notes").getBoundingClientRect(), line = Math.max(pane.top, 0) + Math.min(pane.height, innerHeight) / 3;
  if (pinned !== null && !nearby.has(pinned)) pinned = null;
  const index = pinned ?? [...nearby].sort((a, b) => a - b).find(i => articles[i].getBoundingClientRect().bottom > line);
  if (index !== undefined && index !== current) markCurrent(index);
};

const watch = () => {
  watcher?.disconnect();
  nearby = new Set();
  watcher = new IntersectionObserver(entries => {
    for (const {target, isIntersecting} of entries) {
      const index = Number(target.dataset.note);
      if (isIntersecting) nearby.add(index); else nearby.delete(index);
      if (isIntersecting && !seen.has(index)) links[index].classList.add("seen");
      if (isIntersecting) seen.add(index);
    }
    follow();
  }, {root: null});
  for (const article of articles) watcher.observe(article);
};

// ---- bringing a place into sight ----

// box: returns the rectangle of the place. Scrolls only if the place is not well visible, and without animation, because coders do this
// all day. Notes above it can be laid out because of the scrolling, which moves the place: it is looked up again.
const bringIntoSight = box => {
  const pane = $("notes"), outer = pane.getBoundingClientRect(), room = outer.height / 6;
  const top = Math.max(outer.top, 0), bottom = Math.min(outer.bottom, innerHeight);
  for (let i = 0; i < 3; i++) {
    const {top: above, bottom: below, height} = box();
    if (above >= top + Math.min(room, bottom - top - height) && below <= bottom - room) return;
    if (pane.scrollHeight > pane.clientHeight + 1) pane.scrollTop += above - top - Math.max(0, (bottom - top - height) / 2);
    else scrollBy(0, above - top - Math.max(0, (bottom - top - height) / 2));
  }
};
