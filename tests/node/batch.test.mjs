// analyzeMany.
import assert from "node:assert/strict";
import test from "node:test";
import { Batch, ViralNowError, analyze, analyzeMany } from "../../viralnow-node/lib/index.mjs";
import { fails, lasting, sine, small } from "./common.mjs";

test("the order is kept and a bad item never stops the batch", async () => {
  const seen = [];
  const batch = await analyzeMany(
    [
      { text: "The first." },
      "no/such/clip.mp4",
      small,
      Buffer.from("this is no medium, whatever its name says; not at all"),
      { source: null, audio: sine({ seconds: 2 }), text: "The fifth." },
      {},
    ],
    { threads: 2, onProgress: (progress) => seen.push(progress) },
  );
  assert.ok(batch instanceof Batch && Array.isArray(batch));
  const outcome = batch.map((item) => (item.ok ? item.analysis.media.kind : item.error.code));
  assert.deepEqual(outcome, ["text", "NOT_FOUND", "video", "UNSUPPORTED_FORMAT", "audio", "INVALID_INPUT"]);
  assert.ok(!(outcome instanceof Batch));
  assert.ok(batch[1].error instanceof ViralNowError);
  assert.match(batch[1].error.message, /no\/such\/clip\.mp4/);
  assert.deepEqual(lasting(batch[2].analysis.payload), lasting((await analyze(small)).payload));
  assert.equal(batch[4].analysis.text.sentences[0], "The fifth.");

  assert.deepEqual(seen.at(-1).items, [6, 6]);
  assert.equal(seen.at(-1).fraction, 1);
  seen.reduce((before, { fraction }) => (assert.ok(fraction >= before), fraction), 0);

  const rows = batch.rows();
  const columns = Object.keys(rows[0]);
  for (const row of rows) assert.deepEqual(Object.keys(row), columns);
  assert.equal(rows[2].asset_id, batch[2].analysis.assetId);
  assert.equal(rows[1].asset_id, null);
  assert.equal(rows[1].error_code, "NOT_FOUND");
  assert.equal(rows[2].error_code, null);
});

test("a time limit for each item", async () => {
  const [first, second] = await analyzeMany([small, { text: "Hello." }], { timeoutS: 0.05, preset: "reference" });
  // What was decoded until then, or the reason why there is nothing.
  if (first.ok) {
    assert.equal(first.analysis.status, "partial");
    assert.match(first.analysis.payload.reason, /time/);
  } else {
    assert.equal(first.error.code, "TIMEOUT");
    assert.equal(first.error.retryable, true);
  }
  assert.ok(second.ok);
});

test("an empty batch, and any iterable", async () => {
  assert.deepEqual([...(await analyzeMany([]))], []);
  const some = new Set([{ text: "One." }, { text: "Two." }]);
  assert.equal((await analyzeMany(some)).length, 2);
});

test("a wrong call is refused as a whole", async () => {
  await fails("INVALID_INPUT", analyzeMany("clip.mp4"));
  await fails("INVALID_INPUT", analyzeMany(null));
  await fails("INVALID_CONFIG", analyzeMany([small], { timeoutS: -1 }));
  await fails("INVALID_CONFIG", analyzeMany([small], { timeoutS: NaN }));
  await fails("INVALID_CONFIG", analyzeMany([small], { text: "Hello." }));
  await fails("INVALID_CONFIG", analyzeMany([small], { assetId: "one" }));
});

test("a source of the wrong kind is a row too", async () => {
  const batch = await analyzeMany([5, { text: "Hello." }, "a\0b.mp4", { path: "a.mp4" }, null]);
  const codes = batch.map((item) => (item.ok ? "ok" : item.error.code));
  assert.deepEqual(codes, ["INVALID_INPUT", "ok", "INVALID_INPUT", "INVALID_CONFIG", "INVALID_INPUT"]);
  const rows = batch.rows();
  assert.equal(rows[0].error_code, "INVALID_INPUT");
  for (const row of rows) assert.deepEqual(Object.keys(row), Object.keys(rows[1]));
});

test("frame-level features can be left out", async () => {
  const sources = [{ audio: sine({ seconds: 1 }) }];
  const [light] = await analyzeMany(sources, { keepVectors: false });
  const [heavy] = await analyzeMany(sources);
  assert.deepEqual(light.analysis.vectorNames(), []);
  assert.ok(heavy.analysis.vectorNames().length > 0);
  assert.deepEqual(light.analysis.audio, heavy.analysis.audio);
  await assert.rejects(analyzeMany(sources, { keepVectors: 1 }), { code: "INVALID_INPUT" });
});
