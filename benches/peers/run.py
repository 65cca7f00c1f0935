"""Runs the commands in turn and prints what they cost. Called by run.sh."""

import json
import os
import statistics
import subprocess
import sys
import tempfile

RUNS = int(os.environ.get("RUNS", "3"))


def cost(command, status=0):
    """CPU seconds and peak memory (MB) of a command, which ends with this status, and its output."""
    with tempfile.TemporaryFile() as out:
        process = subprocess.Popen(command, stdout=out, stderr=subprocess.DEVNULL)
        _, ended, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(ended)
        if process.returncode != status:
            sys.exit(f"bench: {' '.join(command)} ended with {process.returncode}")
        out.seek(0)
        return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, out.read()


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
    ours = [analyze, clip, "--json", "--threads", "1"]
    commands = {
        "analyze": ours,
        "decode alone": ["ffmpeg", "-v", "error", "-threads", "1", "-i", clip, "-f", "null", "-"],
        "Python peers": [python, peers, clip],
    }
    runs = {name: [] for name in commands}
    for _ in range(RUNS):
        for name, command in commands.items():
            runs[name].append(cost(command))
    print(f"{clip}: median of {RUNS}, one thread\n")
    print(f"{'':14} {'CPU s':>8} {'peak MB':>8}")
    cpu = {}
    for name, results in runs.items():
        cpu[name] = statistics.median(r[0] for r in results)
        print(f"{name:14} {cpu[name]:8.2f} {statistics.median(r[1] for r in results):8.0f}")
    print(f"\nanalyze / decode alone: {cpu['analyze'] / cpu['decode alone']:.2f}")
    print(f"Python peers / analyze: {cpu['Python peers'] / cpu['analyze']:.2f}")
    for line in keys(json.loads(runs["analyze"][0][2])):
        print(line)

    with tempfile.TemporaryDirectory() as folder:
        long = os.path.join(folder, "long.mkv")
        loop = ["ffmpeg", "-v", "error", "-stream_loop", "3", "-i", clip, "-map", "0:v:0", "-map", "0:a:0?", "-c", "copy", long]
        subprocess.run(loop, check=True)
        _, short_mb, out = cost(ours)
        _, long_mb, long_out = cost([analyze, long, *ours[2:]])
        seconds = json.loads(long_out)["media"]["duration_s"] - json.loads(out)["media"]["duration_s"]
        print(f"each further second: {1024 * (long_mb - short_mb) / seconds:.1f} kB ({short_mb:.0f} MB, {long_mb:.0f} MB after {seconds:.0f} s more)")


if __name__ == "__main__":
    main(*sys.argv[1:])
