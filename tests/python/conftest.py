"""What the tests share: our own clip and its truth, and small media made by hand."""

from __future__ import annotations

import json
import os
import signal
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

import viralnow

ROOT = Path(__file__).resolve().parents[2]
DEMO = ROOT / "examples/media/demo.mp4"
# The same at a third of its width, for tests that do not depend on what is in the clip.
SMALL = ROOT / "tests/vectors/demo_small.mp4"

SRT = """1
00:00:00,500 --> 00:00:02,000
Did you know this?

2
00:00:02,500 --> 00:00:04,000
Now you do!
"""


@pytest.fixture(scope="session")
def demo() -> viralnow.Analysis:
    """Our clip, analysed once for all tests that only look."""
    return viralnow.analyze(DEMO)


@pytest.fixture(scope="session")
def small() -> viralnow.Analysis:
    """The small clip, analysed once."""
    return viralnow.analyze(SMALL)


@pytest.fixture(scope="session")
def truth() -> dict[str, Any]:
    """What the script that made the clip put into it."""
    truth: dict[str, Any] = json.loads((ROOT / "examples/media/demo.truth.json").read_text())
    return truth


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Says what was skipped in the words of the other languages' tests, by which `make test` counts."""
    for report in terminalreporter.stats.get("skipped", []):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        name = report.nodeid.rpartition("::")[2]
        terminalreporter.write_line(f"SKIPPED {name}: {reason.removeprefix('Skipped: ')}")


def heeds_ctrl_c() -> None:
    """For a child of a process that ignores SIGINT, as those in the background of a shell do."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def shared(path: str) -> Path:
    """A file of the shared test data (``VIRALNOW_TEST_DATA``, else ``../shared``); without it the test is skipped."""
    found = Path(os.environ.get("VIRALNOW_TEST_DATA", ROOT / "../shared")) / path
    if not found.exists():
        pytest.skip(f"shared data not found ({path})")
    return found


def sine(hz: float, amplitude: float, seconds: float, rate: int) -> npt.NDArray[np.float64]:
    """A sine of shape (n,)."""
    y: npt.NDArray[np.float64] = amplitude * np.sin(2 * np.pi * hz * np.arange(round(seconds * rate)) / rate)
    return y


def noise(seconds: float, rate: int = 16000) -> npt.NDArray[np.float32]:
    """White noise: sound that takes a while to analyse."""
    second = (np.random.default_rng(7).standard_normal(rate) * 0.1).astype(np.float32)
    return np.tile(second, round(seconds))


def png(width: int, height: int, rgb: tuple[int, int, int]) -> bytes:
    """A PNG file of one colour, written after the standard."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    rows = (b"\0" + bytes(rgb) * width) * height
    body = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body
