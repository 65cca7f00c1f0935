"use strict";
// The features of sound as functions: `audio` and `voice`.

const { native } = require("./native.cjs");
const { wait, invalid } = require("./error.cjs");
const { need, whole } = require("./options.cjs");

/** The core's name of a setting: `nFft` is `n_fft`. */
const snake = (name) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** Calls a function on interleaved samples. */
async function on(name, samples, sampleRate, options) {
  need(samples instanceof Float32Array, "samples", "a Float32Array", samples);
  whole(sampleRate, "sampleRate", 0, 2 ** 32 - 1);
  const { channels = 1, ...settings } = options ?? {};
  whole(channels, "channels", 1, 65_535);
  for (const [key, value] of Object.entries(settings)) {
    // JSON would make null of it, and so the default.
    if (typeof value === "number" && !Number.isFinite(value)) throw invalid(`${key} must be finite`, { argument: key });
  }
  const named = Object.fromEntries(Object.entries(settings).map(([key, value]) => [snake(key), value]));
  // The native half copies before it returns, so the host may go on writing.
  const { value, names, vectors } = await wait(() => native.call(name, samples, sampleRate, channels, JSON.stringify(named)));
  return { value: JSON.parse(value), vectors: Object.fromEntries(names.map((key, n) => [key, vectors[n]])) };
}

/** A function that gives one array. */
const array = (name) => async (samples, sampleRate, options) => {
  const { vectors } = await on(name, samples, sampleRate, options);
  return Object.values(vectors)[0];
};

/** A function that gives plain data. */
const plain = (name) => async (samples, sampleRate, options) => (await on(name, samples, sampleRate, options)).value;

/** A function that gives plain data and arrays, side by side. */
const both = (name) => async (samples, sampleRate, options) => {
  const { value, vectors } = await on(name, samples, sampleRate, options);
  return { ...value, ...vectors };
};

const audio = {
  chromaStft: array("audio.chroma_stft"),
  estimateTuning: plain("audio.estimate_tuning"),
  loudness: plain("audio.loudness"),
  melspectrogram: array("audio.melspectrogram"),
  mfcc: array("audio.mfcc"),
  normalizeGain: both("audio.normalize_gain"),
  resample: array("audio.resample"),
  rms: array("audio.rms"),
  spectralBandwidth: array("audio.spectral_bandwidth"),
  spectralCentroid: array("audio.spectral_centroid"),
  spectralContrast: array("audio.spectral_contrast"),
  spectralFlatness: array("audio.spectral_flatness"),
  spectralRolloff: array("audio.spectral_rolloff"),
  zeroCrossingRate: array("audio.zero_crossing_rate"),
};

module.exports = { audio };
