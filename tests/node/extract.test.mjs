// Extractors written in JavaScript.
import assert from "node:assert/strict";
import test from "node:test";
import { analyze, analyzeMany } from "../../viralnow-node/lib/index.mjs";
import { demo, fails, sine, small, truth } from "./common.mjs";

/** Counts and keeps what it is given. */
class Watcher {
  name = "watcher";
  version = "1.2";
  calls = [];
  samples = 0;
  mono = 0;
  next = 0;
  times = [];
  levels = [];

  begin(media) {
    this.calls.push("begin");
    this.media = media;
  }

  audio({ samples, channels, mono16k, mono16kStart }) {
    assert.equal(samples.length % channels, 0);
    assert.equal(mono16kStart, this.next, "blocks join");
    this.next += mono16k.length;
    this.samples += samples.length / channels;
    this.mono += mono16k.reduce((sum, y) => sum + y * y, 0);
  }

  frame({ timeS, sampled, small }) {
    assert.ok(sampled);
    assert.equal(small.bgr.length, 3 * small.width * small.height);
    assert.equal(Math.max(small.width, small.height), 256);
    this.times.push(timeS);
    this.levels.push(small.bgr.reduce((sum, value) => sum + value, 0) / small.bgr.length / 255);
  }

  finish(shared) {
    this.calls.push("finish");
    this.shared = shared;
    return { frames: this.times.length, level: this.levels.at(0), list: [1, null, "a"] };
  }

  vectors() {
    return { level: { data: Float32Array.from(this.levels), columns: 1, timesS: this.times, unit: "1" } };
  }
}

test("an extractor sees the whole clip, and its modality rides along", async () => {
  const watcher = new Watcher();
  const analysis = await analyze(small, { extractors: [watcher] });
  assert.deepEqual(watcher.calls, ["begin", "finish"]);
  assert.equal(watcher.media.kind, "video");
  assert.equal(watcher.times.length, watcher.shared.framesSampled);
  assert.equal(watcher.shared.framesDecoded, truth.frame_count);
  const rate = watcher.times.length / truth.duration;
  assert.ok(rate >= 1.9 && rate <= 4.2, `${rate} frames a second`);
  assert.ok(watcher.times.every((time, i) => i === 0 || time > watcher.times[i - 1]));
  assert.ok(Math.abs(watcher.samples / truth.audio_sample_rate - truth.duration) < 0.15);
  assert.ok(Math.abs(watcher.next / 16000 - watcher.shared.audioS) < 0.05);
  assert.deepEqual(watcher.shared.speech, analysis.voice.speech.map(({ start_s, end_s }) => [start_s, end_s]));

  assert.equal(analysis.status, "complete");
  const { status, model_version, summary } = analysis.payload.modalities.watcher;
  assert.deepEqual([status, model_version], ["complete", "1.2"]);
  assert.deepEqual(summary, { frames: watcher.times.length, level: watcher.levels[0], list: [1, null, "a"] });
  const vectors = analysis.vectors("watcher", "level");
  assert.deepEqual(vectors.data, Float32Array.from(watcher.levels));
  assert.deepEqual(vectors.timesS, Float64Array.from(watcher.times));
});

test("sound at the rates of the stream and of the analysis", async () => {
  const watcher = new Watcher();
  watcher.frame = undefined;
  watcher.spectra = true;
  const audio = watcher.audio.bind(watcher);
  const peaks = [];
  watcher.audio = (input) => {
    audio(input);
    const { magnitudes, bins } = input.spectra;
    assert.equal(magnitudes.length % bins, 0);
    for (let at = 0; at < magnitudes.length; at += bins) {
      const frame = magnitudes.subarray(at, at + bins);
      peaks.push(frame.indexOf(Math.max(...frame)));
    }
  };
  await analyze(null, { audio: sine({ hz: 1000, amplitude: 0.5, sampleRate: 44100, channels: 2 }), extractors: [watcher] });
  assert.equal(watcher.samples, 5 * 44100);
  assert.ok(Math.abs(watcher.next - 5 * 16000) <= 16);
  // The mean square of a sine is half its amplitude's.
  assert.ok(Math.abs(watcher.mono / watcher.next - 0.125) < 0.001, String(watcher.mono / watcher.next));
  // 1000 Hz is bin 128 of 2048 samples at 16 kHz.
  assert.ok(peaks.length > 100 && peaks.slice(2, -2).every((bin) => bin === 128));
});

