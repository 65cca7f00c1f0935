"""Runs our functions on words and the Python peers in turn on the same texts, and prints what a text costs. Called by text.sh."""

import json
import pathlib
import statistics
import sys
import tempfile

from run import RUNS, cost

# Our function, the peer, and how many texts it gets: the peers' slower ones get fewer.
ROWS = (
    ("sentiment", "vaderSentiment", 4000),
    ("readability", "textstat, seven formulas", 1000),
    ("sentences", "pySBD", 500),
    ("keywords", "YAKE", 300),
)
# Each text is done so often by ours, which else would be over before the clock has ticked.
OFTEN = 50


def ours(program, name, path):
    """CPU seconds of one round, without what the process and the first texts, which read the word lists, take."""
    return (cost([program, name, path, str(OFTEN)])[0] - cost([program, name, path, "0"])[0]) / OFTEN


def main(path, program, python, peers):
    lines = [line.split("\t")[0] for line in pathlib.Path(path).read_text(encoding="utf-8").splitlines()]
    texts = [line for line in lines if line.strip()]
    print(f"{path}: texts per CPU second, one thread, median of {RUNS}\n")
    print(f"{'':14} {'texts':>6} {'ours':>10} {'peer':>8} {'ratio':>6}")
    for name, peer, count in ROWS:
        some = texts[:count]
        with tempfile.NamedTemporaryFile("w", suffix=".txt", encoding="utf-8") as file:
            file.write("\n".join(some))
            file.flush()
            pairs = [(ours(program, name, file.name), json.loads(cost([python, peers, name, file.name])[2])) for _ in range(RUNS)]
        mine, theirs = (len(some) / statistics.median(column) for column in zip(*pairs))
        print(f"{name:14} {len(some):6} {mine:10.0f} {theirs:8.0f} {mine / theirs:6.0f}   {peer}")


if __name__ == "__main__":
    main(*sys.argv[1:])
