// The host's own functions, watched.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { EventEmitter } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import http from "node:http";
import path from "node:path";
import test from "node:test";
import { monitoring } from "../../viralnow-node/lib/index.mjs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { fails, folder } from "./common.mjs";

const { monitorAll, span } = monitoring;
const later = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Waits for what must come. */
async function until(what) {
  for (const end = Date.now() + 20_000; !(await what()); ) {
    assert.ok(Date.now() < end, "it did not come");
    await later(10);
  }
}

/** Calls in the log by the name of their function. */
async function logged() {
  await monitoring.flush();
  const { entries } = await monitoring.query({ limit: 1000 });
  return Object.groupBy ? Object.groupBy(entries, (entry) => entry.function_name) : entries.reduce((all, entry) => {
    (all[entry.function_name] ??= []).push(entry);
    return all;
  }, {});
}

test("what is watched behaves as before, with and without a monitor", async (t) => {
  const boom = new TypeError("no");
  const shapes = {
    plain: (a, b = 2) => a + b,
    async later(a) {
      await null;
      return a * 2;
    },
    throws() {
      throw boom;
    },
    async rejects() {
      throw boom;
    },
    self() {
      return this;
    },
    *steps() {
      yield 1;
    },
  };
  const check = async () => {
    for (const [name, fn] of Object.entries(shapes)) {
      const watched = monitorAll(fn);
      assert.deepEqual([watched.name, watched.length], [fn.name, fn.length], name);
    }
    assert.equal(monitorAll(shapes.plain)(1), 3);
    assert.equal(await monitorAll(shapes.later)(4), 8);
    assert.throws(monitorAll(shapes.throws), (error) => error === boom);
    await assert.rejects(monitorAll(shapes.rejects)(), (error) => error === boom);
    const owner = { self: monitorAll(shapes.self) };
    for (let i = 0; i < 3; i++) assert.equal(owner.self(), owner);
    const bare = monitorAll(shapes.self);
    for (let i = 0; i < 3; i++) assert.equal(bare(), undefined);
    // Nothing is asked of the function but to be called.
    const shy = monitorAll(new Proxy(() => 4, { get: (fn, key) => (key === "call" ? assert.fail("asked") : fn[key]) }), { name: "shy" });
    const odd = monitorAll(Object.defineProperty(() => 4, "call", { get: () => assert.fail("asked") }), { name: "odd" });
    for (const fn of [shy, odd]) for (let i = 0; i < 3; i++) assert.equal(fn(), 4);
    let depth = 0;
    const down = monitorAll(() => (depth++ < 5 ? down() + 1 : 0), { name: "down" });
    for (let i = 0; i < 3; i++) assert.equal(((depth = 0), down()), 5);
    assert.deepEqual([...monitorAll(shapes.steps)()], [1]);
    assert.equal(span("inside", () => 5), 5);
  };
  await check();
  await fails("UNAVAILABLE", monitoring.status());
  await monitoring.start({ path: path.join(folder(t), "monitoring.db") });
  try {
    await check();
    await fails("INVALID_INPUT", monitoring.start());
  } finally {
    await monitoring.stop();
  }
  await check();
});

test("what waits is handed over after a while, whatever was put in the place of the timers", async (t) => {
  if (t.mock.timers === undefined) return t.skip("this Node cannot replace timers: from 20.4 on");
  await monitoring.start({ path: path.join(folder(t), "monitoring.db"), adaptive: false });
  try {
    // Told by the monitor itself: whoever asks it something hands over what waits first.
    let heard = 0;
    const stop = monitoring.subscribe("function.*", ({ data }) => (heard += Number(data.name === "waits")));
    const waits = monitorAll(() => 1, { name: "waits" });
    await new Promise((resolve) => setTimeout(resolve, 150)); // No timer of before is left.
    t.mock.timers.enable({ apis: ["setTimeout"] });
    waits();
    t.mock.timers.reset();
    waits();
    const until = Date.now() + 5_000;
    while (heard < 2 && Date.now() < until) await new Promise((resolve) => setTimeout(resolve, 20));
    stop();
    assert.equal(heard, 2);
  } finally {
    await monitoring.stop();
  }
});

test("calls are logged, with their parents, outcomes and errors", async (t) => {
  const log = path.join(folder(t), "monitoring.db");
  await monitoring.start({ path: log, adaptive: false });
  try {
    const inner = monitorAll(async function inner() {
      await new Promise((resolve) => setTimeout(resolve, 5));
    });
    const outer = monitorAll(async () => inner(), { name: "outer", module: "shop", args: "values" });
    await outer({ password: "hunter2", mail: "ana@example.org" });
    const fetchClips = monitorAll(() => {
      throw new RangeError("too many for ana@example.org");
    }, { name: "fetchClips" });
    assert.throws(fetchClips, RangeError);
    const stopped = monitorAll(async () => {
      throw Object.assign(new Error("stop"), { name: "AbortError" });
    }, { name: "stopped" });
    await assert.rejects(stopped());
    await monitoring.publish("shop.opened", { clerk: "Ana" });

    // Without a flush: what was recorded a moment ago is there.
    const { entries } = await monitoring.query({ limit: 10 });
    const by = Object.fromEntries(entries.map((entry) => [entry.function_name, entry]));
    assert.deepEqual(Object.keys(by).sort(), ["fetchClips", "inner", "outer", "stopped"]);
    assert.equal(by.inner.parent, by.outer.span);
    assert.ok(by.inner.duration_s >= 0.004 && by.outer.duration_s >= by.inner.duration_s);
    assert.deepEqual([by.outer.status, by.fetchClips.status, by.stopped.status], ["completed", "failed", "cancelled"]);
    const [group] = await monitoring.errors();
    assert.match(JSON.stringify(group), /RangeError/);
    assert.match(JSON.stringify(group), /monitoring\.test\.mjs/);
    // Neither the password nor the address is anywhere in the file.
    await monitoring.flush();
    const bytes = readFileSync(log, "latin1");
    assert.ok(!bytes.includes("hunter2") && !bytes.includes("ana@example"));
    assert.equal((await monitoring.events({ pattern: "shop.*" }))[0].topic, "shop.opened");
    const functions = await monitoring.functions({ hours: 1 });
    assert.equal(functions.find((found) => found.function_name === "outer").calls, 1);
    assert.match(await monitoring.prometheus(), /outer/);
    const { calls } = await monitoring.trace(path.join(folder(t), "trace.json"));
    assert.ok(calls >= 4);
    assert.match((await monitoring.status()).line, /\d/);
    assert.equal((await monitoring.counts()).find(({ name }) => name === "inner").calls, 1);
  } finally {
    assert.ok((await monitoring.stop()).complete);
  }
});

