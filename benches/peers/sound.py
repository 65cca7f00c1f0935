"""Runs our analysis of one sound and the Python peers in turn, and prints what they cost. Called by sound.sh."""

import json
import os
import statistics
import sys
import tempfile

from run import RUNS, cost, keys

# The specified set, with spectra that are taken once for all that is read off them, and by single functions, each with spectra of its own.
SPECTRA = ("spectral set", "onsets and beats")
REST = ("load", "integrated loudness", "pitch", "intensity")
SHARED, SINGLE = (*REST, *SPECTRA), (*REST, "single functions")
# In each process, after one that does not count.
ROUNDS = 3


def least(rounds):
    """Of each step; not every round has all."""
    return {name: min(costs[name] for costs in rounds if name in costs) for name in rounds[0]}


def main(clip, python, ours, peers_python, peers):
    our_rounds, their_rounds, megabytes, payload = [], [], [], {}
    with tempfile.TemporaryDirectory() as scratch:
        os.environ["SCRATCH"] = scratch
        for _ in range(RUNS):
            _, peak, out, _ = cost([python, ours, clip, str(ROUNDS)])
            our_rounds += json.loads(out)["costs"]
            payload = json.loads(out)["payload"]
            megabytes.append(peak)
            their_rounds += json.loads(cost([peers_python, peers, clip, str(ROUNDS)])[2])
    our, their = least(our_rounds), least(their_rounds)
    print(f"{clip}: CPU seconds in the process, one thread, the least of {RUNS} x {ROUNDS} rounds; imports and first rounds do not count; pYIN {RUNS} times\n")
    print(f"{'':26} {'peers':>8} {'ours':>8}")
    for name, seconds in their.items():
        if name not in SPECTRA:
            print(f"{name:26} {seconds:8.3f} {format(our[name], '8.3f') if name in our else '       -'}")
    # The onsets are in the first of ours and in the second of theirs.
    print(f"{'spectra and beats, shared':26} {sum(their[name] for name in SPECTRA):8.3f} {sum(our[name] for name in SPECTRA):8.3f}")
    shared, single = ([sum(side[name] for name in names) for side in (their, our)] for names in (SHARED, SINGLE))
    # What is in both sets stands in the sum once, by single functions, as people use them.
    everything = sum(seconds for name, seconds in their.items() if name not in SPECTRA and name != "pyin")
    rows = (
        ("the set", single[0], shared[1]),
        ("the set, spectra shared", *shared),
        ("the set, one by one", *single),
        ("everything (analyze)", everything, our["analyze"]),
        ("everything, spectra shared", everything - single[0] + shared[0], our["analyze"]),
        ("pYIN", their["pyin"], our["pyin"]),
    )
    print(f"\n{'':26} {'peers':>8} {'ours':>8}  peers / ours")
    for name, theirs, seconds in rows:
        print(f"{name:26} {theirs:8.3f} {seconds:8.3f}  {theirs / seconds:.1f}")
    print(f"\nthe set of the peers / all of analyze: {single[0] / our['analyze']:.1f}")
    print(f"our process takes {statistics.median(megabytes):.0f} MB")
    for line in keys(payload):
        print(line)


if __name__ == "__main__":
    main(*sys.argv[1:])
