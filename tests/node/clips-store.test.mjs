// Clips over time: put, query, sum up, write out.
import assert from "node:assert/strict";
import path from "node:path";
import test from "node:test";
import { clips } from "../../viralnow-node/lib/index.mjs";
import { fails, folder, root } from "./common.mjs";

test("looks become growth, and clips come out as asked for", async (t) => {
  const store = path.join(folder(t), "clips.db");
  const clip = { id: "a", platform: "youtube", title: "=1+1", own: { kept: 1 } };
  assert.equal((await clips.storePut(store, [{ ...clip, views: 1000 }], { at: "2024-01-08T04:30:00Z" })).new, 1);
  const at = new Date("2024-01-08T10:30:00Z");
  assert.equal((await clips.storePut(store, [{ ...clip, views: 4200 }], { at })).snapshots, 1);
  assert.equal((await clips.storePut(store, [{ ...clip, views: 4200 }], { at })).unchanged, 1);
  assert.equal((await clips.storePut(store, [{ ...clip, views: 1 }], { at })).conflicts, 1);
  const { clips: trending, total } = await clips.storeQuery(store, { minGrowth: 3, strict: true });
  assert.deepEqual([trending[0].growth_6h, trending[0].own.kept, total], [4.2, 1, 1]);
  const [history] = await clips.storeHistories(store, trending);
  assert.deepEqual(history.snapshots.map((s) => s.views), [1000, 4200]);
  const found = await clips.find(trending, { histories: [history], now: at });
  assert.equal(found.clips[0].virality.basis, "pace");
  assert.equal((await clips.storePut(store, found.clips, { at })).updated, 1);
  assert.ok((await clips.storeQuery(store, { limit: 1 })).explanations[0].includes("virality"));
  for (const name of ["list.json", "list.csv", "list.xlsx", "list.parquet"]) {
    const to = path.join(folder(t), name);
    assert.equal((await clips.storeExport(store, to)).written, 1);
    assert.equal((await clips.read(to)).clips[0].title, "=1+1");
  }
  assert.equal((await clips.storeSummary(store)).total_clips, 1);
  assert.equal((await clips.columns(found.clips)).views[0], 4200);
  await fails("INVALID_CONFIG", clips.storeQuery(store, { minGrow: 1 }));
  await fails("INVALID_CONFIG", clips.storeQuery(store, { order: "best" }));
  assert.deepEqual([await clips.storeErase(store, "youtube", "a"), await clips.storeErase(store, "youtube", "a")], [true, false]);
});

test("a file is imported, converted and learned from", async (t) => {
  const made = folder(t);
  const [store, sample] = [path.join(made, "clips.db"), path.join(root, "examples/clips/sample_clips.json")];
  assert.equal((await clips.storeImport(store, sample)).new, 62);
  assert.equal((await clips.convert(sample, path.join(made, "sample.xlsx"))).written, 62);
  assert.equal((await clips.read(path.join(made, "sample.xlsx"))).clips.length, 62);
  const features = Array.from({ length: 50 }, (_, i) => [(i * 7) % 50, i, null, (i * 3) % 50, 0.5]);
  const lists = [{ features, outcomes: features.map((row) => row[1]) }];
  const first = await clips.storeLearn(store, "w1", lists);
  assert.ok(first.weights[1] > 0.8);
  assert.deepEqual((await clips.storeLearn(store, "w1", lists)).weights, first.weights);
});
