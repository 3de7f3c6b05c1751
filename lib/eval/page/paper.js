// SPDX-License-Identifier: Apache-2.0
// Printing: the codes with their decisions and evidence, and, if wanted, the notes with the numbers of the codes.

let printAll = false;

const paperQuote = (encounter, e) => make("li", {}, quoteOf(encounter, e), " ", make("small", {}, aboutPassage(encounter, e)));

const paperCode = (encounter, code) => {
  const model = encounter.byCode.get(code), {decision, principal, admission, reason} = entryOf(encounter.number, code);
  const facts = [principal && t("principal"), model ? t(decision ?? "undecided") : t("added"),
    admission && t("admission") + ": " + t("admission." + admission), reason && (reasons.includes(reason) ? t("reason." + reason) : inLine(reason, 60))].filter(Boolean);
  return make("li", {className: "code " + (decision ?? "undecided")}, make("b", {}, inLine(code)), " ", ...model ? [make("span", {className: "percent"}, percent(model.score)), " "] : [],
    make("span", {className: "description", dir: "auto"}, inLine(model?.description ?? describe(code), 400)), " ", make("small", {className: "tag"}, facts.join(", ")),
    make("ul", {}, ...evidenceOf(encounter, code).map(e => paperQuote(encounter, e))));
};

const paperNote = (encounter, note, items) => {
  const text = make("div", {className: "text", dir: "auto"});
  writeText(text, note, items.filter(e => e.note === note.index), (mark, {begin, passages}) => {
    mark.dataset.numbers = passages.filter(p => unitAt(note, p.item.begin) === begin).map(p => p.item.number).join(" ");
  });
  return make("section", {className: "note"}, make("h3", {dir: "auto"}, titleOf(note)), text);
};

const paperArticle = number => {
  const encounter = number === shown.number ? shown : readEncounter(number), codes = [...encounter.codes.map(c => c.code), ...addedTo(encounter)];
  const article = make("article", {className: "encounter"}, make("h2", {dir: "auto"}, inLine(encounter.id)));
  if (notRead(encounter)) article.append(make("p", {className: "warning"}, t("notRead", notRead(encounter))));
  article.append(make("ol", {className: "codes"}, ...codes.map(code => paperCode(encounter, code))));
  if ($("print-notes").checked) {
    const items = codes.flatMap((code, i) => evidenceOf(encounter, code).map(e => ({...e, number: i + 1})));
    article.append(...encounter.notes.map(note => paperNote(encounter, note, items)));
  }
  return article;
};

const layPaper = () => {
  const numbers = printAll ? order : [shown.number];
  $("paper").replaceChildren(...numbers.map(paperArticle));
};

const clearPaper = () => {
  $("paper").replaceChildren();
  printAll = false;
};

const openPrint = () => {
  $("print-dialog").returnValue = "";
  $("print-all").hidden = sources.length === 1;
  $("print-dialog").showModal();
};