test("plain functions, and those that give a promise now and then, know what they are inside of", async (t) => {
  await monitoring.start({ path: path.join(folder(t), "monitoring.db"), adaptive: false });
  try {
    const leaf = monitorAll((...all) => all.length, { name: "leaf" });
    const plain = monitorAll((n) => leaf(n) + leaf("x", n), { name: "plain" });
    const throws = monitorAll(() => {
      leaf();
      throw new RangeError("out");
    }, { name: "throws" });
    const now = monitorAll((wait) => (wait ? later(1).then(() => leaf(null)) : leaf(true)), { name: "now" });
    for (let round = 0; round < 3; round++) {
      assert.equal(plain(round), 3);
      assert.throws(throws, RangeError);
      leaf([]);
    }
    assert.equal(now(false), 1);
    assert.equal(await now(true), 1);
    // From the first promise on what it leaves behind is its own.
    assert.equal(await now(true), 1);
    assert.equal(now(false), 1);
    const { entries } = await (await monitoring.flush(), monitoring.query({ limit: 100 }));
    const of = (name) => entries.filter((entry) => entry.function_name === name);
    const inside = (entry) => of("leaf").filter((each) => each.parent === entry.span);
    assert.equal(of("plain").length, 3);
    for (const entry of of("plain")) assert.deepEqual(inside(entry).map((each) => each.args).sort(), ["number", "string, number"]);
    for (const entry of of("throws")) assert.deepEqual(inside(entry).map((each) => each.args), [null]);
    assert.deepEqual(of("leaf").filter((each) => each.args === "Array").map((each) => each.parent), [0, 0, 0]);
    const [first, promised, again, last] = of("now").sort((a, b) => a.span - b.span);
    assert.deepEqual([first, again, last].map((entry) => inside(entry).length), [1, 1, 1]);
    assert.deepEqual([promised.status, again.status], ["completed", "completed"]);
  } finally {
    await monitoring.stop();
  }
});

test("decorators of both kinds", async (t) => {
  await monitoring.start({ path: path.join(folder(t), "monitoring.db") });
  try {
    const method = function method(a) {
      return a;
    };
    assert.equal(monitorAll(method, { kind: "method", name: "method" })(1), 1);
    assert.equal(monitorAll({ weight: 3 })(method, { kind: "method", name: "method" })(2), 2);
    const old = monitorAll({}, "method", { value: method, writable: true });
    assert.equal(old.value(3), 3);
    assert.equal(monitorAll({ weight: 2 })({}, "method", { value: method }).value(4), 4);
    assert.throws(() => monitorAll(5), { code: "INVALID_INPUT" });
    assert.throws(() => monitorAll(method, { args: "all" }), { code: "INVALID_INPUT" });
  } finally {
    await monitoring.stop();
  }
});

test("decorators as TypeScript compiles them, of both kinds", async (t) => {
  const require = createRequire(new URL("../../viralnow-node/package.json", import.meta.url));
  let ts;
  try {
    ts = require("typescript");
  } catch {
    return t.skip("typescript is not installed");
  }
  const source = readFileSync(new URL("types/decorators.mts", import.meta.url), "utf8");
  for (const experimentalDecorators of [false, true]) {
    const compilerOptions = { experimentalDecorators, target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.CommonJS };
    const { outputText } = ts.transpileModule(source.replace(/\/\/ @ts-expect-error[^]*/, ""), { compilerOptions });
    const exports = {};
    new Function("require", "exports", outputText)(() => ({ monitoring }), exports);
    const { Shop, Stall, Booth, made } = exports;
    await monitoring.start({ path: path.join(folder(t), "monitoring.db"), adaptive: false });
    try {
      const shop = new Shop();
      assert.ok(shop instanceof Shop && new Stall() instanceof Stall);
      assert.deepEqual([shop.price(4), await shop.send("ana"), Shop.open(), shop.till, [...shop.items()], await made], [8, "ana", 1, 5, [1], 1]);
      assert.deepEqual([new Stall().price(), new Booth().price()], [1, 2]);
      const by = await logged();
      assert.deepEqual(Object.keys(by).sort(), ["Kiosk.price", "Stall.price", "deliver", "items", "open", "price", "till"], `${experimentalDecorators}`);
      assert.equal(by.price[0].args, "number");
      assert.equal(by.open[0].args, null);
    } finally {
      await monitoring.stop();
    }
  }
});

