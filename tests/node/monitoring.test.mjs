// The host's own functions, watched.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import test from "node:test";
import { monitoring } from "../../viralnow-node/lib/index.mjs";
import { fails, folder } from "./common.mjs";

const { monitorAll, span } = monitoring;

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
    assert.equal(owner.self(), owner);
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
    assert.ok((await monitoring.flush()).complete);

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
