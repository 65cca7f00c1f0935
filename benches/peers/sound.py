"""Runs our analysis of one sound and the Python peers in turn, and prints what they cost. Called by sound.sh."""

import json
import os
import statistics
import sys
import tempfile

from run import RUNS, cost, keys

# The peers' steps of the specified set.
SPECIFIED = ("load", "spectral set", "onsets and beats", "integrated loudness", "pitch", "intensity")
# Our functions that give the same, from the same sound: loudness at the clip's own rate, the rest from 16 kHz mono. As the
# peers' script does, one takes the spectra once for the spectral set and the onsets, and the beats from these.
FUNCTIONS = (
    "audio.loudness", "@16000", "audio.spectral_features", "audio.beat_track(onset_strength)", "voice.pitch", "voice.intensity",
)
# The same one by one, each from spectra of its own: what a user who calls single functions pays.
SINGLE = (
    "audio.loudness", "@16000", "audio.mfcc", "audio.chroma_stft", "audio.spectral_centroid",
    "audio.spectral_bandwidth", "audio.spectral_rolloff", "audio.spectral_flatness", "audio.spectral_contrast",
    "audio.zero_crossing_rate", "audio.rms", "audio.onset_strength", "audio.beat_track", "voice.pitch",
    "voice.intensity",
)


def main(clip, analyze, sound, python, peers):
    ours, ours_set, ours_single, starts, sound_starts, pyin, theirs = [], [], [], [], [], [], []
    with tempfile.TemporaryDirectory() as scratch:
        os.environ["SCRATCH"] = scratch
        for _ in range(RUNS):
            ours.append(cost([analyze, clip, "--json", "--threads", "1"]))
            # What the system takes to load a process and its libraries, and to end it: the peers' imports are not counted.
            starts.append(cost([analyze, "--help"])[0])
            sound_starts.append(cost([sound], status=2)[0])
            ours_set.append(cost([sound, ",".join(FUNCTIONS), clip])[0])
            ours_single.append(cost([sound, ",".join(SINGLE), clip])[0])
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
    everything = sum(steps.values())
    start_s, sound_start_s = statistics.median(starts), statistics.median(sound_starts)
    rows = (
        ("the set, ours", statistics.median(ours_set), sound_start_s, specified),
        ("the set, one by one", statistics.median(ours_single), sound_start_s, specified),
        ("analyze", ours_s, start_s, everything),
    )
    print(f"\n{'ours':26} {'process':>7} {'inside':>7}   peers / inside, peers / process")
    for name, whole, start, peer in rows:
        print(f"{name:26} {whole:7.3f} {whole - start:7.3f}   {peer / (whole - start):.1f}  {peer / whole:.1f}")
    print("process: all of it; inside: without loading and ending it, as the peers' figures are without their imports")
    print(f"analyze takes {statistics.median(run[1] for run in ours):.0f} MB\n")
    print(f"the set of the peers / all of analyze: {specified / (ours_s - start_s):.1f}  {specified / ours_s:.1f}")
    print(f"pYIN: librosa {pyin_s:.2f}, ours {statistics.median(pyin):.3f}, ratio {pyin_s / statistics.median(pyin):.0f}")
    for line in keys(json.loads(ours[0][2])):
        print(line)


if __name__ == "__main__":
    main(*sys.argv[1:])
