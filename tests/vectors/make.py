#!/usr/bin/env python3
"""Writes the vectors. The expectations are the peers' numbers, standards or closed form; README.md says what a case is.

usage: python make.py        (in an environment with requirements.txt)
"""

import collections
import hashlib
import json
import math
import os
import pathlib
import re
import subprocess
import sys
import types

import cv2
import imagehash
import librosa
import nltk
import numpy as np
import parselmouth
import pdqhash
import pyloudnorm
import pysbd
import textstat
from PIL import Image
from scenedetect import AdaptiveDetector, ContentDetector, HashDetector, detect
from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

HERE = pathlib.Path(__file__).parent
# The clip that `demo_small.mp4` was made of.
DEMO = "d61d2068ef98e1a5809857cc8d71f23676ea6188f7ad11e44f90b714bd780541"
sys.path.insert(0, str(HERE / "../../training"))
import ngrams  # noqa: E402

TEXTS = json.loads((HERE / "texts.json").read_text())
AUDIO, VOICE, TEXT, VISION = (f"/modalities/{m}/summary" for m in ("audio", "voice", "text", "vision"))


def near(value, tolerance):
    return {"value": float(value), "tolerance": tolerance}


def same(value):
    return {"value": value}


def write(name, source, cases):
    document = {"source": source, "cases": cases}
    (HERE / f"{name}.json").write_text(json.dumps(document, ensure_ascii=False, indent=1) + "\n")
    print(f"{name}: {len(cases)} cases")
    return len(cases)


# --- words -----------------------------------------------------------------------------------------------------------


def sentiment():
    vader = SentimentIntensityAnalyzer()
    for i, text in enumerate(TEXTS["sentiment"]):
        scores = vader.polarity_scores(text)
        yield {
            "name": f"sentiment_{i:02}", "call": "text.sentiment", "input": {"text": text},
            "expect": {
                "/compound": near(scores["compound"], 1e-4), "/negative": near(scores["neg"], 6e-4),
                "/neutral": near(scores["neu"], 6e-4), "/positive": near(scores["pos"], 6e-4),
            },
        }


def readability():
    # textstat takes syllables from NLTK's copy of the CMU dictionary, which is a download: release 0.7a. PyPI's is a later one, with
    # words of British spelling that the other has not.
    dictionary = collections.defaultdict(list)
    for line in pathlib.Path(os.environ["CMUDICT"]).read_text("latin-1").splitlines():
        if line[:1].isalpha() or line[:1] == "'":
            word, *phones = line.split()
            dictionary[re.sub(r"\(\d+\)$", "", word).lower()].append(phones)
    nltk.corpus.cmudict = types.SimpleNamespace(dict=lambda: dictionary)
    textstat.set_lang("en_US")
    formulas = ("flesch_reading_ease", "flesch_kincaid_grade", "automated_readability_index", "coleman_liau_index", "gunning_fog")
    for i, text in enumerate(TEXTS["readability"]):
        expect = {f"/{name}": near(getattr(textstat, name)(text), 0.1) for name in formulas}
        yield {"name": f"readability_{i:02}", "call": "text.readability", "input": {"text": text, "preset": "reference"}, "expect": expect}


def sentences():
    segmenter = pysbd.Segmenter(language="en", clean=False)
    for i, text in enumerate(TEXTS["sentences"]):
        found = [s.strip() for s in segmenter.segment(text)]
        yield {"name": f"sentences_{i:02}", "call": "text.sentences", "input": {"text": text, "language": "en"}, "expect": {"": same(found)}}

    for language, texts in TEXTS["sentences_of"].items():
        segmenter = pysbd.Segmenter(language=language, clean=False)
        for i, text in enumerate(texts):
            found = [s.strip() for s in segmenter.segment(text)]
            yield {"name": f"sentences_{language}_{i:02}", "call": "text.sentences", "input": {"text": text, "language": language}, "expect": {"": same(found)}}


def languages():
    for code, text in TEXTS["languages"].items():
        yield {"name": f"language_{code}", "call": "text.language", "input": {"text": text}, "expect": {"/0": same(code)}}


def posts():
    """By hand: what a reader sees in the post."""
    cases = (
        ("Best day ever 😍😍 so grateful for you all ❤️ #blessed #MomLife",
         {"text": "Best day ever so grateful for you all blessed Mom Life", "emoji": ["😍", "😍", "❤️"], "hashtags": ["blessed", "momlife"]}),
        ("Link in bio: https://example.com/shop?id=3. Use code SAVE20 for 20% off! Ends 12.31.",
         {"urls": ["https://example.com/shop?id=3"], "discounts_percent": [20.0], "calls_to_action/0/kind": "link_in_bio", "calls_to_action/1/kind": "buy"}),
        ("This company scammed me out of $2,000 and nobody cares.",
         {"prices/0/text": "$2,000", "prices/0/amount": 2000.0, "prices/0/currency": "USD", "calls_to_action": [], "urls": []}),
        ("Follow @ana.b for part two, save this for later and comment YES",
         {"mentions": ["ana.b"], "calls_to_action/0/kind": "follow", "calls_to_action/1/kind": "watch", "calls_to_action/2/kind": "save", "calls_to_action/3/kind": "comment"}),
        ("Total cost? Under 40 euros, not 1.299,50 € or £5k.",
         {"prices/0/amount": 40.0, "prices/0/currency": "EUR", "prices/1/amount": 1299.5, "prices/2/amount": 5000.0, "prices/2/currency": "GBP"}),
        ("mail me: ana@b.com or youtu.be/abc, v2.0.1 is out", {"urls": ["youtu.be/abc"], "mentions": [], "prices": []}),
        ("नमस्ते #हिन्दी 👨‍👩‍👧‍👦 🇩🇪 1️⃣", {"hashtags": ["हिन्दी"], "emoji": ["👨‍👩‍👧‍👦", "🇩🇪", "1️⃣"], "text": "नमस्ते हिन्दी"}),
        ("I follow the rules and like the colour #1", {"calls_to_action": [], "hashtags": []}),
        ("", {"text": "", "emoji": [], "urls": []}),
    )
    for i, (text, wanted) in enumerate(cases):
        yield {"name": f"post_{i:02}", "call": "text.normalise", "input": {"text": text}, "expect": {f"/{key}": same(value) for key, value in wanted.items()}}


