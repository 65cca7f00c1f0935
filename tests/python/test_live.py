"""Live sound."""

from __future__ import annotations

import subprocess
import sys
import textwrap
import threading

import numpy as np
import pytest

import viralnow
from conftest import noise, sine
from viralnow import exceptions


def test_pieces_have_the_features_of_the_whole() -> None:
    y = np.stack([sine(440, 0.4, 3, 48000), sine(660, 0.2, 3, 48000)]).astype(np.float32)
    whole = viralnow.analyze(audio=(y, 48000))
    live = viralnow.Live(48000, 2, asset_id="stream", meta={"platform": "tiktok"})
    for at in range(0, y.shape[1], 1000):
        assert live.push(y[:, at : at + 1000])
    pieces = live.finish()
    assert pieces.asset_id == "stream"
    assert pieces.payload.content_sha256 is None
    assert pieces.payload.meta.platform == "tiktok"
    assert pieces.audio.to_dict() == whole.audio.to_dict()
    assert pieces.voice.to_dict() == whole.voice.to_dict()
    np.testing.assert_array_equal(pieces.vectors("audio", "mfcc"), whole.vectors("audio", "mfcc"))
    with pytest.raises(exceptions.InvalidInputError, match="over"):
        live.finish()


def test_limits_and_what_is_refused() -> None:
    with viralnow.Live(16000, limits={"max_duration_s": 1}) as live:
        while live.push(noise(1)):
            pass
        assert live.finish().status == "partial"
    with viralnow.Live(16000) as live:
        with pytest.raises(exceptions.InvalidInputError, match="finite"):
            live.push([0.0, float("nan")])
        with pytest.raises(exceptions.InvalidInputError, match="channels"):
            live.push(np.zeros((2, 100)))
        assert live.push(np.zeros(16000, dtype=np.int16))
        assert live.finish().media.duration_s == 1.0
    with pytest.raises(exceptions.InvalidInputError):
        viralnow.Live(10)
    with pytest.raises(exceptions.InvalidConfigError):
        viralnow.Live(16000, preset="best")


def test_forgotten_it_ends() -> None:
    """The analysis that is dropped waits for the interpreter's lock, which the one who drops it has."""
    script = """
        import numpy as np, time, viralnow
        class Slow:
            name = "slow"
            version = "1"
            def audio(self, block, start_s):
                time.sleep(0.02)
            def finish(self):
                return {}
        live = viralnow.Live(48000, extractors=[Slow()])
        live.push(np.random.default_rng(1).normal(0, 0.1, 48000 * 3).astype(np.float32))
        del live
        print("over")
    """
    command = [sys.executable, "-c", textwrap.dedent(script)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout == "over\n", done.stderr


def test_left_alone_it_ends() -> None:
    before = threading.active_count()
    token = viralnow.CancelToken()
    live = viralnow.Live(16000, on_progress=token)
    live.push(noise(1))
    token.cancel()
    with pytest.raises(exceptions.CancelledError):
        live.finish()
    with pytest.raises(RuntimeError), viralnow.Live(16000) as live:
        live.push(noise(1))
        raise RuntimeError
    assert threading.active_count() == before
