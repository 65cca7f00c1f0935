"use strict";
// One call and a batch, and what they give.

const { native } = require("./native.cjs");
const { ViralNowError, fromJson, call, config } = require("./error.cjs");
const { PARTS, source, sourceOfMany, settings, checked, need, whole } = require("./options.cjs");
const { Extractors } = require("./extract.cjs");
const { handleOf } = require("./store.cjs");
const { watch } = require("./watch.cjs");

const handle = Symbol("the native half of an analysis");

class Analysis {
  #payload;

  constructor(native) {
    Object.defineProperty(this, handle, { value: native });
  }

  get payload() {
    this.#payload ??= JSON.parse(call(() => this[handle].json()));
    return this.#payload;
  }

  get audio() {
    return this.payload.modalities.audio.summary;
  }

  get voice() {
    return this.payload.modalities.voice.summary;
  }

  get text() {
    return this.payload.modalities.text.summary;
  }

  get vision() {
    return this.payload.modalities.vision.summary;
  }

  get score() {
    return this.payload.score;
  }

  get media() {
    return this.payload.media;
  }

  get status() {
    return this.payload.status;
  }

  get assetId() {
    return this.payload.asset_id;
  }

  get missing() {
    const missing = {};
    for (const [name, { status, reason, error, summary }] of Object.entries(this.payload.modalities)) {
      if (!summary) missing[name] = reason ?? error?.message ?? status;
      for (const [field, why] of Object.entries(summary?.missing ?? {})) missing[`${name}.${field}`] = why;
    }
    return missing;
  }

  vectors(modality, name) {
    need(typeof modality === "string", "modality", "a string", modality);
    need(typeof name === "string", "name", "a string", name);
    return call(() => this[handle].vectors(modality, name));
  }

  vectorNames() {
    return call(() => this[handle].vectorNames());
  }

  report({ columns = 80 } = {}) {
    return call(() => this[handle].report(whole(columns, "columns", 20, 1000)));
  }

  timeline() {
    return call(() => this[handle].timeline() ?? null);
  }

  html() {
    return call(() => this[handle].html());
  }

  row() {
    return JSON.parse(call(() => this[handle].row()));
  }

  toJSON() {
    return this.payload;
  }
}

class Batch extends Array {
  // map and filter give plain arrays.
  static get [Symbol.species]() {
    return Array;
  }

  rows() {
    return Array.from(this, (item) => (item.ok ? item.analysis.row() : { ...item.row }));
  }
}

/** Warns where the features are there and the store did not take them; `payload.store_error` says the same. */
function told(analysis, options) {
  const failed = options.store && analysis.payload.store_error;
  if (failed) {
    process.emitWarning(`the store did not take the features: ${failed.message}`, { type: "ViralNowWarning", code: failed.code });
  }
  return analysis;
}

function failed(error, row) {
  return Object.defineProperty({ ok: false, error }, "row", { value: row ? JSON.parse(row) : {} });
}

function item({ analysis, error, row }, options) {
  return analysis ? { ok: true, analysis: told(new Analysis(analysis), options) } : failed(fromJson(error), row);
}

/** Starts a call and settles with its end. `start` gets the setting, the store, the monitor and the receiver. */
function run(options, extractors, timeoutS, start) {
  const hook = (message) => extractors.hook(message);
  return watch(options, hook, (receive) => {
    const setting = {
      ...settings(options),
      extractors: extractors.specs,
      progress: Boolean(options.onProgress),
      timeoutS,
    };
    return start(setting, handleOf(options.store, "store"), handleOf(options.monitor, "monitor"), receive);
  });
}

async function analyze(given, options) {
  options = checked(options, [...PARTS, "assetId"]);
  const input = source(given, options);
  const extractors = new Extractors(options.extractors, false);
  const { analysis } = await run(options, extractors, undefined, (...rest) => native.analyze(input, ...rest));
  return told(new Analysis(analysis), options);
}

async function analyzeMany(given, options) {
  for (const part of PARTS) {
    if (options?.[part] !== undefined) {
      throw config(`${part} belongs to one source: give { source, ${part} } in the list`, { option: part });
    }
  }
  options = checked(options, ["timeoutS"]);
  need(typeof given?.[Symbol.iterator] === "function" && typeof given !== "string", "sources", "a list", given);
  // A source that is refused before it reaches the core is a row like any other failure.
  const inputs = [];
  const refused = Array.from(given, (one) => {
    try {
      inputs.push(sourceOfMany(one));
      return undefined;
    } catch (error) {
      if (!(error instanceof ViralNowError)) throw error;
      return error;
    }
  });
  const { timeoutS } = options;
  if (timeoutS !== undefined) need(typeof timeoutS === "number", "timeoutS", "a number of seconds", timeoutS);
  const extractors = new Extractors(options.extractors, true);
  const { items } = await run(options, extractors, timeoutS, (...rest) => native.analyzeMany(inputs, ...rest));
  const done = items.map((one) => item(one, options))[Symbol.iterator]();
  return Batch.from(refused, (error) => (error ? failed(error, native.errorRow(error.code, error.message)) : done.next().value));
}

module.exports = { Analysis, Batch, analyze, analyzeMany, run, told, analysisHandle: handle };
