// What watching a call of JavaScript costs its caller: processor time beyond the call itself, the least of many short rounds and their
// median. Where two processors are the two threads of one core, all takes up to twice as long while the monitor's thread writes on the other:
// that is in the median. Fails where the least for a function without arguments that is written to the log is above the limit: 120 ns, or as
// many as VIRALNOW_NODE_NS says. The two readings of the clock alone are printed beside it: no span that knows its duration is cheaper.
import { AsyncLocalStorage } from "node:async_hooks";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { monitoring } from "../../viralnow-node/lib/index.mjs";

/** Few enough for some milliseconds, in which a machine's pace does not change. */
const CALLS = 20_000;
const ROUNDS = 300;
const WARM = 100_000;
const LIMIT = Number(process.env.VIRALNOW_NODE_NS ?? 120);

/** Where Linux keeps the processor time of this thread, which the monitor's own threads do not lengthen. */
const SCHEDULE = `/proc/self/task/${process.pid}/schedstat`;
const cell = new Int32Array(new SharedArrayBuffer(4));

/** Nanoseconds of this thread's processor; where the system does not tell, the wall's. */
function clock() {
  if (process.threadCpuUsage !== undefined) {
    const { user, system } = process.threadCpuUsage();
    return (user + system) * 1e3;
  }
  // Brought up to date when the thread is put aside.
  Atomics.wait(cell, 0, 0, 1);
  const ns = existsSync(SCHEDULE) ? Number(readFileSync(SCHEDULE, "latin1").split(" ")[0]) : 0;
  return ns > 0 ? ns : performance.now() * 1e6;
}

/** Nanoseconds of this thread's processor that a call takes: the least and the median. */
function cost(work, calls = CALLS, rounds = ROUNDS, warm = WARM) {
  for (let i = 0; i < warm; i++) work();
  const took = [];
  for (let round = 0; round < rounds; round++) {
    const start = clock();
    for (let i = 0; i < calls; i++) work();
    took.push((clock() - start) / calls);
  }
  took.sort((a, b) => a - b);
  return [took[0], took[rounds >> 1]];
}

let sum = 0;
const empty = () => {
  sum += 1;
};
const around = new AsyncLocalStorage();
const folder = mkdtempSync(path.join(tmpdir(), "viralnow-bench-"));
const rows = [];
const measured = (name, work) => rows.push([name, cost(work)]);
// As in a host, where many functions are watched: the engine cannot know which one it is.
const others = Array.from({ length: 16 }, (_, k) => monitoring.monitorAll((x) => (x === undefined ? k : x + k), { name: `other${k}` }));
const holder = { value: 3, method: monitoring.monitorAll(function method() { return this.value; }, { name: "method" }) };
const many = () => {
  for (let i = 0; i < 2_000; i++) {
    for (const other of others) sum += other() + other(i);
    sum += holder.method();
  }
};
// Nor which one the measuring loop calls.
for (const other of others) cost(other, 10_000, 1, 1_000);
measured("a call", empty);
const [[, alone]] = rows;
const { bigint: now } = process.hrtime;
const times = new BigInt64Array(2);
measured("two readings of the clock", () => {
  times[0] = now();
  empty();
  times[1] = now();
});
measured("a readable context (AsyncLocalStorage.run)", () => around.run(1, empty));
const watched = monitoring.monitorAll(empty, { name: "empty" });
measured("watched, no monitor started", watched);
await monitoring.start({ path: path.join(folder, "monitoring.db"), adaptive: false });
many();
measured("watched, written to the log", watched);
const told = monitoring.monitorAll((a, b) => empty(a, b), { name: "told" });
measured("watched, with the types of two arguments", () => told(1, "x"));
await monitoring.setLevel("*", "aggregate");
measured("watched, histograms alone", watched);
const counts = (await monitoring.counts()).find(({ name }) => name === "empty");
if (counts.calls !== 2 * (CALLS * ROUNDS + WARM)) throw new Error(`counted ${counts.calls} calls`);
console.log((await monitoring.status()).line);
await monitoring.stop();
rmSync(folder, { recursive: true, force: true });
console.log(`${"".padEnd(46)}     least     median`);
for (const [name, took] of rows) {
  const beyond = name === "a call" ? [0, 0] : alone;
  console.log(`${name.padEnd(46)} ${took.map((ns, i) => `${(ns - beyond[i]).toFixed(1).padStart(6)} ns`).join("  ")}`);
}
const ours = rows.find(([name]) => name === "watched, written to the log")[1][0] - alone[0];
if (ours > LIMIT) {
  console.error(`${ours.toFixed(0)} ns is above ${LIMIT} ns`);
  process.exit(1);
}