test("generators are spans from their first step to their end", async (t) => {
  await monitoring.start({ path: path.join(folder(t), "monitoring.db"), adaptive: false });
  try {
    const leaf = monitorAll(function leaf() {});
    const between = monitorAll(function between() {});
    const numbers = monitorAll(function* numbers(n) {
      for (let i = 0; i < n; i++) {
        leaf();
        const sent = yield i;
        if (sent === "stop") return "stopped";
      }
      return "over";
    });
    const ticks = monitorAll(async function* ticks() {
      await later(5);
      leaf();
      yield 1;
      throw new RangeError("no more");
    });
    const consumer = monitorAll(function consumer() {
      const steps = numbers(2);
      assert.ok(steps instanceof numbers && steps[Symbol.iterator]() === steps);
      assert.deepEqual(steps.next(), { value: 0, done: false });
      between();
      assert.deepEqual([...steps], [1]);
      assert.deepEqual(steps.next(), { value: undefined, done: true });
    });
    consumer();
    const stopped = numbers(9);
    stopped.next();
    assert.deepEqual(stopped.next("stop"), { value: "stopped", done: true });
    const returned = numbers(9);
    returned.next();
    assert.deepEqual(returned.return(7), { value: 7, done: true });
    const thrown = numbers(9);
    thrown.next();
    assert.throws(() => thrown.throw(new TypeError("thrown in")), TypeError);
    const seen = [];
    await assert.rejects(async () => {
      for await (const tick of ticks()) seen.push(tick);
    }, RangeError);
    assert.deepEqual(seen, [1]);
    function* outer() {
      return yield* numbers(1);
    }
    assert.deepEqual([...outer()], [0]);

    const by = await logged();
    assert.deepEqual(by.numbers.map((entry) => entry.status).sort(), ["completed", "completed", "completed", "completed", "failed"]);
    const first = by.numbers.find((entry) => entry.parent === by.consumer[0].span);
    assert.equal(by.leaf.filter((entry) => entry.parent === first.span).length, 2);
    assert.equal(by.between[0].parent, by.consumer[0].span, "between two steps we are not inside");
    assert.deepEqual([by.ticks[0].status, by.ticks[0].error_kind], ["failed", "RangeError"]);
    assert.ok(by.ticks[0].duration_s >= 0.004);
    assert.equal(by.leaf.filter((entry) => entry.parent === by.ticks[0].span).length, 1);
  } finally {
    await monitoring.stop();
  }
});

test("classes: their methods are watched, and they stay what they are", async (t) => {
  await monitoring.start({ path: path.join(folder(t), "monitoring.db"), adaptive: false });
  try {
    class Base {
      #secret = 4;
      read() {
        return this.#secret;
      }
      static make() {
        return new this();
      }
      get size() {
        return 1;
      }
    }
    class Child extends Base {
      read() {
        return super.read() + 1;
      }
    }
    assert.equal(monitorAll(Base), Base);
    monitorAll(Child, { name: "Kid" });
    assert.deepEqual([Child.make().read(), new Base().read(), new Child().size], [5, 4, 1]);
    function Old(value) {
      this.value = value;
    }
    const Watched = monitorAll(Old);
    const made = new Watched(3);
    assert.ok(made instanceof Old && made instanceof Watched && made.value === 3);
    const by = await logged();
    assert.deepEqual(Object.keys(by).sort(), ["Base.make", "Base.read", "Base.size", "Kid.read"]);
  } finally {
    await monitoring.stop();
  }
});

test("events: by handlers and streams, over patterns, and what they missed", async (t) => {
  assert.throws(() => monitoring.subscribe("a", () => {}), { code: "UNAVAILABLE" });
  await monitoring.start({ path: path.join(folder(t), "monitoring.db") });
  try {
    assert.throws(() => monitoring.subscribe("a**b", () => {}), { code: "INVALID_INPUT" });
    const heard = [];
    const functions = [];
    const stop = monitoring.subscribe("shop.*", (event) => heard.push(event));
    const stopFunctions = monitoring.subscribe("function.*", ({ topic, data }) => functions.push([topic, data.name]));
    await monitoring.publish("shop.sold", { price: 9.5 });
    await span("around", () => monitoring.publish("shop.closed"));
    await monitoring.publish("other.thing", {});
    assert.throws(monitorAll(function breaks() { throw new Error("no"); }));
    await monitoring.flush();
    await until(() => heard.length === 2 && functions.length === 2);
    assert.deepEqual(heard.map(({ topic, data }) => [topic, data]), [["shop.sold", { price: 9.5 }], ["shop.closed", {}]]);
    assert.equal(heard[0].span, 0);
    assert.ok(heard[1].span > 0 && heard[1].seq > heard[0].seq && Math.abs(heard[1].ts_us / 1000 - Date.now()) < 60_000);
    assert.deepEqual(functions.sort(), [["function.completed", "around"], ["function.failed", "breaks"]]);
    stop();
    stop();
    stopFunctions();

    // A handler that throws is warned of, and after three times let go; the others hear on.
    const warnings = [];
    const warned = (warning) => warnings.push(warning.message);
    process.on("warning", warned);
    let bad = 0;
    const good = [];
    monitoring.subscribe("tick", () => {
      bad += 1;
      throw new Error("bad handler");
    });
    const stopGood = monitoring.subscribe("tick", (event) => good.push(event.data));
    for (let n = 0; n < 5; n++) await monitoring.publish("tick", n);
    await monitoring.flush();
    await until(() => good.length === 5 && warnings.length === 3);
    assert.deepEqual([bad, good], [3, [0, 1, 2, 3, 4]]);
    process.off("warning", warned);
    stopGood();

    // A stream that is too slow says how many it missed, once.
    const slow = monitoring.stream("tick", { capacity: 3 });
    for (let n = 0; n < 5; n++) await monitoring.publish("tick", n);
    await monitoring.flush();
    const items = [];
    for await (const item of slow) {
      items.push(item.lagged ?? { tick: item.data });
      if (item.data === 4) break;
    }
    assert.deepEqual(items, [2, { tick: 2 }, { tick: 3 }, { tick: 4 }]);
    assert.deepEqual(await slow.next(), { value: undefined, done: true });

    // It waits for what is yet to come, and ends with the monitor.
    const waiting = monitoring.stream("late.**");
    setTimeout(() => monitoring.publish("late.one.two", 1), 30);
    const { value } = await waiting.next();
    assert.equal(value.topic, "late.one.two");
    const ended = waiting.next();
    await monitoring.stop();
    assert.deepEqual(await ended, { value: undefined, done: true });
  } finally {
    await monitoring.stop();
  }
});

