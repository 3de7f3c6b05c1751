// SPDX-License-Identifier: Apache-2.0
// Tests pages of ecan-explain in Chromium. Prints TAP:
//
//     import {test, open, done} from "./harness.mjs";
//     test("name", async () => { const page = await open("few"); ... });
//     await done();
//
// A page that writes to the console, throws, or requests anything but itself fails its test.
import assert from "node:assert/strict";
import {execFileSync} from "node:child_process";
import {existsSync, mkdtempSync, readFileSync, rmSync} from "node:fs";
import {createRequire} from "node:module";
import {tmpdir} from "node:os";
import {dirname, join} from "node:path";
import {fileURLToPath} from "node:url";

const here = dirname(fileURLToPath(import.meta.url)), root = join(here, "../.."), require = createRequire(join(root, "build/page/x"));

const find = () => {
  const chromium = process.env.CHROMIUM ?? (process.env.PATH ?? "").split(":").map(folder => join(folder, "chromium")).find(existsSync);
  try {
    if (chromium) return {chromium, playwright: require("playwright-core"), axe: readFileSync(require.resolve("axe-core/axe.min.js"), "utf8")};
  } catch { /* reported below */ }
  console.log(`1..1\nok 1 - ${process.argv[1]} # skip no chromium, playwright-core or axe-core: make check-page installs them`);
  process.exit(0);
};
const {chromium, playwright, axe} = find();

// ---- pages ----

export const folder = mkdtempSync(join(tmpdir(), "ecan-page-"));
process.on("exit", () => rmSync(folder, {recursive: true, force: true}));

const python = ["python3", "/usr/bin/python3"].find(p => {
  try { execFileSync(p, ["-c", "import msgpack, msgpack_numpy, numpy"], {stdio: "ignore"}); return true; } catch { return false; }
});
if (!python) {
  console.log(`1..1\nok 1 - ${process.argv[1]} # skip no Python with msgpack_numpy`);
  process.exit(0);
}

// Each page is made when it is needed first.
const wide = ["--ngram", "3"];
const options = {few: [...wide, "--top", "5", "--above", "0.05", "--code", "Z00"], many: wide, terms: ["--top", "2", "--ngram", "1"], unread: ["--top", "2", "--ngram", "1"],
  big: [...wide, "--top", "5", "--above", "0.05"], stay: [...wide, "--top", "4", "--above", "0.05", "--codes", join(folder, "codes.tsv")], odd: wide, crowd: wide, repeats: [], report: wide};
const built = new Set();
const build = name => {
  if (!(name in options) || built.has(name)) return;
  built.add(name);
  execFileSync(python, [join(here, "make-fixtures.py"), folder, name, ...options[name].includes("--codes") ? ["codes"] : []], {env: {...process.env, PYTHONDONTWRITEBYTECODE: "1"}});
  execFileSync(join(process.env.ECAN_BUILD ?? join(root, "build"), "bin/ecan-explain"), ["-q", "--by", "peak", "-m", join(folder, "model"), ...options[name], "--html", join(folder, name + ".html"),
    "-o", join(folder, name + ".jsonl"), join(folder, name + ".mp")]);
};

export const pageOf = name => {
  build(name);
  return join(folder, name + ".html");
};

// The same evidence as lines of ecan-explain: the expected content of the page.
export const linesOf = name => {
  build(name);
  return readFileSync(join(folder, name + ".jsonl"), "utf8").trim().split("\n").map(line => JSON.parse(line));
};

// Code points `begin` to `end` of a text, as Python slices them.
export const slice = (text, begin, end) => [...text].slice(begin, end).join("");

const browser = await playwright.chromium.launch({executablePath: chromium,
  args: process.getuid() === 0 ? ["--no-sandbox"] : []});
let complaints = [], contexts = [];

// Opens a page of `folder` in a new window. chooseFile: the browser can ask for the file to save; otherwise it downloads one.
export const open = async (name, {hash = "", url = "file://" + pageOf(name) + hash, chooseFile = false, ...more} = {}) => {
  const context = await browser.newContext({viewport: {width: 1280, height: 800}, locale: "en-GB", reducedMotion: "reduce", ...more});
  contexts.push(context);
  const page = await context.newPage();
  if (!chooseFile) await page.addInitScript(() => { delete window.showSaveFilePicker; });
  page.on("console", message => complaints.push("console: " + message.text()));
  page.on("pageerror", error => complaints.push("error: " + error.stack));
  context.on("request", request => { if (request.url().split("#")[0] !== url.split("#")[0] && !request.url().startsWith("blob:")) complaints.push("request: " + request.url()); });
  await page.goto(url);
  return page;
};

// Errors that the test expects.
export const forgive = pattern => {
  const forgiven = complaints.filter(c => pattern.test(c));
  complaints = complaints.filter(c => !pattern.test(c));
  return forgiven;
};

// The violations that axe finds, as lines.
export const faults = async page => {
  await page.evaluate(axe);
  const violations = await page.evaluate(async () => (await axe.run(document, {resultTypes: ["violations"], // the others are megabytes
    runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]})).violations);
  return violations.flatMap(v => v.nodes.map(n => `${v.id}: ${n.target} ${n.failureSummary}`));
};

// Whether an element is visible within the pane of notes.
export const inSight = locator => locator.evaluate(e => {
  const box = e.getBoundingClientRect(), pane = document.getElementById("notes").getBoundingClientRect();
  return box.top >= pane.top && box.bottom <= Math.min(pane.bottom, innerHeight) && box.height > 0;
});

export const say = text => console.log("# " + text);

// ---- tests ----

const tests = [], wanted = process.argv[2] ?? ""; // node page-reading.mjs 'part of a name'
export const test = (name, run) => { if (name.includes(wanted)) tests.push({name, run}); };

export const done = async () => {
  console.log(`1..${tests.length}`);
  for (const [i, {name, run}] of tests.entries()) {
    let why = null;
    complaints = [];
    try {
      await run();
      assert.deepEqual(complaints, []);
    } catch (error) {
      why = error;
      process.exitCode = 1;
    }
    console.log(`${why ? "not ok" : "ok"} ${i + 1} - ${name}`);
    if (why) console.log(String(why.stack).replace(/^/gm, "# "));
    for (const context of contexts) await context.close();
    contexts = [];
  }
  await browser.close();
};
