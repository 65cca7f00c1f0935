"use strict";
// The words alone, without an asset: of one text at once, of many as a promise.

const { native } = require("./native.cjs");
const { ViralNowError, call, wait } = require("./error.cjs");
const { filePath, known, need, own, settingsOf, whole } = require("./options.cjs");
const { watched } = require("./watch.cjs");

/** Half of a surrogate pair is no character. */
const wellFormed = (text) => text.replace(/\p{Surrogate}/gu, "\ufffd");

async function many(name, settings) {
  return JSON.parse((await wait(() => native.callPlain(name, settings))).value);
}

/** Two texts, or as many each. */
function hookAb(first, second) {
  if (Array.isArray(first) && Array.isArray(second)) {
    for (const one of [...first, ...second]) need(typeof one === "string", "a headline", "a string", one);
    return many("text.hook_ab", settingsOf({ first: first.map(wellFormed), second: second.map(wellFormed) }));
  }
  need(typeof first === "string", "first", "a string, or an array of them like second", first);
  need(typeof second === "string", "second", "a string, or an array of them like first", second);
  return JSON.parse(call(() => native.callText("text.hook_ab", settingsOf({ first: wellFormed(first), second: wellFormed(second) }))));
}

/** A function on one text, or on many. */
function on(name, text, options = {}) {
  const several = Array.isArray(text);
  need(typeof text === "string" || several, "text", "a string or an array of strings", text);
  if (!several) return JSON.parse(call(() => native.callText(name, settingsOf({ ...options, text: wellFormed(text) }))));
  for (const one of text) need(typeof one === "string", "text", "a string or an array of strings", one);
  return many(name, settingsOf({ ...options, text: text.map(wellFormed) }));
}

/** The options of a function that has these. */
function only(names, options) {
  need(typeof options === "object" && options !== null, "options", "an object", options);
  known(options, names, "option");
  for (const name of names.filter((name) => name !== "limit")) {
    const value = options[name];
    need(value === undefined || value === null || typeof value === "string", name, "a string", value);
  }
  return options;
}

async function embed(texts, { model = "all-MiniLM-L6-v2", threads = 0, signal, onProgress } = {}) {
  const several = typeof texts === "string" ? [texts] : texts;
  need(Array.isArray(several) && several.every((text) => typeof text === "string"), "texts", "a string, or an array of them", texts);
  const settings = { texts: several.map(wellFormed), model: filePath(model, "model"), threads: whole(threads, "threads", 0, 4096) };
  const { vectors } = await watched("text.embed", settings, { signal, onProgress });
  const { data, columns } = vectors.embeddings;
  const rows = several.map((_, n) => data.subarray(n * columns, (n + 1) * columns));
  return typeof texts === "string" ? rows[0] : rows;
}

const TRANSCRIBE = {
  model: "model", language: "language", task: "task", prompt: "prompt", wordTimes: "word_times", vad: "vad",
  conditionOnPreviousText: "condition_on_previous_text", temperatures: "temperatures",
  compressionRatioThreshold: "compression_ratio_threshold", logProbabilityThreshold: "log_probability_threshold",
  noSpeechThreshold: "no_speech_threshold", seed: "seed", threads: "threads",
};

/** Speech as text: of a file, of several, or of samples. */
async function transcribe(source, options = {}) {
  need(typeof options === "object" && options !== null, "options", "an object", options);
  const { signal, onProgress, sampleRate, channels = 1, ...rest } = options;
  known(rest, Object.keys(TRANSCRIBE), "option");
  const settings = {};
  for (const [name, value] of Object.entries(rest)) {
    if (value !== undefined) settings[TRANSCRIBE[name]] = name === "model" ? filePath(value, "model") : value;
  }
  if (source instanceof Float32Array) {
    whole(sampleRate, "sampleRate", 0, 2 ** 32 - 1);
    whole(channels, "channels", 1, 65_535);
    const aborted = () => new ViralNowError("the call was aborted", { code: "CANCELLED", cause: signal.reason });
    if (signal?.aborted) throw aborted();
    const done = wait(() => native.call("text.transcribe", own(source), sampleRate, channels, settingsOf(settings)));
    if (!signal) return JSON.parse((await done).value);
    return new Promise((resolve, reject) => {
      const stop = () => reject(aborted());
      signal.addEventListener("abort", stop, { once: true });
      done.then(({ value }) => resolve(JSON.parse(value)), reject).finally(() => signal.removeEventListener("abort", stop));
    });
  }
  if (Array.isArray(source)) settings.paths = source.map((path) => filePath(path, "path"));
  else settings.path = filePath(source, "path");
  return (await watched("text.transcribe", settings, { signal, onProgress })).value;
}

module.exports = {
  embed,
  emotions: (text) => on("text.emotions", text),
  hook: (text) => on("text.hook", text),
  hookAb,
  keywords(text, options = {}) {
    const { language, limit = 10 } = only(["language", "limit"], options);
    return on("text.keywords", text, { language, top: whole(limit, "limit", 1, 1000) });
  },
  language: (text) => on("text.language", text),
  normalise: (text) => on("text.normalise", text),
  readability: (text, options = {}) => on("text.readability", text, only(["preset"], options)),
  sentences: (text, options = {}) => on("text.sentences", text, only(["language"], options)),
  sentiment: (text) => on("text.sentiment", text),
  transcribe,
};
