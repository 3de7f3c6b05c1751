// SPDX-License-Identifier: Apache-2.0
// Fuzzing what is not C, guided by what each input reaches:
//
//     fuzz({seeds, words, run});
//
// run(text) throws if something is wrong, and returns strings that say what the input reached: an input that reaches something new is
// kept and changed further. Arguments of the program, as those of libFuzzer: -max_total_time=SECONDS, -runs=N, -artifact_prefix=PATH,
// and a corpus folder, or files to replay.
import {existsSync, readdirSync, readFileSync, statSync, writeFileSync} from "node:fs";
import {createHash} from "node:crypto";
import {join} from "node:path";

let state = 1;
const random = below => {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return Math.floor(state / 4294967296 * below);
};
const one = list => list[random(list.length)];

// ---- values of JSON ----

const interesting = () => one([null, true, "", "é\u{1f600}", "\ud800", 0, -1, 1, 2, 3, 4, 0.5, 1e21, 2147483648, [], {}, "accepted", "rejected", "coder", "model", "__proto__"]);
const places = (value, found = []) => {
  if (value && typeof value === "object") for (const key of Object.keys(value)) { found.push([value, key]); places(value[key], found); }
  return found;
};
const changeValue = text => {
  let value;
  try { value = JSON.parse(text); } catch { return text; }
  const all = places(value);
  if (!all.length) return JSON.stringify(interesting());
  const [inside, key] = one(all), what = random(5);
  if (what === 0) { if (Array.isArray(inside)) inside.splice(Number(key), 1); else delete inside[key]; }
  else if (what === 1 && Array.isArray(inside)) inside.splice(Number(key), 0, structuredClone(inside[key]));
  else if (what === 2) { const [other, name] = one(all); inside[key] = structuredClone(other[name]); }
  else if (what === 3 && Number.isInteger(inside[key])) inside[key] += random(5) - 2;
  else inside[key] = interesting();
  return JSON.stringify(value);
};

// ---- text ----

const changeText = (text, words) => {
  const at = random(text.length + 1), end = at + random(Math.min(12, text.length - at) + 1);
  return text.slice(0, at) + one(["", one(words), text.slice(at, end) + text.slice(at, end), String.fromCharCode(random(128))]) + text.slice(end);
};

const changeLines = text => {
  const lines = text.split("\n"), i = random(lines.length);
  lines.splice(i, random(2), ...one([[], [one(lines)], [lines[i], one(lines)]]));
  return lines.join("\n");
};

const change = (text, words) => {
  for (let n = 1 + random(3); n > 0; n--) {
    const lines = text.split("\n"), i = random(lines.length), what = random(4);
    if (what === 0) text = changeLines(text);
    else if (what < 3 && /^[{[]/.test(lines[i])) { lines[i] = changeValue(lines[i]); text = lines.join("\n"); }
    else text = changeText(text, words);
  }
  return text.slice(0, 16384);
};

// ---- the loop ----

const options = Object.fromEntries(process.argv.slice(2).filter(a => a.startsWith("-")).map(a => a.slice(1).split("=")));
const paths = process.argv.slice(2).filter(a => !a.startsWith("-"));

export const fuzz = ({seeds, words, run}) => {
  const corpus = [], reached = new Set();
  const folder = paths.find(p => existsSync(p) && statSync(p).isDirectory());
  let executions = 0, added = 0;
  const attempt = (text, isNew) => {
    let names;
    executions++;
    try { names = run(text); } catch (error) {
      const path = (options.artifact_prefix ?? "./") + "crash-" + createHash("sha1").update(text).digest("hex");
      writeFileSync(path, text);
      console.error(error.stack ?? String(error));
      console.error("Test unit written to " + path);
      process.exit(77);
    }
    const fresh = names.filter(name => !reached.has(name));
    if (!fresh.length) return;
    fresh.forEach(name => reached.add(name));
    corpus.push(text);
    if (isNew && folder) writeFileSync(join(folder, createHash("sha1").update(text).digest("hex")), text);
    added += isNew ? 1 : 0;
  };
  for (const seed of seeds) attempt(seed, true);
  const files = folder ? readdirSync(folder).map(name => join(folder, name)) : paths;
  for (const path of files) attempt(readFileSync(path, "utf8"), false);
  if (!options.max_total_time && !options.runs) return;
  if (!corpus.length) corpus.push("");
  const begin = Date.now(), end = begin + (options.max_total_time ?? 1e6) * 1000, last = Number(options.runs ?? Infinity);
  while (Date.now() < end && executions < last) attempt(change(one(corpus), words), true);
  console.log(`stat::number_of_executed_units: ${executions}`);
  console.log(`stat::average_exec_per_sec:     ${Math.round(executions / Math.max(1, (Date.now() - begin) / 1000))}`);
  console.log(`stat::new_units_added:          ${added}`);
};
