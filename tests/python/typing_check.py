"""What a type checker must find in a program that uses the package; `mypy --strict` reads it, nothing runs it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from typing_extensions import assert_type

import viralnow
from viralnow import exceptions


class Brightness:
    """An extractor needs no base class."""

    name = "brightness"

    def __init__(self) -> None:
        self.values: list[float] = []

    def frame(self, rgb: npt.NDArray[np.uint8], time_s: float) -> None:
        self.values.append(float(rgb.mean()))

    def finish(self) -> dict[str, Any]:
        return {"mean": sum(self.values) / len(self.values)}


def one(path: Path, y: npt.NDArray[np.float32], pictures: npt.NDArray[np.uint8]) -> None:
    analysis = viralnow.analyze(path, extractors=[Brightness, Brightness()], limits={"max_duration_s": 60})
    assert_type(analysis, viralnow.Analysis)
    assert_type(analysis.vectors("audio", "mfcc"), npt.NDArray[np.float32])
    assert_type(analysis.vector_times("audio", "mfcc"), npt.NDArray[np.float64])
    assert_type(analysis.missing, dict[str, str])
    assert_type(analysis.status, str)
    assert_type(analysis.media, viralnow.View)
    assert_type(analysis.to_dict(), dict[str, Any])
    assert_type(analysis.to_json(indent=2), str)
    lufs: float | None = analysis.audio.loudness.integrated_lufs
    print(lufs)
    viralnow.analyze(audio=(y, 16000), limits=viralnow.Limits(max_duration_s=60))
    viralnow.analyze(frames=(pictures, 30.0), text="Words.", captions=path)
    viralnow.analyze(b"bytes", on_progress=lambda progress: progress.fraction < 0.5, progress=True)
    viralnow.analyze(str(path), on_progress=viralnow.CancelToken(), monitor=viralnow.MemoryMonitor())
    viralnow.analyze(5)  # type: ignore[arg-type]
    viralnow.analyze(path, "positional")  # type: ignore[call-arg]
    viralnow.analyze(path, nonsense=True)  # type: ignore[call-arg]


def many(paths: list[Path]) -> None:
    batch = viralnow.analyze_many(paths, timeout_s=30, store="features.db")
    assert_type(batch, viralnow.Batch)
    for item in batch:
        if isinstance(item, viralnow.Analysis):
            print(item.score.viral)
        else:
            assert_type(item, viralnow.ViralNowError)
            print(item.code, item.context.get("path"), item.retryable)
    assert_type(batch.errors, dict[int, viralnow.ViralNowError])
    viralnow.analyze_many([{"text": "one"}, {"source": "a.mp4", "captions": "a.srt"}, b"bytes"])


def store() -> None:
    with viralnow.Store("features.db") as features:
        assert_type(features, viralnow.Store)
        assert_type(features.get("id"), viralnow.Analysis | None)
        assert_type(features.list(), list[str])
        assert_type(features.erase("id"), bool)
        assert_type(len(features), int)
    try:
        viralnow.analyze("a.mp4")
    except FileNotFoundError as error:
        print(error.filename)
    except exceptions.AnalysisTimeoutError as error:
        assert_type(error.retryable, bool)
