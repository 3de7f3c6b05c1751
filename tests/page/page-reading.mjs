// SPDX-License-Identifier: Apache-2.0
// Reading: the notes, the codes, and the words that support each code.
import assert from "node:assert/strict";
import {readFileSync, writeFileSync} from "node:fs";
import {join} from "node:path";
import {done, folder, inSight, linesOf, open, test} from "./harness.mjs";

const few = linesOf("few");
const code = (page, name) => page.locator("#code-list li.code", {has: page.locator(".choose > b", {hasText: new RegExp("^" + name.replace(/[.*+?^${}()|[\]\\]/g, "\\$&") + "$")})});
const choose = (page, name) => code(page, name).locator(".choose").click();
const texts = locator => locator.evaluateAll(all => all.map(e => e.textContent));

// The highlighted marks; adjacent ones are merged.
const lit = page => page.evaluate(() => {
  const found = [];
  for (const text of document.querySelectorAll("#notes .text")) {
    let open = false;
    for (const node of text.childNodes) {
      const on = node.nodeType === 1 && node.classList.contains("lit");
      if (on && open) found[found.length - 1] += node.textContent;
      else if (on) found.push(node.textContent);
      open = on;
    }
  }
  return found;
});

const alpha = locator => locator.evaluate(e => Number(getComputedStyle(e).backgroundColor.match(/([\d.]+)\)$/)[1]));

test("notes show as they were written, and what looks like markup or script in them is text", async () => {
  const page = await open("few");
  const shown = await texts(page.locator("#notes .text"));
  assert.equal(shown.length, 3);
  assert.ok(shown[0].startsWith("Été 🩺 : <script>window.pwned = 1</script> l’état d'une patiente\r\ndiabète"), shown[0]);
  assert.ok(shown[0].includes("<!-- </noscript></div></article><img src=x onerror=\"window.pwned=2\"> &amp; &#39; \u2028 a\u0308 fin"));
  assert.ok(shown[1].startsWith("Patiënte met hypertensie, gekend sinds 2009.\nVerder"));
  assert.equal(await page.evaluate(() => window.pwned), undefined);
  assert.deepEqual(await page.evaluate(() => [...document.querySelectorAll("#notes .text *")].filter(e => !e.matches("mark, mark > span")).length), 0);
  assert.equal(await page.locator("img").count(), 0);
  assert.deepEqual(await texts(page.locator("#notes .note h2")), ["Lettre de \"sortie\" <i> · 1 Mar 2024", "opnameverslag", "Note 3"]);
});

test("codes are shown with description and probability, requested ones as such", async () => {
  const page = await open("few");
  const rows = await page.locator("#code-list .choose").evaluateAll(all => all.map(e => [...e.children].map(c => c.textContent)));
  assert.deepEqual(rows, [["I10", "94%", "Hypertension artérielle"], ["E11", "75%", "diabète & <b>plus</b>"],
    ["X\"1'<i>", "<1%", "quoted \"code\" </script><script>window.pwned = 3</script>"], ["Z00", "<1%", "", "not predicted"]]);
  assert.equal(await page.locator("#choose-id").textContent(), "e<1>\"&'");
  await page.keyboard.press("n");
  await choose(page, "I10");
  assert.equal(await page.locator("p.places").textContent(), "No evidence.");
});

test("terms are underlined and named as such, in the notes, in the list and in the file of decisions", async () => {
  const page = await open("terms");
  await choose(page, "I10");
  assert.deepEqual(await texts(page.locator("mark.term[title='term, negated']")), ["hoge", " bloeddruk"]); // cut where E11 has its word
  assert.deepEqual(await texts(page.locator(".place small")), ["Note 1 · term, negated · weight 95%", "Note 1 · weight 50%"]);
  await choose(page, "E11");
  assert.equal(await page.locator("mark.term").count(), 0);
  assert.deepEqual(await texts(page.locator(".place small")), ["Note 1 · weight 25%"]);
  await page.locator("#code-list [data-action=accept]").first().click();
  const [download] = await Promise.all([page.waitForEvent("download"), page.locator("#save").click()]);
  const {codes} = JSON.parse(readFileSync(await download.path(), "utf8"));
  assert.deepEqual(codes.map(c => c.evidence.map(({by, ...e}) => e)), linesOf("terms")[0].codes.map(c => c.evidence));
  assert.deepEqual(codes[0].evidence.map(e => e.source), ["term", undefined]);
});

