// The main paths once more, loaded by require.
"use strict";
const assert = require("node:assert/strict");
const path = require("node:path");
const test = require("node:test");
const viralnow = require("../../viralnow-node");

const small = path.join(__dirname, "../vectors/demo_small.mp4");

test("a clip", async () => {
  const analysis = await viralnow.analyze(small);
  assert.equal(analysis.status, "complete");
  assert.equal(analysis.vectors("audio", "mfcc").columns, 20);
});

test("a text", async () => {
  const { text } = await viralnow.analyze(null, { text: "Hello there." });
  assert.deepEqual(text.sentences, ["Hello there."]);
});

test("an error", async () => {
  await assert.rejects(viralnow.analyze("no/such/clip.mp4"), (error) => {
    assert.ok(error instanceof viralnow.ViralNowError);
    assert.equal(error.code, "NOT_FOUND");
    return true;
  });
});

test("an abort", async () => {
  const signal = AbortSignal.timeout(30);
  await assert.rejects(viralnow.analyze(small, { signal, preset: "reference" }), { name: "AbortError", code: "CANCELLED" });
});

test("a batch", async () => {
  const [good, bad] = await viralnow.analyzeMany([{ text: "Hello." }, "no/such/clip.mp4"]);
  assert.equal(good.analysis.media.kind, "text");
  assert.equal(bad.error.code, "NOT_FOUND");
});
