// SPDX-License-Identifier: Apache-2.0
// Decisions of a coder: accept, reject, add, undo; and their file.
import assert from "node:assert/strict";
import {readFileSync, writeFileSync} from "node:fs";
import {join} from "node:path";
import {done, folder, linesOf, open, slice, test} from "./harness.mjs";

const vier = linesOf("few")[3];
const text = "🩺 Koorts en hoest. RX thorax: pneumonie rechts. Gekend met hypertensie en diabetes. Allergie voor penicilline.";
const button = (page, action, code) => page.getByRole("button", {name: `${action} ${code}`, exact: true});
const pressed = async (page, code) => [await button(page, "Accept", code).getAttribute("aria-pressed"), await button(page, "Reject", code).getAttribute("aria-pressed")].join();
const status = page => page.locator("#status").textContent();
const progress = page => page.locator("#progress").textContent();

// Selects a part of the first note's text, as with a mouse.
const select = (page, words) => page.evaluate(words => {
  const element = document.querySelector("#notes .text"), start = element.textContent.indexOf(words), range = document.createRange();
  const at = offset => {
    const walk = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
    for (let node; (node = walk.nextNode()); offset -= node.length) if (offset <= node.length) return [node, offset];
  };
  range.setStart(...at(start));
  range.setEnd(...at(start + words.length));
  getSelection().removeAllRanges();
  getSelection().addRange(range);
}, words);

const save = async page => {
  const [download] = await Promise.all([page.waitForEvent("download"), page.locator("#save").click()]);
  assert.equal(download.suggestedFilename(), "decisions.jsonl");
  return readFileSync(await download.path(), "utf8");
};

// The question of the browser when the page is closed; null: no question, and it is closed.
const leave = async page => {
  let dialog = null;
  page.once("dialog", d => { dialog = d.type(); d.dismiss(); });
  await page.close({runBeforeUnload: true});
  for (let i = 0; i < 50 && dialog === null && !page.isClosed(); i++) await new Promise(resolve => setTimeout(resolve, 100));
  return dialog;
};

const load = (page, name, content) => {
  writeFileSync(join(folder, name), content);
  return page.locator("#file").setInputFiles(join(folder, name));
};

test("accept and reject are toggles, of which one holds; undo takes back one at a time", async () => {
  const page = await open("few", {hash: "#4"});
  assert.equal(await progress(page), "0 of 4 decided");
  assert.ok(await page.locator("#undo").isDisabled());
  await button(page, "Accept", "I10").click();
  assert.equal(await pressed(page, "I10"), "true,false");
  assert.equal(await status(page), "I10 accepted.");
  assert.equal(await page.evaluate(() => document.activeElement.getAttribute("aria-label")), "Accept I10"); // the focus does not move
  await button(page, "Reject", "I10").click();
  assert.equal(await pressed(page, "I10"), "false,true");
  await button(page, "Reject", "I10").click();
  assert.equal(await pressed(page, "I10"), "false,false");
  assert.equal(await status(page), "I10: decision removed.");
  await button(page, "Accept", "E11").click();
  assert.equal(await progress(page), "1 of 4 decided");
  await page.locator("#undo").click();
  assert.equal(await pressed(page, "E11"), "false,false");
  await page.keyboard.press("u");
  assert.equal(await pressed(page, "I10"), "false,true");
  await page.keyboard.press("Control+z");
  assert.equal(await pressed(page, "I10"), "true,false");
  await page.keyboard.press("u");
  assert.equal(await progress(page), "0 of 4 decided");
  assert.ok(await page.locator("#undo").isDisabled());
  await page.keyboard.press("u");
});

test("by key: accept or reject, and on to the next that is not decided", async () => {
  const page = await open("few", {hash: "#4"});
  const chosen = () => page.locator("#code-list li.code.chosen .choose > b").textContent();
  await page.keyboard.press("a"); // nothing is chosen yet
  assert.equal(await progress(page), "0 of 4 decided");
  await page.keyboard.press("ArrowDown");
  assert.equal(await chosen(), "J18.9");
  await page.keyboard.press("a");
  assert.equal(await chosen(), "I10");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("R");
  assert.equal(await chosen(), "Z00");
  await page.keyboard.press("r");
  assert.equal(await chosen(), "I10");
  await page.keyboard.press("a");
  assert.equal(await status(page), "I10 accepted. All codes are decided.");
  assert.equal(await progress(page), "4 of 4 decided");
  await page.keyboard.press("ArrowUp");
  assert.equal(await chosen(), "J18.9");
  await page.keyboard.press("ArrowUp");
  assert.equal(await chosen(), "J18.9");
});

test("undo goes back to the encounter where it undoes", async () => {
  const page = await open("few", {hash: "#4"});
  await button(page, "Accept", "I10").click();
  await page.keyboard.press("p");
  await page.keyboard.press("p");
  assert.equal(await page.locator("#choose-id").textContent(), "leeg");
  await page.keyboard.press("u");
  assert.equal(await page.locator("#choose-id").textContent(), "vier");
  assert.equal(await pressed(page, "I10"), "false,false");
});

