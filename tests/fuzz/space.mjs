// SPDX-License-Identifier: Apache-2.0
// Fuzzing spaces of settings, as pipelines/tune/draw.awk reads them: an error names the line; what is accepted is drawn, and drawn again
// the same; every value of an option is in the range that `ecan-train --settings` prints. ECAN_BIN: the folder of ecan-train.
import assert from "node:assert/strict";
import {execFileSync, spawnSync} from "node:child_process";
import {chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from "node:fs";
import {tmpdir} from "node:os";
import {join} from "node:path";
import {fileURLToPath} from "node:url";
import {fuzz} from "./common/fuzz.mjs";

const root = fileURLToPath(new URL("../../", import.meta.url)), folder = mkdtempSync(join(tmpdir(), "ecan-fuzz-space."));
process.on("exit", () => rmSync(folder, {recursive: true, force: true}));

// The table once, and a program that prints it: it starts faster.
const table = execFileSync(join(process.env.ECAN_BIN ?? join(root, "build/bin"), "ecan-train"), ["--settings"], {encoding: "utf8"});
writeFileSync(join(folder, "table"), table);
writeFileSync(join(folder, "ecan-train"), `#!/bin/sh\nexec cat '${join(folder, "table")}'\n`);
chmodSync(join(folder, "ecan-train"), 0o700);
const env = {...process.env, PATH: `${folder}:${process.env.ECAN_BIN ?? join(root, "build/bin")}:${process.env.PATH}`, LC_ALL: "C.UTF-8"};
const [heads, ...rows] = table.trimEnd().split("\n").map(line => line.split("\t"));
const settings = new Map(rows.flatMap(row => {
  const setting = Object.fromEntries(heads.map((name, i) => [name, row[i]]));
  return [setting.setting, setting.alias].filter(Boolean).map(name => ["--" + name.replace(/^--/, ""), setting]);
}));

const space = join(folder, "space");
const draw = seed => spawnSync("awk", ["-v", "seed=" + seed, "-v", "n=5", "-f", join(root, "pipelines/tune/draw.awk"), space],
  {env, encoding: "utf8", timeout: 20000});

// An option of ecan-train with its value.
const checkOption = (name, value) => {
  const setting = settings.get(name) ?? settings.get(name.replace(/^--no-/, "--"));
  assert(setting, "an option that ecan-train does not have");
  assert(setting.searched !== "no", "an option that is not searched");
  if (setting.type === "flag" || value === undefined) return;
  for (const part of value.split(",")) {
    if (setting.choices.split("|").includes(part)) continue;
    assert(["whole", "real", "list"].includes(setting.type) && Number.isFinite(Number(part)));
    assert(Number(part) >= Number(setting.low) && Number(part) <= Number(setting.high), "a value outside its range");
  }
};

const checkDrawn = line => {
  const options = line.split("\u001f")[5].split("\u001e").filter(Boolean);
  for (let i = 0; i < options.length; i++) {
    const at = options[i].indexOf("=");
    if (at > 0) { checkOption(options[i].slice(0, at), options[i].slice(at + 1)); continue; }
    const setting = settings.get(options[i]), flag = options[i].startsWith("--no-") || setting?.type === "flag";
    checkOption(options[i], flag ? undefined : options[++i]);
  }
};

const run = text => {
  writeFileSync(space, text);
  const {status, stdout, stderr, signal} = draw(1);
  assert.equal(signal, null);
  assert([0, 1].includes(status), `exit code ${status}: ${stderr}`);
  if (status === 1) {
    assert(stderr.trim() !== "" && !/awk: /.test(stderr), stderr);
    return [stderr.replace(/\d+/g, "N").replace(/'[^']*'/g, "V").slice(-40)];
  }
  const lines = stdout.trimEnd().split("\n");
  const drawn = lines.filter(line => line.startsWith("C\u001f"));
  assert(drawn.length >= 1 && drawn.length <= 5);
  drawn.forEach(checkDrawn);
  assert.equal(draw(1).stdout, stdout);
  return lines.map(line => line.split("\u001f").slice(0, 3).join(" ").replace(/\d+/g, "N"));
};

const spaces = ["few-encounters", "paper", "small"].map(name => readFileSync(join(root, "pipelines/spaces", name), "utf8"));
const example = readFileSync(join(root, "formats/space.md"), "utf8").split("\n\n")[1].replace(/^ {4}/gm, "");
fuzz({seeds: [...spaces, example, "--gamma log 1e-3 5\n--focal flag\n$b integer 1 3\n--channels list $b 3 4\n", "x choice '--patience=3' ''\n", ""],
  words: ["choice ", "uniform ", "log ", "integer ", "flag", "list ", " x $blocks", "$", "'", '"', "#", "--", "1e300", "-1", "0x10", "nan", "\t", "TOKENIZE ", "W2V ", "TEXT ",
    ...settings.keys()], run});
