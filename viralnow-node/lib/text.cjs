"use strict";
// The words alone, without an asset.

const { native } = require("./native.cjs");
const { call } = require("./error.cjs");
const { need, whole } = require("./options.cjs");

function on(name, text, ...rest) {
  need(typeof text === "string", "text", "a string", text);
  return JSON.parse(call(() => native[name](text, ...rest)));
}

function optional(value, name) {
  need(value === undefined || value === null || typeof value === "string", name, "a string", value);
  return value ?? undefined;
}

const sentiment = (text) => on("textSentiment", text);
const readability = (text, { preset } = {}) => on("textReadability", text, optional(preset, "preset"));
const sentences = (text, { language } = {}) => on("textSentences", text, optional(language, "language"));
const hook = (opening) => on("textHook", opening);
const language = (text) => on("textLanguage", text);

function keywords(text, { language, limit = 10 } = {}) {
  return on("textKeywords", text, optional(language, "language"), whole(limit, "limit", 1, 1000));
}

module.exports = { hook, keywords, language, readability, sentences, sentiment };
