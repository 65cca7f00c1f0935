"""Neighbours among a million hashes: ours (`clips_speed`) and faiss IndexBinaryFlat on the same ones; CPU seconds."""

import re
import subprocess
import sys
import time

import faiss
import numpy as np

LINE = re.compile(r"1000 queries among 1M hashes, radius (\d+) +([\d.]+) CPU-s")
FOUND = re.compile(r"found (\d+) of (\d+)")

said = subprocess.run([sys.argv[1], "--keep", "hashes"], check=True, capture_output=True, text=True).stdout
ours = {int(radius): float(seconds) for radius, seconds in LINE.findall(said)}
found = [int(count) for count, _ in FOUND.findall(said)]

faiss.omp_set_num_threads(1)
hashes, queries = (np.fromfile(name, np.uint8).reshape(-1, 8) for name in ("hashes.bin", "queries.bin"))
index = faiss.IndexBinaryFlat(64)
index.add(hashes)
print(f"{len(queries)} queries among {len(hashes)} hashes, CPU seconds of one thread")
for (radius, seconds), count in zip(ours.items(), found, strict=True):
    start = time.process_time()
    # Theirs takes what is nearer than the radius.
    limits, _, _ = index.range_search(queries, radius + 1)
    theirs = time.process_time() - start
    same = "the same" if int(limits[-1]) == count else f"{int(limits[-1])} by faiss"
    ratio = theirs / max(seconds, 0.01)
    print(f"radius {radius:2}: {seconds:.2f}, faiss {theirs:.2f}, {ratio:.1f} times; {count} neighbours, {same}")
