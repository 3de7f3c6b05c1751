// SPDX-License-Identifier: Apache-2.0
// How long actions take on large pages, until what they changed is painted: the median of several, of the CPU time of the page's main
// thread and on the clock. With LIMIT=100 (make bench-page), on a machine without other work, more than that many milliseconds of either are
// an error. Otherwise each action is tried with each of its values, at most 4, and the times are only reported.
import assert from "node:assert/strict";
import {statSync} from "node:fs";
import {done, open, pageOf, say, test} from "./harness.mjs";

const limit = Number(process.env.LIMIT ?? Infinity), rounds = process.env.LIMIT ? 7 : 4;

// Runs statements in the page, and waits until the frame after them is painted.
const timeOf = (page, action, value) => page.evaluate(`(async value => {
  const painted = () => new Promise(resolve => requestAnimationFrame(() => setTimeout(resolve)));
  await painted(); // what came before
  const start = performance.now();
  ${action}
  await painted();
  return performance.now() - start;
})(${JSON.stringify(value)})`);

const key = "document.activeElement.dispatchEvent(new KeyboardEvent('keydown', {key: value, bubbles: true, cancelable: true}));";
const click = "document.querySelector(value).click();";
const type = "const [id, text] = value, e = document.getElementById(id); e.value = text; e.dispatchEvent(new Event('input', {bubbles: true}));";
const select = "const [id, text] = value, e = document.getElementById(id); e.value = text; e.dispatchEvent(new Event('change', {bubbles: true}));";
const mark = "const node = document.createTreeWalker(document.querySelectorAll('#notes .text')[value], NodeFilter.SHOW_TEXT).nextNode(); getSelection().setBaseAndExtent(node, 0, node, 12);";

// steps: [name, action, values]; a round takes the next of the values. Each round does all steps.
const measure = async (page, about, steps) => {
  const times = steps.map(() => []), cpu = steps.map(() => []), session = await page.context().newCDPSession(page);
  await session.send("Performance.enable", {timeDomain: "threadTicks"});
  const used = async () => 1000 * (await session.send("Performance.getMetrics")).metrics.find(m => m.name === "TaskDuration").value;
  for (let i = 0; i < rounds; i++) {
    for (const [k, [, action, values]] of steps.entries()) {
      const before = await used();
      times[k].push(await timeOf(page, action, values[i % values.length]));
      cpu[k].push(await used() - before);
    }
  }
  const slow = [];
  for (const [k, [name]] of steps.entries()) {
    const median = all => all.sort((a, b) => a - b)[rounds >> 1], clock = median(times[k]), work = median(cpu[k]);
    say(`${about}: ${name}: ${work.toFixed(1)} ms of CPU, ${clock.toFixed(1)} ms (${times[k][0].toFixed(1)} to ${times[k].at(-1).toFixed(1)})`);
    if (Math.max(work, clock) > limit) slow.push(`${name}: ${work.toFixed(1)} ms of CPU, ${clock.toFixed(1)} ms`);
  }
  assert.deepEqual(slow, []);
};

test("100 notes, 60,000 words, 80 codes, a table of 95,000 codes: each action", async () => {
  const page = await open("stay", {viewport: {width: 1400, height: 900}});
  await page.waitForFunction(() => document.querySelectorAll("#code-list .code").length === 80);
  const words = await page.locator("#notes .text").evaluateAll(all => all.reduce((n, e) => n + e.textContent.split(/\s+/).length, 0));
  assert.ok(words > 60000 && await page.locator("#notes .note").count() === 100, `${words} words`);
  await page.waitForTimeout(2000); // the table is prepared meanwhile
  await measure(page, "stay", [
    ["next code", key, ["ArrowDown"]], ["next place", key, ["ArrowRight"]], ["accept and go on", key, ["a"]], ["reject and go on", key, ["r"]], ["undo", key, ["u"]],
    ["principal diagnosis", key, ["m"]], ["next undecided", key, ["d"]], ["remove evidence", key, ["x"]], ["undo it", key, ["u"]],
    ["select text", mark, [90, 3, 55, 20]], ["attach it", key + " if (!getSelection().isCollapsed) throw new Error('not attached');", ["e"]], ["undo that", key, ["u"]],
    ["go to a note", click, ["#note-links li:nth-child(70) a", "#note-links li:nth-child(12) a", "#note-links li:nth-child(99) a"]],
    ["filter notes", select, [["note-filter", "type:Labo"], ["note-filter", "evidence"], ["note-filter", "type:Verpleegnota"]]], ["all notes", select, [["note-filter", "all"]]],
    ["find in the notes", type, [["find", "kalium"], ["find", "e"], ["find", "mitralisinsufficientie"]]], ["next place found", click, ["#find-next"]], ["find nothing", type, [["find", ""]]],
    ["search codes", type, [["code-search", "frac"], ["code-search", "e"], ["code-search", "acute renal"]]], ["all codes", type, [["code-search", ""]]],
    ["order by place", select, [["code-order", "place"]]], ["order by coding", select, [["code-order", "order"]]], ["order by probability", select, [["code-order", "score"]]],
    ["group by chapter", click, ["#grouped"]], ["fold", select, [["fold", "0.9"], ["fold", "0.25"]]], ["unfold", click, ["#unfold"]],
    ["open the field of a code", key, ["+"]], ["search the table", type, [["add-code", "fract fem"], ["add-code", "a"], ["add-code", "oesophagus burn"], ["add-code", "s72"]]],
    ["add the code", "document.getElementById('add').requestSubmit();", [null]], ["remove it", key, ["r"]],
    ["list of encounters", key, ["/"]], ["close it", "document.getElementById('encounters').close();", [null]],
    ["another language", select, [["language", "nl"], ["language", "fr"], ["language", "en"]]], ["scroll", key, ["PageDown"]]]);
});

test("10,000 encounters: opening the page, going from one to another, the list", async () => {
  const {size} = statSync(pageOf("crowd")), start = Date.now(), page = await open("crowd");
  await page.locator("#code-list .code").first().waitFor();
  say(`crowd (${(size / 1e6).toFixed(1)} MB): opened in ${Date.now() - start} ms`);
  await measure(page, "crowd", [
    ["next encounter", key, ["n"]], ["accept", key, ["ArrowDown"]], ["decide", key, ["a"]], ["list", key, ["/"]],
    ["search the list", type, [["search", "9"], ["search", "stay-0999"], ["search", ""]]], ["uncertain first", select, [["list-order", "uncertain"], ["list-order", "given"]]],
    ["only undecided", "const e = document.getElementById('list-filter'); e.value = value; e.dispatchEvent(new Event('input', {bubbles: true}));", ["open", "all"]],
    ["scroll the list", "document.getElementById('encounter-list').scrollTop += 1000;", [null]],
    ["choose one", click, ["#encounter-list li:last-child button"]], ["undo", key, ["u"]]]);
  assert.equal(await page.locator("#choose-count").textContent().then(text => /of 10,000$/.test(text)), true);
});

test("words of 1 MB: each action", async () => {
  const page = await open("odd", {hash: "#2"});
  await page.locator("#code-list .code").first().waitFor();
  await measure(page, "1 MB", [["choose its code", key, ["ArrowDown"]], ["next place", key, ["ArrowRight"]], ["accept and go on", key, ["a"]], ["undo", key, ["u"]], ["show everything", key, ["Escape"]],
    ["find in the notes", type, [["find", "einde"], ["find", "begin"], ["find", "www"]]], ["find nothing", type, [["find", ""]]]]);
});

await done();
