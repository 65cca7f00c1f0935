"use strict";
// The weekly loop of the content score.

const { need } = require("./options.cjs");
const { plain } = require("./plain.cjs");

/** The score of an analysis, or a score. */
const scoreOf = (asset) => {
  need(typeof asset === "object" && asset !== null, "asset", "an analysis or its score", asset);
  return asset.score ?? asset;
};

module.exports = {
  async apply(asset, state) {
    return (await plain("score.apply", { score: scoreOf(asset), state })).value;
  },
  async learn(week, lists, { state } = {}) {
    need(typeof week === "string", "week", "a string", week);
    need(Array.isArray(lists), "lists", "an array", lists);
    const given = lists.map(({ assets, outcomes }) => {
      need(Array.isArray(assets), "assets", "an array", assets);
      return { scores: assets.map(scoreOf), outcomes };
    });
    return (await plain("score.learn", { week, lists: given, state })).value;
  },
  async rollBack(state) {
    need(typeof state === "object" && state !== null, "state", "what learn gave", state);
    return (await plain("score.roll_back", { state })).value;
  },
};
