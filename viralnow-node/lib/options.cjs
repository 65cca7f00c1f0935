"use strict";
// Checks what the host gives and brings it into the native half's form. A wrong type is refused here, with its name; a
// wrong value by the core.

const { fileURLToPath } = require("node:url");
const { invalid, config } = require("./error.cjs");

/** What `typeof` does not say: null, arrays, class names. */
function kind(value) {
  if (value === null || value === undefined) return String(value);
  return typeof value === "object" ? (value.constructor?.name ?? "object") : typeof value;
}

function need(right, name, wanted, value) {
  if (!right) throw invalid(`${name} must be ${wanted}, not ${kind(value)}`, { argument: name });
}

/** Refuses names that nobody reads: a misspelt option would be silently ignored. */
function known(object, names, what) {
  for (const name of Object.keys(object)) {
    if (!names.includes(name)) {
      throw config(`no such ${what}: ${name}; there are ${names.join(", ")}`, { option: name });
    }
  }
}

function text(value, name) {
  if (value === undefined || value === null) return undefined;
  need(typeof value === "string", name, "a string", value);
  return value;
}

function filePath(value, name) {
  if (typeof value === "string") {
    if (value.includes("\0")) throw invalid(`${name} must not contain NUL`, { argument: name });
    return value;
  }
  try {
    return fileURLToPath(value);
  } catch (cause) {
    throw Object.assign(invalid(`${name} must be a file: URL`, { argument: name, url: String(value) }), { cause });
  }
}

/** Memory that other threads may change meanwhile is copied first; napi does not take it. */
function own(array) {
  return array.buffer instanceof SharedArrayBuffer ? array.slice() : array;
}

/** The core's name of a setting: `nFft` is `n_fft`. */
const snake = (name) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** The settings of a function as JSON. */
function settingsOf(settings) {
  need(typeof settings === "object" && settings !== null && !Array.isArray(settings), "options", "an object", settings);
  for (const [key, value] of Object.entries(settings)) {
    // JSON would make null of it, and so the default.
    if (typeof value === "number" && !Number.isFinite(value)) throw invalid(`${key} must be finite`, { argument: key });
  }
  return JSON.stringify(Object.fromEntries(Object.entries(settings).map(([key, value]) => [snake(key), value])));
}

function whole(value, name, least, most) {
  need(typeof value === "number", name, "a number", value);
  if (!Number.isInteger(value) || value < least || value > most) {
    throw invalid(`${name} must be a whole number from ${least} to ${most}`, { argument: name, value: String(value) });
  }
  return value;
}

function audio(value) {
  if (value === undefined || value === null) return undefined;
  need(typeof value === "object", "audio", "{ samples, sampleRate, channels }", value);
  known(value, ["samples", "sampleRate", "channels"], "field of audio");
  need(value.samples instanceof Float32Array, "audio.samples", "a Float32Array", value.samples);
  return {
    samples: own(value.samples),
    sampleRate: whole(value.sampleRate, "audio.sampleRate", 1, 768_000),
    channels: whole(value.channels ?? 1, "audio.channels", 1, 65_535),
  };
}

function frames(value) {
  if (value === undefined || value === null) return undefined;
  need(typeof value === "object", "frames", "{ rgb, width, height, timesS }", value);
  known(value, ["rgb", "width", "height", "timesS"], "field of frames");
  need(value.rgb instanceof Uint8Array || value.rgb instanceof Uint8ClampedArray, "frames.rgb", "a Uint8Array", value.rgb);
  const times = value.timesS;
  need(times instanceof Float64Array || Array.isArray(times), "frames.timesS", "an array of numbers", times);
  for (const time of times) need(typeof time === "number", "frames.timesS", "an array of numbers", time);
  const { rgb } = value;
  return {
    rgb: own(rgb instanceof Uint8Array ? rgb : new Uint8Array(rgb.buffer, rgb.byteOffset, rgb.byteLength)),
    width: whole(value.width, "frames.width", 1, 2 ** 31),
    height: whole(value.height, "frames.height", 1, 2 ** 31),
    timesS: Float64Array.from(times),
  };
}

const PARTS = ["text", "captions", "audio", "frames"];