test("other places with the same words are listed without their text, and marked in the notes", async () => {
  const page = await open("repeats"), {evidence} = linesOf("repeats")[0].codes[0];
  assert.deepEqual(evidence.map(e => e.repeat), [undefined, true, true]);
  await choose(page, "J18.9");
  assert.deepEqual(await lit(page), ["pneumonie", "Pneumonie", "pneumonie"]);
  assert.deepEqual(await texts(page.locator(".place")), ["pneumoniebrief · weight 50%", "nota · same words", "nota · same words"]);
  await page.keyboard.press("ArrowRight");
  assert.ok(await inSight(page.locator("mark.current")));
  await page.keyboard.press("a");
  const [download] = await Promise.all([page.waitForEvent("download"), page.locator("#save").click()]);
  assert.deepEqual(JSON.parse(readFileSync(await download.path(), "utf8")).codes[0].evidence.map(({by, ...e}) => e), evidence);
});

test("an encounter without codes says so", async () => {
  const page = await open("few", {hash: "#3"});
  assert.equal(await page.locator("#choose-id").textContent(), "niets");
  assert.equal(await page.locator("#no-codes").isVisible(), false); // Z00 was requested
  const bare = readFileSync(join(folder, "few.html"), "utf8").replace(/(data-id="niets"[^]*?<ol class="codes">)[^]*?<\/ol>/, "$1</ol>");
  writeFileSync(join(folder, "bare.html"), bare);
  const other = await open("bare", {hash: "#3"});
  assert.equal(await other.locator("#no-codes").isVisible(), true);
});

test("choosing a code lights up its passages as the lines of JSON have them, stronger where they weigh more", async () => {
  const page = await open("few");
  for (const {code: name, evidence} of few[0].codes) {
    await choose(page, name);
    assert.equal(await code(page, name).locator(".choose").getAttribute("aria-expanded"), "true");
    const inOrder = [...evidence].sort((a, b) => a.index - b.index || a.begin - b.begin);
    assert.deepEqual(await lit(page), inOrder.map(e => e.text), name);
    assert.deepEqual(await texts(code(page, name).locator(".place q")), evidence.map(e => e.text));
  }
  assert.equal(await page.locator(".choose[aria-expanded=true]").count(), 1);
  await choose(page, "I10");
  const strong = await alpha(page.locator("mark.peak.lit", {hasText: "hypertensie"}).first());
  const weak = await alpha(page.locator("mark.peak.lit", {hasText: "Hypertensie"}).last());
  const context = await alpha(page.locator("mark.lit", {hasText: "gekend"}).first());
  assert.ok(strong > weak + .2 && weak > 0 && strong > context + .2, `${strong} ${weak} ${context}`);
  const other = page.locator("mark", {hasText: "diabète"}).first();
  assert.equal(await other.evaluate(e => getComputedStyle(e).backgroundColor), "rgba(0, 0, 0, 0)");
});

test("it moves to the best place, and by key to the next, which has the focus", async () => {
  const page = await open("few");
  await page.locator("#notes").evaluate(e => e.scrollTo(0, 1e6));
  await choose(page, "I10");
  const first = page.locator("mark.peak", {hasText: "hypertensie"}).first(), second = page.locator("mark.peak", {hasText: "Hypertensie"}).last();
  assert.ok(await inSight(first));
  assert.ok(!await inSight(second));
  await page.keyboard.press("ArrowRight");
  assert.ok(await inSight(second));
  assert.equal(await page.evaluate(() => document.activeElement.textContent), "Hypertensie");
  assert.match(await page.locator("mark.current").evaluateAll(all => all.map(e => e.textContent).join("")), /^Besluit: Hypertensie onder$/);
  await page.keyboard.press("ArrowRight");
  assert.equal(await page.evaluate(() => document.activeElement.textContent), "ارتفاع");
  await page.keyboard.press("ArrowRight");
  assert.ok(await inSight(first));
  await page.keyboard.press("ArrowLeft");
  assert.equal(await page.evaluate(() => document.activeElement.textContent), "ارتفاع");
  await code(page, "I10").locator(".place").nth(1).click();
  assert.ok(await inSight(second));
  assert.equal(await page.locator(".place[aria-current=true]").count(), 1);
});

