// SPDX-License-Identifier: Apache-2.0
// A stay of 100 notes and 80 codes: the list of notes, search, order and groups of codes, a table of 95,000 codes, evidence, fields, saving.
import assert from "node:assert/strict";
import {readFileSync, writeFileSync} from "node:fs";
import {join} from "node:path";
import {done, faults, folder, inSight, linesOf, open, test} from "./harness.mjs";

const large = {viewport: {width: 1400, height: 900}};
const status = page => page.locator("#status").textContent();
const codes = page => page.locator("#code-list .code:visible .choose > b").allTextContents();
const card = (page, code) => page.locator("#code-list .code", {has: page.locator(".choose > b", {hasText: new RegExp(`^${code}$`)})});
const current = page => page.locator("#note-links [aria-current]").evaluate(e => Number(e.dataset.note));
const tableReady = page => page.waitForTimeout(1500);

const save = async page => {
  const [download] = await Promise.all([page.waitForEvent("download"), page.locator("#save").click()]);
  return readFileSync(await download.path(), "utf8").trim().split("\n").map(line => JSON.parse(line));
};

// Selects a part of the text of a note, as with a mouse.
const select = (page, note, begin, end) => page.evaluate(([note, begin, end]) => {
  const element = document.querySelectorAll("#notes .text")[note], walk = document.createTreeWalker(element, NodeFilter.SHOW_TEXT), range = document.createRange();
  let at = 0;
  for (let node; (node = walk.nextNode()); at += node.length) {
    if (begin >= at && begin < at + node.length) range.setStart(node, begin - at);
    if (end > at && end <= at + node.length) range.setEnd(node, end - at);
  }
  getSelection().removeAllRanges();
  getSelection().addRange(range);
}, [note, begin, end]);

// ---- notes ----

test("the list names date, type and author of each note, and marks evidence and what the model did not read", async () => {
  const page = await open("stay", large), link = i => page.locator("#note-links a").nth(i);
  assert.equal(await page.locator("#note-links a").count(), 100);
  assert.deepEqual(await link(1).locator("bdi").allTextContents(), ["1 Mar 2024, 11:15", "Labo", "Klinisch laboratorium"]);
  await page.keyboard.press("ArrowDown");
  const places = linesOf("stay")[0].codes[0].evidence.map(e => e.index);
  assert.deepEqual(await page.locator("#note-links .lit").evaluateAll(all => all.map(e => Number(e.dataset.note))), [...new Set(places)].sort((a, b) => a - b));
  await page.locator("#language").selectOption("nl");
  assert.equal(await link(0).locator(".when").textContent(), "1 mrt 2024, 08:15");
  const unread = await open("unread", large);
  assert.deepEqual(await unread.locator("#note-links a").evaluateAll(all => all.map(e => e.querySelector(".reading")?.textContent)), ["partly read by the model", "not read by the model", undefined]);
});

test("the list follows the text, and leads to a note", async () => {
  const page = await open("stay", large);
  assert.equal(await current(page), 0);
  await page.locator("#note-links a").nth(57).click();
  assert.equal(await current(page), 57);
  assert.ok(await inSight(page.locator("#note-57")));
  await page.waitForTimeout(300);
  assert.equal(await current(page), 57);
  assert.ok(await inSight(page.locator("#note-57"))); // also after the notes around it were laid out
  await page.locator("#notes").hover();
  await page.mouse.wheel(0, 4000);
  await page.waitForFunction(() => Number(document.querySelector("#note-links [aria-current]").dataset.note) > 57);
  const link = page.locator("#note-links [aria-current]");
  assert.ok(await link.evaluate(e => e.getBoundingClientRect().bottom <= document.getElementById("note-links").getBoundingClientRect().bottom));
  await page.locator("#note-links a").nth(99).click(); // too near the end to be at the top
  await page.waitForTimeout(300);
  assert.equal(await current(page), 99);
});

test("each place of each code comes into sight, wherever it is", async () => {
  const page = await open("stay", large);
  for (let i = 0; i < 24; i++) {
    await page.keyboard.press(i % 3 ? "ArrowRight" : "ArrowDown");
    await page.waitForTimeout(60);
    assert.ok(await inSight(page.locator("mark.peak.current").first()), `place ${i}`);
  }
});

