// analyze: every kind of source, held against closed form and the demo clip's truth.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import test from "node:test";
import { pathToFileURL } from "node:url";
import { analyze, featureDictionary, info, jsonSchema, version } from "../../viralnow-node/lib/index.mjs";
import { demo, fails, lasting, sine, small, truth } from "./common.mjs";

test("text alone", async () => {
  const analysis = await analyze(null, { text: "Did you know? Nine of ten people brush their teeth wrong." });
  assert.equal(analysis.status, "complete");
  assert.equal(analysis.media.kind, "text");
  assert.equal(analysis.text.language, "en");
  assert.deepEqual(analysis.text.sentences, ["Did you know?", "Nine of ten people brush their teeth wrong."]);
  assert.equal(analysis.text.word_count, 11);
  assert.equal(analysis.audio, null);
  assert.match(analysis.missing.audio, /no sound/);
  assert.equal(analysis.payload.library_version, version);
  const sum = analysis.score.contributions.reduce((total, { contribution }) => total + contribution, 0);
  assert.ok(Math.abs(sum - analysis.score.viral) < 1e-6);
});

test("the demo clip by path, file: URL, Buffer, Uint8Array, ArrayBuffer and shared memory is one and the same", async () => {
  const content = readFileSync(small);
  const shared = new Uint8Array(new SharedArrayBuffer(content.length));
  shared.set(content);
  const whole = Uint8Array.from(content);
  const byPath = await analyze(small);
  const payload = lasting(byPath.payload);
  for (const source of [pathToFileURL(small), content, whole, whole.buffer, shared]) {
    assert.deepEqual(lasting((await analyze(source)).payload), payload);
  }
  assert.equal(payload.content_sha256, createHash("sha256").update(content).digest("hex"));
  assert.equal(byPath.assetId, payload.content_sha256.slice(0, 32));
});

test("the demo clip is what its truth says", async () => {
  const { status, media, vision, audio, text } = await analyze(demo);
  assert.equal(status, "complete");
  assert.deepEqual([media.kind, media.width, media.height], ["video", truth.width, truth.height]);
  assert.equal(media.frames, truth.frame_count);
  assert.ok(Math.abs(media.frame_rate - truth.fps) < 0.01);
  const cuts = vision.shots.slice(1).map((shot) => shot.start_s);
  assert.equal(cuts.length, truth.hard_cut_times.length);
  cuts.forEach((cut, i) => assert.ok(Math.abs(cut - truth.hard_cut_times[i]) <= 1 / truth.fps + 1e-6, `cut ${i}: ${cut}`));
  assert.ok(Math.abs(audio.loudness.integrated_lufs - truth.loudness_target_lufs) < 1);
  assert.ok(text === null || text.missing);
});

test("samples: a sine's loudness by closed form (BS.1770: 997 Hz at full scale, one channel, is -3.01 LUFS)", async () => {
  for (const [amplitude, channels, lufs] of [
    [1, 1, -3.01],
    [0.5, 1, -9.03],
    [0.5, 2, -6.02],
    [0.1, 1, -23.01],
  ]) {
    const { media, audio, vision } = await analyze(null, { audio: sine({ amplitude, channels }) });
    assert.ok(Math.abs(audio.loudness.integrated_lufs - lufs) < 0.1, `${audio.loudness.integrated_lufs} for ${lufs}`);
    assert.deepEqual([media.kind, media.sample_rate_hz, media.channels], ["audio", 48000, channels]);
    assert.equal(vision, null);
  }
});

test("samples: the spectral centroid of a sine is its frequency", async () => {
  const analysis = await analyze(null, { audio: sine({ hz: 1000, sampleRate: 44100 }) });
  assert.ok(Math.abs(analysis.audio.spectral_centroid.p50 - 1000) < 5, String(analysis.audio.spectral_centroid.p50));
  // Frames first: 5 s at 16 kHz, 512 apart, centred.
  const { data, rows, columns, timesS, unit } = analysis.vectors("audio", "mfcc");
  assert.ok(data instanceof Float32Array && timesS instanceof Float64Array);
  assert.equal(columns, 20);
  assert.equal(data.length, rows * columns);
  assert.equal(timesS.length, rows);
  assert.ok(Math.abs(rows - (5 * 16000) / 512) <= 2, String(rows));
  assert.ok(Math.abs(timesS[1] - timesS[0] - 512 / 16000) < 1e-9);
  assert.equal(typeof unit, "string");
  assert.ok(analysis.vectorNames().some(([modality, name]) => modality === "audio" && name === "mfcc"));
  const error = await fails("NOT_FOUND", () => analysis.vectors("audio", "nothing"));
  assert.match(error.context.there_are, /audio\/mfcc/);
});

