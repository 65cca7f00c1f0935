// The store and the monitor.
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import test from "node:test";
import { pathToFileURL } from "node:url";
import { Analysis, MemoryMonitor, Store, analyze, analyzeMany } from "../../viralnow-node/lib/index.mjs";
import { fails, folder, root, skip, small } from "./common.mjs";

test("a payload comes back as it was written", async (t) => {
  const file = path.join(folder(t), "features.db");
  const store = await Store.open(file);
  const analysis = await analyze(small, { text: "Five facts about space", meta: { platform: "tiktok" } });
  await store.put(analysis);
  await store.put(analysis.payload);
  assert.deepEqual(await store.list(), [analysis.assetId]);
  store.close();

  const again = await Store.open(pathToFileURL(file));
  const found = await again.get(analysis.assetId);
  assert.ok(found instanceof Analysis);
  assert.deepEqual(found.payload, analysis.payload);
  assert.deepEqual(found.vectorNames(), []);
  await fails("NOT_FOUND", () => found.vectors("audio", "mfcc"));
  assert.equal(await again.get("nobody"), null);
  assert.equal(await again.erase(analysis.assetId), true);
  assert.equal(await again.erase(analysis.assetId), false);
  assert.equal(await again.get(analysis.assetId), null);
  assert.deepEqual(await again.list(), []);
  again.close();
});

test("pages of ids", async (t) => {
  const store = await Store.open(path.join(folder(t), "features.db"));
  await analyzeMany(["a", "b", "c", "d", "e"].map((word) => ({ text: `The letter ${word}.` })), { store });
  const all = await store.list();
  assert.equal(all.length, 5);
  assert.deepEqual(all, all.toSorted());
  assert.deepEqual(await store.list({ limit: 2 }), all.slice(0, 2));
  assert.deepEqual(await store.list({ after: all[1], limit: 2 }), all.slice(2, 4));
  store.close();
});

test("work that is already there is not done again", async (t) => {
  const store = await Store.open(path.join(folder(t), "features.db"));
  const first = await analyze(small, { store });
  const monitor = new MemoryMonitor();
  const second = await analyze(small, { store, monitor });
  // The same work, for another job.
  assert.deepEqual({ ...second.payload, correlation_id: null }, { ...first.payload, correlation_id: null });
  assert.deepEqual(monitor.spans().map((span) => span.name), ["analyze", "open"]);
  // Another preset is other work.
  const third = await analyze(small, { store, monitor, preset: "fast" });
  assert.equal(third.payload.preset, "fast");
  assert.ok(monitor.spans().some((span) => span.name === "decode"));
  store.close();
});

test("features outlive a store that does not take them", async (t) => {
  const file = path.join(folder(t), "full.db");
  (await Store.open(file)).close();
  const { DatabaseSync } = await import("node:sqlite").catch(() => ({}));
  if (!DatabaseSync) {
    skip(t, "this Node has no node:sqlite");
    return;
  }
  const tables = new DatabaseSync(file);
  tables.exec("CREATE TRIGGER full BEFORE INSERT ON assets BEGIN SELECT RAISE(ABORT, 'no more, please'); END");
  tables.close();
  const store = await Store.open(file);
  const warned = new Promise((resolve) => process.once("warning", resolve));
  const analysis = await analyze(null, { text: "Words that took a while.", store });
  assert.equal(analysis.text.word_count, 5);
  assert.equal(analysis.payload.store_error.code, "INVALID_INPUT");
  assert.equal((await warned).code, "INVALID_INPUT");
  store.close();
});

test("what a store cannot do is an error", async (t) => {
  const here = folder(t);
  const store = await Store.open(path.join(here, "features.db"));
  await fails("INVALID_INPUT", store.get(""));
  await fails("INVALID_INPUT", store.get(5));
  await fails("INVALID_INPUT", store.put({ asset_id: "a" }));
  await fails("INVALID_INPUT", store.put("a"));
  await fails("INVALID_INPUT", Store.open(5));
  await fails("INVALID_INPUT", () => new Store("features.db"));
  store.close();
  store.close();
  await fails("INVALID_INPUT", store.get("a"));
  await fails("INVALID_INPUT", analyze(null, { text: "Hello.", store }));
  const garbage = path.join(here, "garbage.db");
  writeFileSync(garbage, readFileSync(path.join(root, "Cargo.toml")));
  const error = await Store.open(garbage).then(
    () => assert.fail("it was opened"),
    (thrown) => thrown,
  );
  assert.ok(["STORAGE", "SCHEMA_MISMATCH"].includes(error.code), error.code);
  await Store.open(path.join(here, "no/such/folder/features.db")).then(
    () => assert.fail("it was opened"),
    ({ name, code }) => assert.ok(name === "ViralNowError" && code !== "INTERNAL", code),
  );
});

test("the monitor is told of every stage, with the job's id", async () => {
  const monitor = new MemoryMonitor();
  await analyze(small, { monitor, correlationId: "job-1" });
  const spans = monitor.spans();
  assert.deepEqual(spans.map((span) => span.name), [
    "analyze",
    "open",
    "decode",
    "audio",
    "voice",
    "vision",
    "text",
    "custom",
    "score",
  ]);
  for (const { state, correlation_id, duration_s } of spans) {
    assert.deepEqual(state, { state: "completed" });
    assert.equal(correlation_id, "job-1");
    assert.ok(duration_s >= 0);
  }
  const records = monitor.records();
  const count = (topic) => records.filter((record) => record.topic === topic).length;
  assert.equal(count("function.started"), spans.length);
  assert.equal(count("function.completed"), spans.length);
  assert.ok(count("progress.step_progress") > 0);
  assert.equal(monitor.dropped, 0);
  monitor.clear();
  assert.deepEqual(monitor.records(), []);

  await fails("NOT_FOUND", analyze("no/such/clip.mp4", { monitor }));
  const failed = monitor.spans().filter(({ state }) => state.state === "failed");
  assert.deepEqual(failed.map(({ name, state }) => [name, state.code]), [
    ["analyze", "NOT_FOUND"],
    ["open", "NOT_FOUND"],
  ]);
});
