// The weekly loops, on plain data.
import assert from "node:assert/strict";
import test from "node:test";
import { analyze, clips, score } from "../../viralnow-node/lib/index.mjs";
import { fails } from "./common.mjs";

test("clips: weights move, are explored and go back", async () => {
  const features = Array.from({ length: 50 }, (_, i) => [(i * 7) % 50, i, null, (i * 3) % 50, 0.5]);
  const first = await clips.learn("w1", [{ features, outcomes: features.map((row) => row[1]) }]);
  assert.ok(first.refit.accepted && first.weights[1] > 0.8);
  const scores = await clips.explore(features, { state: first.state });
  assert.equal(scores.indexOf(Math.max(...scores)), 49);
  const tried = await clips.explore(features, { state: first.state, seed: 1 });
  assert.deepEqual(tried, await clips.explore(features, { state: first.state, seed: 1 }));
  assert.notDeepEqual(tried, scores);
  assert.deepEqual((await clips.rollBack(first.state)).weights, [0.4, 0.3, 0, 0.2, 0.1]);
  await fails("INVALID_INPUT", clips.rollBack({ weights: [1] }));
});

test("the content score learns from outcomes", async () => {
  const captions = ["You won't believe this trick!", "Minutes of the annual meeting of members, part two"];
  const two = await Promise.all(captions.map((text) => analyze(null, { text })));
  const assets = Array.from({ length: 60 }, (_, i) => two[i % 2]);
  const outcomes = assets.map((_, i) => (i % 2 === 0 ? 1000 + i : i));
  const { state, points } = await score.learn("w1", [{ assets, outcomes }]);
  assert.ok(Math.abs(Object.values(points).reduce((a, b) => a + b) - 50) < 1e-9);
  const learned = await score.apply(two[0], state);
  assert.ok(learned.viral > two[0].score.viral && learned.calibrated && !two[0].score.calibrated);
  assert.ok(learned.interval[0] <= learned.interval[1]);
  const back = await score.rollBack(state);
  assert.ok(Math.abs((await score.apply(two[0].score, back.state)).viral - two[0].score.viral) < 1e-9);
  await fails("INVALID_INPUT", score.learn("w1", [{ assets: assets.slice(0, 5), outcomes: outcomes.slice(0, 5) }]));
});