def emotions():
    """By the Python of the training, from the file that the library carries."""
    labels = "admiration amusement anger annoyance approval caring confusion curiosity desire disappointment disapproval disgust " \
        "embarrassment excitement fear gratitude grief joy love nervousness optimism pride realization relief remorse sadness surprise neutral"
    model = ngrams.Model(HERE / "../../viralnow-core/data/text/emotions.bin")
    for i, text in enumerate(TEXTS["sentiment"][:15]):
        p = dict(zip(labels.split(), 1 / (1 + np.exp(-model.sums(text)))))
        yield {"name": f"emotions_{i:02}", "call": "text.emotions", "input": {"text": text}, "expect": {f"/scores/{name}": near(p[name], 6e-5) for name in p}}


def headlines():
    model = ngrams.Model(HERE / "../../viralnow-core/data/text/hook_ab.bin")
    texts = TEXTS["sentiment"]
    for i, (a, b) in enumerate(zip(texts, texts[1:])):
        p = 1 / (1 + np.exp(model.sums(b)[0] - model.sums(a)[0]))
        yield {
            "name": f"headlines_{i:02}", "call": "text.hook_ab", "input": {"first": a, "second": b},
            "expect": {"/probability": near(p, 1e-9), "/better": same("first" if p > 0.5 else "second" if p < 0.5 else None)},
        }


# --- sound -----------------------------------------------------------------------------------------------------------


def samples(signal):
    """One channel in double precision, as README.md defines it."""
    n = np.arange(round(signal["rate"] * signal["seconds"]))
    y = np.zeros(len(n))
    for part in signal["parts"]:
        if "sine" in part:
            y += part["amplitude"] * np.sin(2 * np.pi * part["sine"] * n / signal["rate"])
        elif "dc" in part:
            y += part["dc"]
        elif "noise" in part:
            x, noise = part["seed"], np.empty(len(n))
            for k in range(len(n)):
                x = (1664525 * x + 1013904223) % 2**32
                noise[k] = x / 2**31 - 1
            y += part["noise"] * noise
    return y.astype(np.float32)


def sine(hz, amplitude):
    return {"sine": hz, "amplitude": amplitude}


def tone(f0, count=10, amplitude=0.3):
    """A voice-like sum of harmonics that fall off as 1 / k."""
    return [sine(f0 * k, amplitude / k) for k in range(1, count + 1)]


def loudness():
    """A steady sine: BS.1770's K-weighting at 997 Hz is 0.691 dB, which the formula's constant takes away again, so that
    L = 20 lg a - 3.01 + 10 lg channels (two channels at most count fully). Off 997 Hz the peer's filter decides."""
    for rate in (8000, 16000, 22050, 44100, 48000, 96000):
        for channels in (1, 2):
            amplitude = 0.5 if channels == 1 else 0.1
            expected = 20 * math.log10(amplitude) - 3.01 + 10 * math.log10(channels)
            signal = {"rate": rate, "seconds": 4, "channels": channels, "parts": [sine(997, amplitude)]}
            yield {
                "name": f"loudness_997_{rate}_{channels}ch", "call": "analyze", "input": {"signal": signal},
                "expect": {
                    f"{AUDIO}/loudness/integrated_lufs": near(expected, 0.1),
                    f"{AUDIO}/loudness/momentary_max_lufs": near(expected, 0.1),
                    f"{AUDIO}/loudness/short_term_max_lufs": near(expected, 0.1),
                    f"{AUDIO}/loudness/true_peak_dbtp": near(20 * math.log10(amplitude), 0.2),
                    "/media/sample_rate_hz": same(rate), "/media/channels": same(channels), "/media/duration_s": near(4, 1e-3),
                    "/modalities/vision/status": same("unavailable"),
                },
            }
    for hz in (60, 120, 440, 2500, 6000, 12000):
        signal = {"rate": 48000, "seconds": 3, "channels": 1, "parts": [sine(hz, 0.25)]}
        expected = pyloudnorm.Meter(48000, filter_class="DeMan").integrated_loudness(samples(signal).astype("f8"))
        yield {
            "name": f"loudness_{hz}_48000", "call": "analyze", "input": {"signal": signal},
            "expect": {f"{AUDIO}/loudness/integrated_lufs": near(expected, 0.1)},
        }


