// Functions on samples, against closed form.
import assert from "node:assert/strict";
import path from "node:path";
import test from "node:test";
import { audio, voice } from "../../viralnow-node/lib/index.mjs";
import { demo, fails, folder, sine } from "./common.mjs";

const near = (got, expected, tolerance) => assert.ok(Math.abs(got - expected) <= tolerance, `${got}, expected ${expected}`);

test("features of a sine are the definitions", async () => {
  const { samples, sampleRate } = sine({ hz: 1000, amplitude: 0.5, sampleRate: 16000, seconds: 2 });
  const mfcc = await audio.mfcc(samples, sampleRate, { nMfcc: 13 });
  assert.deepEqual([mfcc.rows, mfcc.columns, mfcc.data.length], [63, 13, 63 * 13]);
  near((await audio.spectralCentroid(samples, sampleRate)).data[30], 1000, 2);
  near((await audio.rms(samples, sampleRate)).data[30], 0.5 / Math.SQRT2, 1e-3);
  const slope = { data: Float32Array.from({ length: 40 }, (_, k) => 3 * k), columns: 1 };
  near((await audio.delta(slope)).data[20], 3, 1e-4);
  // ITU-R BS.1770-4: -3.01 LUFS for a full-scale sine of 997 Hz on one channel; two channels add 3.01.
  const full = sine({ amplitude: 1, channels: 2 });
  near((await audio.loudness(full.samples, full.sampleRate, { channels: 2 })).integrated_lufs, 0, 0.02);
  const series = await audio.loudnessSeries(full.samples, full.sampleRate, { channels: 2 });
  near(series.momentary.data[10], 0, 0.02);
});

test("what is loaded is what the file has", async () => {
  const native = await audio.load(demo, { sr: null, mono: false, offset: 1, duration: 0.5 });
  assert.deepEqual([native.samples.length, native.cutShort], [native.sampleRate * native.channels * 0.5, null]);
  const y = await audio.load(demo, { duration: 2 });
  assert.deepEqual([y.sampleRate, y.channels, y.samples.length], [22050, 1, 44100]);
  // The level of the same second, at its own rate and at another.
  const level = (samples) => Math.hypot(...samples) / Math.sqrt(samples.length);
  const [own, other] = await Promise.all([null, 16000].map((sr) => audio.load(demo, { sr, offset: 2, duration: 1 })));
  near(level(other.samples) / level(own.samples), 1, 0.02);
  await fails("INVALID_CONFIG", () => audio.load(demo, { offset: -1 }));
  await fails("NOT_FOUND", () => audio.load("no-such-file.mp4"));
});

test("a sound is found again", async (t) => {
  let x = 7;
  const tune = () => {
    const samples = new Float32Array(160000);
    let phase = 0;
    for (let n = 0, hz = 0; n < samples.length; n++) {
      if (n % 2000 === 0) {
        x = (Math.imul(1664525, x) + 1013904223) >>> 0;
        hz = 220 * 2 ** ((x >>> 16) % 30 / 12);
      }
      phase += (2 * Math.PI * hz) / 16000;
      samples[n] = 0.4 * Math.sin(phase);
    }
    return samples;
  };
  const index = new audio.SoundIndex();
  const tunes = [tune(), tune(), tune()];
  for (const [k, samples] of tunes.entries()) index.add(`tune ${k}`, await audio.fingerprint(samples, 16000));
  const file = path.join(folder(t), "sounds.index");
  await index.save(file);
  const again = await audio.SoundIndex.load(file);
  assert.equal(again.size, 3);
  const [found] = await again.query(await audio.fingerprint(tunes[1].slice(32000, 112000), 16000));
  assert.equal(found.id, "tune 1");
  near(found.offset_s, 2, 0.1);
  assert.ok(again.remove("tune 1") && !again.remove("tune 1"));
});

test("eGeMAPS", async () => {
  // A buzz at 110 Hz, two octaves above 27.5.
  const wave = (t) => Array.from({ length: 10 }, (_, h) => Math.sin(2 * Math.PI * 110 * (h + 1) * t) / (h + 1)).reduce((a, b) => a + b);
  const buzz = Float32Array.from({ length: 16000 }, (_, i) => 0.1 * wave(i / 16000));
  const found = await voice.egemaps(buzz, 16000);
  assert.equal(found.names.length, 88);
  // The seven of the unvoiced stretches have none to be of.
  assert.deepEqual(Object.values(found.missing), Array(7).fill("no stretch is unvoiced"));
  near(found.functionals[found.names[0]], 24, 0.05);
  const { contours, names } = await voice.egemapsLld(buzz, 16000);
  assert.deepEqual([contours.rows, contours.columns, names.length], [96, 25, 25]);
  const silence = await voice.egemaps(new Float32Array(16000), 16000);
  assert.equal(silence.missing.jitterLocal_sma3nz_amean, "no frame is voiced");
});