/** One source and what goes with it, as the native half takes it. */
function source(value, parts) {
  const captions = parts.captions ?? undefined;
  const input = { text: text(parts.text, "text"), audio: audio(parts.audio), frames: frames(parts.frames) };
  if (typeof captions === "string" || captions instanceof URL) {
    input.captionsPath = filePath(captions, "captions");
  } else if (captions !== undefined) {
    need(typeof captions.text === "string", "captions", "a path, a file: URL or { text }", captions);
    known(captions, ["text"], "field of captions");
    input.captionsText = captions.text;
  }
  if (typeof value === "string" || value instanceof URL) {
    input.path = filePath(value, "source");
  } else if (value instanceof Uint8Array) {
    input.bytes = own(value);
  } else if (value instanceof ArrayBuffer || value instanceof SharedArrayBuffer) {
    input.bytes = own(new Uint8Array(value));
  } else {
    need(value === null || value === undefined, "source", "a path, a file: URL, bytes (Uint8Array) or null", value);
  }
  if ((input.audio || input.frames) && (input.path !== undefined || input.bytes)) {
    throw invalid("audio and frames stand for a file; give source null with them", { argument: "source" });
  }
  return input;
}

/** One source of a batch: a path, bytes, or `{ source, text, captions, audio, frames }`. */
function sourceOfMany(value) {
  const plain = typeof value === "string" || value instanceof URL || ArrayBuffer.isView(value) || value instanceof ArrayBuffer;
  if (plain) return source(value, {});
  need(value !== null && typeof value === "object", "source", "a path, bytes or { source, text, … }", value);
  known(value, ["source", ...PARTS], "field of a source");
  return source(value.source, value);
}

const LIMITS = {
  maxBytes: "max_bytes",
  maxDurationS: "max_duration_s",
  maxPixels: "max_pixels",
  maxStreams: "max_streams",
  maxChannels: "max_channels",
  maxDecodedBytes: "max_decoded_bytes",
  maxTextBytes: "max_text_bytes",
  maxWallS: "max_wall_s",
};
const META = { userId: "user_id", platform: "platform", sourceUrl: "source_url" };

/** As `fields`, as JSON. */
function rename(object, names, what) {
  const renamed = fields(object, names, what);
  return renamed && JSON.stringify(renamed);
}

/** The limits under the core's names. */
const limitsOf = (limits) => fields(limits, LIMITS, "limits");

/** The fields under the core's names; `null` and `undefined` are left out, so that the defaults stand. */
function fields(object, names, what) {
  if (object === undefined || object === null) return undefined;
  need(typeof object === "object", what, "an object", object);
  known(object, Object.keys(names), `field of ${what}`);
  const renamed = {};
  for (const [name, value] of Object.entries(object)) {
    if (value === undefined || value === null) continue;
    // JSON would turn these into null, and so into "no limit".
    if (typeof value === "number" && !Number.isFinite(value)) {
      throw config(`${what}.${name} must be finite; leave it out for the default`, { option: name });
    }
    renamed[names[name]] = value;
  }
  return renamed;
}

const SETTINGS = ["language", "correlationId", "preset", "modalities", "threads", "limits", "meta", "keepVectors", "speechModel", "textLanguage"];
const WATCHERS = ["extractors", "store", "monitor", "signal", "onProgress"];

/** The settings as the native half takes them. */
function settings({ language, assetId, correlationId, preset, modalities, threads, limits, meta, keepVectors, speechModel, textLanguage }) {
  if (keepVectors !== undefined && keepVectors !== null) {
    need(typeof keepVectors === "boolean", "keepVectors", "true or false", keepVectors);
  }
  if (modalities !== undefined && modalities !== null) {
    need(Array.isArray(modalities), "modalities", "an array of names", modalities);
    modalities.forEach((name) => need(typeof name === "string", "modalities", "an array of names", name));
  }
  return {
    language: text(language, "language"),
    assetId: text(assetId, "assetId"),
    correlationId: text(correlationId, "correlationId"),
    preset: text(preset, "preset"),
    modalities: modalities ?? undefined,
    threads: threads === undefined || threads === null ? undefined : whole(threads, "threads", 0, 1024),
    limits: rename(limits, LIMITS, "limits"),
    meta: rename(meta, META, "meta"),
    keepVectors: keepVectors ?? undefined,
    textLanguage: text(textLanguage, "textLanguage"),
    speechModel: speechModel === undefined || speechModel === null ? undefined : filePath(speechModel, "speechModel"),
  };
}

/** Checks the names and types of all options. `more` are those of this call alone. */
function checked(options, more) {
  options ??= {};
  need(typeof options === "object", "options", "an object", options);
  known(options, [...more, ...SETTINGS, ...WATCHERS], "option");
  watchers(options);
  return options;
}

/** Checks who watches a call and who stops it. */
function watchers({ signal, onProgress }) {
  need(signal === undefined || signal === null || signal instanceof AbortSignal, "signal", "an AbortSignal", signal);
  need(onProgress === undefined || onProgress === null || typeof onProgress === "function", "onProgress", "a function", onProgress);
  return { signal, onProgress };
}

module.exports = { PARTS, own, snake, source, sourceOfMany, settings, settingsOf, limitsOf, watchers, checked, known, need, text, whole, filePath, kind };
