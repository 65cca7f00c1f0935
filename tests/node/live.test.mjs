// Live sound.
import assert from "node:assert/strict";
import test from "node:test";
import { Live, analyze } from "../../viralnow-node/lib/index.mjs";
import { stat } from "node:fs/promises";
import { fails, sine, small } from "./common.mjs";

test("sound that comes in pieces has the features of the whole", async () => {
  const audio = sine({ seconds: 3, channels: 2 });
  const whole = await analyze(null, { audio });
  const live = new Live(audio.sampleRate, { channels: 2, assetId: "stream" });
  const buffer = new Float32Array(9600);
  for (let at = 0; at < audio.samples.length; at += buffer.length) {
    // The same buffer again and again, and the pushes not awaited one by one.
    buffer.set(audio.samples.subarray(at, at + buffer.length));
    live.push(buffer);
  }
  const pieces = await live.finish();
  assert.equal(pieces.assetId, "stream");
  assert.equal(pieces.payload.content_sha256, null);
  assert.deepEqual(pieces.audio, whole.audio);
  assert.deepEqual(pieces.voice, whole.voice);
  assert.deepEqual(pieces.vectors("audio", "mfcc"), whole.vectors("audio", "mfcc"));
  await fails("INVALID_INPUT", live.finish());
});

test("limits, wrong samples, wrong settings, an abort", async () => {
  const limited = new Live(16000, { limits: { maxDurationS: 1 } });
  let listening = true;
  for (let n = 0; n < 100 && listening; n++) listening = await limited.push(new Float32Array(8000));
  assert.equal(listening, false);
  assert.equal((await limited.finish()).status, "partial");

  const live = new Live(16000);
  await fails("INVALID_INPUT", live.push(Float32Array.of(0, NaN)));
  await fails("INVALID_INPUT", () => live.push([0, 1]));
  assert.equal(await live.push(new Float32Array(16000)), true);
  assert.equal((await live.finish()).media.duration_s, 1);

  await fails("INVALID_INPUT", new Live(10).finish());
  await fails("INVALID_CONFIG", new Live(16000, { preset: "best" }).push(new Float32Array(1)));
  await fails("INVALID_INPUT", () => new Live("16000"));

  const abort = new AbortController();
  const stopped = new Live(16000, { signal: abort.signal });
  await stopped.push(new Float32Array(16000));
  abort.abort();
  await fails("CANCELLED", stopped.finish());
});

test("pushes that wait and ends that take long leave libuv's four threads to the host", async () => {
  // As many streams as libuv has threads, and one more, each of them with more sound than it may be behind.
  const streams = Array.from({ length: 5 }, () => new Live(48000, { preset: "reference" }));
  const minute = sine({ seconds: 60 }).samples;
  const pushed = streams.map((live) => live.push(minute));
  const ends = streams.map((live) => live.finish());
  let ended = 0;
  for (const end of ends) end.then(() => (ended += 1));
  await stat(small);
  assert.equal(ended, 0, "a file was answered only after a stream had ended");
  assert.equal((await Promise.all(ends)).length, streams.length);
  await Promise.all(pushed);
});
