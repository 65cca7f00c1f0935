// Progress, cancellation, threads, exits: what a running call does to its host, and the other way round.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import path from "node:path";
import { performance } from "node:perf_hooks";
import test from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import { analyze, analyzeMany } from "../../viralnow-node/lib/index.mjs";
import { demo, fails, pack, project, small } from "./common.mjs";

/** An extractor that holds the decoding thread until it is let go: a call that lasts as long as a test needs. */
function slow(ms) {
  const wait = () => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
  return { name: "slow", version: "1", everyFrame: true, frame: wait, finish: () => ({}) };
}

test("progress goes up to 1, at most 20 times a second, the end before the result", async () => {
  const seen = [];
  const begun = performance.now();
  let settled = false;
  const pending = analyze(small, {
    onProgress(progress) {
      assert.equal(settled, false);
      seen.push(progress);
    },
  });
  await pending;
  settled = true;
  const elapsedS = (performance.now() - begun) / 1000;
  await sleep(100);
  assert.ok(seen.length >= 2);
  seen.reduce((before, { fraction }) => {
    assert.ok(fraction >= before && fraction <= 1);
    return fraction;
  }, 0);
  const last = seen.at(-1);
  assert.deepEqual([last.fraction, last.stage, last.items], [1, "done", [1, 1]]);
  assert.equal(seen[0].etaS, null);
  assert.ok(seen.some(({ stage }) => stage === "decode"));
  assert.ok(seen.length <= 20 * elapsedS + 3, `${seen.length} in ${elapsedS} s`);
});

test("a busy event loop gets the newest progress only", async () => {
  const seen = [];
  await analyze(small, {
    onProgress({ elapsedS }) {
      seen.push(elapsedS);
      const until = performance.now() + 200;
      while (performance.now() < until);
    },
  });
  // Some calls of 200 ms each, not one for every report that was due meanwhile.
  assert.ok(seen.length < 5 * seen.at(-1) + 4, `${seen.length} in ${seen.at(-1)} s`);
});

test("what onProgress throws rejects the call", async () => {
  const cause = new RangeError("no more");
  let calls = 0;
  const error = await fails("HOST_FAILED", analyze(small, {
    onProgress() {
      calls += 1;
      throw cause;
    },
  }));
  assert.equal(error.cause, cause);
  assert.equal(calls, 1);
});

test("a signal that was already aborted stops the call before it begins", async () => {
  const error = await fails("CANCELLED", analyze(small, { signal: AbortSignal.abort("too late") }));
  assert.equal(error.name, "AbortError");
  assert.equal(error.cause, "too late");
});

test("abort stops a running call within 200 ms", async () => {
  for (let i = 0; i < 5; i++) {
    const controller = new AbortController();
    let aborted;
    const error = await fails("CANCELLED", analyze(demo, {
      preset: "reference",
      signal: controller.signal,
      onProgress({ stage }) {
        if (stage !== "decode" || aborted !== undefined) return;
        // Not from inside the call.
        aborted = Infinity;
        setTimeout(() => {
          aborted = performance.now();
          controller.abort();
        }, 20 * i);
      },
    }));
    const took = performance.now() - aborted;
    assert.ok(took < 200, `${took} ms`);
    assert.equal(error.name, "AbortError");
    assert.equal(error.cause.name, "AbortError");
  }
});

test("abort from inside a hook or onProgress", async () => {
  const controller = new AbortController();
  const abort = () => controller.abort();
  await fails("CANCELLED", analyze(demo, { signal: controller.signal, onProgress: abort }));
  const other = new AbortController();
  let calls = 0;
  const frame = () => {
    calls += 1;
    other.abort();
  };
  const extractor = { name: "a", version: "1", frame, finish: () => ({}) };
  await fails("CANCELLED", analyze(demo, { signal: other.signal, extractors: [extractor] }));
  assert.equal(calls, 1);
});

test("abort stops a batch and a call that still waits for a thread", async () => {
  const controller = new AbortController();
  const { signal } = controller;
  const busy = Array.from({ length: availableParallelism() }, () => analyze(demo, { preset: "reference" }));
  let ran = false;
  const waiting = analyze(demo, { signal, onProgress: () => (ran = true) });
  const batch = analyzeMany([demo, demo, demo], { signal });
  setTimeout(() => controller.abort(), 10);
  const begun = performance.now();
  await fails("CANCELLED", waiting);
  await fails("CANCELLED", batch);
  assert.ok(performance.now() - begun < 210);
  assert.equal(ran, false);
  await Promise.all(busy);
});

