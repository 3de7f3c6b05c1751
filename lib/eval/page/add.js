// SPDX-License-Identifier: Apache-2.0
// Adding a code that the model missed: a search in the table of codes. The selected text becomes its evidence.

let selected = null; // its passage
let rows = [];       // what the search found: [{code, description}]
let row = -1;        // the one that Enter adds

const quote = e => {
  selected = e;
  $("add-quote").hidden = !e;
  $("add-hint").hidden = e !== null;
  if (e) $("add-quote").replaceChildren(...textNodes(inLine(textOf(shown, e), 300)));
};

const offerSelection = () => {
  const e = selectedPassage(shown);
  $("add-label").textContent = e ? t("addFor", inLine(textOf(shown, e), 60)) : t("add");
  if (e && !$("add-fields").hidden) quote(e);
};

const ask = code => {
  $("add-ask").hidden = code === null;
  if (code === null) return;
  $("add-unknown").textContent = t("unknownCode", inLine(code));
  $("add-anyway").focus();
};

const pick = i => {
  row = i;
  [...$("add-results").children].forEach((item, k) => item.setAttribute("aria-selected", k === i));
  const item = $("add-results").children[i];
  if (item) {
    $("add-code").setAttribute("aria-activedescendant", item.id);
    scrollWithin($("add-results"), item);
  } else $("add-code").removeAttribute("aria-activedescendant");
};

const searchCodes = () => {
  rows = searchTable($("add-code").value, 50);
  $("add-results").replaceChildren(...rows.map(({code, description}, i) =>
    make("li", {id: "result-" + i, role: "option"}, make("b", {}, inLine(code)), make("span", {dir: "auto", lang: ""}, inLine(description, 200)))));
  $("add-results").hidden = !rows.length;
  $("add-code").setAttribute("aria-expanded", rows.length > 0);
  pick(rows.length ? 0 : -1);
  ask(null);
};

const openAdd = () => {
  quote(selectedPassage(shown));
  $("add-fields").hidden = false;
  $("add-open").hidden = true;
  $("add-code").value = "";
  searchCodes();
  $("add-code").focus();
};

const closeAdd = () => {
  $("add-fields").hidden = true;
  $("add-open").hidden = false;
};

const addCode = code => {
  const entry = entryOf(shown.number, code), accepted = entry.decision === "accepted" ? entry : withDecision(entry, "accepted");
  const fresh = selected && !entry.spans.some(s => samePlace(s, selected));
  change([{number: shown.number, code, entry: {...accepted, spans: [...entry.spans, ...fresh ? [selected] : []]}}]);
  closeAdd();
  getSelection().removeAllRanges();
  refresh([code]);
  $("code-search").value = "";
  hideCards();
  choose(code);
  focusCard(cardOf(code));
  say(t("saidAdded", inLine(code)));
};

// The row that is picked; what was typed, if it is a code of the table or of the page; or a question.
const submitAdd = () => {
  const typed = $("add-code").value.trim();
  if (!typed) return;
  if (rows[row]) addCode(rows[row].code);
  else if (findCode(typed) || shown.byCode.has(typed)) addCode(typed);
  else ask(typed);
};

const inAdd = event => {
  const by = {ArrowDown: 1, ArrowUp: -1}[event.key];
  if (!by || !rows.length) return;
  event.preventDefault();
  pick((row + by + rows.length) % rows.length);
};
