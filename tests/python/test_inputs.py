"""What goes in: paths, bytes, arrays, text; each against closed form or the truth of our clip."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import viralnow
from conftest import SMALL, SRT, noise, png, sine
from viralnow import exceptions


def test_path_string_and_bytes_are_the_same(small: viralnow.Analysis) -> None:
    data = SMALL.read_bytes()
    digest = hashlib.sha256(data).hexdigest()
    assert small.asset_id == digest[:32]
    for source in (str(SMALL), data, bytearray(data), memoryview(data)):
        again = viralnow.analyze(source, modalities=["vision"])
        assert again.asset_id == small.asset_id
        assert again.payload.content_sha256 == digest
        assert again.vision == small.vision


def test_the_clip_is_what_its_truth_says(demo: viralnow.Analysis, truth: dict[str, Any]) -> None:
    assert demo.status == "complete"
    assert (demo.media.width, demo.media.height) == (truth["width"], truth["height"])
    assert demo.media.frames == truth["frame_count"]
    cuts = [shot.start_s for shot in demo.vision.shots[1:]]
    assert cuts == pytest.approx(truth["hard_cut_times"], abs=1.01 / truth["fps"])
    assert demo.audio.loudness.integrated_lufs == pytest.approx(truth["loudness_target_lufs"], abs=1.0)


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.float16, np.int16, np.int32])
def test_loudness_of_a_sine_in_every_type(dtype: type) -> None:
    # BS.1770: 997 Hz at -20 dBFS in both channels is -20 LUFS, by definition of the K weighting's gain.
    y = np.stack([sine(997, 0.1, 5, 48000)] * 2)
    if np.issubdtype(dtype, np.integer):
        y = y * (np.iinfo(dtype).max + 1.0)
    analysis = viralnow.analyze(audio=(y.astype(dtype), 48000))
    assert analysis.media.kind == "audio"
    assert (analysis.media.channels, analysis.media.sample_rate_hz) == (2, 48000)
    assert analysis.media.duration_s == pytest.approx(5.0, abs=1e-3)
    assert analysis.audio.loudness.integrated_lufs == pytest.approx(-20.0, abs=0.1)
    assert analysis.audio.loudness.true_peak_dbtp == pytest.approx(-20.0, abs=0.2)


def test_one_channel_is_3_db_less() -> None:
    analysis = viralnow.analyze(audio=(sine(997, 0.1, 5, 44100), 44100))
    assert analysis.media.channels == 1
    assert analysis.audio.loudness.integrated_lufs == pytest.approx(-23.01, abs=0.1)


def test_strided_and_reversed_arrays() -> None:
    y = sine(440, 0.5, 2, 16000)
    plain = viralnow.analyze(audio=(y, 16000), modalities="audio")
    wide = np.repeat(y, 3)[::3]
    assert not wide.flags.c_contiguous
    strided = viralnow.analyze(audio=(wide, 16000), modalities="audio")
    assert strided.asset_id == plain.asset_id
    turned = viralnow.analyze(audio=(np.asfortranarray(np.stack([y, y])), 16000), modalities="audio")
    assert turned.audio.spectral_centroid.mean == pytest.approx(plain.audio.spectral_centroid.mean, rel=1e-6)


def test_a_list_of_samples_is_taken() -> None:
    analysis = viralnow.analyze(audio=([0.0] * 16000, 16000.0))
    assert analysis.media.duration_s == pytest.approx(1.0)
    assert analysis.audio.loudness.integrated_lufs is None
    assert "audio.loudness.integrated_lufs" in analysis.missing or "audio.loudness" in analysis.missing


@pytest.mark.parametrize(
    "audio",
    [
        (np.array([0.0, np.nan, 0.0]), 16000),
        (np.array([0.0, np.inf]), 16000),
        (np.array([0.0, 1e300]), 16000),
        (np.zeros(0), 16000),
        (np.zeros((2, 3, 4)), 16000),
        (np.zeros((48000, 2)), 48000),
        (np.zeros(100, dtype=np.uint8), 16000),
        (np.zeros(100, dtype=complex), 16000),
        (np.zeros(100), 0),
        (np.zeros(100), -5),
        (np.zeros(100), 16000.5),
        (np.zeros(100), float("nan")),
        (np.zeros(100), 10),
    ],
)
def test_wrong_samples(audio: Any) -> None:
    with pytest.raises(exceptions.InvalidInputError):
        viralnow.analyze(audio=audio)


def shots(fps: int = 10) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """2 s of red, then 2 s of dark blue."""
    pixels = np.zeros((4 * fps, 96, 64, 3), dtype=np.uint8)
    pixels[: 2 * fps, ..., 0] = 255
    pixels[2 * fps :, ..., 2] = 102
    return pixels


def test_frames_by_rate_and_by_times() -> None:
    analysis = viralnow.analyze(frames=(shots(), 10))
    assert analysis.media.kind == "video"
    assert (analysis.media.width, analysis.media.height, analysis.media.frames) == (64, 96, 40)
    assert [shot.start_s for shot in analysis.vision.shots] == pytest.approx([0.0, 2.0])
    assert analysis.vision.colour.mean_rgb == pytest.approx([0.5, 0.0, 0.2], abs=0.05)
    # The same pictures, shown twice as slowly from 1 s on: times are kept, never made of an index.
    slow = viralnow.analyze(frames=(shots(), 1.0 + np.arange(40) / 5))
    assert [shot.start_s for shot in slow.vision.shots] == pytest.approx([1.0, 5.0])
    turned = viralnow.analyze(frames=(np.asfortranarray(shots()), [k / 10 for k in range(40)]))
    assert turned.vision == analysis.vision


def test_frames_with_sound() -> None:
    analysis = viralnow.analyze(frames=(shots(), 10), audio=(sine(440, 0.5, 4, 16000), 16000))
    assert analysis.media.kind == "video"
    assert analysis.audio is not None
    assert len(analysis.vision.shots) == 2


@pytest.mark.parametrize(
    "frames",
    [
        (shots().astype(np.float32), 10),
        (shots()[..., :1], 10),
        (shots()[0], 10),
        (shots(), 0),
        (shots(), float("nan")),
        (shots(), [0.0, 1.0]),
        (shots(), np.zeros(40)),
        (shots(), -np.arange(40.0)),
        (shots(), np.full(40, np.nan)),
        (shots()[:0], 10),
    ],
)
def test_wrong_frames(frames: Any) -> None:
    with pytest.raises(exceptions.InvalidInputError):
        viralnow.analyze(frames=frames)


def test_source_and_arrays_exclude_each_other() -> None:
    with pytest.raises(exceptions.InvalidInputError):
        viralnow.analyze(SMALL, audio=(noise(1), 16000))


def test_an_image_from_bytes() -> None:
    analysis = viralnow.analyze(png(60, 40, (255, 128, 0)))
    assert analysis.media.kind == "image"
    assert (analysis.media.width, analysis.media.height) == (60, 40)
    assert analysis.vision.colour.mean_rgb == pytest.approx([1.0, 128 / 255, 0.0], abs=0.02)
    assert analysis.audio is None
    assert "audio" in analysis.missing


def test_captions_by_content_and_by_path(tmp_path: Path) -> None:
    path = tmp_path / "words.srt"
    path.write_text(SRT, encoding="utf-8")
    for captions in (SRT, path, str(path)):
        analysis = viralnow.analyze(captions=captions)
        segments = analysis.text.transcript
        assert [(s.start_s, s.end_s, s.text) for s in segments] == [
            (0.5, 2.0, "Did you know this?"),
            (2.5, 4.0, "Now you do!"),
        ]
        assert analysis.text.source == "sidecar"
    with pytest.raises(exceptions.NotFoundError):
        viralnow.analyze(captions=tmp_path / "none.srt")


def test_a_sidecar_is_found(tmp_path: Path) -> None:
    (tmp_path / "tone.wav").write_bytes(wav(sine(440, 0.5, 4, 8000), 8000))
    (tmp_path / "tone.srt").write_text(SRT, encoding="utf-8")
    analysis = viralnow.analyze(tmp_path / "tone.wav")
    assert [segment.text for segment in analysis.text.transcript] == ["Did you know this?", "Now you do!"]


def wav(y: np.ndarray[Any, np.dtype[np.float64]], rate: int) -> bytes:
    import io
    import wave

    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes((y * 32767).astype("<i2").tobytes())
    return buffer.getvalue()


def test_a_wav_and_its_samples_agree() -> None:
    y = np.round(sine(440, 0.5, 3, 22050) * 32767).astype(np.int16)
    file = viralnow.analyze(wav(y / 32767, 22050), modalities=["audio"])
    array = viralnow.analyze(audio=(y, 22050), modalities=["audio"])
    assert file.media.audio_codec is not None
    assert np.array_equal(file.vectors("audio", "mfcc"), array.vectors("audio", "mfcc"))


def test_text_and_settings_reach_the_core() -> None:
    analysis = viralnow.analyze(
        text="Did you know 90% of people brush their teeth wrong? Here's why.",
        asset_id="post-1",
        correlation_id="job-9",
        language="en",
        preset="reference",
        modalities=("text",),
    )
    assert (analysis.asset_id, analysis.correlation_id) == ("post-1", "job-9")
    assert analysis.payload.preset == "reference"
    assert analysis.modalities.audio.status == "skipped"
    assert len(analysis.text.sentences) == 2
    assert analysis.text.language == "en"
    assert analysis.text.source == "given"


@pytest.mark.parametrize(
    "arguments", [{"text": "\ud800"}, {"text": "a", "asset_id": "\udfff"}, {"captions": "\n\ud800"}]
)
def test_half_a_surrogate_pair_is_no_text(arguments: dict[str, str]) -> None:
    with pytest.raises(exceptions.InvalidInputError, match="surrogate"):
        viralnow.analyze(**arguments)  # type: ignore[arg-type]


def test_a_file_name_that_is_no_utf_8(tmp_path: Path) -> None:
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.png"))
    path.write_bytes(png(16, 16, (1, 2, 3)))
    assert viralnow.analyze(path).media.kind == "image"


def test_threads_do_not_change_the_result(small: viralnow.Analysis) -> None:
    one = viralnow.analyze(SMALL, threads=1)
    for modality in ("audio", "voice", "text", "vision"):
        assert one.summary(modality) == small.summary(modality)
    assert one.score == small.score