test("notes are filtered by type; a place in a note that is hidden shows all again", async () => {
  const page = await open("stay", large), visible = () => page.locator("#note-links li:visible").count();
  const options = await page.locator("#note-filter option").allTextContents();
  assert.deepEqual(options.slice(0, 3), ["All notes (100)", "With evidence", "Opnameverslag (1)"]);
  await page.locator("#note-filter").selectOption("type:Labo");
  assert.equal(await visible(), 14);
  assert.equal(await page.locator("#notes .note:visible").count(), 14);
  await page.locator("#note-filter").selectOption("type:Opnameverslag");
  assert.equal(await visible(), 1);
  await page.locator(".choose").first().click();
  assert.equal(await visible(), 100);
  assert.ok(await inSight(page.locator("mark.peak.current").first()));
  await page.locator("#note-filter").selectOption("evidence");
  assert.ok(await visible() < 100);
});

test("text search: without case and accents, next and previous, in the notes that are shown", async () => {
  const page = await open("stay", large), count = () => page.locator("#find-count").textContent();
  await page.keyboard.press("f");
  await page.keyboard.type("mitralisINSUFFICIENTIE");
  const [, total] = (await count()).match(/^1 of (\d+)$/);
  assert.ok(Number(total) > 100);
  const text = () => page.evaluate(() => [...CSS.highlights.get("found-here")].map(r => r.startContainer.data.slice(r.startOffset, r.endOffset)));
  assert.deepEqual(await text(), ["mitralisinsufficiëntie"]);
  await page.keyboard.press("Enter");
  await page.keyboard.press("Enter");
  assert.equal(await count(), `3 of ${total}`);
  await page.keyboard.press("Shift+Enter");
  assert.equal(await count(), `2 of ${total}`);
  const shown = () => page.evaluate(() => {
    const [r] = CSS.highlights.get("found-here"), range = document.createRange(), pane = document.getElementById("notes").getBoundingClientRect();
    range.setStart(r.startContainer, r.startOffset);
    range.setEnd(r.endContainer, r.endOffset);
    const box = range.getBoundingClientRect();
    return box.top >= pane.top && box.bottom <= pane.bottom;
  });
  await page.keyboard.press("Shift+Enter");
  await page.keyboard.press("Shift+Enter"); // the last one
  await page.waitForTimeout(100);
  assert.ok(await shown());
  await page.locator("#note-filter").selectOption("type:Labo");
  assert.ok(Number((await count()).split(" of ")[1]) < Number(total));
  await page.locator("#find").fill("kalium");
  assert.match(await count(), /^\d+ of 14$/);
  await page.locator("#find").fill("nergens te vinden");
  assert.equal(await count(), "not found");
  await page.locator("#find").press("Escape");
  assert.equal(await page.evaluate(() => CSS.highlights.get("found").size), 0);
});

test("columns of laboratory tables are aligned, prose is not a table, and the text is the same", async () => {
  const page = await open("odd", {...large, hash: "#1"});
  assert.deepEqual(await page.locator("#notes .table").evaluateAll(all => all.map(e => e.textContent)),
    ["Hb       12.5   g/dL\nKalium    4.1   mmol/L\n", "Naam\tNu\nGamma-GT van de patiënt\t12\nASAT\t30\n"]);
  const left = words => page.locator("#notes .table").nth(1).evaluate((e, words) => words.map(word => {
    const range = document.createRange(), node = e.firstChild, at = node.data.indexOf(word);
    range.setStart(node, at);
    range.setEnd(node, at + word.length);
    return Math.round(range.getBoundingClientRect().left);
  }), words);
  const [a, b, c] = await left(["Nu", "12", "30"]);
  assert.ok(a === b && b === c, `${a} ${b} ${c}`);
  assert.equal(await page.locator("#notes .text").nth(1).evaluate(e => e.textContent), "Uitslagen:\nHb       12.5   g/dL\nKalium    4.1   mmol/L\n\n" +
    "Naam\tNu\nGamma-GT van de patiënt\t12\nASAT\t30\n\nHet is goed.  Er is niets.\nMorgen naar huis.  Tot dan.\n");
});

