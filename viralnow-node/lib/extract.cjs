"use strict";
// Extractors of the host. The native half knows an extractor by its number, and each asset's own object by a second one.

const { config, invalid } = require("./error.cjs");
const { need } = require("./options.cjs");

const HOOKS = ["begin", "audio", "frame", "cue", "finish", "vectors"];

/** What the native half must know before it begins. */
function describe(extractor) {
  need(extractor !== null && typeof extractor === "object", "an extractor", "an object", extractor);
  need(typeof extractor.name === "string", "extractor.name", "a string", extractor.name);
  need(typeof extractor.version === "string", "extractor.version", "a string", extractor.version);
  need(typeof extractor.finish === "function", "extractor.finish", "a function", extractor.finish);
  for (const hook of HOOKS) {
    const given = extractor[hook];
    need(given === undefined || typeof given === "function", `extractor.${hook}`, "a function", given);
  }
  return {
    name: extractor.name,
    version: extractor.version,
    audio: Boolean(extractor.audio),
    spectra: Boolean(extractor.spectra),
    frame: Boolean(extractor.frame),
    everyFrame: Boolean(extractor.everyFrame),
    fullFrames: Boolean(extractor.fullFrames),
    cue: Boolean(extractor.cue),
  };
}

/** The extractors of one call. */
class Extractors {
  /** @param many whether several assets are analysed at a time, so that one object cannot serve them all */
  constructor(given, many) {
    given ??= [];
    need(Array.isArray(given), "extractors", "an array", given);
    this.makers = given.map((entry) => {
      if (typeof entry === "function") return entry;
      if (many) {
        throw config("a batch needs an extractor of its own for each asset: give a function that makes one", {
          extractor: String(entry?.name),
        });
      }
      return () => entry;
    });
    // The first object of each is made now, because its name and wishes must be known; the first asset uses it.
    this.first = this.makers.map((make) => make());
    this.specs = this.first.map(describe);
    this.live = this.makers.map(() => new Map());
  }

  /** Runs one hook; never throws. */
  hook({ extractor, instance, hook, input, json }) {
    try {
      const live = this.live[extractor];
      if (hook === "begin") {
        const object = this.first[extractor] ?? this.makers[extractor]();
        this.first[extractor] = undefined;
        live.set(instance, object);
        sync(object.begin?.(JSON.parse(json)), "begin");
        return undefined;
      }
      const object = live.get(instance);
      if (hook !== "finish") {
        sync(object[hook](input), hook);
        return undefined;
      }
      live.delete(instance);
      return finish(object, input);
    } catch (thrown) {
      return { error: thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown) };
    }
  }
}

function finish(object, shared) {
  const summary = sync(object.finish(shared), "finish");
  const vectors = sync(object.vectors?.(), "vectors") ?? {};
  return {
    summary: JSON.stringify(summary),
    vectors: Object.entries(vectors).map(([name, { data, columns, timesS, unit = "1" }]) => {
      need(data instanceof Float32Array, `vectors().${name}.data`, "a Float32Array", data);
      return { name, data, columns, timesS: Float64Array.from(timesS), unit };
    }),
  };
}

/** The native thread waits for a hook; a promise would be settled when it no longer does. */
function sync(value, hook) {
  if (typeof value?.then === "function") throw invalid(`${hook}() must not be async`, { hook });
  return value;
}

module.exports = { Extractors };