test("samples that are no numbers are refused by their index", async () => {
  const audio = sine({ sampleRate: 8000 });
  audio.samples[5] = NaN;
  audio.samples[6] = Infinity;
  const error = await fails("INVALID_INPUT", () => analyze(null, { audio }));
  assert.equal(error.context.index, "5");
});

test("frames: the cut between two colours", async () => {
  const [width, height, fps, each] = [64, 96, 25, 50];
  const rgb = new Uint8Array(2 * each * width * height * 3);
  const timesS = Float64Array.from({ length: 2 * each }, (_, k) => k / fps);
  for (let i = 0; i < rgb.length; i += 3) {
    if (i < rgb.length / 2) rgb[i] = 220;
    else rgb[i + 2] = 180;
  }
  const { media, vision, audio } = await analyze(null, { frames: { rgb, width, height, timesS } });
  assert.deepEqual([media.kind, media.width, media.height, media.frames], ["video", width, height, 2 * each]);
  assert.deepEqual(vision.shots.map((shot) => shot.start_s), [0, each / fps]);
  assert.equal(audio, null);
  assert.ok(Math.abs(vision.colour.mean_rgb[0] - 110 / 255) < 0.02);
});

test("captions given as text are the transcript, and words stand beside sound", async () => {
  const captions = { text: "1\n00:00:00,500 --> 00:00:02,000\nHello there, friends!\n" };
  const { text } = await analyze(null, { audio: sine(), captions });
  assert.equal(text.source, "sidecar");
  assert.deepEqual(text.transcript.map(({ start_s, end_s, text }) => [start_s, end_s, text]), [[0.5, 2, "Hello there, friends!"]]);
});

test("settings reach the core", async () => {
  const { payload } = await analyze(null, {
    text: "Guten Morgen.",
    language: "de",
    assetId: "post-7",
    correlationId: "job-9",
    preset: "reference",
    modalities: ["text"],
    meta: { userId: "u1", platform: "tiktok", sourceUrl: "https://example.org/7" },
  });
  assert.equal(payload.asset_id, "post-7");
  assert.equal(payload.correlation_id, "job-9");
  assert.equal(payload.preset, "reference");
  assert.equal(payload.modalities.text.summary.language, "de");
  assert.equal(payload.modalities.vision.status, "skipped");
  assert.deepEqual(payload.meta, { user_id: "u1", platform: "tiktok", source_url: "https://example.org/7" });
});

test("the result does not depend on the number of threads", async () => {
  const [one, two] = [await analyze(small, { threads: 1 }), await analyze(small, { threads: 2 })];
  assert.deepEqual(lasting(one.payload), lasting(two.payload));
});

test("a result can be written, reported and laid flat", async () => {
  const analysis = await analyze(small, { text: "Five facts about space" });
  assert.deepEqual(JSON.parse(JSON.stringify(analysis)), analysis.payload);
  assert.match(analysis.report({ columns: 100 }), /180x320/);
  const timeline = analysis.timeline();
  for (const lane of ["shots", "motion", "sound", "speakers", "level"]) assert.ok(timeline.includes(`>${lane}<`), lane);
  assert.equal((await analyze(null, { text: "Only words." })).timeline(), null);
  assert.match(analysis.html(), /^<\w+/);
  assert.ok(analysis.html().includes(">level<"));
  const row = analysis.row();
  assert.equal(row.asset_id, analysis.assetId);
  assert.equal(row.audio_loudness_integrated_lufs, analysis.audio.loudness.integrated_lufs);
});

