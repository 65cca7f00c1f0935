"use strict";
// The features of sound as functions: `audio` and `voice`.

const { native } = require("./native.cjs");
const { call, wait } = require("./error.cjs");
const { filePath, need, own, settingsOf, whole } = require("./options.cjs");

/** Calls a function on interleaved samples. */
async function on(name, samples, sampleRate, options) {
  need(samples instanceof Float32Array, "samples", "a Float32Array", samples);
  whole(sampleRate, "sampleRate", 0, 2 ** 32 - 1);
  const { channels = 1, ...settings } = options ?? {};
  whole(channels, "channels", 1, 65_535);
  // The native half copies before it returns, so the host may go on writing.
  const { value, names, vectors } = await wait(() => native.call(name, own(samples), sampleRate, channels, settingsOf(settings)));
  return { value: JSON.parse(value), vectors: Object.fromEntries(names.map((key, n) => [key, vectors[n]])) };
}

/** The samples of a file, interleaved. */
async function load(path, options) {
  need(typeof path === "string" || path instanceof URL, "path", "a path or a file: URL", path);
  const settings = settingsOf({ ...options, path: filePath(path, "path") });
  const { value, vectors } = await wait(() => native.callPlain("audio.load", settings));
  const { sample_rate, channels, cut_short } = JSON.parse(value);
  return { samples: vectors[0].data, sampleRate: sample_rate, channels, cutShort: cut_short };
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

/** Features of the host as rows; their times are the host's. */
const rows = (name) => async ({ data, columns, timesS = new Float64Array(0) }, options) => {
  const { vectors } = await on(name, data, 48_000, { ...options, channels: columns });
  return { ...Object.values(vectors)[0], timesS };
};

/** A function on sound that is pushed as it comes. */
class Stream {
  #native;

  constructor(name, sampleRate, { channels = 1, ...settings } = {}) {
    whole(sampleRate, "sampleRate", 0, 2 ** 32 - 1);
    whole(channels, "channels", 1, 65_535);
    this.#native = call(() => new native.SoundStream(name, sampleRate, channels, settingsOf(settings)));
  }

  push(samples) {
    need(samples instanceof Float32Array, "samples", "a Float32Array", samples);
    call(() => this.#native.push(own(samples)));
  }

  _now() {
    return JSON.parse(call(() => this.#native.now()));
  }

  _finish() {
    const { value, names, vectors } = call(() => this.#native.finish());
    return { ...JSON.parse(value), ...Object.fromEntries(names.map((key, n) => [key, vectors[n]])) };
  }
}

class LoudnessMeter extends Stream {
  constructor(sampleRate, options) {
    super("audio.loudness", sampleRate, options ?? undefined);
  }

  get momentaryLufs() {
    return this._now().momentary_lufs;
  }

  get shortTermLufs() {
    return this._now().short_term_lufs;
  }

  get integratedLufs() {
    return this._now().integrated_lufs;
  }

  finish() {
    return this._finish();
  }
}

class Fingerprinter extends Stream {
  constructor(sampleRate, options) {
    super("audio.fingerprint", sampleRate, options ?? undefined);
  }

  finish() {
    return this._finish();
  }
}

class ActivityStream extends Stream {
  constructor(sampleRate, options) {
    super("voice.activity", sampleRate, options ?? undefined);
  }

  get score() {
    return this._now().score;
  }

  finish() {
    return this._finish();
  }
}

class SoundIndex {
  #native = new native.SoundIndex();

  static async load(path) {
    need(typeof path === "string" || path instanceof URL, "path", "a path or a file: URL", path);
    const index = new SoundIndex();
    await wait(() => index.#native.load(filePath(path, "path")));
    return index;
  }

  async save(path) {
    need(typeof path === "string" || path instanceof URL, "path", "a path or a file: URL", path);
    await wait(() => this.#native.save(filePath(path, "path")));
  }

  add(id, fingerprint) {
    need(typeof id === "string", "id", "a string", id);
    call(() => this.#native.add(id, textOf(fingerprint)));
  }

  remove(id) {
    need(typeof id === "string", "id", "a string", id);
    return call(() => this.#native.remove(id));
  }

  get size() {
    return call(() => this.#native.size());
  }

  async query(fingerprint, { limit = 10 } = {}) {
    whole(limit, "limit", 1, 1_000_000);
    return JSON.parse(await wait(() => this.#native.query(textOf(fingerprint), limit)));
  }
}

/** A fingerprint, or the text of one. */
function textOf(fingerprint) {
  const text = typeof fingerprint === "string" ? fingerprint : fingerprint?.base64;
  need(typeof text === "string", "fingerprint", "what audio.fingerprint gives, or its base64", fingerprint);
  return text;
}

const similarity = plain("audio.sound_hash_similarity");

const audio = {
  Fingerprinter,
  LoudnessMeter,
  SoundIndex,
  beatTrack: plain("audio.beat_track"),
  chromaStft: array("audio.chroma_stft"),
  danceability: plain("audio.danceability"),
  delta: rows("audio.delta"),
  estimateTuning: plain("audio.estimate_tuning"),
  fingerprint: both("audio.fingerprint"),
  key: plain("audio.key"),
  load,
  loudness: plain("audio.loudness"),
  loudnessSeries: both("audio.loudness_series"),
  melspectrogram: array("audio.melspectrogram"),
  mfcc: array("audio.mfcc"),
  normalizeGain: both("audio.normalize_gain"),
  onsetStrength: array("audio.onset_strength"),
  powerToDb: rows("audio.power_to_db"),
  resample: array("audio.resample"),
  rhythm: plain("audio.rhythm"),
  rms: array("audio.rms"),
  soundHashSimilarity: (a, b) => similarity(new Float32Array(0), 48_000, { a, b }),
  spectralBandwidth: array("audio.spectral_bandwidth"),
  spectralCentroid: array("audio.spectral_centroid"),
  spectralContrast: array("audio.spectral_contrast"),
  spectralFeatures: both("audio.spectral_features"),
  spectralFlatness: array("audio.spectral_flatness"),
  spectralRolloff: array("audio.spectral_rolloff"),
  speechMusic: plain("audio.speech_music"),
  tempo: plain("audio.tempo"),
  zeroCrossingRate: array("audio.zero_crossing_rate"),
};

const voice = {
  ActivityStream,
  activity: plain("voice.activity"),
  activityScores: array("voice.activity_scores"),
  diarize: plain("voice.diarize"),
  egemaps: plain("voice.egemaps"),
  egemapsLld: both("voice.egemaps_lld"),
  formants: both("voice.formants"),
  harmonicity: array("voice.harmonicity"),
  intensity: array("voice.intensity"),
  perturbation: plain("voice.perturbation"),
  pitch: both("voice.pitch"),
  pyin: both("voice.pyin"),
  syllables: plain("voice.syllables"),
};

module.exports = { audio, voice };