test("voice of closed form", async () => {
  // A buzz of eight harmonics at 150 Hz, of power 8 / 2 / 16^2.
  const buzz = Float32Array.from({ length: 32000 }, (_, n) => {
    let sum = 0;
    for (let h = 1; h <= 8; h++) sum += Math.sin((2 * Math.PI * 150 * h * n) / 16000);
    return sum / 16;
  });
  for (const method of ["autocorrelation", "cross_correlation", "pyin"]) {
    const { f0_hz, voiced, voiced_prob } = await voice.pitch(buzz, 16000, { method });
    assert.deepEqual([f0_hz.columns, voiced.rows, voiced.data[10]], [1, f0_hz.rows, 1]);
    near(f0_hz.data[10], 150, method === "pyin" ? 0.9 : 0.1);
    assert.equal(voiced_prob?.rows, method === "pyin" ? f0_hz.rows : undefined);
  }
  assert.equal((await voice.pyin(buzz, 16000, { hopLength: 256, betaParameters: [2, 18] })).voiced_prob.rows, 126);
  near((await voice.intensity(buzz, 16000)).data[50], 10 * Math.log10(8 / 2 / 16 ** 2), 0.1);
  assert.ok((await voice.harmonicity(buzz, 16000)).data[50] > 40);
  const { pulses_s, jitter, shimmer } = await voice.perturbation(buzz, 16000);
  near(pulses_s[11] - pulses_s[10], 1 / 150, 1e-4);
  assert.ok(jitter.local < 1e-3 && shimmer.local < 0.01);
});

test("voice, and what is refused", async () => {
  const silence = new Float32Array(32000);
  assert.deepEqual((await voice.activity(silence, 16000, { detector: "embedded" })).speech, []);
  assert.deepEqual((await voice.diarize(silence, 16000)).turns, []);
  assert.equal((await voice.formants(silence, 16000)).frequencies_hz.columns, 5);
  assert.equal((await voice.syllables(silence, 16000)).speaking_rate, null);
  assert.equal((await voice.perturbation(silence, 16000)).jitter, null);
  await fails("INVALID_CONFIG", voice.pitch(silence, 16000, { method: "best" }));
  await fails("INVALID_CONFIG", audio.mfcc(silence, 16000, { nMfc: 3 }));
  await fails("INVALID_INPUT", audio.mfcc(Float32Array.of(NaN), 16000));
  await fails("INVALID_INPUT", audio.mfcc([0, 1], 16000));
});

test("streams end with what the functions give", async () => {
  const { samples, sampleRate } = sine({ hz: 997, amplitude: 1, sampleRate: 48000, seconds: 4 });
  const meter = new audio.LoudnessMeter(sampleRate);
  assert.equal(meter.momentaryLufs, null);
  for (let at = 0; at < samples.length; at += 480) meter.push(samples.subarray(at, at + 480));
  // ITU-R BS.1770-4: a full-scale sine of 997 Hz on one channel.
  near(meter.momentaryLufs, -3.01, 0.01);
  near(meter.shortTermLufs, -3.01, 0.01);
  near(meter.integratedLufs, -3.01, 0.01);
  assert.deepEqual(meter.finish(), await audio.loudness(samples, sampleRate));
  assert.throws(() => meter.push(samples), { code: "INVALID_INPUT" });
  const taker = new audio.Fingerprinter(sampleRate);
  const stream = new voice.ActivityStream(sampleRate, { detector: "embedded" });
  for (let at = 0; at < samples.length; at += 4801) {
    taker.push(samples.subarray(at, at + 4801));
    stream.push(samples.subarray(at, at + 4801));
  }
  assert.equal(taker.finish().base64, (await audio.fingerprint(samples, sampleRate)).base64);
  assert.ok(stream.score >= 0 && stream.score <= 1);
  assert.deepEqual(stream.finish(), await voice.activity(samples, sampleRate, { detector: "embedded" }));
  assert.throws(() => new voice.ActivityStream(16000, { detector: "best" }), { code: "INVALID_CONFIG" });
  assert.throws(() => new audio.LoudnessMeter(48000).push([0, 1]), { code: "INVALID_INPUT" });
});
