// The text functions. Their numbers are held by the vectors; here their forms and errors.
import assert from "node:assert/strict";
import test from "node:test";
import { analyze, text } from "../../viralnow-node/lib/index.mjs";
import { fails } from "./common.mjs";

test("the functions give what an analysis gives", async () => {
  const words = "Did you know? I love this wonderful, brilliant garden. It makes every single morning better!";
  const { text: summary } = await analyze(null, { text: words });
  assert.deepEqual(text.sentiment(words), summary.sentiment);
  assert.deepEqual(text.readability(words), summary.readability);
  assert.deepEqual(text.sentences(words), summary.sentences);
  assert.deepEqual(text.hook(summary.hook.text), summary.hook);
  assert.equal(text.language(words)[0], summary.language);
  assert.deepEqual(text.keywords(words, { limit: summary.keywords.length }), summary.keywords);
  assert.ok(summary.sentiment.compound > 0.8);
});

test("nothing to say is null or empty, never a number", () => {
  assert.equal(text.readability(""), null);
  assert.equal(text.hook("").style, 0);
  assert.equal(text.language(""), null);
  assert.deepEqual(text.sentences(""), []);
  assert.deepEqual(text.keywords(""), []);
});

test("any string will do, halves of surrogate pairs too", () => {
  for (const words of ["\ud800", "a\0b", "🙂".repeat(1000), "x".repeat(100_000)]) {
    // These are promises, and need a model.
    const now = Object.keys(text).filter((name) => !["embed", "transcribe"].includes(name));
    for (const name of now) text[name](words, name === "hookAb" ? words : undefined);
  }
});

test("an array of texts is a promise of the array of results", async () => {
  const texts = ["I love it!", "", "Dr. Smith paid. Really?! #MomLife"];
  for (const name of ["emotions", "sentiment", "readability", "sentences", "keywords", "hook", "language", "normalise"]) {
    assert.deepEqual(await text[name](texts), texts.map((one) => text[name](one)), name);
  }
  assert.deepEqual(await text.sentences([]), []);
  const [headline, other] = ["Watch what this girl does next", "A report on municipal budgets"];
  assert.deepEqual(await text.hookAb([headline], [other]), [text.hookAb(headline, other)]);
  assert.equal(text.hookAb(headline, other).better, "first");
  await fails("INVALID_INPUT", () => text.hookAb([headline], [other, other]));
  await fails("INVALID_INPUT", () => text.hookAb([headline], other));
  await fails("INVALID_INPUT", () => text.sentiment(["a", 5]));
});

test("wrong arguments are refused", async () => {
  for (const name of Object.keys(text)) await fails("INVALID_INPUT", () => text[name](5));
  await fails("INVALID_CONFIG", () => text.readability("Hello.", { preset: "best" }));
  await fails("INVALID_INPUT", () => text.keywords("Hello.", { limit: 0 }));
});
