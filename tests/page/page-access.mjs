// SPDX-License-Identifier: Apache-2.0
// Accessibility (screen readers, keyboard only, contrast), security (no network, no foreign script), speed.
import assert from "node:assert/strict";
import {readFileSync} from "node:fs";
import {createServer} from "node:http";
import {join} from "node:path";
import {done, faults, folder, forgive, inSight, open, say, test} from "./harness.mjs";

const states = {
  "as it opens": async () => {},
  "a code chosen": page => page.locator(".choose").first().click(),
  "decided": async page => {
    await page.locator("[data-action=accept]").nth(1).click();
    await page.locator("[data-action=reject]").nth(2).click();
    await page.locator(".choose").nth(2).click();
  },
  "a word chosen": page => page.locator("mark > span", {hasText: "diabète"}).first().click(),
  "adding a code": page => page.keyboard.press("+"),
  "the list": page => page.keyboard.press("/"),
  "the help": page => page.keyboard.press("?"),
  "printing": page => page.locator("#print").click(),
};

for (const [look, options] of Object.entries({light: {}, dark: {colorScheme: "dark"}, narrow: {viewport: {width: 360, height: 720}}})) {
  test(`axe finds nothing wrong: ${look}`, async () => {
    for (const [state, reach] of Object.entries(states)) {
      const page = await open("few", options);
      await reach(page);
      assert.deepEqual(await faults(page), [], state);
    }
    const page = await open("unread", options);
    await page.locator(".choose").nth(1).click();
    assert.deepEqual(await faults(page), [], "text that was not read");
  });
}

test("axe finds nothing wrong on a long stay: dark, more contrast, forced colours, 200% zoom", async () => {
  for (const [look, options] of Object.entries({dark: {colorScheme: "dark"}, contrast: {contrast: "more"}, "dark, contrast": {colorScheme: "dark", contrast: "more"}, forced: {forcedColors: "active"},
    zoom: {viewport: {width: 700, height: 450}}, phone: {viewport: {width: 390, height: 844}, hasTouch: true, isMobile: true}})) {
    const page = await open("stay", {viewport: {width: 1400, height: 900}, ...options});
    for (const key of ["ArrowDown", "a", "r", "ArrowUp", "ArrowUp", "m", "ArrowDown", "f"]) await page.keyboard.press(key);
    await page.keyboard.type("kalium");
    assert.deepEqual(await faults(page), [], look);
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), look);
  }
});

test("at 200% zoom the notes and the codes are both visible, and a place comes into sight", async () => {
  const page = await open("stay", {viewport: {width: 700, height: 450}});
  for (let i = 0; i < 5; i++) {
    await page.keyboard.press("ArrowDown");
    await page.waitForTimeout(60);
    assert.ok(await inSight(page.locator("mark.peak.current").first()));
    const box = await page.locator(".code.chosen .choose").boundingBox();
    assert.ok(box.y >= 0 && box.y + 20 < 450, `${box.y}`);
  }
});

