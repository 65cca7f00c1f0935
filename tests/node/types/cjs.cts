// Compiled with `tsc --strict` by viralnow-node/scripts/check.mjs; never run.
import viralnow = require("viralnow");
import { analyze, type Payload } from "viralnow";

async function main(): Promise<Payload> {
  const { payload } = await analyze(null, { text: "Hello." });
  const many: viralnow.Batch = await viralnow.analyzeMany([]);
  return many.length > 0 ? payload : (await viralnow.analyze("clip.mp4")).payload;
}

export = main;