test("choosing a word shows only the codes that it supports", async () => {
  const page = await open("few");
  const visible = () => page.locator("#code-list li.code:visible .choose > b").allTextContents();
  await page.locator("mark > span", {hasText: /^diabète$/}).first().click();
  assert.deepEqual(await visible(), ["E11", "X\"1'<i>"]);
  assert.equal(await page.locator("#speaks-text").textContent(), "“diabète” supports:");
  await page.keyboard.press("Escape");
  assert.equal((await visible()).length, 4);
  await page.locator("mark > span", {hasText: "fin"}).click();
  assert.deepEqual(await visible(), ["Z00"]);
  await page.getByRole("button", {name: "Show all codes"}).click();
  assert.equal((await visible()).length, 4);
  await page.locator("mark > span", {hasText: "fin"}).click();
  await page.locator("#notes .text").first().click({position: {x: 5, y: 5}}); // a word that supports no code
  assert.equal((await visible()).length, 4);
  // by key: the focused place
  await choose(page, "E11");
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("Enter");
  assert.deepEqual(await visible(), ["E11", "X\"1'<i>"]);
  await page.keyboard.press("w");
  assert.equal((await visible()).length, 4);
});

test("links lead to the notes, and show where a code's evidence is", async () => {
  const page = await open("few");
  await choose(page, "E11");
  assert.deepEqual(await page.locator("#note-links a.lit").allTextContents(), ["1 Mar 2024Lettre de \"sortie\" <i>1places of the chosen code: 1"]);
  await page.locator("#note-links a").nth(2).click();
  assert.ok(await inSight(page.locator("#note-2")));
  assert.equal(await page.evaluate(() => document.activeElement.id), "note-2");
  assert.ok(page.url().endsWith("#1"), page.url());
  await page.keyboard.press("n");
  assert.equal(await page.locator("#index").isVisible(), false); // one note
});

test("a note in Arabic runs from right to left, the others from left to right", async () => {
  const page = await open("few");
  const side = i => page.locator("#notes .text").nth(i).evaluate(e => {
    const range = document.createRange();
    range.selectNodeContents(e);
    const box = range.getClientRects()[0], own = e.getBoundingClientRect();
    return [getComputedStyle(e).direction, box.left - own.left < own.right - box.right ? "left" : "right"];
  });
  assert.deepEqual(await side(2), ["rtl", "right"]);
  assert.deepEqual(await side(1), ["ltr", "left"]);
});

test("text that the model did not read is grey, and a banner says how much", async () => {
  const page = await open("unread"), banner = page.locator("#not-read");
  const grey = async () => {
    const parts = await page.locator("#notes .text").evaluateAll(all => all.map(e => [...e.querySelectorAll(".unread")].map(u => u.textContent).join("")));
    return parts;
  };
  const expected = [">. Gekend met hypertensie sinds 2009 🩺, behandeld.\r\nEinde.", "Nacht rustig.", ""]; // numbers are no words
  assert.deepEqual(await grey(), expected);
  assert.equal(await banner.textContent(), "Grey text was not read by the model: 1,234 words, 2 notes of other types.");
  assert.ok(await banner.isVisible());
  const colour = locator => locator.evaluate(e => getComputedStyle(e).color);
  assert.notEqual(await colour(page.locator("#notes .unread").first()), await colour(page.locator("#notes .text").first()));
  await choose(page, "I10"); // its term is in the grey text, whose words count as before
  assert.deepEqual(await lit(page), ["koorts"]);
  assert.equal(await page.locator(".unread mark.term").textContent(), "hypertensie");
  assert.equal(linesOf("unread")[0].words_cut, 1234);
  assert.equal(linesOf("unread")[0].notes_cut, 2);
  for (const [language, text] of [["nl", "Grijze tekst heeft het model niet gelezen: 1.234 woorden, 2 verslagen van andere types."],
    ["fr", "Le modèle n’a pas lu le texte en gris : 1 234 mots, 2 documents d’autres types."]]) {
    await page.locator("#language").selectOption(language);
    assert.equal((await banner.textContent()).replace(/[\s\u202f]/g, " "), text);
    assert.deepEqual(await grey(), expected);
    await page.evaluate(() => dispatchEvent(new Event("beforeprint")));
    assert.equal((await page.locator("#paper .warning").textContent()).replace(/[\s\u202f]/g, " "), text);
    await page.evaluate(() => dispatchEvent(new Event("afterprint")));
  }
  await page.keyboard.press("n");
  assert.equal(await banner.isVisible(), false);
  assert.equal(await page.locator(".unread").count(), 0);
  const plain = await open("unread", {javaScriptEnabled: false});
  assert.match(await plain.locator("body").innerText(), /Grey text was not read by the model: 1234 words, 2 notes of other types\./);
  assert.equal(await plain.locator(".unread").count(), 2);
});