test("a screen reader finds landmarks, headings, names and states", async () => {
  const page = await open("few", {hash: "#4"});
  await page.getByRole("button", {name: "Accept I10"}).click();
  await page.locator(".choose").first().click();
  for (const [role, name] of [["banner"], ["main"], ["region", "Notes"], ["region", "Codes"], ["status"], ["group", "Encounter"],
    ["heading", "Codes and their evidence"], ["heading", "spoedverslag"], ["article", "spoedverslag"], ["combobox", "Language"],
    ["button", "Previous encounter"], ["button", "Next encounter"], ["button", "Help and keys"]]) {
    assert.equal(await page.getByRole(role, name && {name, exact: true}).count(), 1, `${role} ${name}`);
  }
  const tree = await page.locator("#codes").ariaSnapshot();
  assert.match(tree, /button "J18.9 97% Longontsteking, niet gespecificeerd" \[expanded\]/);
  assert.match(tree, /button "Accept I10" \[pressed\]/);
  assert.match(tree, /button "Reject I10"\n/);
  assert.match(tree, /status: "?J18.9: place 1 of 2, spoedverslag/);
  assert.equal(await page.getByRole("button", {name: "thorax: pneumonie rechts spoedverslag · weight 75%"}).count(), 1);
  assert.ok(await page.getByRole("mark").count() > 0);
});

// The nodes of Chromium's accessibility tree, which screen readers get: [{role, name, ...properties}].
const accessibilityTree = async page => {
  const session = await page.context().newCDPSession(page);
  const {nodes} = await session.send("Accessibility.getFullAXTree");
  return nodes.filter(node => !node.ignored).map(({role, name, properties = []}) =>
    ({role: role.value, name: (name?.value ?? "").trim(), ...Object.fromEntries(properties.map(p => [p.name, p.value.value]))}));
};

const controls = ["button", "checkbox", "combobox", "link", "option", "searchbox", "textbox", "MenuListPopup"];
const landmarks = ["navigation", "region", "search", "group", "article", "dialog"];

test("the accessibility tree: a name and a role for each control, landmarks, headings, live messages", async () => {
  const reached = {...states, "a rejected code": async page => {
    for (const key of ["ArrowDown", "r", "ArrowUp", "Escape", "ArrowDown"]) await page.keyboard.press(key);
  }, "the table is searched": async page => {
    await page.keyboard.press("+");
    await page.keyboard.type("fract");
    await page.locator("#add-results li").first().waitFor();
  }, "an unknown code": async page => {
    await page.keyboard.press("+");
    await page.keyboard.type("nothing like it");
    await page.keyboard.press("Enter");
  }};
  delete reached["a word chosen"]; // of the page "few"
  for (const [state, reach] of Object.entries(reached)) {
    const page = await open("stay", {viewport: {width: 1400, height: 900}});
    await reach(page);
    const tree = await accessibilityTree(page), about = node => `${state}: ${JSON.stringify(node)}`, of = role => tree.filter(node => node.role === role);
    for (const node of tree) {
      const place = ["RootWebArea", "region", "generic", "heading", "mark", "dialog"].includes(node.role); // what only scrolls, or has the focus after a jump
      assert.ok(!node.focusable || place || controls.includes(node.role), about(node));
      if (controls.includes(node.role) && node.role !== "MenuListPopup") assert.match(node.name, /[\p{L}\p{N}–]/u, about(node)); // –: no reason, nothing said
      assert.doesNotMatch(node.name, /•/, about(node));
    }
    for (const role of landmarks) for (const node of of(role)) assert.ok(node.name, about(node));
    if (of("dialog").length) continue; // the rest of the page is inert
    assert.deepEqual(of("form").map(node => node.name), ["Add a missed code"], state);
    for (const role of ["banner", "main", "navigation"]) assert.equal(of(role).length, 1, `${state}: ${role}`);
    assert.deepEqual(["Codes", "Notes"].filter(name => !of("region").some(node => node.name === name)), []);
    let level = 0;
    for (const node of of("heading")) {
      assert.ok(node.name && node.level <= level + 1, about(node));
      level = node.level;
    }
    assert.equal(of("heading").filter(node => node.level === 1).length, 1);
    assert.ok(of("status").length >= 1 && of("status").every(node => node.live === "polite" && node.atomic), state);
    if (state === "a code chosen") assert.equal(of("button").filter(node => node.expanded).length, 1, "the chosen code is open");
  }
});

test("the list of notes says in words which notes have evidence", async () => {
  const page = await open("stay", {viewport: {width: 1400, height: 900}});
  await page.locator(".choose").first().click();
  const links = (await accessibilityTree(page)).filter(node => node.role === "link").map(node => node.name);
  assert.equal(links.length, 100);
  assert.ok(links.some(name => /has evidence$/.test(name)) && links.some(name => /places of the chosen code: \d+$/.test(name)), links.slice(0, 20).join(" | "));
});

test("everything can be reached with the Tab key, in the order on the page", async () => {
  const page = await open("few", {hash: "#4"});
  const stops = [];
  for (let i = 0; i < 40; i++) {
    await page.keyboard.press("Tab");
    const stop = await page.evaluate(() => {
      const e = document.activeElement;
      return e === document.body ? null : e.id || e.getAttribute("aria-label") || e.className;
    });
    if (stop === null || stop === stops[0]) break;
    stops.push(stop);
  }
  const codes = ["J18.9", "I10", "E11", "Z00"].flatMap(c => ["choose", `Accept ${c}`, `Reject ${c}`]);
  assert.deepEqual(stops, ["previous", "choose", "save", "open", "print", "language", "help", "find", "notes", "next-undecided", ...codes, "add-open"]);
});

test("keyboard only: from the first code to a file of decisions", async () => {
  const page = await open("few", {hash: "#4"});
  for (const key of ["ArrowDown", "ArrowRight", "a", "r", "w", "Escape", "ArrowDown", "r"]) await page.keyboard.press(key);
  assert.equal(await page.locator("#progress").textContent(), "3 of 4 decided");
  const [download] = await Promise.all([page.waitForEvent("download"), page.keyboard.press("s")]);
  assert.deepEqual(JSON.parse(readFileSync(await download.path(), "utf8")).codes.map(c => c.decision), ["accepted", "rejected", null, "rejected"]);
  const top = () => page.locator("#notes").evaluate(e => e.scrollTop);
  for (const key of ["p", "p", "p", "ArrowDown"]) await page.keyboard.press(key);
  const before = await top();
  await page.keyboard.press("PageDown"); // the focus is on a code, and the notes scroll
  assert.ok(await top() > before + 100);
});

test("what is done is announced", async () => {
  const page = await open("few", {hash: "#4"});
  await page.evaluate(() => {
    window.said = [];
    new MutationObserver(() => window.said.push(document.getElementById("status").textContent)).observe(document.getElementById("status"), {childList: true});
  });
  for (const key of ["ArrowDown", "ArrowRight", "a", "u"]) await page.keyboard.press(key);
  const said = await page.evaluate(() => window.said);
  assert.ok(said.includes("J18.9: place 2 of 2, spoedverslag"), said.join("|"));
  assert.ok(said.includes("J18.9 accepted. I10: place 1 of 1, spoedverslag"));
  assert.equal(said.at(-1), "Undone: J18.9.");
});

test("nothing is asked of any network, wherever the page comes from", async () => {
  const asked = [], server = createServer((request, response) => {
    asked.push(request.url);
    response.setHeader("Content-Type", "text/html; charset=utf-8");
    response.end(readFileSync(join(folder, "few.html")));
  });
  await new Promise(resolve => server.listen(0, "127.0.0.1", resolve));
  try {
    const page = await open("few", {url: `http://127.0.0.1:${server.address().port}/`});
    for (const key of ["ArrowDown", "a", "r", "n", "/", "Escape", "?", "Escape"]) await page.keyboard.press(key);
    assert.equal(await page.locator(".choose").count(), 2);
    await page.waitForTimeout(200);
    assert.deepEqual(asked.filter(url => url !== "/favicon.ico"), ["/"]);
  } finally {
    server.closeAllConnections?.();
    server.close();
  }
});

test("even what got into the page could do nothing: no script but its own, no picture, no form, no connection", async () => {
  const page = await open("few");
  await page.evaluate(() => {
    const script = document.createElement("script");
    script.textContent = "window.pwned = 4";
    document.body.append(script);
    document.body.insertAdjacentHTML("beforeend", "<img src='http://127.0.0.1:9/x' onerror='window.pwned = 5'><p id='styled' style='color: rgb(1, 2, 3)'>x</p>");
  });
  const fetched = await page.evaluate(() => fetch("http://127.0.0.1:9/").then(() => "fetched", () => "refused"));
  await page.waitForTimeout(100);
  assert.equal(await page.evaluate(() => window.pwned), undefined);
  assert.equal(fetched, "refused");
  assert.notEqual(await page.locator("#styled").evaluate(e => getComputedStyle(e).color), "rgb(1, 2, 3)");
  assert.ok(forgive(/Content Security Policy|request: http:\/\/127.0.0.1:9/).length >= 4);
});

test("50 codes and 5,000 words, and 400 encounters: how long things take", async () => {
  const page = await open("big");
  assert.equal(await page.locator("#code-list li.code").count(), 50);
  const ms = action => page.evaluate(async action => {
    const start = performance.now();
    document.activeElement.dispatchEvent(new KeyboardEvent("keydown", {key: action, bubbles: true}));
    document.body.offsetHeight; // force layout
    const laid = performance.now() - start;
    await new Promise(resolve => requestAnimationFrame(() => setTimeout(resolve)));
    return [laid, performance.now() - start];
  }, action);
  const times = {"choose a code": "ArrowDown", "next place": "ArrowRight", "accept": "a", "undo": "u"};
  for (const [what, key] of Object.entries(times)) {
    const all = [];
    for (let i = 0; i < 9; i++) all.push(await ms(key));
    const middle = k => all.map(a => a[k]).sort((a, b) => a - b)[4].toFixed(1);
    say(`50 codes, 5,000 words, ${await page.locator("mark").count()} marks: ${what}: ${middle(0)} ms, painted after ${middle(1)} ms`);
  }
  const start = Date.now(), many = await open("many");
  await many.locator("#next").waitFor();
  say(`400 encounters (${(readFileSync(join(folder, "many.html")).length / 1e6).toFixed(1)} MB): opened in ${Date.now() - start} ms`);
  const list = await many.evaluate(() => {
    const begin = performance.now();
    document.getElementById("choose").click();
    document.body.offsetHeight;
    return performance.now() - begin;
  });
  say(`400 encounters: list in ${list.toFixed(1)} ms`);
});

await done();
