// What watching a call of JavaScript costs its caller: processor time beyond the call itself, best of several rounds. Fails above the limit
// for a function without arguments that is written to the log: 120 ns, or as many as VIRALNOW_NODE_NS says. The two readings of the clock
// alone are printed beside it: no span that knows its duration is cheaper.
import { AsyncLocalStorage } from "node:async_hooks";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { monitoring } from "../../viralnow-node/lib/index.mjs";

const CALLS = 500_000;
const ROUNDS = 15;
const LIMIT = Number(process.env.VIRALNOW_NODE_NS ?? 120);

/** Where Linux keeps the processor time of this thread, which the monitor's own threads do not lengthen. */
const SCHEDULE = `/proc/self/task/${process.pid}/schedstat`;
const cell = new Int32Array(new SharedArrayBuffer(4));

/** Nanoseconds of this thread's processor; elsewhere than on Linux the wall's. */
function clock() {
  if (!existsSync(SCHEDULE)) return performance.now() * 1e6;
  // Brought up to date when the thread is put aside.
  Atomics.wait(cell, 0, 0, 1);
  return Number(readFileSync(SCHEDULE, "latin1").split(" ")[0]);
}

/** Nanoseconds of it a call. */
function cost(work) {
  for (let i = 0; i < 50_000; i++) work();
  let best = Infinity;
  for (let round = 0; round < ROUNDS; round++) {
    const before = clock();
    for (let i = 0; i < CALLS; i++) work();
    best = Math.min(best, (clock() - before) / CALLS);
  }
  return best;
}

let sum = 0;
const empty = () => {
  sum += 1;
};
const around = new AsyncLocalStorage();
const folder = mkdtempSync(path.join(tmpdir(), "viralnow-bench-"));
const rows = [];
const measured = (name, work) => rows.push([name, cost(work)]);
measured("a call", empty);
const [[, alone]] = rows;
measured("two readings of the clock", () => {
  const start = process.hrtime();
  empty();
  sum += (process.hrtime()[1] - start[1]) * 0;
});
measured("a readable context (AsyncLocalStorage.run)", () => around.run(1, empty));
const watched = monitoring.monitorAll(empty, { name: "empty" });
measured("watched, no monitor started", watched);
await monitoring.start({ path: path.join(folder, "monitoring.db"), adaptive: false });
measured("watched, written to the log", watched);
const told = monitoring.monitorAll((a, b) => empty(a, b), { name: "told" });
measured("watched, with the types of two arguments", () => told(1, "x"));
await monitoring.setLevel("*", "aggregate");
measured("watched, histograms alone", watched);
const counts = (await monitoring.counts()).find(({ name }) => name === "empty");
if (counts.calls !== 2 * (CALLS * ROUNDS + 50_000)) throw new Error(`counted ${counts.calls} calls`);
console.log((await monitoring.status()).line);
await monitoring.stop();
rmSync(folder, { recursive: true, force: true });
for (const [name, ns] of rows) console.log(`${name.padEnd(46)} ${(ns - (name === "a call" ? 0 : alone)).toFixed(1).padStart(8)} ns`);
const ours = rows.find(([name]) => name === "watched, written to the log")[1] - alone;
if (ours > LIMIT) {
  console.error(`${ours.toFixed(0)} ns is above ${LIMIT} ns`);
  process.exit(1);
}