test("a missed code, with the text that was selected; another; the same with none", async () => {
  const page = await open("few", {hash: "#4"});
  await select(page, " Allergie voor penicilline");
  await page.getByRole("button", {name: "Add a code for “Allergie voor penicilline”"}).click();
  await page.keyboard.type(" Z88.0\n");
  assert.equal(await page.locator("#add-unknown").textContent(), "“Z88.0” is not in the table of codes. Add it?");
  await page.keyboard.press("Enter");
  assert.equal(await status(page), "Z88.0 added.");
  const added = page.locator("#code-list li.code.added");
  assert.equal(await added.locator(".choose > b").textContent(), "Z88.0");
  assert.equal(await added.locator(".place q").textContent(), "Allergie voor penicilline");
  assert.equal((await page.locator("mark.by-coder").allTextContents()).join(""), "Allergie voor penicilline");
  // evidence for an existing code: the code counts as accepted
  await select(page, "Gekend met hypertensie");
  await page.keyboard.press("+");
  await page.locator("#add-code").fill("I10");
  await page.keyboard.press("Enter");
  assert.equal(await pressed(page, "I10"), "true,false");
  assert.equal(await page.locator("#code-list li.code.chosen .place").count(), 2);
  // none selected
  await page.evaluate(() => getSelection().removeAllRanges());
  await page.keyboard.press("+");
  await page.keyboard.type("Z99\n\n");
  const lines = (await save(page)).trim().split("\n").map(line => JSON.parse(line));
  assert.equal(lines.length, 1);
  const begin = [...text.slice(0, text.indexOf("Allergie"))].length;
  const by = Object.fromEntries(lines[0].codes.map(c => [c.code, c]));
  assert.deepEqual(by["Z88.0"], {code: "Z88.0", description: "", score: null, predicted: false, decision: "accepted", evidence: [
    {document: "v1", index: 0, begin, end: begin + 25, text: "Allergie voor penicilline", by: "coder"}]});
  assert.deepEqual(by["Z99"].evidence, []);
  assert.equal(by["I10"].evidence[1].text, "Gekend met hypertensie");
  for (const c of lines[0].codes) for (const e of c.evidence) assert.equal(slice(text, e.begin, e.end), e.text);
  // removed again
  await page.getByRole("button", {name: "Remove Z88.0"}).click();
  assert.equal(await page.locator("#code-list li.code.added").count(), 1);
  await page.keyboard.press("u");
  assert.equal(await page.locator("#code-list li.code.added").count(), 2);
});

test("a selection over two notes, or outside them, is no evidence; Escape closes the field", async () => {
  const page = await open("few");
  await page.evaluate(() => {
    const [a, b] = document.querySelectorAll("#notes .text");
    getSelection().setBaseAndExtent(a, 0, b, 1);
  });
  assert.equal(await page.locator("#add-label").textContent(), "Add a missed code");
  await page.evaluate(() => getSelection().selectAllChildren(document.getElementById("code-list")));
  assert.equal(await page.locator("#add-label").textContent(), "Add a missed code");
  await page.keyboard.press("ArrowDown");
  await page.locator("#add-open").click();
  assert.ok(await page.locator("#add-hint").isVisible());
  await page.keyboard.type("a"); // typed text, not a key command
  assert.equal(await page.locator("#add-code").inputValue(), "a");
  assert.equal(await progress(page), "0 of 4 decided");
  await page.keyboard.press("Escape");
  assert.equal(await page.locator("#add-code").isVisible(), false);
  await page.locator("#add-open").click();
  await page.keyboard.press("Enter"); // without a code nothing is added
  assert.equal(await page.locator("#code-list li.code").count(), 4);
});

test("the file: a line for each encounter with decisions, as ecan-explain's with what was decided", async () => {
  const page = await open("few", {hash: "#4"});
  await button(page, "Reject", "E11").click();
  await button(page, "Accept", "J18.9").click();
  await page.keyboard.press("p");
  await page.keyboard.press("p");
  await page.keyboard.press("p");
  await button(page, "Accept", "X\"1'<i>").click();
  const content = await save(page), lines = content.trim().split("\n").map(line => JSON.parse(line));
  assert.deepEqual(lines.map(l => l.id), ["e<1>\"&'", "vier"]);
  const decisions = {"J18.9": "accepted", E11: "rejected"};
  assert.deepEqual(lines[1], {id: "vier", codes: vier.codes.map(({code, description, score, predicted, evidence}) =>
    ({code, description, score, predicted, decision: decisions[code] ?? null, evidence: evidence.map(e => ({...e, by: "model"}))}))});
  assert.equal(lines[0].codes[2].decision, "accepted");
  assert.equal(await status(page), "Saved: the decisions on 2 encounters.");
});

