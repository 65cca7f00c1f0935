"""The command `viralnow`."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

import viralnow
from conftest import SMALL, SRT, heeds_ctrl_c

COMMAND = Path(sysconfig.get_path("scripts")) / "viralnow"


def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([COMMAND, *arguments], capture_output=True, text=True, timeout=120)


def test_json_alone_on_stdout(small: viralnow.Analysis) -> None:
    done = run("analyze", SMALL, "--json", "--threads", "1")
    assert done.returncode == 0
    assert done.stderr == ""
    assert done.stdout.count("\n") == 1
    payload = json.loads(done.stdout)
    assert payload["modalities"]["vision"]["summary"] == small.vision.to_dict()


def test_the_report(tmp_path: Path) -> None:
    out = tmp_path / "payload.json"
    done = run("analyze", SMALL, "--preset", "fast", "--out", out)
    assert done.returncode == 0
    assert done.stderr == "", "no bar where stderr is no terminal"
    assert len(done.stdout.splitlines()) > 10
    assert json.loads(out.read_text())["preset"] == "fast"


def test_words(tmp_path: Path) -> None:
    captions = tmp_path / "c.srt"
    captions.write_text(SRT)
    done = run("analyze", SMALL, "--captions", captions, "--text", "A caption.", "--language", "en", "--json")
    text = json.loads(done.stdout)["modalities"]["text"]["summary"]
    assert [segment["text"] for segment in text["transcript"]] == ["Did you know this?", "Now you do!"]


def test_errors_are_one_line_and_code_1(tmp_path: Path) -> None:
    bad = tmp_path / "bad.mp4"
    bad.write_bytes(b"no video")
    for path, code in ((tmp_path / "none.mp4", "NOT_FOUND"), (bad, "UNSUPPORTED_FORMAT")):
        done = run("analyze", path)
        assert done.returncode == 1
        assert done.stdout == ""
        assert done.stderr.startswith(f"viralnow: {code} ")
        assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    "arguments", [[], ["analyze"], ["analyze", "x", "--preset", "turbo"], ["analyze", "x", "--threads", "0"], ["dance"]]
)
def test_wrong_arguments_are_code_2(arguments: list[str]) -> None:
    assert run(*arguments).returncode == 2


def test_version() -> None:
    assert run("--version").stdout == f"viralnow {viralnow.__version__}\n"


def test_a_reader_that_goes_away() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        [COMMAND, "analyze", SMALL, "--json"], stdout=writer, stderr=subprocess.PIPE, text=True, timeout=120
    )
    os.close(writer)
    assert done.returncode == 1
    assert done.stderr == ""


def test_ctrl_c_is_130(tmp_path: Path) -> None:
    # A FIFO would be refused, so the work is made long: an hour of silence in a sparse WAV file.
    path = tmp_path / "long.wav"
    size = 2 * 8000 * 3600 * 4
    header = b"RIFF" + (36 + size).to_bytes(4, "little") + b"WAVEfmt " + (16).to_bytes(4, "little")
    header += (1).to_bytes(2, "little") * 2 + (8000).to_bytes(4, "little") + (16000).to_bytes(4, "little")
    header += (2).to_bytes(2, "little") + (16).to_bytes(2, "little") + b"data" + size.to_bytes(4, "little")
    path.write_bytes(header)
    os.truncate(path, len(header) + size)
    with subprocess.Popen(
        [COMMAND, "analyze", path], stdout=subprocess.PIPE, stderr=subprocess.PIPE, preexec_fn=heeds_ctrl_c
    ) as child:
        try:
            with pytest.raises(subprocess.TimeoutExpired):
                child.wait(1.0)
            child.send_signal(signal.SIGINT)
            assert child.wait(2.0) == 130
        finally:
            child.kill()


def test_as_a_module() -> None:
    done = subprocess.run([sys.executable, "-m", "viralnow", "--version"], capture_output=True, text=True)
    assert done.stdout == f"viralnow {viralnow.__version__}\n"
