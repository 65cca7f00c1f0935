// The weekly loops, on plain data.
import assert from "node:assert/strict";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
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

test("clips: what if, outliers, leaderboards, the loop on a table", async () => {
  const list = [1e6, 2e6, 5e7].map((views, i) => ({ id: `${i}`, channel: "ours", niche: "games", views, views_last_24h: views / 2 }));
  assert.deepEqual(await clips.outlierScores(list), [0.5, 1, 25]);
  const [before] = await clips.score(list);
  const after = await clips.whatIf(list, 0, { views: 9e7, views_last_24h: 89e6 });
  assert.ok(after.clip.scores.final_score > before.clip.scores.final_score && after.explanation);
  await fails("INVALID_INPUT", clips.whatIf(list, 3, {}));
  const { games } = await clips.leaderboard((await clips.find(list)).clips, { most: 2 });
  assert.deepEqual(games.map((scored) => scored.clip.id), ["2", "1"]);
  // Clip i gains i a day whatever its views, which say the opposite.
  const rows = Array.from({ length: 29 * 40 }, (_, n) => [1 + Math.floor(n / 40), n % 40]).map(
    ([day, i]) => `2024-01-${`${day}`.padStart(2, "0")},v${i},${10000 * (40 - i) + day * 10 * i}\n`,
  );
  const table = join(mkdtempSync(join(tmpdir(), "viralnow-")), "lists.csv");
  writeFileSync(table, `snapshot_time,video_id,views\n${rows.join("")}`);
  const weeks = await clips.weeklyBacktest(table, { objective: "gain" });
  assert.equal(weeks.learned.length, 3);
  assert.ok(weeks.mean.learned === 1 && weeks.mean.fixed < 1 && weeks.log.every((refit) => refit.accepted));
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