test("characters that change the direction of text have no effect and are shown; words of 1 MB do not break the page", async () => {
  const page = await open("odd", {...large, hash: "#1"}), text = page.locator("#notes .text").first();
  assert.equal(await text.evaluate(e => e.textContent), "geen koorts \u202eetoh\u202c pneumonie links");
  assert.match(await text.innerText(), /geen koorts .*etoh/);
  assert.equal(await page.locator("#notes .control").count(), 1);
  const order = await text.evaluate(e => ["geen", "etoh", "links"].map(word => {
    const walk = document.createTreeWalker(e, NodeFilter.SHOW_TEXT), range = document.createRange();
    for (let node; (node = walk.nextNode());) if (node.data.includes(word)) { range.setStart(node, node.data.indexOf(word)); range.setEnd(node, node.data.indexOf(word) + 4); }
    return range.getBoundingClientRect().left;
  }));
  assert.ok(order[0] < order[1] && order[1] < order[2], order.join());
  for (const id of ["choose-id", "status"]) assert.doesNotMatch(await page.locator("#" + id).textContent(), /[\u202a-\u202e\u2066-\u2069]/);
  assert.doesNotMatch(await page.locator("#note-links").textContent(), /[\u202a-\u202e\u2066-\u2069]/);
  assert.equal(linesOf("odd")[0].id, "om\u202egekeerd");
  await page.keyboard.press("n");
  assert.equal(await page.locator("#notes .text").first().evaluate(e => e.textContent.length), 1_000_012);
  await page.locator(".choose").first().click();
  assert.ok((await page.locator(".place q").first().textContent()).length < 500);
  await page.keyboard.press("a");
  assert.equal((await save(page))[0].codes[0].evidence[0].text.length, linesOf("odd")[1].codes[0].evidence[0].text.length);
});

// ---- codes ----

test("codes are grouped by chapter, sorted by probability or place, and folded below a limit", async () => {
  const page = await open("stay", large), all = linesOf("stay")[0].codes;
  const likely = all.filter(c => c.score >= .5);
  assert.equal((await codes(page)).length, likely.length);
  assert.equal(await page.locator("#unfold").textContent(), ` ${all.length - likely.length} codes below 50%`);
  const heads = await page.locator("#code-list .chapter h3").allTextContents();
  assert.deepEqual(heads.slice(0, 3), ["A00–B99 Infectious and parasitic diseases 3", "C00–D49 Neoplasms 2", "D50–D89 Blood and immune mechanism 3"]);
  await page.locator("#unfold").click();
  assert.equal((await codes(page)).length, all.length);
  await page.locator("#grouped").click();
  await page.locator("#fold").selectOption("0");
  assert.deepEqual(await codes(page), all.map(c => c.code));
  await page.locator("#code-order").selectOption("place");
  const first = c => Math.min(...c.evidence.map(e => e.index * 1e6 + e.begin));
  assert.deepEqual(await codes(page), [...all].sort((a, b) => first(a) - first(b)).map(c => c.code));
  await page.locator("#language").selectOption("fr");
  await page.locator("#grouped").click();
  assert.equal(await page.locator("#code-list .chapter h3").first().textContent(), "A00–B99 Maladies infectieuses et parasitaires 3");
});

test("codes are searched by code and description; the search also finds folded codes", async () => {
  const page = await open("stay", large);
  for (const [query, found] of [["femur", ["S72.0"]], ["KIDN chron", ["N18.3", "N18.4"]], ["n18", ["N18.3", "N18.4"]], ["i48.9", ["I48.9"]], ["zzz", []]]) {
    await page.locator("#code-search").fill(query);
    assert.deepEqual(await codes(page), found, query);
  }
  assert.ok(await page.locator("#no-match").isVisible());
  await page.locator("#code-search").fill("femur");
  await page.locator("#code-search").press("Enter");
  assert.equal(await page.locator(".code.chosen .choose > b").textContent(), "S72.0");
  await page.keyboard.press("Escape");
  assert.ok((await codes(page)).length > 40);
});

test("next undecided: by key and button, also among folded codes", async () => {
  const page = await open("stay", large), n = (await codes(page)).length;
  await page.keyboard.press("d");
  assert.equal(await page.locator(".code.chosen .choose > b").textContent(), "A41.9");
  await page.keyboard.press("a");
  await page.locator("#next-undecided").click();
  for (let i = 2; i < n; i++) await page.keyboard.press("a");
  assert.equal(await page.locator("#progress").textContent(), `${n - 1} of 80 decided`);
  await page.keyboard.press("a"); // the last of these: the folded ones are shown
  await page.keyboard.press("a");
  await page.keyboard.press("a");
  assert.equal(await page.locator("#progress").textContent(), `${n + 2} of 80 decided`);
});

// ---- adding a code ----

