// What the Node tests share.
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import assert from "node:assert/strict";
import { ViralNowError } from "../../viralnow-node/lib/index.mjs";

export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../..");
export const pack = path.join(root, "viralnow-node");
export const demo = path.join(root, "examples/media/demo.mp4");
/** The same at a third of its width, for tests that do not depend on what is in the clip. */
export const small = path.join(root, "tests/vectors/demo_small.mp4");
/** What the script that made the clip knows of it. */
export const truth = JSON.parse(readFileSync(path.join(root, "examples/media/demo.truth.json"), "utf8"));

/** Skips this test, in the words by which `make test` counts. */
export function skip(t, reason) {
  console.log(`SKIPPED ${t.name}: ${reason}`);
  t.skip(reason);
}

/** A folder for one test, removed at its end. */
export function folder(t) {
  const made = mkdtempSync(path.join(tmpdir(), "viralnow-node-"));
  t.after(() => rmSync(made, { recursive: true, force: true }));
  return made;
}

/** A folder in which `viralnow` is installed, with these files copied into it. */
export function project(t, ...files) {
  const made = folder(t);
  mkdirSync(path.join(made, "node_modules"));
  symlinkSync(pack, path.join(made, "node_modules/viralnow"), "dir");
  for (const file of files) cpSync(file, path.join(made, path.basename(file)));
  return made;
}

/** `a sin(2 pi hz n / rate)` on every channel. */
export function sine({ hz = 997, amplitude = 0.5, sampleRate = 48000, seconds = 5, channels = 1 } = {}) {
  const samples = new Float32Array(sampleRate * seconds * channels);
  for (let n = 0; n < sampleRate * seconds; n++) {
    const value = amplitude * Math.sin((2 * Math.PI * hz * n) / sampleRate);
    samples.fill(value, n * channels, (n + 1) * channels);
  }
  return { samples, sampleRate, channels };
}

/** Whether the promise or function fails with this code; gives the error. */
export async function fails(code, work) {
  let error;
  try {
    await (typeof work === "function" ? work() : work);
  } catch (thrown) {
    error = thrown;
  }
  assert.ok(error !== undefined, `succeeded, but ${code} was expected`);
  assert.ok(error instanceof ViralNowError, `${error?.stack ?? error}`);
  assert.equal(error.code, code, error.message);
  return error;
}

/** The payload without what differs from call to call. */
export function lasting(payload) {
  const plain = structuredClone(payload);
  for (const name of ["correlation_id", "created_at", "updated_at"]) delete plain[name];
  for (const result of Object.values(plain.modalities)) {
    delete result.started_at;
    delete result.completed_at;
  }
  return plain;
}
