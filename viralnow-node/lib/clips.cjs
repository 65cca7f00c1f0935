"use strict";
// Trending clips: the functions on plain data.

const { writeFile } = require("node:fs/promises");
const { plain } = require("./plain.cjs");
const { watched } = require("./watch.cjs");
const { filePath, need, settingsOf } = require("./options.cjs");

/** What scoring takes. */
function input(clips, options) {
  need(Array.isArray(clips), "clips", "an array", clips);
  const { now, ...rest } = options ?? {};
  return { ...rest, clips, now: now instanceof Date ? now.toISOString() : now };
}

function pathOf(path) {
  need(typeof path === "string" || path instanceof URL, "path", "a path or a file: URL", path);
  return filePath(path, "path");
}

/** Scored clips as they are taken back: the explanation is made of the rest. */
function withoutWords(clips) {
  need(Array.isArray(clips), "clips", "an array", clips);
  return clips.map(({ explanation, ...clip }) => clip);
}

module.exports = {
  ...require("./clips-store.cjs"),
  async abTest(first, second, options) {
    need(typeof first === "object" && first !== null, "first", "{ shown, taken }", first);
    need(typeof second === "object" && second !== null, "second", "{ shown, taken }", second);
    return (await plain("clips.ab_test", { ...options, first, second })).value;
  },
  backtest: async (path, { heldOut = false } = {}) => (await plain("clips.backtest", { path: pathOf(path), heldOut })).value,
  async canonicalUrl(url) {
    need(typeof url === "string", "url", "a string", url);
    return (await plain("clips.canonical_url", { url })).value;
  },
  async checkConfig(config) {
    need(typeof config === "object" && config !== null, "config", "an object", config);
    return (await plain("clips.check_config", { config })).value;
  },
  async fetch(source, query, options) {
    need(typeof source === "string", "source", "a string", source);
    need(typeof query === "object" || query === undefined, "query", "an object", query);
    const { retry, signal, ...rest } = options ?? {};
    need(signal === undefined || signal instanceof AbortSignal, "signal", "an AbortSignal", signal);
    const settings = { ...rest, source, query, retry: retry && JSON.parse(settingsOf(retry)) };
    return (await watched("clips.fetch", settings, { signal })).value;
  },
  async explore(features, { state, seed } = {}) {
    need(Array.isArray(features), "features", "an array", features);
    return (await plain("clips.explore", { features, state, seed })).value;
  },
  find: async (clips, options) => (await plain("clips.find", input(clips, options))).value,
  async learn(week, lists, options) {
    need(typeof week === "string", "week", "a string", week);
    need(Array.isArray(lists), "lists", "an array", lists);
    return (await plain("clips.learn", { ...options, week, lists })).value;
  },
  leaderboard: async (clips, { most } = {}) => (await plain("clips.leaderboard", { clips: withoutWords(clips), most })).value,
  async outlierScores(clips) {
    need(Array.isArray(clips), "clips", "an array", clips);
    return (await plain("clips.outlier_scores", { clips })).value;
  },
  read: async (path) => (await plain("clips.read", { path: pathOf(path) })).value,
  async readYtdlp(source) {
    const text = source !== null && typeof source === "object" && typeof source.text === "string";
    return (await plain("clips.read_ytdlp", text ? { text: source.text } : { path: pathOf(source) })).value;
  },
  score: async (clips, options) => (await plain("clips.score", input(clips, options))).value,
  async rollBack(state) {
    need(typeof state === "object" && state !== null, "state", "what learn gave", state);
    return (await plain("clips.roll_back", { state })).value;
  },
  weeklyBacktest: async (path, options) => (await plain("clips.weekly_backtest", { ...options, path: pathOf(path) })).value,
  async whatIf(clips, at, change, options) {
    need(Number.isInteger(at) && at >= 0, "at", "a place in clips", at);
    need(typeof change === "object" && change !== null, "change", "an object", change);
    return (await plain("clips.what_if", { ...input(clips, options), at, change })).value;
  },
  async write(clips, path, { summary } = {}) {
    const scored = withoutWords(clips);
    const name = pathOf(path);
    const format = /[.](\w+)$/.exec(name)?.[1]?.toLowerCase() ?? "json";
    const { file } = await plain("clips.write", { clips: scored, format, summary });
    await writeFile(name, file);
  },
};
