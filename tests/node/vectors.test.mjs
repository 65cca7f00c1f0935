// The Node runner of tests/vectors; see the README there for what a case is.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync, readdirSync } from "node:fs";
import path from "node:path";
import test from "node:test";
import { fileURLToPath } from "node:url";
import { ViralNowError, analyze, audio, text, vision, voice } from "../../viralnow-node/lib/index.mjs";

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../..");

function samples({ rate, seconds, channels, parts }) {
  const sum = new Float64Array(Math.round(rate * seconds));
  for (const part of parts) {
    if (part.sine !== undefined) {
      for (let n = 0; n < sum.length; n++) sum[n] += part.amplitude * Math.sin((2 * Math.PI * part.sine * n) / rate);
    } else if (part.dc !== undefined) {
      for (let n = 0; n < sum.length; n++) sum[n] += part.dc;
    } else if (part.noise !== undefined) {
      let x = part.seed >>> 0;
      for (let n = 0; n < sum.length; n++) {
        x = (Math.imul(1664525, x) + 1013904223) >>> 0;
        sum[n] += part.noise * (x / 2147483648 - 1);
      }
    }
  }
  const interleaved = new Float32Array(sum.length * channels);
  sum.forEach((y, n) => interleaved.fill(y, n * channels, (n + 1) * channels));
  return { samples: interleaved, sampleRate: rate, channels };
}

const triangle = (k) => Math.abs((((k % 128) + 128) % 128) - 64) - 32;

function frames({ width, height, fps, shots }) {
  const count = shots.reduce((sum, shot) => sum + shot.frames, 0);
  const rgb = new Uint8Array(count * width * height * 3);
  const timesS = Array.from({ length: count }, (_, k) => k / fps);
  let at = 0;
  for (const { frames: length, rgb: colour, texture = 0, seed = 0, shift: [dx, dy] = [0, 0] } of shots) {
    for (let j = 0; j < length; j++) {
      for (let y = 0; y < height; y++) {
        for (let x = 0; x < width; x++) {
          const [u, v] = [x - j * dx, y - j * dy];
          const sum = triangle(u + 2 * v + 17 * seed) + triangle(3 * u - v + 29 * seed) + triangle(2 * u + 5 * v + 7 * seed);
          const wave = Math.floor((texture * sum) / 96);
          for (const c of colour) rgb[at++] = Math.min(255, Math.max(0, c + wave));
        }
      }
    }
  }
  return { rgb, width, height, timesS };
}

const LIMITS = { max_bytes: "maxBytes", max_text_bytes: "maxTextBytes", max_pixels: "maxPixels" };

function options({ preset, modalities, language, asset_id: assetId, limits } = {}) {
  const renamed = limits && Object.fromEntries(Object.entries(limits).map(([k, v]) => [LIMITS[k], v]));
  return { preset, modalities, language, assetId, limits: renamed };
}

async function call({ call: name, input, options: given, expect_vectors: vectors, model: folder }) {
  const [module, called] = name.split(".");
  if (folder) {
    const model = path.join(root, "tests/vectors/models", folder);
    if (called === "embed") return { value: [...(await text.embed(input.text, { model }))] };
    const { samples: y, sampleRate, channels } = samples(input.signal);
    return { value: await text.transcribe(y, { sampleRate, channels, model, ...named(given) }) };
  }
  if (module === "text") {
    if (called === "hook_ab") return { value: text.hookAb(input.first, input.second) };
    const { text: words, ...rest } = input;
    return { value: await text[called](words, rest) };
  }
  if (module === "vision") return onVision(vision[camel(called)], input, given ?? {});
  if (called) return onSamples({ audio, voice }[module][camel(called)], samples(input.signal), given, vectors);
  const parts = options(given);
  if (input.text !== undefined) parts.text = input.text;
  if (input.captions !== undefined) parts.captions = { text: input.captions };
  if (input.signal) parts.audio = samples(input.signal);
  if (input.frames) parts.frames = frames(input.frames);
  let source = null;
  if (input.path !== undefined) source = path.join(root, input.path);
  if (input.bytes_hex !== undefined) source = Buffer.from(input.bytes_hex, "hex");
  const analysis = await analyze(source, parts);
  const found = Object.keys(vectors ?? {}).map((name) => [name, analysis.vectors(...name.split("/"))]);
  return { value: analysis.toJSON(), vectors: Object.fromEntries(found) };
}

