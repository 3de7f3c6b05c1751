// SPDX-License-Identifier: Apache-2.0
// The picture of the page in the README: node picture.mjs PAGE PICTURE
import {createRequire} from "node:module";
import {resolve} from "node:path";

const root = new URL("../../", import.meta.url), {chromium} = createRequire(new URL("build/page/x", root))("playwright-core");
const [from, to] = process.argv.slice(2).map(path => resolve(path));

const browser = await chromium.launch({executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: process.getuid() === 0 ? ["--no-sandbox"] : []});
const page = await browser.newPage({viewport: {width: 1280, height: 760}, locale: "en-GB", reducedMotion: "reduce"});
await page.goto("file://" + from);
for (const key of ["ArrowDown", "a", "a", "a", "r", "ArrowUp"]) await page.keyboard.press(key);
await page.evaluate(() => document.activeElement.blur());
await page.screenshot({path: to});
await browser.close();
