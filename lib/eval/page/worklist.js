// SPDX-License-Identifier: Apache-2.0
// The encounters of the page: their order, the list, and going from one to another.

const batch = 60; // encounters that are added to the list at a time

let order = [];     // numbers of the encounters, in the order of the list
let listed = [];    // those that the search finds
let listFrom = 0;   // the part of these that the list has
let listTo = 0;

// The expected number of wrong codes, if every code is decided as the model did: the sum of min(p, 1 - p).
const uncertainty = number => scoresOf(number).reduce((sum, p) => sum + Math.min(p, 1 - p), 0);

const setOrder = by => {
  order = sources.map((_, number) => number);
  if (by !== "uncertain") return;
  const all = order.map(uncertainty);
  order.sort((a, b) => all[b] - all[a] || a - b);
};

const positionOf = number => order.indexOf(number);
const stepTo = by => order[positionOf(shown.number) + by];

const stepEncounter = by => {
  const number = stepTo(by);
  if (number !== undefined) show(number);
};

// ---- the list ----

const encounterItem = number => {
  const codes = codesOf(number), n = decidedOf(number), all = n === codes.length && n > 0;
  const state = make("span", {className: "state" + (all ? " all" : "")}, codes.length ? t("count", numeral(n), numeral(codes.length)) : "");
  const button = make("button", {type: "button", data: {number}}, make("bdi", {className: "id"}, inLine(sources[number].dataset.id)), state, make("small", {}, inLine(codes.join(", "), 300)));
  if (number === shown.number) button.setAttribute("aria-current", "true");
  return make("li", {}, button);
};

// The list has only a part of the encounters: more are added where it is scrolled to.
const extendList = () => {
  const list = $("encounter-list"), near = 400;
  if (list.scrollHeight - list.scrollTop - list.clientHeight < near && listTo < listed.length) {
    const to = Math.min(listTo + batch, listed.length);
    list.append(...listed.slice(listTo, to).map(encounterItem));
    listTo = to;
  }
  if (list.scrollTop < near && listFrom > 0) {
    const from = Math.max(0, listFrom - batch), before = list.scrollHeight, at = list.scrollTop;
    list.prepend(...listed.slice(from, listFrom).map(encounterItem));
    listFrom = from;
    list.scrollTop = at + list.scrollHeight - before;
  }
};

const drawList = () => {
  const at = Math.max(0, listed.indexOf(shown.number));
  listFrom = Math.max(0, at - batch);
  listTo = Math.min(listed.length, at + batch);
  $("encounter-list").replaceChildren(...listed.slice(listFrom, listTo).map(encounterItem));
};

const searchKey = number => {
  const {id, codes} = sources[number].dataset;
  return fold(id + "\t" + codes);
};

let searchKeys = null;

const search = () => {
  const wanted = fold($("search").value);
  searchKeys ??= sources.map((_, number) => searchKey(number));
  listed = order.filter(number => searchKeys[number].includes(wanted) && ($("list-filter").value === "all" || decidedOf(number) < codesOf(number).length));
  drawList();
  $("found").textContent = t("found", numeral(listed.length), numeral(sources.length));
};

const openList = () => {
  $("search").value = "";
  search();
  $("encounters").showModal();
  $("search").focus();
  $("encounter-list").querySelector("[aria-current]")?.scrollIntoView({block: "center"});
};

const inList = event => {
  const buttons = [...$("encounter-list").querySelectorAll("button")], at = buttons.indexOf(document.activeElement);
  if (event.key === "Enter" && event.target === $("search")) buttons[0]?.click();
  else if (event.key === "ArrowDown" && !event.target.matches("select")) buttons[at + 1]?.focus();
  else if (event.key === "ArrowUp" && !event.target.matches("select")) (buttons[at - 1] ?? $("search")).focus();
  else return;
  event.preventDefault();
};