async function onVision(fn, input, { params, limits, ...given }) {
  const settings = { ...named({ ...given, ...params }), limits: named(limits) };
  if (!limits) delete settings.limits;
  if (input.paths) {
    const prints = await Promise.all(input.paths.map((file) => vision.fingerprint(path.join(root, file))));
    return { value: await fn(...prints) };
  }
  if (input.path) return { value: await fn(path.join(root, input.path), settings) };
  const { rgb, width, height, timesS } = frames(input.frames);
  const pictures = timesS.map((_, k) => ({ data: rgb.subarray(k * width * height * 3, (k + 1) * width * height * 3), width, height }));
  const value = await fn(...pictures, settings);
  return { value, vectors: value };
}

const camel = (name) => name.replace(/_(.)/g, (_, letter) => letter.toUpperCase());

/** Settings under the names that Node has. */
const named = (given) => Object.fromEntries(Object.entries(given ?? {}).map(([key, value]) => [camel(key), value]));

async function onSamples(fn, { samples: y, sampleRate, channels }, given, vectors) {
  const value = await fn(y, sampleRate, { channels, ...named(given) });
  // A function that gives one array gives it bare.
  const found = Object.keys(vectors ?? {}).map((name) => [name, value?.data ? value : value[name]]);
  return { value, vectors: Object.fromEntries(found) };
}

/** Of the first column, NaN left out. */
function median(vectors) {
  if (!vectors) return null;
  const { data, columns } = vectors;
  const values = [...data].filter((value, i) => i % columns === 0 && !Number.isNaN(value)).sort((a, b) => a - b);
  return (values[values.length >> 1] + values[(values.length - 1) >> 1]) / 2;
}

const at = (value, pointer) =>
  pointer.split("/").slice(1).reduce((inside, key) => inside?.[key], value) ?? null;

async function check(vector) {
  let result;
  try {
    result = await call(vector);
  } catch (error) {
    if (!(error instanceof ViralNowError)) throw error;
    return error.code === vector.error ? [] : [`${error.code} ${error.message}`];
  }
  if (vector.error) return [`succeeded, but ${vector.error} was expected`];
  const wrong = [];
  const found = Object.entries(vector.expect).map(([pointer, expected]) => [pointer, at(result.value, pointer), expected]);
  for (const [name, expected] of Object.entries(vector.expect_vectors ?? {})) {
    const matrix = result.vectors[name];
    found.push([name, median(matrix), expected]);
    if ((expected.rows ?? matrix?.rows) !== matrix?.rows) {
      wrong.push(`${name} has ${matrix?.rows} frames, expected ${expected.rows}`);
    }
  }
  for (const [pointer, got, expected] of found) {
    let holds;
    if (expected.length !== undefined) holds = got?.length === expected.length;
    else if (typeof expected.value === "number" && typeof got === "number") {
      holds = Math.abs(got - expected.value) <= (expected.tolerance ?? 0);
    } else holds = JSON.stringify(got) === JSON.stringify(expected.value);
    if (!holds) wrong.push(`${pointer} is ${JSON.stringify(got)}, expected ${JSON.stringify(expected)}`);
  }
  return wrong;
}

test("every vector holds", async () => {
  execFileSync("python3", [path.join(root, "tests/vectors/models.py")]);
  let count = 0;
  const failures = [];
  for (const file of readdirSync(path.join(root, "tests/vectors")).sort()) {
    if (!file.endsWith(".json") || file === "texts.json") continue;
    const { cases } = JSON.parse(readFileSync(path.join(root, "tests/vectors", file), "utf8"));
    for (const vector of cases) {
      count += 1;
      for (const wrong of await check(vector)) failures.push(`${vector.name}: ${wrong}`);
    }
  }
  console.log(`vectors: node ${count}`);
  assert.ok(count >= 200);
  assert.deepEqual(failures, []);
});