test("adding a code searches the table: words in any order, beginnings of words, without accents", async () => {
  const page = await open("stay", large), results = () => page.locator("#add-results li").evaluateAll(all => all.map(e => [...e.children].map(c => c.textContent)));
  await tableReady(page);
  await page.keyboard.press("+");
  for (const [query, ...row] of [["neck femur fract", "S72.0", "Fracture of neck of femur"], ["i10", "I10", "Essential (primary) hypertension"],
    ["I48.9", "I48.9", "Atrial fibrillation and atrial flutter, unspecified"], ["hyper prim", "I10", "Essential (primary) hypertension"]]) {
    await page.locator("#add-code").fill(query);
    assert.deepEqual((await results())[0], row, query);
  }
  for (const query of ["oesophagus burn", "burn œsophagus left", "elements inflam"]) {
    await page.locator("#add-code").fill(query);
    assert.equal((await results()).length, 50, query);
  }
  await page.locator("#add-code").fill("neck femur fract");
  assert.equal(await page.locator("#add-code").getAttribute("aria-activedescendant"), "result-0");
  assert.deepEqual(await faults(page), []);
  await page.keyboard.press("Enter"); // it is one of the codes of the page: now it is accepted
  assert.equal(await status(page), "S72.0 added.");
  await page.keyboard.press("+");
  await page.locator("#add-code").fill("femur");
  await page.keyboard.press("ArrowDown");
  const [code] = (await results())[1];
  await page.keyboard.press("Enter");
  assert.equal(await status(page), `${code} added.`);
  assert.ok((await card(page, code).locator(".description").textContent()).length > 10);
  const line = (await save(page))[0].codes.at(-1);
  assert.deepEqual([line.code, line.decision, line.score], [code, "accepted", null]);
  assert.match(line.description, /femur/);
});

test("an unknown code asks first", async () => {
  const page = await open("stay", large);
  await tableReady(page);
  await page.keyboard.press("+");
  await page.keyboard.type("hyperxyz\n");
  assert.equal(await page.locator("#add-unknown").textContent(), "“hyperxyz” is not in the table of codes. Add it?");
  assert.equal(await page.locator("#code-list .added").count(), 0);
  await page.locator("#add-not").click();
  assert.equal(await page.evaluate(() => document.activeElement.id), "add-code");
  await page.keyboard.press("Enter");
  await page.keyboard.press("Enter");
  assert.equal(await status(page), "hyperxyz added.");
});

// ---- evidence and fields ----

test("evidence is attached and removed, also that of the model; the file says so, and is read again", async () => {
  const page = await open("stay", large);
  await page.keyboard.press("ArrowDown");
  const before = linesOf("stay")[0].codes[0], n = before.evidence.length;
  await page.keyboard.press("e");
  assert.equal(await status(page), "Select text of a note first.");
  await select(page, 0, 11, 30);
  await page.locator("[data-action=attach]").click();
  assert.equal(await page.locator(".code.chosen .place").count(), n + 1);
  await select(page, 0, 11, 30);
  await page.keyboard.press("e");
  assert.equal(await status(page), "This text is already its evidence.");
  await page.locator(".code.chosen [data-action=remove-place]").first().click();
  assert.equal(await page.locator(".code.chosen .place").count(), n);
  await page.keyboard.press("a");
  const [{codes: [line]}] = await save(page);
  assert.deepEqual(line.evidence.map(e => [e.by, e.index, e.begin]), [...before.evidence.slice(1).map(e => ["model", e.index, e.begin]), ["coder", 0, 11]]);
  assert.deepEqual(line.removed, [(({document, index, begin, end, text}) => ({document, index, begin, end, text}))(before.evidence[0])]);
  const other = await open("stay", large);
  writeFileSync(join(folder, "removed.jsonl"), JSON.stringify({id: linesOf("stay")[0].id, codes: [line]}) + "\n");
  await other.locator("#file").setInputFiles(join(folder, "removed.jsonl"));
  await other.waitForFunction(() => document.getElementById("status").textContent !== "");
  assert.deepEqual((await save(other))[0].codes[0], line);
  await other.locator(".choose").first().click();
  await other.locator("[data-action=restore]").click();
  assert.equal(await other.locator(".code.chosen .place").count(), n + 1);
  await other.keyboard.press("x");
  await other.keyboard.press("u");
  assert.equal(await other.locator(".code.chosen .place").count(), n + 1);
});