test("jobs tell how far they are", async (t) => {
  await monitoring.start({ path: path.join(folder(t), "monitoring.db") });
  try {
    const job = monitoring.job("analyze", { fetch: 1, score: 3 });
    const told = [];
    job.on("progress", ({ fraction }) => told.push(fraction));
    const topics = [];
    const stop = monitoring.subscribe("progress.*", ({ topic }) => topics.push(topic));
    job.step("fetch").finish();
    const score = job.step("score");
    score.setTotal(10);
    score.add(5);
    assert.equal(job.progress().fraction, (1 + 3 / 2) / 4);
    assert.deepEqual([job.progress().items, job.cancelled], [[5, 10], false]);
    job.cancel();
    assert.ok(job.cancelled);
    score.finish();
    job.finish();
    assert.equal(job.progress().fraction, 1);
    assert.deepEqual([told[0], told.at(-1)], [0.25, 1]);
    assert.deepEqual(told, [...told].sort());
    await monitoring.flush();
    await until(() => topics.includes("progress.job_completed"));
    stop();
  } finally {
    await monitoring.stop();
  }
});

test("a job within a step moves the job around it, and tells it", async (t) => {
  await monitoring.start({ path: path.join(folder(t), "monitoring.db") });
  try {
    const outer = monitoring.job("outer", { fetch: 1, score: 3 });
    const told = [];
    outer.on("progress", ({ fraction }) => told.push(fraction));
    const pages = outer.step("fetch").job("pages", { first: 1, rest: 3 });
    pages.step("first").finish();
    assert.equal(outer.progress().fraction, 1 / 16);
    const rest = pages.step("rest");
    rest.setTotal(3);
    for (const done of [2, 3, 4]) {
      rest.add();
      assert.equal(outer.progress().fraction, done / 16);
    }
    pages.finish();
    assert.equal(outer.progress().fraction, 1 / 4);
    assert.deepEqual([told[0], told.at(-1)], [1 / 16, 1 / 4]);
    outer.cancel();
    assert.ok(pages.cancelled);
    outer.finish();
  } finally {
    await monitoring.stop();
  }
});

test("counts are exact beyond one handing-over, and over threads", async (t) => {
  const log = path.join(folder(t), "monitoring.db");
  await monitoring.start({ path: log, adaptive: false });
  try {
    const many = monitorAll(function many(n) {
      if (n % 100 === 0) throw new Error("hundred");
      return n;
    });
    for (let n = 0; n < 5000; n++) {
      try {
        many(n);
      } catch {}
    }
    const source = `
      const { monitoring } = require(${JSON.stringify(path.resolve(import.meta.dirname ?? path.dirname(new URL(import.meta.url).pathname), "../../viralnow-node/lib/index.cjs"))});
      const many = monitoring.monitorAll(function many() {});
      for (let n = 0; n < 1500; n++) many();
    `;
    const worker = new Worker(source, { eval: true });
    await new Promise((resolve, reject) => worker.on("exit", resolve).on("error", reject));
    await monitoring.flush();
    // Of the two places that have the name.
    const counted = async () => (await monitoring.counts()).filter(({ name }) => name === "many");
    const sum = (rows, what) => rows.reduce((all, row) => all + row[what], 0);
    assert.deepEqual([sum(await counted(), "calls"), sum(await counted(), "errors")], [6500, 50]);
    await monitoring.setLevel("many", "off");
    many(1);
    assert.equal(sum(await counted(), "calls"), 6500);
  } finally {
    await monitoring.stop();
  }
});

test("a config brings alerts, a log file and the dashboard", async (t) => {
  const dir = folder(t);
  const config = {
    database_path: path.join(dir, "monitoring.db"),
    log_file_path: path.join(dir, "monitoring.log"),
    dashboard_port: 0,
    alerts: [
      { name: "fetching", condition: "event_type == 'fetch_failed'", threshold: 1, time_window: 2, notification_channels: ["file"] },
    ],
  };
  const { dashboard } = await monitoring.start({ config, dashboard: true });
  try {
    assert.match(dashboard, /^http:\/\/127\.0\.0\.1:\d+\/\?token=/);
    const page = await fetch(dashboard, { redirect: "manual" });
    assert.ok(page.status === 200 || page.status === 303 || page.status === 302, `${page.status}`);
    const without = await fetch(new URL("/api/status", dashboard));
    assert.ok(without.status >= 400, "nothing is shown without the token");
    const fetchClips = monitorAll(() => {
      throw new Error("no answer");
    }, { name: "fetch_clips" });
    assert.throws(fetchClips);
    await monitoring.flush();
    const { states } = await monitoring.alerts();
    assert.deepEqual(states.map(({ name }) => name), ["fetching"]);
    await fails("INVALID_INPUT", monitoring.start({ config, path: "x.db" }));
  } finally {
    await monitoring.stop();
  }
  // One line an entry, with the word that is looked for.
  const lines = readFileSync(config.log_file_path, "utf8").split("\n");
  assert.ok(lines.some((line) => line.includes("ERROR") && line.includes("fetch_clips")), lines.join("\n"));
  await fails("INVALID_CONFIG", monitoring.start({ config: { dashboard_prt: 1 } }));
});