def spectra():
    """The spectral set by librosa, on 16 kHz sound, where no resampler stands between."""
    signals = {f"sine_{hz}": [sine(hz, 0.4)] for hz in (110, 440, 1000, 3333)}
    signals |= {f"harmonic_{f0}": tone(f0) for f0 in (98, 147, 220, 330)}
    signals |= {f"noise_{seed}": [{"noise": 0.2, "seed": seed}] for seed in (1, 2, 3)}
    signals |= {f"sine_in_noise_{seed}": [sine(700, 0.3), {"noise": 0.05, "seed": seed}] for seed in (11, 12, 13)}
    for name, parts in signals.items():
        signal = {"rate": 16000, "seconds": 2, "channels": 1, "parts": parts}
        y = samples(signal)
        stft = np.abs(librosa.stft(y))
        mfcc = librosa.feature.mfcc(y=y, sr=16000, n_mfcc=20)
        expect = {
            f"{AUDIO}/spectral_centroid/mean": near(librosa.feature.spectral_centroid(S=stft, sr=16000).mean(), 0.1),
            f"{AUDIO}/spectral_rolloff/mean": near(librosa.feature.spectral_rolloff(S=stft, sr=16000).mean(), 8.0),
            f"{AUDIO}/spectral_bandwidth/mean": near(librosa.feature.spectral_bandwidth(S=stft, sr=16000).mean(), 0.5),
            f"{AUDIO}/zero_crossing_rate/mean": near(librosa.feature.zero_crossing_rate(y).mean(), 1e-4),
            f"{AUDIO}/rms/mean": near(librosa.feature.rms(y=y).mean(), 1e-5),
        }
        if "noise" in name:  # a pure tone's flatness and high coefficients are made of rounding errors
            expect[f"{AUDIO}/spectral_flatness/mean"] = near(librosa.feature.spectral_flatness(S=stft).mean(), 1e-4)
            expect |= {f"{AUDIO}/mfcc/mean/{k}": near(mfcc[k].mean(), 0.02) for k in range(20)}
        yield {"name": f"spectra_{name}", "call": "analyze", "input": {"signal": signal}, "options": {"modalities": ["audio"]}, "expect": expect}


def pitch():
    for f0 in (90, 110, 140, 180, 220, 260, 300, 350, 420, 500):
        signal = {"rate": 16000, "seconds": 2, "channels": 1, "parts": tone(f0, count=8)}
        praat = parselmouth.Sound(samples(signal).astype("f8"), 16000).to_pitch_ac().selected_array["frequency"]
        praat = float(np.median(praat[praat > 0]))
        assert abs(1200 * math.log2(praat / f0)) < 5, (f0, praat)
        yield {
            "name": f"pitch_{f0}", "call": "analyze", "input": {"signal": signal}, "options": {"modalities": ["voice"]},
            "expect": {"/modalities/audio/status": same("skipped")},
            "expect_vectors": {"voice/f0_hz": near(f0, f0 * (2 ** (5 / 1200) - 1))},
        }


def silence():
    signal = {"rate": 44100, "seconds": 1, "channels": 1, "parts": []}
    yield {
        "name": "silence_digital", "call": "analyze", "input": {"signal": signal},
        "expect": {
            f"{AUDIO}/loudness/integrated_lufs": same(None), f"{VOICE}/pitch/median_hz": same(None),
            f"{VOICE}/speech": {"length": 0}, "/status": same("complete"),
        },
    }
    # A constant is silence but for the step at its beginning, which the K-weighting lets through.
    signal = {**signal, "parts": [{"dc": 0.25}]}
    expected = pyloudnorm.Meter(44100, filter_class="DeMan").integrated_loudness(samples(signal).astype("f8"))
    yield {
        "name": "silence_dc", "call": "analyze", "input": {"signal": signal},
        "expect": {f"{AUDIO}/loudness/integrated_lufs": near(expected, 0.1), f"{VOICE}/pitch/median_hz": same(None), f"{VOICE}/speech": {"length": 0}},
    }