test("every frame, at full size, upright", async () => {
  const seen = [];
  await analyze(demo, {
    limits: { maxDurationS: 1.01 },
    modalities: ["vision"],
    extractors: [
      {
        name: "every",
        version: "1",
        everyFrame: true,
        fullFrames: true,
        frame({ index, full }) {
          seen.push(index);
          assert.deepEqual([full.width, full.height], [truth.width, truth.height]);
          assert.equal(full.rgb.length, 3 * truth.width * truth.height);
        },
        finish: () => ({}),
      },
    ],
  });
  assert.deepEqual(seen, Array.from({ length: seen.length }, (_, i) => i));
  assert.ok(Math.abs(seen.length - 30) <= 1, String(seen.length));
});

test("captions", async () => {
  const cues = [];
  const captions = { text: "WEBVTT\n\n00:01.000 --> 00:02.500\nFirst\n\n00:03.000 --> 00:04.000\nSecond\n" };
  await analyze(null, {
    audio: sine(),
    captions,
    extractors: [{ name: "words", version: "1", cue: (cue) => cues.push(cue), finish: () => ({}) }],
  });
  for (const cue of cues) assert.deepEqual(Object.keys(cue), ["startS", "endS", "text"]);
});

test("what a hook throws fails that modality alone", async () => {
  const boom = () => {
    throw new TypeError("boom");
  };
  for (const [hooks, message] of [
    [{ begin: boom, finish: () => ({}) }, /TypeError: boom/],
    [{ audio: boom, finish: () => ({}) }, /TypeError: boom/],
    [{ frame: boom, finish: () => ({}) }, /TypeError: boom/],
    [{ finish: boom }, /TypeError: boom/],
    [{ finish: () => ({}), vectors: boom }, /TypeError: boom/],
    [{ finish: async () => ({}) }, /must not be async/],
    [{ finish: () => undefined }, /plain object/],
    [{ finish: () => [1] }, /plain object/],
    [{ finish: () => ({ a: 1n }) }, /BigInt/],
    [{ finish: () => ({}), vectors: () => ({ a: { data: [1], columns: 1, timesS: [0] } }) }, /Float32Array/],
    [{ finish: () => ({}), vectors: () => ({ a: { data: new Float32Array(3), columns: 2, timesS: [0] } }) }, /columns x timesS/],
    [{ finish: () => ({}), vectors: () => ({ a: { data: new Float32Array(1), columns: 1, timesS: [NaN] } }) }, /finite/],
    [{ finish: () => { throw "a text"; } }, /a text/],
  ]) {
    const analysis = await analyze(small, {
      limits: { maxDurationS: 2 },
      extractors: [{ name: "mine", version: "1", ...hooks }],
    });
    const { status, error, summary } = analysis.payload.modalities.mine;
    assert.deepEqual([status, summary, error.code], ["failed", null, "HOST_FAILED"]);
    assert.match(error.message, message);
    assert.equal(analysis.payload.modalities.audio.status, "complete");
    assert.equal(analysis.payload.modalities.vision.status, "complete");
    assert.equal(analysis.status, "partial");
  }
});

test("a wrong extractor is refused", async () => {
  const finish = () => ({});
  const text = "Hello.";
  const good = { name: "mine", version: "1", finish };
  for (const [code, extractors, message] of [
    ["INVALID_INPUT", {}, /extractors must be an array/],
    ["INVALID_INPUT", [null], /an extractor must be an object/],
    ["INVALID_INPUT", [{ version: "1", finish }], /extractor.name/],
    ["INVALID_INPUT", [{ name: "a", finish }], /extractor.version/],
    ["INVALID_INPUT", [{ name: "a", version: "1" }], /extractor.finish/],
    ["INVALID_INPUT", [{ ...good, frame: 5 }], /extractor.frame/],
    ["INVALID_CONFIG", [{ ...good, name: "audio" }], /none of audio/],
    ["INVALID_CONFIG", [{ ...good, name: "Mine!" }], /lower-case/],
    ["INVALID_CONFIG", [good, good], /same name/],
  ]) {
    const error = await fails(code, analyze(null, { text, extractors }));
    assert.match(error.message, message);
  }
});

test("a batch makes an extractor for each asset", async () => {
  const made = [];
  const make = () => {
    const sum = { name: "length", version: "1", samples: 0, finish: () => ({ samples: sum.samples }) };
    sum.audio = ({ samples }) => (sum.samples += samples.length);
    made.push(sum);
    return sum;
  };
  const lengths = [1, 2, 3, 4].map((seconds) => seconds * 8000);
  const sources = lengths.map((length) => ({ audio: { samples: new Float32Array(length), sampleRate: 8000 } }));
  const batch = await analyzeMany(sources, { extractors: [make], threads: 2 });
  assert.deepEqual(batch.map(({ analysis }) => analysis.payload.modalities.length.summary.samples), lengths);
  assert.equal(made.length, 4);
  await fails("INVALID_CONFIG", analyzeMany(sources, { extractors: [make()] }));
});