test("a wrong call is refused with what is wrong", async (t) => {
  const text = "Hello.";
  const cases = [
    ["INVALID_INPUT", null, {}, /nothing to analyse/],
    ["INVALID_INPUT", undefined, undefined, /nothing to analyse/],
    ["INVALID_INPUT", 5, {}, /source must be .* not number/],
    ["INVALID_INPUT", new Float32Array(3), {}, /not Float32Array/],
    ["INVALID_INPUT", "", {}, /./],
    ["INVALID_INPUT", "a\0b", {}, /NUL/],
    ["INVALID_INPUT", new URL("https://example.org/clip.mp4"), {}, /file: URL/],
    ["INVALID_INPUT", small, { audio: sine({ seconds: 1 }) }, /source null/],
    ["INVALID_INPUT", null, { text: 5 }, /text must be a string/],
    ["INVALID_INPUT", null, { text, assetId: "" }, /asset id/],
    ["INVALID_INPUT", null, { text, signal: {} }, /AbortSignal/],
    ["INVALID_INPUT", null, { text, onProgress: 1 }, /onProgress must be a function/],
    ["INVALID_INPUT", null, { text, store: {} }, /store must be a Store/],
    ["INVALID_INPUT", null, { text, captions: {} }, /captions must be/],
    ["INVALID_INPUT", null, { audio: { samples: new Float64Array(9), sampleRate: 8000 } }, /Float32Array/],
    ["INVALID_INPUT", null, { audio: { samples: new Float32Array(9), sampleRate: 8000.5 } }, /whole number/],
    ["INVALID_INPUT", null, { audio: { samples: new Float32Array(9), sampleRate: 10 } }, /./],
    ["INVALID_INPUT", null, { frames: { rgb: new Uint8Array(5), width: 1, height: 1, timesS: [0] } }, /./],
    ["INVALID_INPUT", null, { frames: { rgb: new Uint8Array(3), width: 1, height: 1, timesS: ["0"] } }, /numbers/],
    ["INVALID_CONFIG", null, { text, tread: 1 }, /no such option: tread/],
    ["INVALID_CONFIG", null, { text, preset: "best" }, /fast, balanced and reference/],
    ["INVALID_CONFIG", null, { text, modalities: ["smell"] }, /audio, voice, text and vision/],
    ["INVALID_CONFIG", null, { text, modalities: [] }, /at least one/],
    ["INVALID_CONFIG", null, { text, language: "English" }, /ISO 639/],
    ["INVALID_CONFIG", null, { text, limits: { maxBytes: 0 } }, /positive/],
    ["INVALID_CONFIG", null, { text, limits: { maxBytes: 1.5 } }, /wrong type/],
    ["INVALID_CONFIG", null, { text, limits: { maxWallS: NaN } }, /finite/],
    ["INVALID_CONFIG", null, { text, limits: { bytes: 1 } }, /no such field of limits/],
    ["INVALID_CONFIG", null, { text, meta: { platform: "fax" } }, /./],
    ["NOT_FOUND", "no/such/clip.mp4", {}, /no\/such\/clip\.mp4/],
    ["UNSUPPORTED_FORMAT", Buffer.from("this is no medium, whatever its name says; not at all"), {}, /./],
    ["LIMIT_EXCEEDED", small, { limits: { maxBytes: 1000 } }, /max_bytes/],
    ["LIMIT_EXCEEDED", null, { text, limits: { maxTextBytes: 2 } }, /max_text_bytes/],
  ];
  for (const [i, [code, source, options, message]] of cases.entries()) {
    await t.test(`${i} ${code}`, async () => {
      const error = await fails(code, analyze(source, options));
      assert.match(error.message, message);
      assert.equal(error.name, "ViralNowError");
      assert.equal(typeof error.retryable, "boolean");
    });
  }
});

test("an error names the file and keeps what caused it", async () => {
  const error = await fails("NOT_FOUND", analyze("no/such/clip.mp4"));
  assert.equal(error.context.path, "no/such/clip.mp4");
  assert.equal(error.retryable, false);
  assert.ok(error.cause instanceof Error);
});

test("info, dictionary and schema", () => {
  const { version: told, features, ffmpeg, model_versions } = info();
  assert.equal(told, version);
  assert.deepEqual(features, { ocr: true, onnx: true, sqlite: true, video: true });
  assert.match(ffmpeg, /^\d+\.\d+/);
  assert.deepEqual(Object.keys(model_versions), ["audio", "text", "vision", "voice"]);
  const names = featureDictionary().map((entry) => entry.name);
  assert.ok(names.includes("audio.loudness.integrated_lufs"));
  assert.equal(jsonSchema().title, "Payload");
});
