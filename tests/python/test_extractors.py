"""Modalities of the host's own, written in Python."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

import viralnow
from conftest import SMALL, SRT, noise, sine
from viralnow import exceptions


class Everything:
    """Counts what it is given."""

    name = "everything"
    version = "7"

    def __init__(self) -> None:
        self.info: dict[str, Any] = {}
        self.samples = 0
        self.energy = 0.0
        self.gaps = 0
        self.next_s: float | None = None
        self.times: list[float] = []
        self.shapes: set[tuple[int, ...]] = set()
        self.cues: list[tuple[str, float, float]] = []

    def begin(self, info: dict[str, Any]) -> None:
        self.info = info

    def audio(self, block: npt.NDArray[np.float32], start_s: float) -> None:
        assert block.dtype == np.float32
        assert block.ndim == 1
        if self.next_s is not None and abs(start_s - self.next_s) > 1e-6:
            self.gaps += 1
        self.next_s = start_s + len(block) / 16000
        self.samples += len(block)
        self.energy += float(np.square(block, dtype=np.float64).sum())

    def frame(self, rgb: npt.NDArray[np.uint8], time_s: float) -> None:
        assert rgb.dtype == np.uint8
        self.shapes.add(rgb.shape)
        self.times.append(time_s)

    def cue(self, text: str, start_s: float, end_s: float) -> None:
        self.cues.append((text, start_s, end_s))

    def finish(self) -> dict[str, Any]:
        return {
            "kind": self.info["kind"],
            "samples": self.samples,
            "rms": np.float64(np.sqrt(self.energy / max(self.samples, 1))),
            "gaps": np.int64(self.gaps),
            "times": np.array(self.times),
            "shapes": sorted(self.shapes),
            "cues": self.cues,
        }


def test_everything_arrives(truth: dict[str, Any]) -> None:
    mine = Everything()
    analysis = viralnow.analyze(SMALL, extractors=[mine])
    result = analysis.modalities.everything
    assert (result.status, result.model_version) == ("complete", "7")
    summary = analysis.summary("everything")
    assert summary.kind == "video"
    assert summary.gaps == 0
    assert summary.samples == pytest.approx(16000 * analysis.media.duration_s, rel=0.01)
    assert summary.shapes == ((truth["height"] // 3, truth["width"] // 3, 3),)
    # 2 to 4 a second, rising, inside the clip.
    times = np.array(summary.times)
    assert 2 * 24 - 2 <= len(times) <= 4 * 24 + 2
    assert (np.diff(times) > 0).all()
    assert [cue[0] for cue in summary.cues] == [cue["text"] for cue in truth["transcript"]]
    assert mine.samples == summary.samples, "an object given to analyze is used as it is"
    # It rides along; the built-in ones are what they are without it.
    assert analysis.audio == viralnow.analyze(SMALL, modalities=["audio"]).audio


def test_sound_is_the_mean_of_the_channels() -> None:
    y = np.stack([sine(440, 0.5, 2, 44100), np.zeros(88200)])
    summary = viralnow.analyze(audio=(y, 44100), extractors=[Everything]).summary("everything")
    assert summary.samples == 32000
    assert summary.rms == pytest.approx(0.25 / np.sqrt(2), rel=0.01)


def test_pictures_are_upright_rgb() -> None:
    class Colour:
        name = "colour"
        every_frame = True

        def __init__(self) -> None:
            self.seen: list[list[int]] = []

        def frame(self, rgb: npt.NDArray[np.uint8], time_s: float) -> None:
            self.seen.append(rgb[0, 0].tolist())

        def finish(self) -> dict[str, Any]:
            return {"seen": self.seen}

    pixels = np.zeros((30, 20, 10, 3), dtype=np.uint8)
    pixels[..., 0] = np.arange(30)[:, None, None]
    pixels[..., 2] = 200
    summary = viralnow.analyze(frames=(pixels, 30), extractors=[Colour]).summary("colour")
    assert summary.seen == tuple((k, 0, 200) for k in range(30))


def test_cues_of_a_caption_file() -> None:
    summary = viralnow.analyze(audio=(noise(5), 16000), captions=SRT, extractors=[Everything]).summary("everything")
    assert [cue[0] for cue in summary.cues] == ["Did you know this?", "Now you do!"]


@pytest.mark.parametrize("method", ["begin", "audio", "frame", "finish"])
def test_what_it_raises_is_told_and_the_rest_stands(method: str) -> None:
    class Broken(Everything):
        name = "broken"

    def fail(*_: object) -> None:
        raise ZeroDivisionError("on purpose: 100 %")

    setattr(Broken, method, fail)
    analysis = viralnow.analyze(SMALL, extractors=[Broken, Everything])
    result = analysis.modalities.broken
    assert result.status == "failed"
    assert result.error.code == "HOST_FAILED"
    assert "ZeroDivisionError: on purpose: 100 %" in result.error.message
    assert "Traceback" in result.error.message
    assert "test_extractors.py" in result.error.message
    assert analysis.summary("broken") is None
    assert "ZeroDivisionError" in analysis.missing["broken"]
    assert analysis.summary("everything").samples > 0
    for modality in ("audio", "voice", "text", "vision"):
        assert analysis.modalities[modality].status == "complete"


@pytest.mark.parametrize(
    "summary",
    [None, 5, {"x": float("nan")}, {"x": np.float32("inf")}, {"x": {1, 2}}, {"x": object()}, [1]],
)
def test_a_summary_that_is_no_json_object(summary: object) -> None:
    class Odd:
        name = "odd"

        def finish(self) -> Any:
            return summary

    analysis = viralnow.analyze(text="Hello there.", extractors=[Odd])
    assert analysis.modalities.odd.error.code == "HOST_FAILED"
    assert analysis.text is not None


class Named:
    def __init__(self, name: object) -> None:
        self.name = name

    def finish(self) -> dict[str, Any]:
        return {}


@pytest.mark.parametrize("name", ["audio", "", "Upper", "with space", "a" * 65, "é", 5, None])
def test_wrong_names(name: object) -> None:
    with pytest.raises(exceptions.InvalidConfigError):
        viralnow.analyze(text="a", extractors=[Named(name)])  # type: ignore[list-item]


def test_names_must_differ_and_finish_is_needed() -> None:
    with pytest.raises(exceptions.InvalidConfigError, match=r"differ"):
        viralnow.analyze(text="a", extractors=[Named("x"), Named("x")])  # type: ignore[list-item]

    class NoFinish:
        name = "x"

    for extractor in (NoFinish, NoFinish()):
        with pytest.raises(TypeError, match="finish"):
            viralnow.analyze(text="a", extractors=[extractor])  # type: ignore[list-item]


def test_in_a_batch_assets_share_nothing() -> None:
    mine = Everything()
    sources = [{"audio": (noise(seconds), 16000)} for seconds in (1, 2, 3, 4)]
    for extractor in (mine, Everything):
        batch = viralnow.analyze_many(sources, extractors=[extractor], threads=4)  # type: ignore[list-item]
        assert [a.summary("everything").samples for a in batch.analyses] == [16000, 32000, 48000, 64000]
    assert mine.samples == 0, "an object given to analyze_many is copied for each asset"


def test_one_that_cannot_be_made() -> None:
    class Unlucky(Everything):
        name = "unlucky"

        def __init__(self) -> None:
            raise OSError("no model file")

    analysis = viralnow.analyze(text="Hello there.", extractors=[Unlucky])
    assert "OSError: no model file" in analysis.missing["unlucky"]


def test_an_interruption_is_not_a_failure_of_the_extractor() -> None:
    class Interrupted(Everything):
        name = "interrupted"

        def audio(self, block: npt.NDArray[np.float32], start_s: float) -> None:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        viralnow.analyze(audio=(noise(30), 16000), extractors=[Interrupted])
