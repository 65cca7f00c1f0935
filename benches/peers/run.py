"""Runs the commands in turn and prints what they cost. Called by run.sh."""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time

RUNS = int(os.environ.get("RUNS", "5"))


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


class Limits:
    """What is printed beside the figures, and whether all of it holds."""

    def __init__(self):
        self.kept = True

    def say(self, figure, most=None, least=None):
        wrong = (most is not None and figure > most) or (least is not None and figure < least)
        self.kept &= not wrong
        limit = f"<= {most:g}" if most is not None else f">= {least:g}" if least is not None else ""
        return f"{limit}{': not kept' if wrong else ''}"


def main(clip, analyze, python, peers, *others):
    def ours(*options, of=clip):
        return [analyze, of, "--json", "--vectors", "--threads", "1", *options]

    # Models of faces and of text on screen are not there, unless said otherwise.
    plain = {"VIRALNOW_MODELS": "/", "VIRTUAL_ENV": "/"}
    # Nor is tesseract: text on screen is the only part whose cost the clip decides, so it is measured apart.
    no_text = {**plain, "VIRALNOW_TESSERACT": "/"}
    decode = ["ffmpeg", "-v", "error", "-threads", "1", "-i", clip, "-f", "null", "-"]
    # What is compared stands beside each other: a machine's pace may drift by half within minutes. Third, what it may take beside the decoder.
    commands = {
        "Python peers, pictures": ([python, peers, clip, "pictures"], {}, None),
        "vision, fast": (ours("--preset", "fast", "--modalities", "vision"), no_text, 0.7),
        "vision, balanced": (ours("--modalities", "vision"), no_text, 1.25),
        "decode alone": (decode, {}, None),
        "decode alone, 2 threads": (["2" if word == "1" else word for word in decode], {}, None),
        "vision, reference": (ours("--preset", "reference", "--modalities", "vision"), no_text, 2.2),
        "analyze, reference": (ours("--preset", "reference"), no_text, 2.35),
        "decode alone, again": (decode, {}, None),
        "analyze, fast": (ours("--preset", "fast"), no_text, 0.75),
        "analyze, with text on screen": (ours(), plain, None),
        "analyze, balanced": (ours(), no_text, 1.35),
        "analyze, balanced, 2 threads": ([*ours(), "--threads", "2"], no_text, None),
        "Python peers": ([python, peers, clip], {}, None),
    }
    if os.environ.get("VIRALNOW_MODELS"):
        commands["analyze, with text and faces"] = (ours(), {}, None)
    runs = {name: [] for name in commands}
    for _ in range(RUNS):
        for name, (command, environment, _) in commands.items():
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
    limits = Limits()
    for name, results in runs.items():
        seconds, megabytes, wall = (of(r[n] for r in results) for of, n in ((min, 0), (max, 1), (min, 3)))
        of_decode = ratio(name, decoders[name])
        limit = limits.say(of_decode, commands[name][2])
        print(f"{name:30} {seconds:8.2f} {wall:8.2f} {megabytes:8.0f} {of_decode:9.2f} {limit}")
    print()

    def say(name, figure, unit="", **limit):
        print(f"{name:48} {figure:8.2f}{unit} {limits.say(figure, **limit)}")

    text = statistics.median(a[0] - b[0] for a, b in zip(runs["analyze, with text on screen"], runs["analyze, balanced"], strict=True))
    say("text on screen", text, " CPU s", most=3)
    say("Python peers / analyze, balanced", ratio("Python peers", "analyze, balanced"))
    for preset, least in (("fast", 6), ("balanced", 3.5), ("reference", None)):
        say(f"Python peers, pictures / vision, {preset}", ratio("Python peers, pictures", f"vision, {preset}"), least=least)
    say("wall time, 1 thread / 2", ratio("analyze, balanced", "analyze, balanced, 2 threads", 3), least=1.5)
    say("wall time, 1 thread / 2, of the decoder alone", ratio("decode alone", "decode alone, 2 threads", 3))
    say("peak memory", max(result[1] for name, (command, _, _) in commands.items() if command[0] == analyze for result in runs[name]), " MB", most=250)
    for line in keys(json.loads(runs["analyze, with text on screen"][0][2])):
        print(line)
    sys.stdout.flush()

    with tempfile.TemporaryDirectory() as folder:
        long = os.path.join(folder, "long.mkv")
        # Long enough that what a heap does by chance, some hundred kB, is little against what is kept.
        loop = ["ffmpeg", "-v", "error", "-stream_loop", "6", "-i", clip, "-map", "0:v:0", "-map", "0:a:0?", "-c", "copy", long]
        subprocess.run(loop, check=True)
        for what, drop in (("", ()), (", frame-level features left out", ("--vectors",))):
            (_, short_mb, out, _), (_, long_mb, long_out, _) = (
                cost([word for word in ours(of=file) if word not in drop], environment=plain) for file in (clip, long)
            )
            seconds = json.loads(long_out)["media"]["duration_s"] - json.loads(out)["media"]["duration_s"]
            say(f"each further second{what}", 1024 * (long_mb - short_mb) / seconds, f" kB ({short_mb:.0f} MB, {long_mb:.0f} MB after {seconds:.0f} s more)", most=30)
    for other in others:
        say(f"peak memory, {os.path.basename(other)}", cost(ours(of=other), environment=plain)[1], " MB")
    sys.exit(not limits.kept)


if __name__ == "__main__":
    main(*sys.argv[1:])
