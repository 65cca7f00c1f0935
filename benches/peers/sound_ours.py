"""What `sound_peers.py` does, by ours: CPU seconds for each step. The first run does not count, as there.

usage: sound_ours.py SOUND ROUNDS

Prints the costs of each round (the steps of the specified set, the same by single functions, pYIN, everything), and what everything gave.
"""

import contextlib
import json
import sys
import time

import viralnow
from viralnow import audio, voice

# Each of them takes spectra of its own: what a user who calls single functions pays.
SINGLE = (
    audio.mfcc, audio.chroma_stft, audio.spectral_centroid, audio.spectral_bandwidth, audio.spectral_rolloff,
    audio.spectral_flatness, audio.spectral_contrast, audio.onset_strength, audio.beat_track,
)


@contextlib.contextmanager
def timed(costs, name):
    start = time.process_time()
    yield
    costs[name] = time.process_time() - start


def measure(path, with_pyin):
    costs = {}
    with timed(costs, "load"):
        native, rate = audio.load(path, sr=None, mono=False)
        y = audio.resample(native, orig_sr=rate, target_sr=16000, mono=True)
        sr = 16000
    with timed(costs, "spectral set"):
        spectral = audio.spectral_features(y, sr)
    with timed(costs, "onsets and beats"):
        audio.beat_track(onset_envelope=spectral.onset_strength, sr=sr)
    with timed(costs, "integrated loudness"):
        audio.loudness(native, rate)
    with timed(costs, "pitch"):
        voice.pitch(y, sr)
    with timed(costs, "intensity"):
        voice.intensity(y, sr)
    with timed(costs, "single functions"):
        for function in SINGLE:
            function(y, sr)
        audio.zero_crossing_rate(y)
        audio.rms(y)
    if with_pyin:
        with timed(costs, "pyin"):
            voice.pyin(y, sr)
    with timed(costs, "analyze"):
        analysis = viralnow.analyze(path, threads=1)
    return costs, analysis.to_dict()


def main(path, rounds):
    _, payload = measure(path, True)
    print(json.dumps({"costs": [measure(path, number == 0)[0] for number in range(int(rounds))], "payload": payload}))


if __name__ == "__main__":
    main(*sys.argv[1:])
