// SPDX-License-Identifier: Apache-2.0
// The page of ecan report.
import assert from "node:assert/strict";
import {execFileSync} from "node:child_process";
import {copyFileSync, mkdirSync, readFileSync, renameSync, symlinkSync, writeFileSync} from "node:fs";
import {join, resolve} from "node:path";
import {done, faults, folder, open, pageOf, test} from "./harness.mjs";

const root = new URL("../../", import.meta.url).pathname, out = join(folder, "run");
pageOf("report");
mkdirSync(out);
symlinkSync(join(folder, "model"), join(out, "model"));
copyFileSync(join(folder, "report.mp"), join(out, "test.scored"));
writeFileSync(join(out, "settings"), "train --preset few-encounters --seed 1\n");
writeFileSync(join(folder, "model/history.jsonl"), [1, 2, 3].map(epoch => JSON.stringify({phase: "bce", epoch, loss: 1 / epoch, dev_micro_f1: epoch / 10})).join("\n") + "\n");
const bin = resolve(process.env.ECAN_BUILD ?? join(root, "build"), "bin");
execFileSync(join(root, "pipelines/report.sh"), [out], {env: {...process.env, ECAN_BIN: bin, EXPLAIN: "--by peak --ngram 1"}, stdio: ["ignore", "ignore", "pipe"]});
renameSync(join(out, "report.html"), join(folder, "evaluation.html"));

const cells = locator => locator.evaluateAll(all => all.map(row => [...row.cells].map(cell => cell.textContent.trim())));
const row = (page, code) => page.locator("#code-table tbody tr", {has: page.locator("button", {hasText: new RegExp(`^${code}$`)})});

test("results, chapters and curves have the numbers of ecan-metrics", async () => {
  const page = await open("evaluation");
  assert.equal(await page.locator("#about").textContent(), "40 encounters of test, 134 codes, threshold 0.500");
  assert.deepEqual((await cells(page.locator("#overall tbody tr")))[0].slice(0, 1), ["Micro"]);
  const chapters = await cells(page.locator("#chapters tbody tr"));
  assert.deepEqual(chapters.find(([name]) => name.startsWith("09 circulatory")).slice(3, 6), ["40", "40", "40"]);
  assert.equal(await page.locator("#curves figure").count(), 3);
  assert.match(await page.locator("#settings-list").textContent(), /--preset few-encounters/);
});

test("a code has its counts, the codes it is confused with, and examples with evidence, as text", async () => {
  const page = await open("evaluation");
  assert.deepEqual((await cells(row(page, "I10"))).map(r => r.slice(0, 5)), [["I10", "Hypertension artérielle", "40", "40", "40"]]);
  await page.locator("#search").fill("longont");
  assert.equal(await page.locator("#code-table tbody tr").count(), 1);
  await row(page, "J18.9").locator("button").click();
  const details = await page.locator(".details").innerText();
  assert.match(details, /Right: 6/); // of 10: i % 3 > 0
  assert.match(details, /Missed: 4/);
  assert.match(details, /Wrong: 20/);
  assert.match(details, /Where it is wrong, these codes are missed\s+E11 diabète & <b>plus<\/b> \(20 encounters\)/);
  assert.match(details, /<i>0 \(20%\): .?pneumonie/);
  await row(page, "J18.9").locator("button").click();
  assert.equal(await page.locator(".details").count(), 0);
  await page.locator("#search").fill("");
  await page.locator("th button", {hasText: "F1"}).click();
  assert.equal((await cells(page.locator("#code-table tbody tr")))[0][0], "I10");
  assert.equal(await page.evaluate(() => window.pwned), undefined);
});

test("three languages: the browser's, or the one that is chosen; each has every string, with the same blanks", async () => {
  const script = readFileSync(join(root, "pipelines/report/report.js"), "utf8"), strings = new Function(/const strings = \{[^]*?\n  \},\n\};/.exec(script)[0] + "return strings;")();
  const blanks = all => Object.fromEntries(Object.entries(all).map(([key, text]) => [key, (text.match(/\{\d\}/g) ?? []).sort().join()]));
  for (const all of Object.values(strings)) assert.deepEqual(blanks(all), blanks(strings.en));
  const page = await open("evaluation", {locale: "nl-BE"});
  assert.equal(await page.locator("h1").textContent(), "Evaluatie");
  assert.equal(await page.locator("#about").textContent(), "40 dossiers van test, 134 codes, drempel 0,500");
  await page.locator("#language").selectOption("fr");
  assert.equal(await page.locator("html").getAttribute("lang"), "fr");
  assert.deepEqual(await page.locator("h2").allTextContents(), ["Résultats", "Par chapitre", "Selon le nombre de séjours d’entraînement d’un code", "Courbes", "Codes", "Réglages"]);
  assert.equal(await page.locator("#curves figure").count(), 3);
  await page.locator("#language").selectOption("en");
  assert.equal(await page.title(), "Evaluation");
});

test("the names of two lines are above them", async () => {
  const page = await open("evaluation");
  const names = await page.locator("#curves figure").last().locator("svg text").evaluateAll(all => all.filter(e => /F1|loss/.test(e.textContent)).map(e => e.getBBox().y + e.getBBox().height));
  const top = await page.locator("#curves figure").last().locator("svg path").evaluateAll(all => Math.min(...all.map(e => e.getBBox()).filter(b => b.height).map(b => b.y)));
  assert.equal(names.length, 2);
  assert.ok(names.every(bottom => bottom <= top), `${names} ${top}`);
});

test("axe finds nothing wrong, in light and dark, wide and narrow", async () => {
  for (const options of [{}, {colorScheme: "dark"}, {viewport: {width: 390, height: 844}}]) {
    const page = await open("evaluation", options);
    await row(page, "I10").locator("button").click();
    assert.deepEqual(await faults(page), []);
    assert.deepEqual(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth ? [] : [...document.querySelectorAll("body *")].filter(e => e.getBoundingClientRect().right > innerWidth && !e.closest(".wide")).map(e => e.outerHTML.slice(0, 100))), []);
  }
});

await done();