def on_samples():
    """The functions on samples by librosa and pyloudnorm, at the rate of the sound and with other settings than the defaults."""
    def case(name, call, signal, expect=None, vectors=None, **options):
        return {
            "name": f"samples_{name}", "call": call, "input": {"signal": signal}, "options": options,
            "expect": expect or {}, "expect_vectors": vectors or {},
        }

    feature = librosa.feature
    for rate, f0 in ((16000, 196), (22050, 147), (44100, 330)):
        signal = {"rate": rate, "seconds": 1.5, "channels": 1, "parts": [*tone(f0), {"noise": 0.05, "seed": rate}]}
        y = samples(signal)
        frames = {"n_fft": 1024, "hop_length": 256}

        def array(name, theirs, tolerance, **options):
            row = np.atleast_2d(theirs)[0]
            return case(f"{name}_{rate}", f"audio.{name}", signal, None, {name: near(np.median(row), tolerance) | {"rows": len(row)}}, **options)  # noqa: B023

        yield array("mfcc", feature.mfcc(y=y, sr=rate, n_mfcc=13, **frames), 2e-2, n_mfcc=13, **frames)
        mel = feature.melspectrogram(y=y, sr=rate, n_mels=40, **frames)
        yield array("melspectrogram", mel, 1e-4 * float(np.median(mel[0])), n_mels=40, **frames)
        yield array("chroma_stft", feature.chroma_stft(y=y, sr=rate, tuning=0, **frames), 1e-4, tuning=0.0, **frames)
        yield array("spectral_centroid", feature.spectral_centroid(y=y, sr=rate, **frames), 0.05, **frames)
        yield array("spectral_bandwidth", feature.spectral_bandwidth(y=y, sr=rate, **frames), 0.05, **frames)
        yield array("spectral_rolloff", feature.spectral_rolloff(y=y, sr=rate, roll_percent=0.9, **frames), 1e-3, roll_percent=0.9, **frames)
        yield array("spectral_flatness", feature.spectral_flatness(y=y, **frames), 1e-6, **frames)
        yield array("spectral_contrast", feature.spectral_contrast(y=y, sr=rate, **frames), 1e-3, **frames)
        yield array("zero_crossing_rate", feature.zero_crossing_rate(y, frame_length=1024, hop_length=256), 1e-6, frame_length=1024, hop_length=256)
        yield array("rms", feature.rms(y=y, frame_length=1024, hop_length=256), 1e-6, frame_length=1024, hop_length=256)
        yield array("onset_strength", librosa.onset.onset_strength(y=y, sr=rate), 1e-3)
        for mode, meter in (("bs1770", {"filter_class": "DeMan"}), ("pyloudnorm", {})):
            lufs = pyloudnorm.Meter(rate, **meter).integrated_loudness(y.astype("f8"))
            yield case(f"loudness_{mode}_{rate}", "audio.loudness", signal, {"/integrated_lufs": near(lufs, 0.01)}, mode=mode)

    for cents in (-30, 20):
        signal = {"rate": 22050, "seconds": 2, "channels": 1, "parts": tone(220 * 2 ** (cents / 1200), count=4)}
        tuning = librosa.estimate_tuning(y=samples(signal), sr=22050)
        assert abs(tuning - cents / 100) < 0.03, tuning
        yield case(f"tuning_{cents}", "audio.estimate_tuning", signal, {"": near(tuning, 0.01)})

    # A tone whose level goes up and down with every beat; sin(a + b) + sin(a - b) = 2 sin a cos b.
    for bpm in (90, 120, 150):
        hz = bpm / 60
        parts = [sine(440, 0.3), sine(440 + hz, 0.15), sine(440 - hz, 0.15), sine(1100, 0.2), sine(1100 + hz, 0.1), sine(1100 - hz, 0.1)]
        signal = {"rate": 22050, "seconds": 12, "channels": 1, "parts": parts}
        tempo = float(librosa.feature.tempo(y=samples(signal), sr=22050)[0])
        yield case(f"tempo_{bpm}", "audio.tempo", signal, {"": near(tempo, 1e-3)})

    # Samples taken for an envelope of onsets at 43 frames a second.
    for frames in (17, 26):
        swing = {"sine": 22050 / frames, "amplitude": 0.5}
        envelope = {"rate": 22050, "seconds": 600 / 22050, "channels": 1, "parts": [{"dc": 0.6}, swing, {"noise": 0.05, "seed": frames}]}
        tempo = float(librosa.feature.tempo(onset_envelope=samples(envelope), sr=22050)[0])
        yield case(f"tempo_of_envelope_{frames}", "audio.tempo", envelope, {"": near(tempo, 1e-3)}, onset_envelope=True)

    # Voices of a steady pitch in a little noise, by Praat and librosa, on their grids of frames.
    for rate, f0 in ((16000, 118), (22050, 183), (44100, 262)):
        signal = {"rate": rate, "seconds": 2, "channels": 1, "parts": [*tone(f0), {"noise": 0.01, "seed": f0}]}
        y = samples(signal).astype("f8")
        sound = parselmouth.Sound(y, rate)
        pitch = sound.to_pitch_ac().selected_array["frequency"]
        cent = f0 * (2 ** (1 / 1200) - 1)
        f0_hz = near(np.median(pitch[pitch > 0]), cent) | {"rows": len(pitch)}
        yield case(f"pitch_{f0}", "voice.pitch", signal, None, {"f0_hz": f0_hz}, method="autocorrelation", preset="reference")
        found, voiced, _ = librosa.pyin(y.astype("f4"), sr=rate, fmin=65.40639132514966, fmax=2093.004522404789)
        yield case(f"pyin_{f0}", "voice.pyin", signal, None, {"f0_hz": near(np.median(found[voiced]), cent) | {"rows": len(found)}})
        # Praat's is relative to 20 µPa, a sample of 1 being 1 Pa; ours is relative to full scale.
        intensity = sound.to_intensity().values[0] + 20 * math.log10(2e-5)
        intensity_db = near(np.median(intensity), 0.01) | {"rows": len(intensity)}
        yield case(f"intensity_{f0}", "voice.intensity", signal, None, {"intensity_db": intensity_db}, preset="reference")
        hnr = sound.to_harmonicity_cc().values[0]
        hnr_db = near(np.median(hnr[hnr > -199]), 0.05) | {"rows": len(hnr)}
        yield case(f"harmonicity_{f0}", "voice.harmonicity", signal, None, {"hnr_db": hnr_db}, preset="reference")

    silence = {"rate": 16000, "seconds": 4, "channels": 2, "parts": []}
    yield case("silent_key", "audio.key", silence, {"": same(None)})
    yield case("silent_danceability", "audio.danceability", silence, {"": same(None)})
    yield case("silent_activity", "voice.activity", silence, {"/speech": {"length": 0}})
    yield case("silent_diarize", "voice.diarize", silence, {"/turns": {"length": 0}, "/speakers": {"length": 0}})
    bad = lambda name, call, code, signal=silence, **options: {  # noqa: E731
        "name": f"samples_error_{name}", "call": call, "input": {"signal": signal}, "options": options, "error": code,
    }
    yield bad("n_fft", "audio.mfcc", "INVALID_CONFIG", n_fft=0)
    yield bad("hop_length", "audio.rms", "INVALID_CONFIG", hop_length=0)
    yield bad("mode", "audio.loudness", "INVALID_CONFIG", mode="loud")
    yield bad("detector", "voice.activity", "INVALID_CONFIG", detector="ears")
    yield bad("nothing", "audio.mfcc", "INVALID_INPUT", {**silence, "seconds": 0})


# --- pictures --------------------------------------------------------------------------------------------------------