test("many encounters: next, previous, list, search, the address, back", async () => {
  const page = await open("many");
  const id = () => page.locator("#choose-id").textContent();
  assert.equal(await page.locator("#notes .note").count(), 1); // the others are not made until they are shown
  assert.ok(await page.locator("#previous").isDisabled());
  await page.locator("#next").click();
  assert.equal(await id(), "dossier-001");
  await page.keyboard.press("n");
  assert.equal(await id(), "dossier-002");
  await page.keyboard.press("p");
  assert.equal(await id(), "dossier-001");
  await page.goBack();
  assert.equal(await id(), "dossier-002");
  await page.keyboard.press("/");
  assert.ok(await page.locator("#encounter-list li").count() < 150); // the others are added where the list is scrolled to
  for (let i = 0; i < 20; i++) await page.locator("#encounter-list").evaluate(e => { e.scrollTop = 1e6; });
  await page.locator("#encounter-list li").nth(399).waitFor();
  assert.equal(await page.locator("#encounter-list li").count(), 400);
  await page.keyboard.type("R-39");
  assert.equal(await page.locator("#encounter-list li:visible").count(), 10);
  assert.equal(await page.locator("#found").textContent(), "10 of 400 encounters");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  assert.equal(await id(), "dossier-391");
  await page.locator("#choose").click();
  await page.locator("#search").fill("B07");
  assert.equal(await page.locator("#encounter-list li:visible").count(), 8);
  await page.keyboard.press("Enter");
  assert.equal(await id(), "dossier-007");
  await page.reload();
  assert.equal(await id(), "dossier-007");
  await page.evaluate(() => { location.hash = "400"; });
  await page.waitForFunction(() => document.getElementById("choose-id").textContent === "dossier-399");
  assert.ok(await page.locator("#next").isDisabled());
  assert.ok(!(await page.title()).includes("dossier") && !page.url().includes("dossier-")); // neither is kept in the browser's history
});

test("three languages: the browser's, or the one that is chosen", async () => {
  for (const [locale, lang, word, per] of [["nl-BE", "nl", "Afdrukken", "94%"], ["fr-BE", "fr", "Imprimer", "94 %"], ["de-DE", "en", "Print", "94%"]]) {
    const page = await open("few", {locale});
    assert.equal(await page.locator("html").getAttribute("lang"), lang);
    assert.equal(await page.locator("#print").textContent(), word);
    assert.equal((await page.locator(".percent:visible").first().textContent()).replace(/\s/g, " "), per);
    await page.locator("#language").selectOption("fr");
    assert.equal(await page.locator("html").getAttribute("lang"), "fr");
    assert.equal(await page.locator("#notes").getAttribute("aria-label"), "Documents");
    assert.equal(await code(page, "I10").locator("[data-action=accept]").getAttribute("aria-label"), "Accepter I10");
    assert.equal(await page.locator("#notes .text").first().getAttribute("lang"), ""); // unknown: not the page's
  }
});

test("each language has every string, with the same blanks", () => {
  const source = readFileSync(new URL("../../lib/eval/page/strings.js", import.meta.url), "utf8");
  const all = new Function(source + "; return strings;")();
  const shape = o => Object.entries(o).map(([k, v]) => typeof v === "string" ? `${k} ${(v.match(/\{\d\}/g) ?? []).sort()}` : `${k}: ${shape(v)}`).sort().join("\n");
  assert.equal(shape(all.nl), shape(all.en));
  assert.equal(shape(all.fr), shape(all.en));
});

