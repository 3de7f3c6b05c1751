// SPDX-License-Identifier: Apache-2.0
// Seconds of prediction in ONNX Runtime, one document after another, in turns (see speed.c):
//
//     node speed.js GRAPH --documents FILE [--threads N] [--batch N]
//
// GRAPH is what speed.py --export wrote. A turn is --batch documents, each run separately, so nothing is padded. The package is
// looked for where NODE_PATH says.
"use strict";
const fs = require("fs");
const readline = require("readline");
const { parseArgs } = require("util");
const ort = require("onnxruntime-node");

const { values: o, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    documents: { type: "string" },
    threads: { type: "string", default: "2" },
    batch: { type: "string", default: "1" },
  },
});
const SHOWN = 8;

async function main() {
  const session = await ort.InferenceSession.create(positionals[0], {
    intraOpNumThreads: Number(o.threads),
    interOpNumThreads: 1,
    executionMode: "sequential",
    graphOptimizationLevel: "all",
  });
  const documents = fs.readFileSync(o.documents, "ascii").trim().split("\n")
    .map((line) => BigInt64Array.from(line.split(" "), BigInt));
  const run = async (ids) => (await session.run({ ids: new ort.Tensor("int64", ids, [1, ids.length]) })).scores.data;
  let next = 0;
  const turn = async () => {
    let words = 0;
    const start = process.hrtime.bigint();
    for (let i = 0; i < Number(o.batch); i++) {
      const ids = documents[next++ % documents.length];
      await run(ids);
      words += ids.length;
    }
    return { seconds: Number(process.hrtime.bigint() - start) / 1e9, words };
  };
  const say = (line) => process.stdout.write(JSON.stringify(line) + "\n");

  say({ scores: Array.from((await run(documents[0])).slice(0, SHOWN)) });
  await turn();
  say({ parameters: null });
  for await (const _ of readline.createInterface({ input: process.stdin })) say(await turn());
}

main();