test("the path of a log is enough for the dashboard, and for what else stands in a config", async (t) => {
  const log = path.join(folder(t), "monitoring.db");
  const settings = { path: log, dashboard: true, redact: false, detailDays: 3, summaryDays: 30, flushIntervalS: 0.2, over: { dashboard_port: 0 } };
  const { dashboard } = await monitoring.start(settings);
  try {
    assert.match(dashboard, /^http:\/\/127\.0\.0\.1:\d+\//);
    const [address, token] = dashboard.split("?token=");
    assert.equal((await fetch(address, { headers: { authorization: `Bearer ${token}` } })).status, 200);
    const { config } = await monitoring.config();
    assert.deepEqual([config.log_retention_days, config.summary_retention_days, config.log_file_path], [3, 30, ""]);
    monitorAll((mail) => mail, { name: "told", args: "values" })("ana@example.org");
    await monitoring.flush();
    assert.equal((await monitoring.query({ functionName: "told" })).entries[0].args, '["ana@example.org"]');
  } finally {
    await monitoring.stop();
  }
  assert.equal((await monitoring.query({ path: log })).entries.length, 1);
});

test("a call tells that it begins, where that is asked for, and where its function was given to be watched", async (t) => {
  await monitoring.start({ path: path.join(folder(t), "monitoring.db"), adaptive: false });
  try {
    const heard = [];
    const stop = monitoring.subscribe("function.*", ({ topic, span, data }) => heard.push([topic.split(".")[1], data.name, span, data.parent]));
    const [file, line] = [fileURLToPath(import.meta.url), Number(/:(\d+):\d+\)?$/.exec(new Error().stack.split("\n")[1])[1])];
    const loud = monitorAll(() => quiet(), { name: "loud", started: true });
    const quiet = monitorAll(() => 7, { name: "quiet" });
    const steps = monitorAll(async function* steps() {
      yield loud();
    }, { started: true });
    for (let n = 0; n < 3; n++) assert.equal(loud(), 7);
    for await (const seven of steps()) assert.equal(seven, 7);
    assert.equal(monitoring.span("block", () => 8, { started: true }), 8);
    const of = (kind, name) => heard.filter((one) => one[0] === kind && one[1] === name);
    await until(() => of("completed", "block").length === 1);
    stop();
    const times = { loud: 4, quiet: 0, steps: 1, block: 1 };
    for (const [name, many] of Object.entries(times)) assert.equal(of("started", name).length, many, name);
    assert.equal(of("completed", "quiet").length, 4);
    // The same number at the start and at the end, which comes after.
    for (const [, name, span] of heard.filter(([kind]) => kind === "started")) {
      const [from, to] = ["started", "completed"].map((kind) => heard.findIndex((one) => one[0] === kind && one[1] === name && one[2] === span));
      assert.ok(from !== -1 && to > from, `${name}: ${from}, ${to}`);
    }
    // Inside of the generator.
    assert.equal(of("started", "loud")[3][3], of("started", "steps")[0][2]);
    await monitoring.flush();
    const { entries } = await monitoring.query({ functionName: "loud" });
    assert.deepEqual(entries.map((call) => [call.file, call.line]), Array(4).fill([file, line + 1]));
    await fails("INVALID_INPUT", () => monitorAll(() => 1, { started: 1 }));
  } finally {
    await monitoring.stop();
  }
});

test("failures come after the calls before them: a few are no alarm", async (t) => {
  await monitoring.start({ path: path.join(folder(t), "monitoring.db"), adaptive: false });
  try {
    const alarms = [];
    const heard = [];
    const stop = [
      monitoring.subscribe("performance.error_rate_exceeded", (event) => alarms.push(event), { capacity: 10_000 }),
      monitoring.subscribe("function.*", ({ topic, data }) => heard.push([topic, data.name]), { capacity: 10_000 }),
    ];
    const some = monitorAll((n) => {
      if (n % 33 === 32) throw new Error("now and then");
    }, { name: "some" });
    // What is asked of the monitor on the way is no span that waits.
    for (let n = 0; n < 5; n++) await monitoring.status();
    for (let n = 0; n < 3_300; n++) {
      try {
        some(n);
      } catch {}
    }
    await until(() => heard.length === 3_300);
    stop.forEach((end) => end());
    assert.deepEqual(heard.map(([topic]) => topic === "function.failed"), Array.from({ length: 3_300 }, (_, n) => n % 33 === 32));
    // 3 in 100 at most; an alarm is more than 10.
    assert.deepEqual(alarms, []);
  } finally {
    await monitoring.stop();
  }
});

test("a process that is killed while it is busy has lost what came last, not all", async (t) => {
  const log = path.join(folder(t), "monitoring.db");
  const source = `
    const { monitoring } = require(${JSON.stringify(fileURLToPath(new URL("../../viralnow-node/lib/index.cjs", import.meta.url)))});
    monitoring.start({ path: ${JSON.stringify(log)}, adaptive: false, flushIntervalS: 0.1 }).then(() => {
      const busy = monitoring.monitorAll(function busy() {
        for (const end = performance.now() + 10; performance.now() < end; );
      });
      for (let n = 0; n < 150; n++) busy();
      process.kill(process.pid, "SIGKILL");
    });
  `;
  const child = spawnSync(process.execPath, ["-e", source]);
  assert.equal(child.signal, "SIGKILL", String(child.stderr));
  const { entries } = await monitoring.query({ path: log, limit: 1000 });
  // One and a half seconds; what was handed over in the last 50 ms, and came to the file in the last 100, may be lost: and as much again where
  // the machine has others to serve.
  assert.ok(entries.length >= 120, `${entries.length}`);
});