test("principal diagnosis, order, present on admission, reason for rejection", async () => {
  const page = await open("stay", large);
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("m");
  assert.equal(await status(page), "Accept A41.9 first.");
  for (let i = 0; i < 3; i++) await page.keyboard.press("a");
  await page.keyboard.press("r");
  await card(page, "A09.9").locator(".choose").click();
  await page.locator("[data-action=admission]").selectOption("N");
  await page.locator("[data-action=principal]").click();
  assert.equal(await status(page), "A09.9 is the principal diagnosis.");
  await card(page, "B37.0").locator(".choose").click();
  await page.locator("[data-action=principal]").click();
  await page.locator(".tags .principal").waitFor();
  assert.equal(await page.locator(".tags .principal").count(), 1); // only one is
  await card(page, "A09.9").locator(".choose").click();
  await page.locator("[data-action=earlier]").click();
  await card(page, "C34.1").locator(".choose").click();
  await page.locator("[data-action=reason]").selectOption("negated");
  const by = Object.fromEntries((await save(page))[0].codes.map(({code, decision, principal, order, present_on_admission: admission, reason}) => [code, {decision, principal, order, admission, reason}]));
  const none = {principal: undefined, order: undefined, admission: undefined, reason: undefined};
  assert.deepEqual(by["B37.0"], {...none, decision: "accepted", principal: true, order: 1});
  assert.deepEqual(by["A09.9"], {...none, decision: "accepted", order: 2, admission: "N"});
  assert.deepEqual(by["A41.9"], {...none, decision: "accepted", order: 3});
  assert.deepEqual(by["C34.1"], {...none, decision: "rejected", reason: "negated"});
  await page.locator("#grouped").click();
  await page.locator("#code-order").selectOption("order");
  assert.deepEqual((await codes(page)).slice(0, 3), ["B37.0", "A09.9", "A41.9"]);
  await page.locator("#code-order").selectOption("score");
  await card(page, "B37.0").locator("[data-action=reject]").click(); // its fields are gone
  assert.deepEqual((await save(page))[0].codes.filter(c => c.principal), []);
});

// ---- saving, the list of encounters ----

test("the browser asks once for a file; the next time the same one is written", async () => {
  const page = await open("few", {chooseFile: true, hash: "#4"});
  await page.evaluate(() => {
    window.files = [];
    window.showSaveFilePicker = async options => {
      if (window.cancel) throw new DOMException("", "AbortError");
      const file = {name: options.suggestedName, texts: []};
      window.files.push(file);
      return {createWritable: async () => {
        if (window.full) throw new DOMException("", "NotAllowedError");
        return {write: async text => { file.texts.push(text); }, close: async () => {}};
      }};
    };
  });
  await page.evaluate(() => { window.cancel = true; });
  await page.locator("[data-action=accept]").first().click();
  assert.ok(await page.locator("#save.unsaved").count());
  await page.keyboard.press("s");
  await page.waitForFunction(() => document.getElementById("status").textContent === "Nothing was saved.");
  await page.evaluate(() => { window.cancel = false; });
  await page.keyboard.press("s");
  await page.waitForFunction(() => document.getElementById("status").textContent === "Saved: the decisions on 1 encounter.");
  assert.equal(await page.locator("#save.unsaved").count(), 0);
  await page.locator("[data-action=reject]").nth(1).click();
  await page.keyboard.press("s");
  await page.waitForFunction(() => window.files[0].texts.length === 2);
  const [{name, texts}] = await page.evaluate(() => window.files);
  assert.equal(name, "decisions.jsonl");
  assert.deepEqual(texts.map(text => JSON.parse(text).codes.map(c => c.decision)), [["accepted", null, null, null], ["accepted", "rejected", null, null]]);
  await page.locator("[data-action=reject]").nth(2).click();
  await page.evaluate(() => { window.full = true; });
  await page.keyboard.press("s");
  await page.waitForFunction(() => document.getElementById("status").textContent.startsWith("The file could not be written."));
  assert.ok(await page.locator("#save.unsaved").count());
});

test("10,000 encounters: the most uncertain first, only those that are not decided, and going on in that order", async () => {
  const page = await open("crowd"), id = () => page.locator("#choose-id").textContent();
  assert.equal(await id(), "stay-00000");
  await page.locator("#choose").click();
  assert.equal(await page.locator("#found").textContent(), "10,000 of 10,000 encounters");
  assert.ok(await page.locator("#encounter-list li").count() <= 120);
  await page.locator("#search").fill("09999");
  assert.equal(await page.locator("#found").textContent(), "1 of 10,000 encounters");
  await page.keyboard.press("Enter");
  assert.equal(await id(), "stay-09999");
  await page.locator("#choose").click();
  assert.ok(await page.locator("#encounter-list [aria-current]").isVisible());
  await page.locator("#list-order").selectOption("uncertain");
  await page.locator("#encounter-list").evaluate(e => { e.scrollTop = 0; });
  await page.locator("#search").fill("stay-00");
  await page.locator("#encounter-list button").first().click();
  assert.equal(await id(), "stay-00000"); // .5 and .9: 0.6 wrong codes are expected
  await page.keyboard.press("n");
  assert.equal(await id(), "stay-00100");
  assert.equal(await page.locator("#choose-count").textContent(), "2 of 10,000");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("a");
  await page.keyboard.press("a");
  await page.locator("#choose").click();
  await page.locator("#list-filter").selectOption("open");
  assert.equal(await page.locator("#found").textContent(), "9,999 of 10,000 encounters");
});

await done();
