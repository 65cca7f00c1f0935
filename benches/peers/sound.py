"""Runs our analysis of one sound and the Python peers in turn, and prints what they cost. Called by sound.sh."""

import json
import os
import statistics
import sys
import tempfile

from run import RUNS, cost, keys

# The peers' steps of the specified set.
SPECIFIED = ("load", "spectral set", "onsets and beats", "integrated loudness", "pitch", "intensity")
# Our functions that give the same, from the same sound: loudness at the clip's own rate, the rest from 16 kHz mono.
FUNCTIONS = (
    "audio.loudness", "@16000", "audio.mfcc", "audio.chroma_stft", "audio.spectral_centroid",
    "audio.spectral_bandwidth", "audio.spectral_rolloff", "audio.spectral_flatness", "audio.spectral_contrast",
    "audio.zero_crossing_rate", "audio.rms", "audio.onset_strength", "audio.beat_track", "voice.pitch",
    "voice.intensity",
)


def main(clip, analyze, sound, python, peers):
    ours, ours_set, pyin, theirs = [], [], [], []
    with tempfile.TemporaryDirectory() as scratch:
        os.environ["SCRATCH"] = scratch
        for _ in range(RUNS):
            ours.append(cost([analyze, clip, "--json", "--threads", "1"]))
            ours_set.append(cost([sound, ",".join(FUNCTIONS), clip])[0])
            # What decoding alone costs is in the difference's both sides; it is taken off.
            whole = cost([sound, "voice.pitch", clip, '{"method": "pyin"}'])[0]
            pyin.append(whole - cost([sound, "audio.rms", clip])[0])
            theirs.append(json.loads(cost([python, peers, clip, "pyin"])[2]))
    steps = {name: statistics.median(run[name] for run in theirs) for name in theirs[0]}
    pyin_s = steps.pop("pyin")
    specified = sum(steps[name] for name in SPECIFIED)
    ours_s = statistics.median(run[0] for run in ours)
    print(f"{clip}: CPU seconds, median of {RUNS}, one thread\n")
    for name, seconds in steps.items():
        print(f"{name:26} {seconds:7.3f}{'' if name in SPECIFIED else '   beyond the set'}")
    print(f"{'the set':26} {specified:7.3f}\n{'all of the peers':26} {sum(steps.values()):7.3f}")
    set_s = statistics.median(ours_set)
    print(f"{'the set, ours':26} {set_s:7.3f}   the same functions in one process, decoding and start included")
    print(f"{'analyze, the whole process':26} {ours_s:7.3f}   {statistics.median(run[1] for run in ours):.0f} MB\n")
    print(f"the set / the set, ours: {specified / set_s:.1f}")
    print(f"the set / analyze: {specified / ours_s:.1f}")
    print(f"all of the peers / analyze: {sum(steps.values()) / ours_s:.1f}")
    print(f"pYIN: librosa {pyin_s:.2f}, ours {statistics.median(pyin):.3f}, ratio {pyin_s / statistics.median(pyin):.0f}")
    for line in keys(json.loads(ours[0][2])):
        print(line)


if __name__ == "__main__":
    main(*sys.argv[1:])