test("dark where the browser is dark", async () => {
  const ground = async colorScheme => {
    const page = await open("few", {colorScheme});
    return page.evaluate(() => [getComputedStyle(document.body).backgroundColor, getComputedStyle(document.body).color].map(c => Number(c.match(/\d+/)[0])));
  };
  const [light, ink] = await ground("light"), [dark, chalk] = await ground("dark");
  assert.ok(light > 200 && ink < 60 && dark < 60 && chalk > 200);
});

test("narrow: notes above, codes below, nothing to the side", async () => {
  for (const [width, height] of [[320, 640], [390, 800], [640, 256]]) {
    const page = await open("few", {viewport: {width, height}});
    await choose(page, "I10");
    const over = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    assert.ok(over <= 0, `${over} pixels too wide at ${width}`);
    const [notes, codes] = [await page.locator("#notes").boundingBox(), await page.locator("#codes").boundingBox()];
    assert.ok(codes.y >= notes.y + notes.height - 1);
    if (height > 600) assert.ok(await inSight(page.locator("mark.peak.current").first()));
  }
});

test("on paper: every code with its decision and evidence, the notes with the codes' numbers", async () => {
  const page = await open("few");
  await choose(page, "I10");
  await page.keyboard.press("a");
  await page.emulateMedia({media: "print"});
  await page.evaluate(() => dispatchEvent(new Event("beforeprint")));
  assert.equal(await page.locator("#paper .text").count(), 0); // compact: without the notes
  await page.evaluate(() => { dispatchEvent(new Event("afterprint")); document.getElementById("print-notes").checked = true; });
  const paper = () => page.evaluate(() => { dispatchEvent(new Event("beforeprint")); return document.getElementById("paper").innerText; });
  await page.emulateMedia({media: "print"});
  const text = await paper();
  assert.equal(await page.locator("#app").isVisible(), false);
  for (const {code: name, evidence} of few[0].codes) {
    assert.ok(text.includes(name));
    for (const e of evidence) assert.ok(text.replace(/\s+/g, " ").includes(e.text.replace(/\s+/g, " ")), e.text);
  }
  assert.match(text, /I10 94% Hypertension artérielle accepted/);
  assert.match(text, /E11 75% .* not decided/);
  assert.match(text, /Besluit: Hypertensie onder opnameverslag · weight 25%/);
  assert.ok(text.includes("<script>window.pwned = 1</script>"));
  assert.deepEqual(await page.locator("#paper mark[data-numbers]:not([data-numbers=''])").evaluateAll(all => all.map(e => e.dataset.numbers)), ["2 3", "4", "1", "1", "1"]);
  assert.ok(!text.includes("vier"));
  await page.evaluate(() => dispatchEvent(new Event("afterprint")));
  assert.equal(await page.locator("#paper *").count(), 0);
  await page.emulateMedia({media: "screen"});
  // all of them
  await page.evaluate(() => { window.print = () => { window.asked = 1; dispatchEvent(new Event("beforeprint")); window.paper = document.getElementById("paper").innerText; }; });
  await page.locator("#print").click();
  await page.locator("#print-all").click();
  await page.waitForFunction(() => window.asked);
  assert.equal(await page.locator("#paper > article").count(), 4);
  assert.ok((await page.pdf()).length > 10000);
});

test("without scripts the page is the same, plain", async () => {
  const page = await open("few", {javaScriptEnabled: false});
  const text = await page.locator("body").innerText();
  assert.equal(await page.locator("#app").isVisible(), false);
  for (const {id, codes} of few) {
    assert.ok(text.includes(id));
    for (const c of codes) for (const e of c.evidence) assert.ok(text.replace(/\s+/g, " ").includes(e.text.replace(/\s+/g, " ")), e.text);
  }
  assert.ok(text.includes("<script>window.pwned = 1</script>"));
});

test("a page that was cut says so, and shows what there is", async () => {
  const whole = readFileSync(join(folder, "few.html"), "utf8");
  writeFileSync(join(folder, "cut.html"), whole.slice(0, whole.indexOf("Allergie voor")));
  const page = await open("cut");
  assert.match(await page.locator("#incomplete").textContent(), /incomplete/);
  assert.ok(await page.locator("#incomplete").isVisible());
  assert.equal(await page.locator("#code-list li.code").count(), 4);
  assert.equal(await (await open("few")).locator("#incomplete").isVisible(), false);
});

await done();
