// Functions on pictures and files, and what is done with clips.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { analyze, clips, info, vision } from "../../viralnow-node/lib/index.mjs";
import { demo, root, skip, small, truth } from "./common.mjs";

/** The pixels of a PNG file, by ffmpeg; undefined where that is not there. */
function pixels(file) {
  const { error, stdout } = spawnSync("ffmpeg", ["-v", "error", "-i", file, "-pix_fmt", "rgb24", "-f", "rawvideo", "-"], { maxBuffer: 1 << 26 });
  if (error?.code === "ENOENT") return undefined;
  const head = readFileSync(file);
  return { data: new Uint8Array(stdout), width: head.readUInt32BE(16), height: head.readUInt32BE(20), channels: 3 };
}

const ramp = { data: new Uint8Array(64 * 64).map((_, n) => (n % 64) * 4), width: 64, height: 64, channels: 1 };

test("hashes are those of imagehash, and what is no picture is refused", async () => {
  assert.equal(await vision.dhash(ramp), "ffffffffffffffff");
  assert.equal(await vision.averageHash(ramp), "0f0f0f0f0f0f0f0f");
  assert.equal((await vision.phash(ramp, { hashSize: 16 })).length, 64);
  assert.equal((await vision.pdq(ramp)).hash.length, 64);
  assert.equal(vision.hashDistance("00ff", "01fe"), 2);
  await assert.rejects(vision.phash({ ...ramp, width: 63 }), { code: "INVALID_INPUT" });
  await assert.rejects(vision.phash(ramp, { hashSize: 1 }), { code: "INVALID_INPUT" });
  await assert.rejects(vision.phash(ramp, { size: 8 }), { code: "INVALID_CONFIG" });
  const versions = await vision.pdqDihedral(ramp);
  assert.deepEqual([versions.length, versions[0]], [8, await vision.pdq(ramp)]);
});

test("flow finds a shift", async () => {
  const [width, height, shift] = [160, 120, 3];
  const waves = (left) => {
    const at = (n) => [(n % width) - left, Math.floor(n / width)];
    const value = ([x, y]) => 128 + 50 * Math.sin(x / 5) + 50 * Math.sin(y / 6);
    return { data: Uint8Array.from({ length: width * height }, (_, n) => value(at(n))), width, height, channels: 1 };
  };
  const middle = ({ data }) => {
    const inside = [...data].filter((_, n) => n % width >= 30 && n % width < width - 30 && n >= 30 * width && n < (height - 30) * width);
    return inside.sort((a, b) => a - b)[inside.length >> 1];
  };
  for (const preset of ["reference", "balanced"]) {
    const { dx, dy } = await vision.opticalFlow(waves(0), waves(shift), { preset });
    assert.deepEqual([dx.rows, dx.columns, dy.data.length], [height, width, width * height]);
    assert.ok(Math.abs(middle(dx) - shift) < 0.05 * shift && Math.abs(middle(dy)) < 0.15, `${middle(dx)} ${middle(dy)}`);
  }
});

test("faces are found, or it is said which file is missing", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "viralnow-"));
  await assert.rejects(vision.detectFaces(ramp, { model: "best" }), { code: "INVALID_CONFIG" });
  const before = { models: process.env.VIRALNOW_MODELS, cache: process.env.XDG_CACHE_HOME };
  // Set for the C library too, which is whom the native half asks.
  process.env.VIRALNOW_MODELS = process.env.XDG_CACHE_HOME = folder;
  try {
    await assert.rejects(vision.detectFaces(ramp), { code: "UNAVAILABLE", message: /face_detection_yunet/ });
    const models = process.env.VIRALNOW_TEST_DATA ? join(process.env.VIRALNOW_TEST_DATA, "data/models") : join(root, "../shared/data/models");
    if (!existsSync(models)) return skip(t, "shared data not found (data/models)");
    process.env.VIRALNOW_MODELS = models;
    try {
      assert.deepEqual(await vision.detectFaces(ramp), []);
      assert.deepEqual(await vision.detectFaces(ramp), []);
      const picture = pixels(join(models, "../images/astronaut.png"));
      if (picture === undefined) return skip(t, "ffmpeg is not there");
      const faces = await vision.detectFaces(picture, { model: "yunet" });
      assert.equal(faces.length, 1, JSON.stringify(faces));
      // By hand, from hairline to chin.
      for (const [side, at] of [175, 60, 275, 180].entries()) assert.ok(Math.abs(faces[0].box[side] - at) < 20, `${faces[0].box}`);
    } catch (error) {
      // Without an ONNX Runtime.
      if (error.code !== "UNAVAILABLE") throw error;
      return skip(t, error.message);
    }
  } finally {
    for (const [name, value] of [["VIRALNOW_MODELS", before.models], ["XDG_CACHE_HOME", before.cache]]) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  }
});