def picture(frames, shot, j):
    x, y = np.meshgrid(np.arange(frames["width"]), np.arange(frames["height"]))
    dx, dy = shot.get("shift", [0, 0])
    u, v, s, t = x - j * dx, y - j * dy, shot.get("seed", 0), shot.get("texture", 0)
    tri = lambda k: np.abs(k % 128 - 64) - 32  # noqa: E731  numpy's % is already never negative
    wave = t * (tri(u + 2 * v + 17 * s) + tri(3 * u - v + 29 * s) + tri(2 * u + 5 * v + 7 * s)) // 96
    return np.stack([np.clip(c + wave, 0, 255) for c in shot["rgb"]], axis=-1).astype(np.uint8)


def hashes():
    for i, (rgb, texture) in enumerate([((120, 90, 60), 60), ((30, 160, 200), 90), ((200, 200, 40), 40), ((90, 90, 90), 127), ((10, 60, 30), 80)]):
        # Pillow 13 resizes some tall pictures down before across; these it resizes across first, as imagehash documents.
        for width, height in ((64, 64), (160, 90), (321, 179)):
            shot = {"frames": 1, "rgb": list(rgb), "texture": texture, "seed": i}
            frames = {"width": width, "height": height, "fps": 25, "shots": [shot]}
            expected = str(imagehash.phash(Image.fromarray(picture(frames, shot, 0))))
            yield {
                "name": f"phash_{i}_{width}x{height}", "call": "analyze", "input": {"frames": frames},
                "expect": {f"{VISION}/phash": same(expected), "/media/width": same(width), "/media/height": same(height)},
            }


def on_pictures():
    """The hashes on their own."""
    kinds = {
        "average_hash": imagehash.average_hash, "dhash": imagehash.dhash, "dhash_vertical": imagehash.dhash_vertical,
        "phash": imagehash.phash, "phash_simple": imagehash.phash_simple, "whash": imagehash.whash,
        "colorhash": lambda image: imagehash.colorhash(image, binbits=3),
    }
    for i, (rgb, texture, width, height) in enumerate([
        ((120, 90, 60), 60, 64, 64), ((30, 160, 200), 90, 160, 90), ((200, 200, 40), 40, 321, 179), ((40, 200, 90), 127, 200, 150),
    ]):
        shot = {"frames": 1, "rgb": list(rgb), "texture": texture, "seed": i + 3}
        frames = {"width": width, "height": height, "fps": 25, "shots": [shot]}
        image = Image.fromarray(picture(frames, shot, 0))
        for kind, of in kinds.items():
            yield {
                "name": f"vision_{kind}_{i}", "call": f"vision.{kind}", "input": {"frames": frames},
                "expect": {"": same(str(of(image)))},
            }
        yield {
            "name": f"vision_phash_16_{i}", "call": "vision.phash", "input": {"frames": frames}, "options": {"hash_size": 16},
            "expect": {"": same(str(imagehash.phash(image, hash_size=16)))},
        }
    yield {
        "name": "vision_no_such_size", "call": "vision.phash", "input": {"frames": frames}, "options": {"hash_size": 1},
        "error": "INVALID_INPUT",
    }


def shots():
    """Cuts between pictures of other colours, where they were put."""
    looks = [[[200, 40, 40], 30], [[40, 180, 60], 50], [[30, 60, 200], 40], [[220, 200, 60], 20], [[90, 20, 120], 60]]
    for name, lengths, fps in [
        ("two", [30, 40], 25), ("three", [20, 30, 25], 30), ("four", [40, 20, 20, 30], 24), ("five", [18, 22, 30, 16, 25], 30),
        ("one", [60], 30), ("slow", [20, 20], 5), ("fast", [60, 90], 60),
    ]:
        made = [{"frames": n, "rgb": looks[k][0], "texture": looks[k][1], "seed": k} for k, n in enumerate(lengths)]
        frames = {"width": 160, "height": 284, "fps": fps, "shots": made}
        starts = np.cumsum([0, *lengths[:-1]])
        expect = {f"{VISION}/shots": {"length": len(lengths)}, "/media/frames": same(sum(lengths))}
        for k, start in enumerate(starts):
            expect[f"{VISION}/shots/{k}/start_s"] = near(start / fps, 1e-6)
            expect[f"{VISION}/shots/{k}/start_frame"] = same(int(start))
        yield {"name": f"shots_{name}", "call": "analyze", "input": {"frames": frames}, "expect": expect}


def motion():
    """A texture that moves d pixels a frame moves d fps / diagonal diagonals a second."""
    width, height, fps = 320, 240, 25
    for dx, dy in ((0, 0), (2, 0), (0, 3), (-4, 0), (3, -3)):
        shot = {"frames": 50, "rgb": [128, 128, 128], "texture": 100, "seed": 5, "shift": [dx, dy]}
        frames = {"width": width, "height": height, "fps": fps, "shots": [shot]}
        expected = math.hypot(dx, dy) * fps / math.hypot(width, height)
        yield {
            "name": f"motion_{dx}_{dy}", "call": "analyze", "input": {"frames": frames},
            "expect": {f"{VISION}/motion/intensity": near(expected, 0.05 * expected + 0.005)},
        }


def small_demo():
    """The demo clip at a third of its width, else as it is: what does not need its size is seen sooner, in each of four languages."""
    path, demo = HERE / "demo_small.mp4", HERE / "../../examples/media/demo.mp4"
    if hashlib.sha256(demo.read_bytes()).hexdigest() != DEMO:
        raise SystemExit(f"{demo} is another one: delete {path}, and write the new sum into this file")
    if not path.exists():
        source = ["-i", demo, "-map", "0", "-c", "copy", "-vf", "scale=180:320"]
        encoder = ["-c:v", "libx264", "-preset", "slow", "-crf", "30", "-g", "60", "-pix_fmt", "yuv420p"]
        subprocess.run(["ffmpeg", "-v", "error", *source, *encoder, "-movflags", "+faststart", path], check=True)
    return path


