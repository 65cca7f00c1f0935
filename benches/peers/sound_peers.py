"""What audio and voice give, by the Python packages that people glue together: CPU seconds for each step.

usage: sound_peers.py SOUND ROUNDS

Prints one JSON object a round. The imports and the first run, in which librosa compiles itself, do not count. pYIN takes longer than all the
rest, and is in the first round alone.
"""

import contextlib
import json
import os
import subprocess
import sys
import time

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ[variable] = "1"

import essentia.standard as essentia  # noqa: E402
import librosa  # noqa: E402
import numpy as np  # noqa: E402
import opensmile  # noqa: E402
import parselmouth  # noqa: E402
import pyloudnorm  # noqa: E402
import soundfile  # noqa: E402
from parselmouth.praat import call  # noqa: E402

SMILE = opensmile.Smile(opensmile.FeatureSet.eGeMAPSv02, opensmile.FeatureLevel.Functionals, num_workers=1)


@contextlib.contextmanager
def timed(costs, name):
    start = time.process_time() + children()
    yield
    costs[name] = time.process_time() + children() - start


def children():
    times = os.times()
    return times.children_user + times.children_system


def measure(path, with_pyin):
    costs = {}
    with timed(costs, "load"):
        wav = os.path.join(os.environ["SCRATCH"], "native.wav")
        subprocess.run(["ffmpeg", "-v", "error", "-y", "-threads", "1", "-i", path, "-vn", wav], check=True)
        native, rate = soundfile.read(wav, dtype="float32")
        mono = native.mean(axis=1) if native.ndim > 1 else native
        y = librosa.resample(mono, orig_sr=rate, target_sr=16000, res_type="soxr_hq")
        sr = 16000
    with timed(costs, "spectral set"):
        spectrum = np.abs(librosa.stft(y))
        librosa.feature.mfcc(y=y, sr=sr, n_mfcc=20)
        librosa.feature.chroma_stft(S=spectrum**2, sr=sr)
        librosa.feature.spectral_centroid(S=spectrum, sr=sr)
        librosa.feature.spectral_bandwidth(S=spectrum, sr=sr)
        librosa.feature.spectral_rolloff(S=spectrum, sr=sr)
        librosa.feature.spectral_flatness(S=spectrum)
        librosa.feature.spectral_contrast(S=spectrum, sr=sr)
        librosa.feature.zero_crossing_rate(y)
        librosa.feature.rms(y=y)
    with timed(costs, "onsets and beats"):
        envelope = librosa.onset.onset_strength(y=y, sr=sr)
        librosa.beat.beat_track(onset_envelope=envelope, sr=sr)
    with timed(costs, "single functions"):
        librosa.feature.mfcc(y=y, sr=sr, n_mfcc=20)
        for feature in ("chroma_stft", "spectral_centroid", "spectral_bandwidth", "spectral_rolloff", "spectral_contrast"):
            getattr(librosa.feature, feature)(y=y, sr=sr)
        librosa.feature.spectral_flatness(y=y)
        librosa.feature.zero_crossing_rate(y)
        librosa.feature.rms(y=y)
        librosa.onset.onset_strength(y=y, sr=sr)
        librosa.beat.beat_track(y=y, sr=sr)
    meter = pyloudnorm.Meter(rate)
    with timed(costs, "integrated loudness"):
        meter.integrated_loudness(native)
    voice = parselmouth.Sound(y.astype("f8"), sr)
    with timed(costs, "pitch"):
        pitch = voice.to_pitch_ac()
    with timed(costs, "intensity"):
        voice.to_intensity()
    with timed(costs, "loudness range"):
        meter.loudness_range(native)
    with timed(costs, "harmonicity"):
        voice.to_harmonicity_cc()
    with timed(costs, "formants"):
        voice.to_formant_burg()
    with timed(costs, "jitter and shimmer"):
        pulses = call([voice, pitch], "To PointProcess (cc)")
        call(pulses, "Get jitter (local)", 0, 0, 0.0001, 0.02, 1.3)
        call([voice, pulses], "Get shimmer (local)", 0, 0, 0.0001, 0.02, 1.3, 1.6)
    with timed(costs, "eGeMAPS"):
        SMILE.process_signal(y, sr)
    audio = essentia.Resample(inputSampleRate=rate, outputSampleRate=44100)(np.ascontiguousarray(mono)) if rate != 44100 else mono
    with timed(costs, "tempo at the native rate"):
        essentia.RhythmExtractor2013(method="multifeature")(audio)
    with timed(costs, "key"):
        essentia.KeyExtractor()(audio)
    with timed(costs, "danceability"):
        essentia.Danceability()(audio)
    with timed(costs, "fingerprint"):
        essentia.Chromaprinter()(audio)
    if with_pyin:
        with timed(costs, "pyin"):
            librosa.pyin(y, sr=sr, fmin=65.4, fmax=2093.0)
    return costs


def main(path, rounds):
    measure(path, False)
    librosa.pyin(np.random.default_rng(0).standard_normal(32000).astype("f4"), sr=16000, fmin=65.4, fmax=2093.0)
    print(json.dumps([measure(path, number == 0) for number in range(int(rounds))]))


if __name__ == "__main__":
    main(*sys.argv[1:])
