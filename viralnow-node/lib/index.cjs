"use strict";
// The public names. What they are is told in index.d.ts.

const { native } = require("./native.cjs");
const { ViralNowError, call } = require("./error.cjs");
const { Analysis, Batch, analyze, analyzeMany } = require("./analyze.cjs");
const { Live } = require("./live.cjs");
const { Store, MemoryMonitor } = require("./store.cjs");
const { audio, voice } = require("./sound.cjs");
const text = require("./text.cjs");
const clips = require("./clips.cjs");
const models = require("./models.cjs");
const monitoring = require("./monitoring.cjs");
const score = require("./score.cjs");
const vision = require("./vision.cjs");

const version = native.version();
const info = () => JSON.parse(call(() => native.info()));
const featureDictionary = () => JSON.parse(call(() => native.featureDictionary()));
const jsonSchema = () => JSON.parse(call(() => native.jsonSchema()));

module.exports = {
  Analysis,
  Batch,
  Live,
  MemoryMonitor,
  Store,
  ViralNowError,
  analyze,
  analyzeMany,
  audio,
  clips,
  featureDictionary,
  info,
  jsonSchema,
  models,
  monitoring,
  score,
  text,
  version,
  vision,
  voice,
};