test("listeners do not pile up on a signal", async () => {
  const { signal } = new AbortController();
  let listeners = 0;
  const [add, remove] = [signal.addEventListener.bind(signal), signal.removeEventListener.bind(signal)];
  signal.addEventListener = (...rest) => (listeners++, add(...rest));
  signal.removeEventListener = (...rest) => (listeners--, remove(...rest));
  for (let i = 0; i < 3; i++) await analyze(null, { text: "Hello.", signal });
  await fails("INVALID_CONFIG", analyze(null, { text: "Hello.", signal, preset: "best" }));
  assert.equal(listeners, 0);
});

test("the event loop ticks and libuv's pool is free while many calls run", async () => {
  const calls = Promise.all(Array.from({ length: 6 }, () => analyze(small, { threads: 1 })));
  let done = false;
  calls.finally(() => (done = true)).catch(() => {});
  let [worst, reads] = [0, 0];
  while (!done) {
    const begun = performance.now();
    await sleep(5);
    worst = Math.max(worst, performance.now() - begun);
    await readFile(import.meta.filename ?? new URL(import.meta.url));
    reads += 1;
  }
  await calls;
  assert.ok(worst < 250, `${worst} ms without a tick`);
  assert.ok(reads > 20, `${reads} reads`);
});

test("a process may exit in the middle, of itself or by force", (t) => {
  const here = project(t);
  const run = (script) =>
    spawnSync(process.execPath, ["--input-type=module", "-e", script], { cwd: here, encoding: "utf8", timeout: 30_000 });
  const head = `import { analyze } from "viralnow"; const clip = ${JSON.stringify(demo)};`;
  const slowly = "{ name: 'a', version: '1', everyFrame: true, frame() {}, finish: () => ({}) }";
  const forced = run(`${head} analyze(clip, { extractors: [${slowly}] }); setTimeout(() => process.exit(7), 150);`);
  // Tesseract's own exit handler says so when it is left in the middle of a caption; nothing else may be said.
  const said = forced.stderr.replace(/^ObjectCache\(.*tessdata.*\n/gm, "");
  assert.deepEqual([forced.status, forced.signal, said], [7, null, ""]);
  const thrown = run(`${head} analyze(clip); setTimeout(() => { throw new Error("mine"); }, 50);`);
  assert.equal(thrown.status, 1);
  assert.match(thrown.stderr, /mine/);
  // A pending call keeps the process alive until it settles, and not longer.
  const whole = run(`${head} analyze(clip).then(({ status }) => console.log(status));`);
  assert.deepEqual([whole.status, whole.stdout.trim(), whole.stderr], [0, "complete", ""]);
});

const worker = (body) =>
  new Worker(
    `const { workerData, parentPort } = require("node:worker_threads");
     const viralnow = require(workerData.pack);
     (async () => { ${body} })();`,
    { eval: true, workerData: { pack, small } },
  );

test("worker threads load it, twice over, beside the main thread", async () => {
  const lufs = (await analyze(small)).audio.loudness.integrated_lufs;
  for (let round = 0; round < 2; round++) {
    const answers = await Promise.all(
      [0, 1].map(
        () =>
          new Promise((resolve, reject) => {
            worker("parentPort.postMessage((await viralnow.analyze(workerData.small)).payload)")
              .on("message", resolve)
              .on("error", reject);
          }),
      ),
    );
    for (const { modalities } of answers) assert.equal(modalities.audio.summary.loudness.integrated_lufs, lufs);
  }
});

test("a worker may be terminated in the middle", async () => {
  for (let round = 0; round < 5; round++) {
    const running = worker(`
      const extractor = { name: "a", version: "1", everyFrame: true, frame() { parentPort.postMessage(1); }, finish: () => ({}) };
      await viralnow.analyze(workerData.small, { extractors: [extractor], onProgress() {} });
    `);
    await new Promise((resolve, reject) => running.once("message", resolve).once("error", reject));
    await running.terminate();
  }
  // What the workers left behind does not hold the threads.
  await Promise.all(Array.from({ length: 4 }, () => analyze(null, { text: "Hello." })));
});

test("a timer, a hook that waits and a deadline do not lock each other", async () => {
  const begun = performance.now();
  const analysis = await analyze(small, { extractors: [slow(5)], limits: { maxWallS: 1 } }).catch((error) => error);
  assert.ok(performance.now() - begun < 5000);
  assert.ok(analysis.code === "TIMEOUT" || analysis.status === "partial", String(analysis.code ?? analysis.status));
});