test("the file is opened again: same decisions, same file; undo takes all of it back", async () => {
  const page = await open("few", {hash: "#4"});
  await select(page, "hoest");
  await page.keyboard.press("+");
  await page.keyboard.type("R05\n\n");
  await button(page, "Reject", "I10").click();
  const content = await save(page);
  const other = await open("few", {hash: "#4"});
  await load(other, "again.jsonl", content + "\n" + JSON.stringify({id: "elsewhere", codes: []}) + "\n");
  await other.waitForFunction(() => document.getElementById("status").textContent !== "");
  assert.equal(await status(other), "Opened: decisions on 1 encounters; 1 are not on this page.");
  assert.equal(await pressed(other, "I10"), "false,true");
  assert.equal(await other.locator("#code-list li.code.added .choose > b").textContent(), "R05");
  assert.equal(await save(other), content);
  await other.keyboard.press("u");
  assert.equal(await other.locator("#code-list li.code.added").count(), 0);
  assert.equal(await pressed(other, "I10"), "false,false");
});

test("a file that holds no decisions changes nothing; a span that the note does not have is left out", async () => {
  const page = await open("few", {hash: "#4"});
  const good = JSON.stringify({id: "vier", codes: [{code: "I10", decision: "accepted", evidence: []}]});
  for (const bad of ["{", "[]", "null", "{\"id\": 1, \"codes\": []}", "{\"id\": \"vier\", \"codes\": [{\"code\": \"I10\", \"decision\": \"maybe\", \"evidence\": []}]}",
    "{\"id\": \"vier\", \"codes\": [null]}", "{\"id\": \"vier\", \"codes\": [{\"code\": \"I10\", \"decision\": null, \"evidence\": [null]}]}"]) {
    await page.evaluate(() => { document.getElementById("status").textContent = ""; });
    await load(page, "bad.jsonl", good + "\n" + bad + "\n");
    await page.waitForFunction(() => document.getElementById("status").textContent !== "");
    assert.equal(await status(page), "Line 2 of the file holds no decisions. Nothing was changed.", bad);
    assert.equal(await pressed(page, "I10"), "false,false");
  }
  const span = (index, begin, end) => ({index, begin, end, by: "coder"});
  await load(page, "odd.jsonl", JSON.stringify({id: "vier", codes: [{code: "<b>Q", decision: "accepted",
    evidence: [span(0, 2, 8), span(1, 0, 1), span(0, 5, 5), span(0, -1, 3), span(0, 0, 1000), span("0", 0, 1), span(0, 0.5, 1)]}]}));
  await page.waitForFunction(() => document.getElementById("status").textContent.startsWith("Opened"));
  await page.locator("#code-list li.code.added .choose").click();
  assert.deepEqual(await page.locator("#code-list li.code.added .place q").allTextContents(), ["Koorts"]);
});

test("decisions are in memory only, and leaving with unsaved ones asks first", async () => {
  const decided = async () => {
    const page = await open("few", {hash: "#4"});
    await button(page, "Accept", "I10").click();
    return page;
  };
  const page = await decided();
  const kept = await page.evaluate(async () => [Object.keys(window.localStorage ?? {}).length, Object.keys(window.sessionStorage ?? {}).length, document.cookie]);
  assert.deepEqual(kept, [0, 0, ""]);
  assert.equal(await leave(page), "beforeunload");
  await save(page);
  await button(page, "Reject", "E11").click();
  assert.equal(await leave(page), "beforeunload");
  const content = await save(await decided());
  const again = await open("few", {hash: "#4"});
  assert.equal(await pressed(again, "I10"), "false,false");
  await load(again, "kept.jsonl", content);
  await again.waitForFunction(() => document.getElementById("status").textContent !== "");
  assert.equal(await leave(again), null); // decisions read from a file need not be saved again
  assert.ok(again.isClosed());
});

test("letters can be switched off as keys", async () => {
  const page = await open("few", {hash: "#4"});
  await page.keyboard.press("?");
  assert.ok((await page.locator("#keys kbd").allTextContents()).includes("A"));
  await page.getByLabel("Use single letters as keys").uncheck();
  await page.keyboard.press("Escape");
  await page.locator("#help-dialog").waitFor({state: "hidden"});
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("a");
  assert.equal(await progress(page), "0 of 4 decided");
  await page.locator("#help").click();
  await page.getByLabel("Use single letters as keys").check();
  await page.getByRole("button", {name: "Close"}).click();
  await page.locator("#help-dialog").waitFor({state: "hidden"});
  await page.keyboard.press("a");
  assert.equal(await progress(page), "1 of 4 decided");
});

test("the list tells what is decided", async () => {
  const page = await open("few", {hash: "#4"});
  for (const code of ["J18.9", "I10", "E11", "Z00"]) await button(page, "Accept", code).click();
  await page.keyboard.press("/");
  assert.deepEqual(await page.locator(".state").allTextContents(), ["0 of 4", "0 of 2", "0 of 1", "4 of 4"]);
  assert.equal(await page.locator(".state.all").count(), 1);
});

await done();
