"""Progress, cancelling, Ctrl-C, and the lock that is released."""

from __future__ import annotations

import asyncio
import io
import signal
import subprocess
import sys
import textwrap
import threading
import time
from typing import Any

import pytest

import viralnow
from conftest import SMALL, heeds_ctrl_c, noise
from viralnow import exceptions
from viralnow._progress import PlainBar

LONG = 1800.0


def test_progress_rises_to_one() -> None:
    seen: list[viralnow.Progress] = []
    viralnow.analyze(SMALL, on_progress=seen.append)
    assert len(seen) >= 3
    fractions = [progress.fraction for progress in seen]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0
    assert seen[-1].items == (1, 1)
    assert all(0 <= progress.fraction <= 1 for progress in seen)
    assert {"decode", "done"} <= {progress.stage for progress in seen}
    # At most 20 times a second.
    assert len(seen) <= 20 * (seen[-1].elapsed_s + 1) + 2


def test_progress_of_a_batch() -> None:
    seen: list[viralnow.Progress] = []
    viralnow.analyze_many([SMALL] * 3, on_progress=seen.append, modalities=["audio"])
    assert seen[-1].items == (3, 3)
    assert seen[-1].fraction == 1.0


def test_false_stops() -> None:
    calls = []

    def stop(progress: viralnow.Progress) -> bool:
        calls.append(progress)
        return False

    with pytest.raises(exceptions.CancelledError):
        viralnow.analyze(audio=(noise(60), 16000), on_progress=stop)
    assert len(calls) == 1
    with pytest.raises(exceptions.CancelledError):
        viralnow.analyze_many([{"audio": (noise(60), 16000)}] * 4, on_progress=stop)


def test_what_it_raises_the_call_raises() -> None:
    class MyError(Exception):
        pass

    def fail(_: viralnow.Progress) -> None:
        raise MyError("of the host")

    with pytest.raises(MyError, match="of the host"):
        viralnow.analyze(SMALL, on_progress=fail)
    with pytest.raises(MyError, match="of the host"):
        viralnow.analyze_many([SMALL] * 2, on_progress=fail)


@pytest.mark.parametrize("many", [False, True])
def test_a_token_stops_from_another_thread(many: bool) -> None:
    token = viralnow.CancelToken()
    asked: list[float] = []

    def cancel() -> None:
        asked.append(time.monotonic())
        token.cancel()

    timer = threading.Timer(0.3, cancel)

    def begun(_: dict[str, Any]) -> None:
        if not timer.is_alive() and not asked:
            timer.start()

    sound = (noise(LONG), 16000)
    with pytest.raises(exceptions.CancelledError):
        if many:
            viralnow.analyze_many([{"audio": sound}] * 4, on_progress=token, monitor=begun, threads=1)
        else:
            viralnow.analyze(audio=sound, on_progress=token, monitor=begun)
    assert time.monotonic() - asked[0] < 0.5
    assert token.cancelled
    assert repr(token) == "CancelToken(cancelled=True)"
    with pytest.raises(exceptions.CancelledError):
        viralnow.analyze(text="A token that was used stays used.", on_progress=token)


def test_a_call_that_fails_does_not_use_up_the_token() -> None:
    token = viralnow.CancelToken()

    class Interrupted:
        name = "interrupted"

        def audio(self, block: object, start_s: float) -> None:
            raise KeyboardInterrupt

        def finish(self) -> dict[str, Any]:
            return {}

    with pytest.raises(KeyboardInterrupt):
        viralnow.analyze(audio=(noise(30), 16000), on_progress=token, extractors=[Interrupted])
    assert not token.cancelled
    assert viralnow.analyze(text="Go on.", on_progress=token).status == "complete"


CHILD = """
    import sys, time
    import numpy as np
    import viralnow

    y = (np.random.default_rng(1).standard_normal(1800 * 16000) * 0.1).astype(np.float32)
    told = []
    def tell(progress):
        if not told:
            told.append(True)
            print("running", flush=True)
    try:
        {call}
    except KeyboardInterrupt:
        print("interrupted", flush=True)
    else:
        print("not interrupted", flush=True)
"""

CALLS = {
    "analyze": "viralnow.analyze(audio=(y, 16000), on_progress=tell)",
    "analyze_without_callback": "tell(None); viralnow.analyze(audio=(y, 16000))",
    "analyze_many": "viralnow.analyze_many([{'audio': (y, 16000)}] * 8, on_progress=tell, threads=2)",
}


@pytest.mark.parametrize("call", CALLS)
def test_ctrl_c(call: str) -> None:
    script = textwrap.dedent(CHILD).replace("{call}", CALLS[call])
    with subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, text=True, preexec_fn=heeds_ctrl_c
    ) as child:
        assert child.stdout is not None
        try:
            assert child.stdout.readline() == "running\n"
            time.sleep(0.5)
            start = time.monotonic()
            child.send_signal(signal.SIGINT)
            answer = child.stdout.readline()
            took = time.monotonic() - start
        finally:
            child.kill()
    assert answer == "interrupted\n"
    assert took < 0.5, f"Ctrl-C took {took:.2f} s"


def test_the_lock_is_released() -> None:
    ticks = 0
    over = threading.Event()

    def tick() -> None:
        nonlocal ticks
        while not over.wait(0.002):
            ticks += 1

    thread = threading.Thread(target=tick)
    thread.start()
    start = time.monotonic()
    viralnow.analyze(SMALL)
    took = time.monotonic() - start
    over.set()
    thread.join()
    # About 500 a second when it is free; none when it is held.
    assert ticks > 50 * took, f"{ticks} ticks in {took:.2f} s"


def test_asyncio() -> None:
    async def both() -> int:
        ticks = 0
        work = asyncio.gather(*(asyncio.to_thread(viralnow.analyze, SMALL, threads=1) for _ in range(2)))
        while not work.done():
            ticks += 1
            await asyncio.sleep(0.005)
        first, second = await work
        assert first.vision == second.vision
        return ticks

    assert asyncio.run(both()) > 10


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_the_plain_bar() -> None:
    screen = Terminal()
    bar = PlainBar(screen)
    bar.show(viralnow.Progress(0.25, "decode", 1.0, 3.0, (1, 4)))
    assert screen.getvalue() == "\r 25% [######..................] decode 1/4, 3 s left"
    bar.close()
    assert screen.getvalue().endswith("\r")
    silent = io.StringIO()
    PlainBar(silent).show(viralnow.Progress(0.25, "decode", 1.0, 3.0, (0, 1)))
    assert silent.getvalue() == ""


def test_progress_true_shows_a_bar(capfd: pytest.CaptureFixture[str]) -> None:
    viralnow.analyze(SMALL, progress=True)
    out, err = capfd.readouterr()
    assert out == ""
    assert "%" in err, "tqdm is installed here and writes to stderr"


def test_progress_without_tqdm(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tqdm.auto", None)
    screen = Terminal()
    monkeypatch.setattr(sys, "stderr", screen)
    viralnow.analyze(SMALL, progress=True)
    assert "decode" in screen.getvalue()