def vision():
    """The other functions of vision: by peers, by the demo clip's truth, by closed form, and what they refuse."""
    # Of the third PDQ thinks little: it has hardly any contrast.
    for i, (rgb, texture, width, height) in enumerate([((120, 90, 60), 60, 64, 64), ((30, 160, 200), 90, 160, 90), ((90, 90, 90), 9, 96, 80), ((40, 200, 90), 127, 640, 360)]):
        shot = {"frames": 1, "rgb": list(rgb), "texture": texture, "seed": i + 3}
        frames = {"width": width, "height": height, "fps": 25, "shots": [shot]}
        bits, quality = pdqhash.compute(picture(frames, shot, 0))
        expect = {"/hash": same(f"{int(''.join(map(str, bits)), 2):064x}"), "/quality": same(int(quality))}
        yield {"name": f"vision_pdq_{i}", "call": "vision.pdq", "input": {"frames": frames}, "expect": expect}
    for dx, dy in ((2, -1), (-3, 0), (0, 4)):
        shot = {"frames": 2, "rgb": [128, 128, 128], "texture": 100, "seed": 5, "shift": [dx, dy]}
        frames = {"width": 320, "height": 240, "fps": 25, "shots": [shot]}
        a, b = (cv2.cvtColor(picture(frames, shot, j), cv2.COLOR_RGB2GRAY) for j in (0, 1))
        flow = cv2.calcOpticalFlowFarneback(a, b, None, 0.5, 3, 15, 3, 5, 1.2, 0)
        medians = {name: near(np.median(flow[:, 0, k].astype(float)), 0.01) | {"rows": 240} for k, name in enumerate(("dx", "dy"))}
        yield {"name": f"vision_flow_{dx}_{dy}", "call": "vision.optical_flow", "input": {"frames": frames}, "options": {"preset": "reference"},
               "expect": {}, "expect_vectors": medians}
    truth = json.loads((HERE / "../../examples/media/demo.truth.json").read_text())
    small = small_demo()
    given = {"path": f"tests/vectors/{small.name}"}
    for name, kind, params in (
        ("content", ContentDetector, {}),
        ("content", ContentDetector, {"threshold": 60.0, "min_scene_len": 4}),
        ("adaptive", AdaptiveDetector, {"adaptive_threshold": 8.0, "window_width": 3, "min_content_val": 60.0}),
        ("hash", HashDetector, {"threshold": 0.5, "size": 6, "lowpass": 3, "min_scene_len": "2.5s"}),
    ):
        scenes = detect(str(small), kind(**params))
        expect = {"/cuts": {"length": len(scenes) - 1}, "/frames": same(truth["frame_count"]), "/cut_short": same(None)}
        expect |= {f"/cuts/{k}/frame": same(start.frame_num) for k, (start, _) in enumerate(scenes[1:])}
        yield {"name": f"vision_shots_{name}_{len(params)}", "call": "vision.detect_shots", "input": given,
               "options": {"detector": name, "preset": "reference", "params": params}, "expect": expect}
    # Each fourth of 720 pictures, 133 ms apart: three are 100 ms, which is too near to an eighth of a second.
    times = [4 * k / truth["fps"] for k in range(truth["frame_count"] // 4)]
    expect = {"/samples": {"length": len(times)}} | {f"/samples/{k}/time_s": near(times[k], 1e-3) for k in (0, 1, 90, 179)}
    yield {"name": "vision_fingerprint", "call": "vision.fingerprint", "input": given, "options": {}, "expect": expect}
    yield {
        "name": "vision_copy_of_itself", "call": "vision.compare_fingerprints", "input": {"paths": [given["path"]] * 2},
        "expect": {"/is_copy": same(True), "/share": same(1), "/other_share": same(1), "/offset_s": same(0), "/distance": same(0), "/mirrored": same(False)},
    }
    yield {
        "name": "vision_no_copy", "call": "vision.compare_fingerprints", "input": {"paths": [given["path"], "examples/media/dashboard-errors.png"]},
        "expect": {"/is_copy": same(False)},
    }
    # Cells with 6 pixels between them, 14 for the time; 180 x 320 pixels at a width of 80 are 142 high.
    yield {
        "name": "vision_contact_sheet", "call": "vision.contact_sheet", "input": given, "options": {"pictures": 6, "columns": 3, "cell_width": 80},
        "expect": {"/width": same(6 + 3 * (80 + 6)), "/height": same(6 + 2 * (142 + 14 + 6)), "/times_s": {"length": 6}},
    }
    # One picture of each shot, somewhere within it; and at even distances.
    within = [near((shot["start"] + shot["end"]) / 2, (shot["end"] - shot["start"]) / 2) for shot in truth["shots"]]
    yield {
        "name": "vision_contact_sheet_by_shots", "call": "vision.contact_sheet", "input": given,
        "options": {"by": "shots", "pictures": len(within), "columns": 5, "cell_width": 40},
        "expect": {"/width": same(6 + 5 * (40 + 6)), "/times_s": {"length": len(within)}}
        | {f"/times_s/{k}": one for k, one in enumerate(within)},
    }
    yield {
        "name": "vision_contact_sheet_by_time", "call": "vision.contact_sheet", "input": given,
        "options": {"by": "time", "pictures": 5, "cell_width": 40},
        "expect": {"/times_s": {"length": 5}, "/times_s/0": same(0), "/times_s/4": near(truth["duration"] - 3, 3)},
    }
    frames = {"width": 64, "height": 64, "fps": 25, "shots": [{"frames": 1, "rgb": [120, 90, 60], "texture": 60, "seed": 1}]}
    pair = frames | {"shots": [{"frames": 2, "rgb": [120, 90, 60], "texture": 60, "seed": 1}]}
    for name, call, given, options, code in (
        ("flow_preset", "optical_flow", {"frames": pair}, {"preset": "best"}, "INVALID_CONFIG"),
        ("shots_detector", "detect_shots", given, {"detector": "best"}, "INVALID_CONFIG"),
        ("shots_setting", "detect_shots", given, {"detector": "content", "params": {"adaptive_threshold": 3}}, "INVALID_CONFIG"),
        ("shots_kernel", "detect_shots", given, {"detector": "content", "params": {"kernel_size": 4}}, "INVALID_CONFIG"),
        ("shots_no_file", "detect_shots", {"path": "no/such/clip.mp4"}, {}, "NOT_FOUND"),
        ("shots_pixels", "detect_shots", given, {"limits": {"max_pixels": 1000}}, "LIMIT_EXCEEDED"),
        ("shots_limit", "detect_shots", given, {"limits": {"max_pixels": 0}}, "INVALID_CONFIG"),
        ("fingerprint_interval", "fingerprint", given, {"interval_s": 0}, "INVALID_CONFIG"),
        ("fingerprint_bytes", "fingerprint", given, {"limits": {"max_bytes": 1000}}, "LIMIT_EXCEEDED"),
        ("sheet_none", "contact_sheet", given, {"pictures": 0}, "INVALID_CONFIG"),
        ("sheet_narrow", "contact_sheet", given, {"cell_width": 7}, "INVALID_CONFIG"),
        ("sheet_by", "contact_sheet", given, {"by": "best"}, "INVALID_CONFIG"),
        ("vectors_interval", "motion_vectors", given, {"interval_s": -1}, "INVALID_CONFIG"),
        ("faces_model", "detect_faces", {"frames": frames}, {"model": "best"}, "INVALID_CONFIG"),
        ("faces_side", "detect_faces", {"frames": frames}, {"longest_side": 31}, "INVALID_CONFIG"),
        ("faces_score", "detect_faces", {"frames": frames}, {"least_score": 1.5}, "INVALID_CONFIG"),
        ("text_engine", "read_text", {"frames": frames}, {"engine": "best"}, "INVALID_CONFIG"),
        ("text_side", "read_text", {"frames": frames}, {"longest_side": 63}, "INVALID_CONFIG"),
    ):
        yield {"name": f"vision_refused_{name}", "call": f"vision.{call}", "input": given, "options": options, "error": code}


# --- everything else -------------------------------------------------------------------------------------------------


def captions():
    srt = "1\n00:00:00,500 --> 00:00:02,000\nHello there, friends!\n\n2\n00:00:02,250 --> 00:00:04,000\nThis is the <i>second</i> cue.\n"
    vtt = "\ufeffWEBVTT\n\nNOTE a note\n\n00:01.000 --> 00:02.500 align:start\nShort form.\n\n01:00:03.000 --> 01:00:04.000\nAn hour later.\n"
    times = lambda *cues: {  # noqa: E731
        f"{TEXT}/transcript": {"length": len(cues)}, f"{TEXT}/source": same("sidecar"),
        **{f"{TEXT}/transcript/{k}/{field}": same(value) for k, cue in enumerate(cues) for field, value in zip(("start_s", "end_s", "text"), cue)},
    }
    yield {"name": "captions_srt", "call": "analyze", "input": {"captions": srt},
           "expect": times((0.5, 2.0, "Hello there, friends!"), (2.25, 4.0, "This is the second cue."))}
    yield {"name": "captions_srt_crlf", "call": "analyze", "input": {"captions": srt.replace("\n", "\r\n")},
           "expect": times((0.5, 2.0, "Hello there, friends!"), (2.25, 4.0, "This is the second cue."))}
    yield {"name": "captions_vtt", "call": "analyze", "input": {"captions": vtt},
           "expect": times((1.0, 2.5, "Short form."), (3603.0, 3604.0, "An hour later."))}


def errors():
    bad = lambda name, code, given, **options: {"name": f"error_{name}", "call": "analyze", "input": given, "options": options, "error": code}  # noqa: E731
    signal = {"rate": 16000, "seconds": 1, "channels": 1, "parts": [sine(440, 0.5)]}
    yield bad("nothing", "INVALID_INPUT", {})
    yield bad("no_file", "NOT_FOUND", {"path": "no/such/clip.mp4"})
    yield bad("folder", "INVALID_INPUT", {"path": "examples"})
    yield bad("empty_bytes", "INVALID_INPUT", {"bytes_hex": ""})
    yield bad("no_media", "UNSUPPORTED_FORMAT", {"bytes_hex": b"this is no medium, whatever its name says; not at all".hex()})
    yield bad("truncated_png", "DECODE_FAILED", {"bytes_hex": "89504e470d0a1a0a0000000d49484452"})
    yield bad("preset", "INVALID_CONFIG", {"text": "Hello."}, preset="best")
    yield bad("modality", "INVALID_CONFIG", {"text": "Hello."}, modalities=["smell"])
    yield bad("no_modality", "INVALID_CONFIG", {"text": "Hello."}, modalities=[])
    yield bad("language", "INVALID_CONFIG", {"text": "Hello."}, language="English")
    yield bad("asset_id", "INVALID_INPUT", {"text": "Hello."}, asset_id="")
    yield bad("limit_zero", "INVALID_CONFIG", {"text": "Hello."}, limits={"max_bytes": 0})
    yield bad("limit_bytes", "LIMIT_EXCEEDED", {"path": "examples/media/demo.mp4"}, limits={"max_bytes": 1000})
    yield bad("limit_text", "LIMIT_EXCEEDED", {"text": "Hello, hello, hello."}, limits={"max_text_bytes": 10})
    yield bad("limit_pixels", "LIMIT_EXCEEDED", {"path": "examples/media/demo.mp4"}, limits={"max_pixels": 1000})
    yield bad("rate", "INVALID_INPUT", {"signal": {**signal, "rate": 10, "seconds": 100}})
    yield bad("captions", "INVALID_INPUT", {"captions": "these are no captions"})


def demo():
    truth = json.loads((HERE / "../../examples/media/demo.truth.json").read_text())
    given = {"path": "examples/media/demo.mp4"}
    cuts = truth["hard_cut_times"]
    for preset in ("fast", "balanced", "reference"):
        expect = {f"{VISION}/shots": {"length": len(cuts) + 1}}
        expect |= {f"{VISION}/shots/{k + 1}/start_s": near(t, 1.01 / truth["fps"]) for k, t in enumerate(cuts)}
        yield {"name": f"demo_shots_{preset}", "call": "analyze", "input": given, "options": {"preset": preset, "modalities": ["vision"]}, "expect": expect}
    expect = {f"{TEXT}/transcript": {"length": len(truth["transcript"])}, f"{TEXT}/source": same("embedded_captions"), f"{TEXT}/language": same("en")}
    for k, (start, end, text) in enumerate((c["start"], c["end"], c["text"]) if isinstance(c, dict) else c for c in truth["transcript"]):
        expect |= {f"{TEXT}/transcript/{k}/start_s": near(start, 2e-3), f"{TEXT}/transcript/{k}/end_s": near(end, 2e-3), f"{TEXT}/transcript/{k}/text": same(text)}
    yield {"name": "demo_transcript", "call": "analyze", "input": given, "options": {"modalities": ["text"]}, "expect": expect}
    yield {
        "name": "demo_whole", "call": "analyze", "input": given,
        "expect": {
            "/status": same("complete"), "/media/kind": same("video"), "/media/width": same(truth["width"]), "/media/height": same(truth["height"]),
            "/media/frames": same(truth["frame_count"]), "/media/frame_rate": near(truth["fps"], 1e-6), "/media/duration_s": near(truth["duration"], 0.05),
            "/media/video_codec": same("h264"), "/media/audio_codec": same("aac"), "/media/sample_rate_hz": same(truth["audio_sample_rate"]),
            "/media/variable_frame_rate": same(False), "/score/calibrated": same(False), "/score/interval": same(None),
        },
    }
    # In the middle of a shot that moves so many pixels a picture: a P picture, half a step of the codec (a quarter of a pixel) or 5 % off at most.
    expect = {"/width": same(truth["width"]), "/height": same(truth["height"]), "/pictures": {"length": truth["frame_count"]}, "/cut_short": same(None)}
    for k in (22, 409, 591, 691):
        [shot] = [shot for shot in truth["shots"] if shot["start_frame"] < k < shot["end_frame"]]
        for name, px, side in zip(("pan", "tilt"), shot["motion"]["content_px_per_frame"], (truth["width"], truth["height"])):
            expect[f"/pictures/{k}/camera/{name}"] = near(px * truth["fps"] / side, (0.05 * abs(px) + 0.125) * truth["fps"] / side)
        expect[f"/pictures/{k}/kind"] = same("P")
    yield {"name": "demo_motion_vectors", "call": "vision.motion_vectors", "input": given, "options": {}, "expect": expect}
    yield {
        "name": "demo_asset_id", "call": "analyze", "input": given, "options": {"asset_id": "my-clip", "modalities": ["audio"]},
        "expect": {"/asset_id": same("my-clip"), "/modalities/vision/status": same("skipped"), "/modalities/audio/status": same("complete")},
    }


def main():
    total = write("sentiment", "vaderSentiment 3.3.2", list(sentiment()))
    total += write("readability", "textstat 0.7.13", list(readability()))
    total += write("sentences", "pysbd 0.3.4", list(sentences()))
    total += write("languages", "the texts are in these languages", list(languages()))
    total += write("emotions", "training/ngrams.py", list(emotions()))
    total += write("headlines", "training/ngrams.py", list(headlines()))
    total += write("posts", "by hand", list(posts()))
    total += write("loudness", "ITU-R BS.1770-4, closed form; pyloudnorm 0.2.0 (DeMan) off 997 Hz", list(loudness()))
    total += write("spectra", "librosa 0.11.0", list(spectra()))
    total += write("pitch", "closed form, checked with parselmouth 0.4.7", list(pitch()))
    total += write("samples", "librosa 0.11.0; pyloudnorm 0.2.0 (DeMan for bs1770); closed form", list(on_samples()))
    total += write("silence", "closed form; pyloudnorm 0.2.0 (DeMan)", list(silence()))
    total += write("hashes", "ImageHash 4.3.2", list(hashes()))
    total += write("pictures", "imagehash 4.3.2 (Pillow 13.0.0)", list(on_pictures()))
    total += write("shots", "closed form", list(shots()))
    total += write("motion", "closed form", list(motion()))
    peers = "pdqhash 0.2.8, OpenCV 5.0.0.93, scenedetect 0.7.2; the demo clip's truth; closed form; the error table"
    total += write("vision", peers, list(vision()))
    total += write("captions", "closed form", list(captions()))
    total += write("errors", "the error table", list(errors()))
    total += write("demo", "examples/media/demo.truth.json", list(demo()))
    print(f"{total} cases in all")


if __name__ == "__main__":
    main()
