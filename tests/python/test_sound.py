"""Functions on samples, against closed form and against each other."""

from __future__ import annotations

import signal
import subprocess
import sys
import textwrap
import time
import wave
from pathlib import Path

import numpy as np
import pytest

import viralnow
from conftest import heeds_ctrl_c, noise, shared, sine
from viralnow import audio, exceptions, voice


def test_shapes_are_librosas_and_numbers_are_the_definitions() -> None:
    y = sine(1000, 0.5, 2, 22050)
    frames = 1 + len(y) // 512
    assert audio.mfcc(y, 22050).shape == (20, frames)
    assert audio.mfcc(y=y, sr=22050, n_mfcc=13, hop_length=256).shape == (13, 1 + len(y) // 256)
    assert audio.melspectrogram(y, 22050).shape == (128, frames)
    assert audio.chroma_stft(y, 22050).shape == (12, frames)
    assert audio.spectral_contrast(y, 22050).shape == (7, frames)
    # B5 is 987.8 Hz: the nearest pitch class of 1000 Hz is B, number 11.
    assert audio.chroma_stft(y, 22050, tuning=0.0)[:, 20].argmax() == 11
    middle = slice(8, frames - 8)
    assert abs(audio.spectral_centroid(y, 22050)[0, middle].mean() - 1000) < 2
    np.testing.assert_allclose(audio.rms(y)[0, middle], 0.5 / np.sqrt(2), rtol=2e-3)
    np.testing.assert_allclose(audio.zero_crossing_rate(y)[0, middle].mean(), 2 * 1000 / 22050, rtol=0.01)
    slope = np.arange(40, dtype=np.float32)[np.newaxis] * 3
    np.testing.assert_allclose(audio.delta(slope), 3.0, rtol=1e-5)
    np.testing.assert_allclose(audio.power_to_db(np.array([[1.0, 100.0]])), [[0.0, 20.0]], atol=1e-4)


def test_loudness_is_the_standards() -> None:
    y = sine(997, 1.0, 5, 48000)
    # ITU-R BS.1770-4: a full-scale sine of 997 Hz reads -3.01 LUFS on one channel, and 3.01 more on two.
    assert audio.loudness(y, 48000).integrated_lufs == pytest.approx(-3.01, abs=0.01)
    assert audio.loudness(np.stack([y, y]), 48000).integrated_lufs == pytest.approx(0.0, abs=0.01)
    series = audio.loudness_series(y, 48000)
    assert series.momentary_lufs[10] == pytest.approx(-3.01, abs=0.01)
    assert audio.loudness(y, 48000, mode="pyloudnorm").integrated_lufs == pytest.approx(-3.05, abs=0.01)
    louder, gain = audio.normalize_gain(0.01 * y, 48000, lufs=-14)
    assert gain is not None and audio.loudness(louder, 48000).integrated_lufs == pytest.approx(-14, abs=0.05)


def test_what_is_loaded_is_what_the_file_has(tmp_path: Path) -> None:
    y = (8000 * np.sin(2 * np.pi * 440 * np.arange(22050) / 44100)).astype("<i2")
    both = np.stack([y, np.arange(22050, dtype="<i2")])
    with wave.open(str(tmp_path / "two.wav"), "wb") as file:
        file.setparams((2, 2, 44100, 0, "NONE", ""))
        file.writeframes(both.T.tobytes())
    samples, sr = audio.load(tmp_path / "two.wav", sr=None, mono=False)
    assert sr == 44100
    np.testing.assert_array_equal(samples, both / np.float32(32768))
    samples, sr = audio.load(tmp_path / "two.wav", sr=None, offset=0.1, duration=0.2)
    np.testing.assert_array_equal(samples, both.mean(axis=0)[4410:13230].astype("f4") / np.float32(32768))
    samples, sr = audio.load(str(tmp_path / "two.wav"))
    assert (samples.shape, samples.dtype, sr) == ((11025,), np.float32, 22050)
    with pytest.raises(exceptions.InvalidConfigError):
        audio.load(tmp_path / "two.wav", offset=-1)
    with pytest.raises(exceptions.NotFoundError):
        audio.load(tmp_path / "none.wav")


def test_shapes_are_kept() -> None:
    y = sine(440, 0.1, 2, 22050)
    both = np.stack([y, -y])
    louder, gain = audio.normalize_gain(both, 22050, lufs=-14)
    assert louder.shape == both.shape
    assert gain is not None
    np.testing.assert_allclose(louder, both * 10 ** (gain / 20), rtol=1e-5)
    assert audio.resample(both, orig_sr=22050, target_sr=16000.0).shape == (2, 32000)
    assert audio.resample(y, orig_sr=22050, target_sr=16000).shape == (32000,)
    mixed = audio.resample(np.stack([y, y / 2]), orig_sr=22050, target_sr=16000, mono=True)
    np.testing.assert_allclose(mixed, audio.resample(y * 0.75, orig_sr=22050, target_sr=16000), atol=1e-6)
    # Fewer frames than bands, integers, and one feature are features too.
    powers = audio.melspectrogram(y[:22050], 22050)
    assert audio.power_to_db(powers, ref=np.max).max() == pytest.approx(0.0, abs=1e-4)
    np.testing.assert_allclose(audio.power_to_db(np.array([1, 100], np.int32)), [0.0, 20.0], atol=1e-4)
    np.testing.assert_allclose(audio.power_to_db(np.array([1e-9, 1.0]), top_db=None), [-90.0, 0.0], atol=1e-3)
    assert audio.delta(np.arange(40)).shape == (40,)


def test_settings_are_told_apart() -> None:
    y = np.zeros(22050 * 6, dtype=np.float32)
    for k in range(36):
        y[k * 3675 : k * 3675 + 300] = 0.8 * np.sin(np.arange(300) * 0.4)
    # librosa 0.11 on the same samples: a bound of 320 holds the tempo of 360 down, without one it is found.
    bounded = audio.tempo(y, 22050, start_bpm=360)
    free = audio.tempo(y, 22050, start_bpm=360, max_tempo=None)
    assert bounded is not None and bounded < 320
    assert free == pytest.approx(369.1406, abs=0.01)
    assert len(audio.onset_strength(y, 22050, hop_length=256, aggregate=np.median)) == 1 + len(y) // 256
    with pytest.raises(exceptions.InvalidConfigError, match="fmin must be finite"):
        audio.mfcc(y, 22050, fmin=float("nan"))


BEYOND_REASON = [
    "audio.tempo(y, 2**32 - 1, ac_size=3600.0)",
    "audio.tempo(y, 22050, ac_size=3600.0, hop_length=1)",
    "audio.mfcc(y, 22050, hop_length=2**64 - 1)",
    "audio.resample(y, orig_sr=1000, target_sr=768000)",
    "audio.delta(np.zeros((2, 300)), width=201, order=100)",
]


@pytest.mark.parametrize("code", BEYOND_REASON)
def test_what_is_beyond_reason_is_refused(code: str) -> None:
    with pytest.raises(viralnow.ViralNowError) as caught:
        eval(code, {"audio": audio, "np": np, "y": noise(2)})
    assert caught.value.code in ("INVALID_CONFIG", "INVALID_INPUT", "LIMIT_EXCEEDED")


def test_ctrl_c_ends_the_wait_for_a_function() -> None:
    script = """
        import threading, numpy as np, viralnow
        y = np.random.default_rng(1).normal(0, 0.1, 22050 * 60).astype(np.float32)
        print("running", flush=True)
        try:
            viralnow.audio.spectral_centroid(y, 22050, hop_length=2, n_fft=4096)
            print("not interrupted", flush=True)
        except KeyboardInterrupt:
            print("interrupted", flush=True)
        import os
        os._exit(0)
    """
    command = [sys.executable, "-c", textwrap.dedent(script)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, preexec_fn=heeds_ctrl_c) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "running\n"
        time.sleep(0.5)
        child.send_signal(signal.SIGINT)
        assert child.stdout.readline() == "interrupted\n"


def test_rhythm_and_key() -> None:
    y = np.zeros(44100 * 12, dtype=np.float32)
    for k in range(24):
        y[k * 22050 : k * 22050 + 400] = 0.8 * np.sin(np.arange(400) * 0.4)
    found = audio.rhythm(y, 44100)
    assert any(abs(found.tempo_bpm / bpm - 1) < 0.01 for bpm in (60, 120, 240))
    assert audio.tempo(y, 44100) is not None and len(audio.beat_track(y, 44100).beats_s) > 5
    chords = [(261.63, 329.63, 392.0), (349.23, 440.0, 523.25), (392.0, 493.88, 587.33), (261.63, 329.63, 392.0)]
    t = np.arange(2 * 22050) / 22050
    tones = [sum(np.sin(2 * np.pi * f * h * t) / h for f in c for h in (1, 2, 3)) * 0.1 for c in chords]
    cadence = np.concatenate(tones)
    key = audio.key(cadence, 22050)
    assert key is not None and (key.tonic, key.mode) == ("C", "major")
    assert audio.key(noise(6), 16000) is None


def test_a_sound_is_found_again(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)

    def tune() -> np.ndarray:
        hz = np.repeat(220 * 2 ** (rng.integers(0, 30, 80) / 12), 2000)
        return 0.4 * np.sin(2 * np.pi * np.cumsum(hz) / 16000)

    tunes = {f"tune {k}": tune() for k in range(5)}
    index = audio.SoundIndex()
    for name, y in tunes.items():
        index.add(name, audio.fingerprint(y, 16000))
    index.save(tmp_path / "sounds.index")
    again = audio.SoundIndex.load(tmp_path / "sounds.index")
    assert len(again) == 5 and "tune 3" in again
    query = audio.fingerprint(tunes["tune 3"][32000:112000] * 0.3 + 0.002 * rng.standard_normal(80000), 16000)
    found = again.query(query)
    assert found[0].id == "tune 3" and found[0].offset_s == pytest.approx(2.0, abs=0.1)
    assert again.query(audio.fingerprint(tune(), 16000)) == []
    assert again.remove("tune 3") and again.query(query) == []
    with pytest.raises(exceptions.ViralNowError):
        index.add("x", "no fingerprint")
    a = viralnow.analyze(audio=(tunes["tune 1"], 16000)).audio.trending_sound_hash
    assert audio.sound_hash_similarity(a, a) == pytest.approx(1.0)


def test_egemaps() -> None:
    t = np.arange(16000) / 16000
    # A buzz at 110 Hz, two octaves above 27.5.
    buzz = 0.1 * sum(np.sin(2 * np.pi * 110 * h * t) / h for h in range(1, 11))
    found = voice.egemaps(buzz, 16000)
    # The seven of the unvoiced stretches have none to be of.
    assert len(found.functionals) == 81 and len(found.missing) == 7
    assert set(found.missing.to_dict().values()) == {"no stretch is unvoiced"}
    assert next(iter(found.functionals)) == "F0semitoneFrom27.5Hz_sma3nz_amean"
    assert found.functionals["F0semitoneFrom27.5Hz_sma3nz_amean"] == pytest.approx(24.0, abs=0.05)
    contours = voice.egemaps_lld(buzz, 16000)
    assert contours.values.shape == (25, 96) == (len(contours.names), len(contours.times_s))
    pitch = contours.values[contours.names.index("F0semitoneFrom27.5Hz_sma3nz")]
    assert np.nanmedian(pitch) == pytest.approx(24.0, abs=0.05)
    silence = voice.egemaps(np.zeros(16000), 16000)
    assert silence.missing["jitterLocal_sma3nz_amean"] == "no frame is voiced"


def test_voice_and_what_is_refused() -> None:
    assert voice.activity(np.zeros(32000), 16000, detector="embedded").speech == ()
    assert voice.diarize(np.zeros(32000), 16000).turns == ()
    formants = voice.formants(noise(1), 16000)
    assert formants.frequencies_hz.shape[0] == 5 and formants.times_s.shape[0] == formants.frequencies_hz.shape[1]
    with pytest.raises(exceptions.InvalidConfigError, match="n_mfcc"):
        audio.mfcc(noise(1), 16000, n_mfcc=0)
    with pytest.raises(exceptions.InvalidInputError):
        audio.mfcc([0.0, float("nan")], 16000)
    with pytest.raises(exceptions.InvalidConfigError, match="detector"):
        voice.activity(noise(1), 16000, detector="best")
    with pytest.raises(exceptions.InvalidConfigError, match="method"):
        voice.pitch(noise(1), 16000, method="best")
    with pytest.raises(exceptions.InvalidConfigError, match="octave_cost"):
        voice.pitch(noise(1), 16000, method="pyin", octave_cost=0.1)
    assert voice.syllables(np.zeros(32000), 16000).speaking_rate is None


def test_voice_of_closed_form() -> None:
    # A buzz of eight harmonics at 150 Hz, of power 8 / 2 / 16^2.
    t = np.arange(2 * 16000) / 16000
    buzz = np.sum([np.sin(2 * np.pi * 150 * h * t) for h in range(1, 9)], axis=0) / 16
    for method, step in (("autocorrelation", 0.01), ("cross_correlation", 0.25 / 75), ("pyin", 512 / 16000)):
        found = voice.pitch(buzz, 16000, method=method)
        assert found.f0_hz.shape == found.voiced.shape == found.times_s.shape
        assert found.voiced.dtype == bool and (found.voiced == np.isfinite(found.f0_hz)).all()
        np.testing.assert_allclose(np.diff(found.times_s), step, atol=1e-9)
        middle = found.f0_hz[5:-5]
        # pYIN's bins are a tenth of a semitone wide.
        cents = 1200 * np.abs(np.log2(middle / 150))
        assert cents.max() < (10 if method == "pyin" else 1), method
        assert (found.voiced_prob is not None) == (method == "pyin")
    f0, voiced_flag, voiced_probs = voice.pyin(buzz, 16000, fmin=100, fmax=400, hop_length=256)
    assert f0.shape == voiced_flag.shape == voiced_probs.shape == (1 + len(buzz) // 256,)
    level = voice.intensity(buzz, 16000)
    np.testing.assert_allclose(level.db, 10 * np.log10(8 / 2 / 16**2), atol=0.1)
    np.testing.assert_allclose(np.diff(level.times_s), 0.008, atol=1e-9)
    # A sine of power 1/2 and noise of a hundredth of that: 20 dB.
    mixed = sine(200, 1.0, 2, 16000) + 0.0707 * np.random.default_rng(0).standard_normal(32000)
    assert voice.harmonicity(mixed, 16000).db.mean() == pytest.approx(20, abs=1)
    # Pulses that come one sample of a hundred too early and too late in turn: consecutive periods differ by 4 %.
    # (Two of them repeat exactly, at 80 Hz, so that is left out.)
    y, n = np.zeros(16000), np.arange(16000)
    for k in range(1, 150):
        y += 0.5 * np.exp(-0.5 * ((n - 100 * k - (1 if k % 2 == 0 else -1)) / 8) ** 2)
    cycles = voice.perturbation(y, 16000, floor_hz=100)
    assert cycles.jitter.local == pytest.approx(0.04, abs=0.001) and cycles.shimmer.local < 0.01
    np.testing.assert_allclose(np.diff(cycles.pulses_s), 100 / 16000, atol=3 / 16000)
    assert voice.perturbation(np.zeros(16000), 16000).jitter is None


def test_voice_is_the_peers() -> None:
    golden = np.load(shared("golden/audio/jfk.npz"))
    y = golden["pcm16k"]
    for method, name in (("autocorrelation", "ac"), ("cross_correlation", "cc")):
        found, theirs = voice.pitch(y, 16000, method=method, preset="reference"), golden[f"praat_f0_{name}"]
        np.testing.assert_allclose(found.times_s, golden[f"praat_t_{name}"], atol=1e-9)
        both = found.voiced & (theirs > 0)
        assert (found.voiced != (theirs > 0)).mean() <= 0.01
        assert np.median(1200 * np.abs(np.log2(found.f0_hz[both] / theirs[both]))) <= 1
    found = voice.pitch(y, 16000, method="pyin")
    assert (found.voiced == golden["pyin_voiced"]).mean() >= 0.99
    np.testing.assert_allclose(found.f0_hz, golden["pyin_f0"], rtol=6e-4)
    level = voice.intensity(y, 16000, preset="reference")
    np.testing.assert_allclose(level.db + 93.98, np.ravel(golden["praat_intensity"]), atol=0.25)


def test_streams_end_with_what_the_functions_give() -> None:
    y = np.stack([sine(997, 1.0, 4, 48000), np.zeros(4 * 48000)])
    meter = audio.LoudnessMeter(48000, 2)
    assert meter.momentary_lufs is None
    for block in np.split(y, 100, axis=1):
        meter.push(block)
    # ITU-R BS.1770-4: a full-scale sine of 997 Hz on one channel.
    for lufs in (meter.momentary_lufs, meter.short_term_lufs, meter.integrated_lufs):
        assert lufs == pytest.approx(-3.01, abs=0.01)
    assert meter.finish().to_dict() == audio.loudness(y, 48000).to_dict()
    with pytest.raises(exceptions.InvalidInputError, match="finished"):
        meter.push(y)
    mono, rng = y[0], np.random.default_rng(3)
    speech = np.load(shared("golden/audio/jfk.npz"))["pcm16k"]
    taker, stream = audio.Fingerprinter(16000), voice.ActivityStream(16000, detector="embedded")
    for block in np.array_split(speech, rng.integers(5, 50)):
        taker.push(block)
        stream.push(block)
    assert taker.finish().base64 == audio.fingerprint(speech, 16000).base64
    score = stream.score
    assert score is not None and 0 <= score <= 1
    assert stream.finish().to_dict() == voice.activity(speech, 16000, detector="embedded").to_dict()
    for wrong in (mono, np.full((2, 10), np.nan)):
        with pytest.raises(exceptions.InvalidInputError):
            audio.LoudnessMeter(48000, 2).push(wrong)
    with pytest.raises(exceptions.InvalidConfigError, match="detector"):
        voice.ActivityStream(16000, detector="best")


def test_diarization_by_models_says_what_is_missing(tmp_path: Path) -> None:
    y = noise(1)
    with pytest.raises(exceptions.InvalidConfigError, match="go together"):
        voice.diarize(y, 16000, segmentation=tmp_path / "a.onnx")
    with pytest.raises((exceptions.NotFoundError, exceptions.UnavailableError)):
        voice.diarize(y, 16000, segmentation=tmp_path / "a.onnx", embedding=tmp_path / "b.onnx")
    with pytest.raises(exceptions.InvalidConfigError, match="encoding"):
        voice.diarize(y, 16000, encoding="best")