const onFiles = ["contactSheet", "detectShots", "fingerprint", "motionVectors"];

test("a function on a file is bounded, watched and stopped", async (t) => {
  for (const name of onFiles) {
    const told = [];
    await vision[name](small, { onProgress: (progress) => told.push(progress), limits: { maxWallS: 600 } });
    assert.ok(told.some(({ stage, fraction }) => stage === "decode" && fraction > 0 && fraction < 1), name);
    assert.equal(told.at(-1).fraction, 1);
    for (const limits of [{ maxWallS: 0 }, { maxWall: 1 }]) {
      await assert.rejects(vision[name]("no-such-file.mp4", { limits }), { code: "INVALID_CONFIG", message: /max_?wall/i });
    }
    await assert.rejects(vision[name](small, { signal: AbortSignal.abort() }), { code: "CANCELLED" });
  }
  const folder = process.env.VIRALNOW_TEST_DATA ?? join(root, "../shared");
  const long = join(folder, "data/video/long_1080p_lowbitrate.mp4");
  if (!existsSync(long)) return skip(t, "shared data not found (long_1080p_lowbitrate.mp4)");
  for (const name of onFiles) {
    const start = performance.now();
    await assert.rejects(vision[name](long, { limits: { maxWallS: 0.2 } }), { code: "TIMEOUT" });
    const told = [];
    const stopper = new AbortController();
    const onProgress = (progress) => {
      told.push(progress);
      if (progress.fraction > 0) stopper.abort();
    };
    await assert.rejects(vision[name](long, { signal: stopper.signal, onProgress }), { code: "CANCELLED" });
    assert.ok(performance.now() - start < 10_000, name);
  }
});

test("settings of the peer's detectors cut where it does", async (t) => {
  const { cases } = JSON.parse(readFileSync(join(root, "tests/peers/shots.json"), "utf8"));
  const camel = (name) => name.replace(/_(.)/g, (_, letter) => letter.toUpperCase());
  const named = (given) => Object.fromEntries(Object.entries(given).map(([key, value]) => [camel(key), key === "weights" ? named(value) : value]));
  for (const [params, says] of [[{ bins: 64 }, /bins/], [{ kernelSize: 4 }, /kernel_size/], [{ threshold: NaN }, /finite/]]) {
    await assert.rejects(vision.detectShots("no-such-file.mp4", { detector: "content", ...params }), { message: says });
  }
  const folder = process.env.VIRALNOW_TEST_DATA ?? join(root, "../shared");
  for (const { file, detector, params, cuts } of cases.filter(({ file }) => file === "nasa_13013.mp4")) {
    const path = join(folder, "data/video", file);
    if (!existsSync(path)) return skip(t, `shared data not found (${file})`);
    const found = await vision.detectShots(path, { detector, preset: "reference", ...named(params) });
    assert.deepEqual(found.cuts.map(({ frame }) => frame), cuts, `${detector} ${JSON.stringify(params)}`);
  }
});

/** A word in letters of 5 by 7 squares, dark on light. */
function written(rows, square = 6) {
  const [width, height] = [(rows[0].length + 8) * square, (rows.length + 8) * square];
  const ink = (n) => rows[Math.floor(n / width / square) - 4]?.[Math.floor((n % width) / square) - 4] === "#";
  return { data: new Uint8Array(width * height).map((_, n) => (ink(n) ? 20 : 230)), width, height, channels: 1 };
}

test("a word is read where tesseract is there, and who lacks it is told what to install", async (t) => {
  const picture = written([
    "#####  ###  #     #####",
    "#       #   #     #    ",
    "#       #   #     #    ",
    "####    #   #     #### ",
    "#       #   #     #    ",
    "#       #   #     #    ",
    "#      ###  ##### #####",
  ]);
  await assert.rejects(vision.readText(picture, { language: "tlh" }), { code: "UNAVAILABLE", message: /install/ });
  await assert.rejects(vision.readText(picture, { longestSide: 1 }), { code: "INVALID_CONFIG" });
  if (!info().tesseract) return skip(t, info().tesseract_note);
  const [line, ...others] = await vision.readText(picture, { language: "en" });
  assert.equal(line.text, "FILE");
  assert.equal(others.length, 0);
  assert.ok(line.confidence > 0.5 && line.confidence <= 1);
  // The letters begin at 24, 24 and are 138 by 42.
  for (const [side, at] of [24, 24, 162, 66].entries()) assert.ok(Math.abs(line.box[side] - at) <= 6, line.box.join());
});