test("what has a then and is no promise stays what it is", async (t) => {
  await monitoring.start({ path: path.join(folder(t), "monitoring.db"), adaptive: false });
  try {
    let ran = 0;
    const query = { where: () => query, then: (done) => done((ran += 1)) };
    const lazy = monitorAll(() => query, { name: "lazy" });
    for (let n = 0; n < 3; n++) assert.equal(lazy().where(), query);
    assert.equal(ran, 0);
    assert.equal(await lazy(), 1);
    assert.equal((await logged()).lazy.length, 4);
  } finally {
    await monitoring.stop();
  }
});

test("what is watched anew again and again is one place, and its name tells no secret", async (t) => {
  await monitoring.start({ path: path.join(folder(t), "monitoring.db"), adaptive: false });
  try {
    for (let n = 0; n < 100; n++) {
      monitorAll(() => n, { name: "request" })();
      span("mail ana@example.org", () => n);
    }
    await monitoring.flush();
    const counted = (await monitoring.counts()).filter(({ calls }) => calls > 0);
    assert.deepEqual(counted.map(({ name, calls }) => [name.replace(/#\w+(?=\])/, ""), calls]).sort(), [["mail [redacted:email]", 100], ["request", 100]]);
    assert.ok(!JSON.stringify([await monitoring.query(), await monitoring.functions()]).includes("ana@"));
    assert.ok(!(await monitoring.prometheus()).includes("ana@"));
  } finally {
    await monitoring.stop();
  }
});

test("the dashboard is mounted in a server of the host's", async (t) => {
  const handler = monitoring.dashboardHandler({ at: "/monitor" });
  const server = http.createServer((req, res) => handler(req, res, () => res.end("the host's own")));
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const here = `http://127.0.0.1:${server.address().port}`;
  const asked = async (where, options) => {
    const answer = await fetch(here + where, { redirect: "manual", ...options });
    return { status: answer.status, text: await answer.text(), headers: answer.headers };
  };
  const sell = monitorAll((what) => assert.fail(`no more ${what}`), { name: "sell" });
  try {
    assert.equal((await asked("/monitor/")).status, 503);
    await monitoring.start({ config: { database_path: path.join(folder(t), "monitoring.db"), log_file_path: "", update_interval: 0.25 } });
    assert.throws(() => sell("bread"));
    await monitoring.flush();
    assert.match((await asked("/monitor/")).text, /app\.js/);
    const [group] = JSON.parse((await asked("/monitor/api/errors")).text);
    assert.deepEqual([group.function, group.count, group.message], ["sell", 1, "no more bread"]);
    const bare = await asked("/monitor?a=b");
    assert.deepEqual([bare.status, bare.headers.get("location")], [307, "/monitor/?a=b"]);
    for (const elsewhere of ["/", "/monitoring/", "/shop"]) assert.equal((await asked(elsewhere)).text, "the host's own");
    assert.equal((await asked("/monitor/nowhere")).status, 404);
    assert.equal((await asked("/monitor/api/status", { headers: { "sec-fetch-site": "cross-site" } })).status, 403);
    // The stream tells of what happens, until the browser leaves.
    const left = new AbortController();
    const live = await fetch(`${here}/monitor/api/live`, { signal: left.signal });
    assert.equal(live.headers.get("content-type"), "text/event-stream");
    assert.throws(() => sell("milk"));
    let text = "";
    for await (const piece of live.body.pipeThrough(new TextDecoderStream())) {
      text += piece;
      if (text.includes("no more milk")) break;
    }
    left.abort();
    assert.match(text, /^event: frame/);
    assert.throws(() => monitoring.dashboardHandler({ at: "monitor/" }), { code: "INVALID_INPUT" });
    // As Express calls it: the path it is mounted at is taken away.
    const said = {};
    const res = { writeHead: (status, headers) => Object.assign(said, { status, headers }), end: (body) => Object.assign(said, { body }) };
    await monitoring.dashboardHandler()({ method: "GET", url: "/healthz", originalUrl: "/deep/healthz", baseUrl: "/deep", rawHeaders: [] }, res);
    assert.deepEqual([said.status, said.body], [200, "ok"]);
    await monitoring.dashboardHandler()({ method: "GET", url: "/", originalUrl: "/deep", baseUrl: "/deep", rawHeaders: [] }, res);
    assert.deepEqual([said.status, said.headers.location], [307, "/deep/"]);
    // One who takes nothing is not sent more.
    let writes = 0;
    const slow = Object.assign(new EventEmitter(), { writeHead() {}, flushHeaders() {}, end() {}, write: () => (writes++, false) });
    const streamed = monitoring.dashboardHandler()({ method: "GET", url: "/api/live", rawHeaders: [] }, slow);
    await until(() => writes === 1);
    await new Promise((resolve) => setTimeout(resolve, 800));
    assert.equal(writes, 1);
    slow.emit("drain");
    await until(() => writes === 2);
    slow.destroyed = true;
    slow.emit("close");
    await streamed;
    assert.equal(slow.listenerCount("drain"), 0);
  } finally {
    await monitoring.stop().catch(() => {});
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

test("what a worker had not handed over when it was terminated is not lost", async (t) => {
  await monitoring.start({ path: path.join(folder(t), "monitoring.db"), adaptive: false });
  try {
    const source = `
      const { monitoring } = require(${JSON.stringify(fileURLToPath(new URL("../../viralnow-node/lib/index.cjs", import.meta.url)))});
      const short = monitoring.monitorAll((x) => x + 1, { name: "short" });
      require("node:worker_threads").parentPort.on("message", () => {
        for (let i = 0; i < 300; i++) short(i);
        // No timer of the worker's runs any more.
        require("node:worker_threads").parentPort.postMessage("made");
        for (;;);
      });`;
    const worker = new Worker(source, { eval: true });
    worker.postMessage("go");
    await new Promise((resolve, reject) => worker.on("message", resolve).on("error", reject));
    await worker.terminate();
    let calls;
    await until(async () => {
      await monitoring.flush();
      calls = (await monitoring.counts()).find(({ name }) => name === "short")?.calls;
      return calls === 300;
    });
    const { entries } = await monitoring.query({ limit: 1000, functionName: "short" });
    assert.equal(entries.length, 300);
    assert.ok(entries.every(({ duration_s }) => duration_s >= 0 && duration_s < 1));
  } finally {
    await monitoring.stop();
  }
});

test("a class's accessors are watched like its methods, and stay accessors", async (t) => {
  const Shop = monitorAll(
    class Shop {
      #price = 2;
      get price() {
        return this.#price;
      }
      set price(value) {
        if (value < 0) throw new RangeError("below 0");
        this.#price = value;
      }
      static get size() {
        return 5;
      }
    },
  );
  await monitoring.start({ path: path.join(folder(t), "monitoring.db"), adaptive: false });
  try {
    const shop = new Shop();
    shop.price = 3;
    assert.deepEqual([shop.price, Shop.size], [3, 5]);
    assert.throws(() => (shop.price = -1), RangeError);
    const all = await logged();
    assert.deepEqual([all["Shop.price"].length, all["Shop.size"].length], [3, 1]);
    assert.equal(all["Shop.price"].filter(({ status }) => status === "failed").length, 1);
    const { get, set, value } = Object.getOwnPropertyDescriptor(Shop.prototype, "price");
    assert.deepEqual([typeof get, typeof set, value], ["function", "function", undefined]);
  } finally {
    await monitoring.stop();
  }
});

test("what was compiled is found where it was written", async (t) => {
  const dir = folder(t);
  // Line 1 of what was compiled, where the function is watched, is line 7 of what was written.
  const map = { version: 3, file: "shop.js", sources: ["shop.ts"], names: [], mappings: "AAMA" };
  const lib = JSON.stringify(fileURLToPath(new URL("../../viralnow-node/lib/index.cjs", import.meta.url)));
  writeFileSync(path.join(dir, "shop.js"), [
    `const { monitoring } = require(${lib}); const sell = monitoring.monitorAll(() => 1, { name: "sell" });`,
    `(async () => { await monitoring.start({ path: ":memory:" }); sell(); await monitoring.flush();`,
    `console.log(JSON.stringify((await monitoring.counts()).find(({ name }) => name === "sell"))); await monitoring.stop(); })();`,
    `//# sourceMappingURL=data:application/json;base64,${Buffer.from(JSON.stringify(map)).toString("base64")}`,
  ].join("\n"));
  for (const [flags, file, line] of [[["--enable-source-maps"], "shop.ts", 7], [[], "shop.js", 1]]) {
    const ran = spawnSync(process.execPath, [...flags, path.join(dir, "shop.js")], { encoding: "utf8" });
    assert.equal(ran.status, 0, ran.stderr);
    const told = JSON.parse(ran.stdout);
    assert.deepEqual([path.basename(told.file), told.line], [file, line]);
  }
});

test("failures of one place are one group whatever they say", async (t) => {
  await monitoring.start({ path: path.join(folder(t), "monitoring.db"), adaptive: false });
  try {
    const find = monitoring.monitorAll((number) => { throw new Error(`clip ${number} not found`); }, { name: "find" });
    for (let number = 0; number < 6; number++) assert.throws(() => find(number), /not found/);
    const groups = await monitoring.errors();
    assert.deepEqual(groups.map(({ function_name: name, count, message }) => [name, count, message]), [["find", 6, "clip 5 not found"]]);
    assert.match(groups[0].stack, /^Error\n +at /);
    await assert.rejects(monitoring.query("find"), /options must be an object, not string/);
  } finally {
    await monitoring.stop();
  }
});

test("no half of a secret is left where a text is cut, nor what a cause said in a stack", async (t) => {
  await monitoring.start({ path: path.join(folder(t), "monitoring.db"), adaptive: false });
  try {
    const secrets = ["bob.miller@example.com", "ghp_0123456789abcdefghijABCDEFGHIJ012345", "4111 1111 1111 1111", "password=hunter2-hunter2"];
    const call = monitoring.monitorAll(() => {}, { name: "call", args: "values" });
    const fail = monitoring.monitorAll((text) => { throw new Error(text, { cause: new TypeError(`of ${text}`) }); }, { name: "fail" });
    for (const secret of secrets) {
      for (let back = 1; back < secret.length; back += 3) {
        for (const bound of [2048, 4096, 6144, 8192, 9216]) {
          const text = `${"word ".repeat(2000).slice(0, bound - back)} ${secret}${" tail".repeat(1000)}`;
          call(text);
          assert.throws(() => fail(text));
        }
      }
    }
    const rows = [];
    for (let after; ; ) {
      const page = await monitoring.query({ limit: 10000, ...(after === undefined ? {} : { after }) });
      rows.push(...page.entries);
      after = page.next;
      if (after === null || after === undefined || page.entries.length === 0) break;
    }
    assert.ok(rows.length > 200, String(rows.length));
    for (const row of rows) {
      const kept = `${row.args} ${row.error} ${row.stack}`;
      for (const secret of secrets) {
        const bare = secret.replace("password=", "");
        for (let at = 0; at + 8 <= bare.length; at++) assert.ok(!kept.includes(bare.slice(at, at + 8)), bare.slice(at, at + 8));
      }
    }
    const [group] = (await monitoring.errors()).filter(({ function_name: name }) => name === "fail");
    assert.match(group.stack, /after TypeError/);
    assert.equal(group.stack.includes("word"), false);
  } finally {
    await monitoring.stop();
  }
});

test("an error whose getters throw is still the host's", async (t) => {
  await monitoring.start({ path: path.join(folder(t), "monitoring.db"), adaptive: false });
  try {
    const odd = {};
    for (const name of ["name", "message", "stack", "code", "cause"]) {
      Object.defineProperty(odd, name, { get: () => { throw new Error("the getter's"); } });
    }
    const fail = monitoring.monitorAll(() => { throw odd; }, { name: "odd" });
    const later = monitoring.monitorAll(async () => { throw odd; }, { name: "odd_later" });
    try {
      fail();
      assert.fail("nothing was thrown");
    } catch (error) {
      assert.equal(error, odd);
    }
    await later().then(() => assert.fail("nothing was thrown"), (error) => assert.equal(error, odd));
    const { entries } = await monitoring.query({ status: "failed" });
    assert.equal(entries.length, 2);
  } finally {
    await monitoring.stop();
  }
});

test("errors are told by what they are now, with what they stand for, one group whatever those say", async (t) => {
  await monitoring.start({ path: path.join(folder(t), "monitoring.db"), adaptive: false });
  try {
    const changed = monitoring.monitorAll((user) => {
      const error = new Error(`no ${user}`);
      error.message = `not found: ${user}`;
      throw error;
    }, { name: "changed" });
    const several = monitoring.monitorAll((user) => {
      throw new AggregateError([new RangeError(`of ${user}`), new TypeError(`of ${user}`)], `all of ${user}`);
    }, { name: "several" });
    const chained = monitoring.monitorAll((user) => {
      throw new Error("not loaded", { cause: new RangeError(`of ${user}`, { cause: new TypeError(user) }) });
    }, { name: "chained" });
    for (const user of ["user-1", "user-2", "user-3"]) for (const fail of [changed, several, chained]) assert.throws(() => fail(user));
    const groups = Object.fromEntries((await monitoring.errors()).map((group) => [group.function_name, group]));
    assert.deepEqual(Object.values(groups).map(({ count }) => count), [3, 3, 3]);
    assert.equal(groups.changed.message, "not found: user-3");
    assert.match(groups.changed.stack, /^Error\n +at /);
    assert.match(groups.several.stack, /^AggregateError\n +at [^]*\nof RangeError\n +at [^]*\nof TypeError\n +at /);
    assert.equal(groups.chained.message, "not loaded (after RangeError: of user-3)");
    assert.match(groups.chained.stack, /^Error\n +at [^]*\nafter RangeError\n +at [^]*\nafter TypeError\n +at /);
    for (const { stack } of Object.values(groups)) assert.equal(stack.includes("user-"), false);
  } finally {
    await monitoring.stop();
  }
});

test("arguments, errors and causes that throw when they are looked at disturb nobody", async (t) => {
  await monitoring.start({ path: path.join(folder(t), "monitoring.db"), adaptive: false });
  try {
    const no = () => { throw new Error("the trap's"); };
    const closed = new Proxy({}, { get: no, getPrototypeOf: no, has: no, ownKeys: no });
    class Named { static name() {} }
    const types = monitoring.monitorAll((value) => typeof value, { name: "types" });
    const values = monitoring.monitorAll((value) => typeof value, { name: "values", args: "values" });
    for (const call of [types, values]) for (const value of [closed, new Named(), { toJSON: no }]) assert.equal(call(value), "object");
    const fail = monitoring.monitorAll((error) => { throw error; }, { name: "fail" });
    const several = new AggregateError([], "several");
    Object.defineProperty(several, "errors", { get: no });
    for (const error of [closed, new Error("outer", { cause: closed }), several]) {
      try {
        fail(error);
        assert.fail("nothing was thrown");
      } catch (caught) {
        assert.ok(caught === error);
      }
    }
    const { entries } = await monitoring.query({});
    assert.deepEqual(entries.filter(({ status }) => status === "failed").map(({ error }) => error).sort(), ["", "outer", "several"]);
    assert.deepEqual(entries.filter(({ function_name: name }) => name === "types").map(({ args }) => args), ["Object", "object", "object"]);
  } finally {
    await monitoring.stop();
  }
});

test("a start and hours are not given together, nor a limit of none", async (t) => {
  await monitoring.start({ path: path.join(folder(t), "monitoring.db"), adaptive: false });
  try {
    await assert.rejects(monitoring.query({ hours: 1, fromUs: 0 }), { code: "INVALID_INPUT", message: /`hours` and `from_us` both/ });
    await assert.rejects(monitoring.errors({ hours: 1, fromUs: 0 }), { code: "INVALID_INPUT" });
    await assert.rejects(monitoring.query({ limit: 0 }), { code: "INVALID_INPUT" });
    assert.deepEqual((await monitoring.query({ hours: 1, toUs: 4e15 })).entries, []);
  } finally {
    await monitoring.stop();
  }
});
