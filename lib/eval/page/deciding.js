// SPDX-License-Identifier: Apache-2.0
// Decisions on codes, their fields, and their evidence.

// ---- accept and reject ----

// Draws a card after its entry changed, but not its evidence.
const redraw = card => {
  drawCard(card);
  drawProgress();
  light();
};

const decide = (card, decision) => {
  const entry = entryFor(card), taken = entry.decision === decision, next = taken ? null : decision;
  change([{number: shown.number, code: card.code, entry: withDecision(entry, next)}]);
  redraw(card);
  say(t(taken ? "saidCleared" : decision === "accepted" ? "saidAccepted" : "saidRejected", inLine(card.code)));
};

const remove = card => {
  change([{number: shown.number, code: card.code, entry: undefined}]);
  refresh([card.code]);
  $("code-pane").focus();
  say(t("saidRemoved", inLine(card.code)));
};

// The next code without a decision after this one, as on the page. Folded codes come last.
const nextUndecided = card => {
  const list = visibleCards(), at = list.indexOf(card), free = c => !entryFor(c).decision;
  const next = [...list.slice(at + 1), ...list.slice(0, Math.max(at, 0))].find(free);
  if (next || !cards.some(c => c.folded && free(c))) return next;
  showFolded(true);
  return visibleCards().find(free);
};

const goToUndecided = () => {
  const next = nextUndecided(cardOf(chosen));
  if (!next) return say(t("allDecided"));
  choose(next.code);
  focusCard(next);
};

// By key: decide on the chosen code and go to the next one that is not decided.
const decideAndGoOn = decision => {
  const card = cardOf(chosen);
  if (!card) return;
  if (!card.model) {
    if (decision === "rejected") remove(card);
    return;
  }
  if (entryFor(card).decision !== decision) decide(card, decision);
  const said = $("status").textContent, next = nextUndecided(card);
  if (next) {
    choose(next.code);
    focusCard(next);
  }
  say([said, next ? $("status").textContent : t("allDecided")].join(" "));
};

// ---- fields ----

const setFields = (card, fields) => {
  change([{number: shown.number, code: card.code, entry: {...entryFor(card), ...fields}}]);
  redraw(card);
};

const field = (name, label, values, value) => {
  const select = make("select", {data: {action: name}}, option("", "–"), ...values.map(v => option(v, t(name + "." + v))));
  if (value !== undefined && !values.includes(value)) select.append(option(value, inLine(value, 60)));
  select.value = value ?? "";
  return make("label", {className: "field"}, make("span", {}, label), select);
};

const fieldsElements = card => {
  const {decision, principal, admission, reason} = entryFor(card);
  if (decision === "rejected") return [make("div", {className: "fields"}, field("reason", t("reason"), reasons, reason))];
  if (decision !== "accepted") return [];
  const list = sequence(shown.number, cards.map(c => c.code)), at = list.indexOf(card.code);
  const move = (by, name, sign) => {
    const button = iconButton(sign, t(name), {className: "icon", data: {action: name}});
    button.disabled = !orderChanges(shown.number, cards.map(c => c.code), card.code, by).length;
    return button;
  };
  return [make("div", {className: "fields"},
    make("button", {type: "button", data: {action: "principal"}, aria: {pressed: principal === true}}, t("principal")),
    make("span", {className: "moves", role: "group", ariaLabel: t("order")}, move(-1, "earlier", "up"), make("span", {}, t("count", at + 1, list.length)), move(1, "later", "down")),
    field("admission", t("admission"), admissions, admission))];
};

const togglePrincipal = card => {
  const {decision, principal} = entryFor(card);
  if (decision !== "accepted") return say(t("acceptFirst", inLine(card.code)));
  const changes = principalChanges(shown.number, card.code, !principal);
  change(changes);
  refresh(changes.map(c => c.code));
  say(t(principal ? "saidNotPrincipal" : "saidPrincipal", inLine(card.code)));
};

const move = (card, by) => {
  const codes = cards.map(c => c.code), changes = orderChanges(shown.number, codes, card.code, by);
  if (!changes.length) return;
  change(changes);
  redraw(card);
  if ($("code-order").value === "order") {
    arrange();
    focusCard(card);
  }
  say(t("saidMoved", inLine(card.code), sequence(shown.number, codes).indexOf(card.code) + 1));
};

// ---- evidence ----

const attach = card => {
  const e = selectedPassage(shown), entry = entryFor(card);
  if (!e) return say(t("selectFirst"));
  if (card.all.some(o => samePlace(o, e))) return say(t("alreadyEvidence"));
  change([{number: shown.number, code: card.code, entry: {...entry, spans: [...entry.spans, e], removed: entry.removed.filter(r => !samePlace(r, e))}}]);
  getSelection().removeAllRanges();
  refresh([card.code]);
  goToPlace(card.all.length - 1);
  say(t("saidAttached", inLine(card.code)));
};

const removePlace = (card, i) => {
  const {note, begin, end, weight} = card.all[i], e = {note, begin, end}, entry = entryFor(card);
  const kept = weight === null ? {spans: entry.spans.filter(s => !samePlace(s, e))} : {removed: [...entry.removed, e]};
  change([{number: shown.number, code: card.code, entry: {...entry, ...kept}}]);
  refresh([card.code]);
  if (card.all.length) goToPlace(Math.min(i, card.all.length - 1));
  focusCard(card);
  say(t("saidPlaceRemoved", inLine(card.code)));
};

const restore = card => {
  change([{number: shown.number, code: card.code, entry: {...entryFor(card), removed: []}}]);
  refresh([card.code]);
  goToPlace(0);
  focusCard(card);
};

// ---- undo ----

const undoLast = () => {
  if (!past.length) return;
  const changes = undo();
  if (!changes.some(c => c.number === shown.number)) show(changes[0].number);
  else refresh(changes.filter(c => c.number === shown.number).map(c => c.code));
  say(t("saidUndone", [...new Set(changes.map(c => inLine(c.code)))].slice(0, 5).join(", ")));
};
