"""Runs the commands in turn and prints what they cost. Called by run.sh."""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time

RUNS = int(os.environ.get("RUNS", "5"))


PRESETS = ("balanced", "fast", "reference")


def cost(command, status=0, environment=None):
    """CPU seconds and peak memory (MB) of a command, which ends with this status, its output, and its seconds by the clock."""
    with tempfile.TemporaryFile() as out:
        start = time.perf_counter()
        process = subprocess.Popen(command, stdout=out, stderr=subprocess.DEVNULL, env={**os.environ, **(environment or {})})
        _, ended, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(ended)
        if process.returncode != status:
            sys.exit(f"bench: {' '.join(command)} ended with {process.returncode}")
        out.seek(0)
        return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, out.read(), wall


def keys(payload):
    """Every key of the contract is there, or named in `missing`."""
    for name, modality in payload["modalities"].items():
        summary = modality["summary"]
        if summary is None:
            yield f"{name}: {modality['status']} ({modality.get('reason')})"
            continue
        for key, value in summary.items():
            if value is None and key not in summary["missing"]:
                sys.exit(f"bench: {name}.{key} is null and not named in missing")
        if summary["missing"]:
            yield f"{name}: missing {', '.join(summary['missing'])}"


def main(clip, analyze, python, peers):
    def ours(*options):
        return [analyze, clip, "--json", "--threads", "1", *options]

    # A library that is not there, nor PP-OCR's networks in its place: text on screen is the only part whose cost the clip decides, so it is measured apart.
    no_text = {"VIRALNOW_TESSERACT": "/", "VIRTUAL_ENV": "/"}
    decode = ["ffmpeg", "-v", "error", "-threads", "1", "-i", clip, "-f", "null", "-"]
    # What is compared stands beside each other: a machine's pace may drift by half within minutes.
    commands = {
        "Python peers, pictures": ([python, peers, clip, "pictures"], {}),
        "vision, fast": (ours("--preset", "fast", "--modalities", "vision"), no_text),
        "vision, balanced": (ours("--modalities", "vision"), no_text),
        "decode alone": (decode, {}),
        "decode alone, 2 threads": (["2" if word == "1" else word for word in decode], {}),
        "vision, reference": (ours("--preset", "reference", "--modalities", "vision"), no_text),
        "analyze, reference": (ours("--preset", "reference"), no_text),
        "decode alone, again": (decode, {}),
        "analyze, fast": (ours("--preset", "fast"), no_text),
        "analyze, with text on screen": (ours(), {}),
        "analyze, balanced, 2 threads": ([*ours(), "--threads", "2"], no_text),
        "analyze, balanced": (ours(), no_text),
        "Python peers": ([python, peers, clip], {}),
    }
    runs = {name: [] for name in commands}
    for _ in range(RUNS):
        for name, (command, environment) in commands.items():
            runs[name].append(cost(command, environment=environment))
    print(f"{clip}: {RUNS} rounds, one thread where not said; seconds are the least, ratios the median of the rounds' own\n")
    print(f"{'':30} {'CPU s':>8} {'wall s':>8} {'peak MB':>8} {'/ decode':>9}")

    # Not the least of one command by the least of another, which may be of two paces.
    def ratio(name, base, column=0):
        return statistics.median(one[column] / other[column] for one, other in zip(runs[name], runs[base], strict=True))

    # Of the two, the one that ran closer to it.
    where = list(runs)
    near = [where.index(name) for name in ("decode alone", "decode alone, again")]
    decoders = {name: where[min(near, key=lambda at: abs(at - where.index(name)))] for name in runs}
    for name, results in runs.items():
        seconds, megabytes, wall = (of(r[n] for r in results) for of, n in ((min, 0), (max, 1), (min, 3)))
        print(f"{name:30} {seconds:8.2f} {wall:8.2f} {megabytes:8.0f} {ratio(name, decoders[name]):9.2f}")
    text = statistics.median(a[0] - b[0] for a, b in zip(runs["analyze, with text on screen"], runs["analyze, balanced"], strict=True))
    print(f"\ntext on screen: {text:.2f} CPU s")
    print(f"Python peers / analyze, balanced: {ratio('Python peers', 'analyze, balanced'):.2f}")
    for preset in PRESETS:
        print(f"Python peers, pictures / vision, {preset}: {ratio('Python peers, pictures', f'vision, {preset}'):.2f}")
    two = ratio("analyze, balanced", "analyze, balanced, 2 threads", 3)
    print(f"wall time, 1 thread / 2: {two:.2f}, the decoder alone: {ratio('decode alone', 'decode alone, 2 threads', 3):.2f}")
    for line in keys(json.loads(runs["analyze, with text on screen"][0][2])):
        print(line)

    with tempfile.TemporaryDirectory() as folder:
        long = os.path.join(folder, "long.mkv")
        # Long enough that what a heap does by chance, some hundred kB, is little against what is kept.
        loop = ["ffmpeg", "-v", "error", "-stream_loop", "6", "-i", clip, "-map", "0:v:0", "-map", "0:a:0?", "-c", "copy", long]
        subprocess.run(loop, check=True)
        _, short_mb, out, _ = cost(ours())
        _, long_mb, long_out, _ = cost([analyze, long, *ours()[2:]])
        seconds = json.loads(long_out)["media"]["duration_s"] - json.loads(out)["media"]["duration_s"]
        print(f"each further second: {1024 * (long_mb - short_mb) / seconds:.1f} kB ({short_mb:.0f} MB, {long_mb:.0f} MB after {seconds:.0f} s more)")


if __name__ == "__main__":
    main(*sys.argv[1:])