test("shots of the demo clip are those of analyze, and it is a copy of itself", async () => {
  const [found, analysis] = await Promise.all([vision.detectShots(demo), analyze(demo, { modalities: ["vision"] })]);
  const starts = analysis.vision.shots.slice(1).map((shot) => shot.start_s);
  assert.deepEqual(found.cuts.map((cut) => cut.time_s), starts);
  const print = await vision.fingerprint(demo);
  const how = await vision.compareFingerprints(print, print.base64);
  assert.ok(how.is_copy && how.share === 1 && how.offset_s === 0);
  assert.deepEqual(await vision.findCopies([print, print.base64]), [{ a: 0, b: 1, ...how }]);
  await assert.rejects(vision.findCopies([print, "none"]), { code: "DECODE_FAILED" });
  const sheet = await vision.contactSheet(small, { pictures: 6, columns: 3, cellWidth: 80 });
  assert.deepEqual([...sheet.png.subarray(1, 4)], [..."PNG"].map((c) => c.charCodeAt(0)));
  assert.equal(sheet.width, 6 + 3 * 86);
  await assert.rejects(vision.detectShots("no-such-file.mp4"), { code: "NOT_FOUND" });
});

test("a sheet by shots has a picture of each", async () => {
  const { png, ...sheet } = await vision.contactSheet(small, { by: "shots", pictures: truth.shots.length, cellWidth: 40 });
  assert.equal(sheet.times_s.length, truth.shots.length, `${sheet.times_s}`);
  for (const [n, { start, end }] of truth.shots.entries()) {
    assert.ok(start <= sheet.times_s[n] && sheet.times_s[n] < end, `${n}: ${sheet.times_s}`);
  }
  const without = await vision.contactSheet(small, { pictures: truth.shots.length, cellWidth: 40 });
  assert.deepEqual(without, { png, ...sheet });
  const even = await vision.contactSheet(small, { by: "time", pictures: truth.shots.length, cellWidth: 40 });
  assert.deepEqual([even.times_s.length, even.times_s[0]], [truth.shots.length, 0]);
  assert.notDeepEqual(even.times_s, sheet.times_s);
  await assert.rejects(vision.contactSheet("no-such-file.mp4", { by: "cuts" }), { code: "INVALID_CONFIG", message: /shots/ });
});

test("the codec tells the pan of the demo clip", async () => {
  const found = await vision.motionVectors(demo, { blocks: true });
  assert.deepEqual([found.width, found.height, found.pictures.length, found.cut_short], [540, 960, 720, null]);
  const pans = found.pictures.slice(0, 60).flatMap(({ camera }) => (camera ? [camera.pan] : []));
  pans.sort((a, b) => a - b);
  // The first shot moves 4 pixels a frame to the left.
  const wanted = (-4 * 30) / 540;
  assert.ok(Math.abs(pans[pans.length >> 1] - wanted) <= 0.05 * Math.abs(wanted), `${pans}`);
  assert.equal(found.blocks.columns, 8);
  assert.equal(found.blocks.data.length, 8 * found.pictures.reduce((sum, { blocks }) => sum + blocks, 0));
  assert.equal((await vision.motionVectors(demo, { intervalS: 1 })).blocks, undefined);
  await assert.rejects(vision.motionVectors("no-such-file.mp4"), { code: "NOT_FOUND" });
});

test("the sample of clips is ranked, written and read again", async () => {
  const read = await clips.read(join(root, "examples/clips/sample_clips.json"));
  const found = await clips.find(read.clips, { config: { niche_keywords: ["gaming"], filters: { max_age_hours: 48 } }, now: new Date(0) });
  const scores = found.clips.map((scored) => scored.clip.scores.final_score);
  assert.deepEqual(scores, [...scores].sort((a, b) => b - a));
  for (const { clip, contributions } of found.clips) {
    const sum = contributions.reduce((all, c) => all + c.contribution, 0);
    assert.ok(Math.abs(sum - clip.scores.final_score) < 1e-6);
  }
  const folder = await mkdtemp(join(tmpdir(), "viralnow-"));
  for (const name of ["list.json", "list.csv"]) {
    await clips.write(found.clips, join(folder, name), { summary: found.summary });
    const again = await clips.read(join(folder, name));
    assert.deepEqual(again.clips.map((clip) => clip.id), found.clips.map((scored) => scored.clip.id));
  }
  await assert.rejects(clips.checkConfig({ platform: [] }), /did you mean platforms/);
  assert.equal(await clips.canonicalUrl("https://youtu.be/abc?t=3"), "youtube:abc");
});
