"""Functions on pictures and files: what imagehash, OpenCV and PySceneDetect give, and what is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import viralnow
from viralnow.exceptions import InvalidConfigError, InvalidInputError, NotFoundError, UnavailableError

DEMO = Path(__file__).parents[2] / "examples/media/demo.mp4"


def noise(rows: int, columns: int, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (rows, columns, 3), dtype=np.uint8)


def test_hashes_count_bits_and_refuse_what_is_no_picture() -> None:
    picture = noise(90, 160)
    for of in ("average_hash", "dhash", "dhash_vertical", "phash", "phash_simple", "whash"):
        function = getattr(viralnow.vision, of)
        found = function(picture)
        assert len(found) == 64 and len(str(found)) == 16
        assert found == function(picture) and found - function(255 - picture) > 0
        assert len(function(picture, hash_size=16)) == 256
        with pytest.raises(InvalidInputError):
            function(picture.astype(float))
        with pytest.raises(InvalidInputError):
            function(np.zeros((0, 5, 3), np.uint8))
        with pytest.raises(InvalidInputError, match="no path"):
            function("picture.png")
    assert len(str(viralnow.vision.colorhash(picture))) == 11
    assert viralnow.vision.pdq(picture).quality == 100
    with pytest.raises(InvalidInputError, match="2 to 256"):
        viralnow.vision.phash(picture, hash_size=1)


def test_gray_and_transparent_pictures_are_pictures() -> None:
    picture = noise(64, 64)
    gray = np.repeat(picture[:, :, :1], 3, axis=2)
    assert viralnow.vision.phash(gray) == viralnow.vision.phash(gray[:, :, 0])
    rgba = np.concatenate([picture, noise(64, 64, 2)[:, :, :1]], axis=2)
    assert viralnow.vision.phash(rgba) == viralnow.vision.phash(picture)
    assert viralnow.vision.phash(picture[:, ::-1]) != viralnow.vision.phash(picture)


def test_flow_finds_a_shift() -> None:
    kernel = np.ones(9) / 9

    def smooth(rows: int, columns: int) -> np.ndarray:
        """Squares of 8 pixels, blurred."""
        squares = np.kron(noise(rows, columns), np.ones((8, 8, 1), np.uint8))[:, :, 0].astype(float)
        for axis in (1, 0):
            squares = np.apply_along_axis(lambda r: np.convolve(r, kernel, "same"), axis, squares)
        return squares.astype(np.uint8)

    gray = smooth(20, 30)
    flow = viralnow.vision.optical_flow(gray[:, 3:], gray[:, :-3])
    assert flow.shape == (160, 237, 2) and flow.dtype == np.float32
    middle = flow[40:-40, 40:-40]
    assert abs(np.median(middle[:, :, 0]) - 3) < 0.15 and abs(np.median(middle[:, :, 1])) < 0.15
    large = smooth(80, 120)
    for preset in ("reference", "balanced", "fast"):
        flow = viralnow.vision.optical_flow(large[:, 8:], large[:, :-8], preset=preset)
        assert flow.shape == (640, 952, 2)
        assert abs(np.median(flow[80:-80, 80:-80, 0]) - 8) < 0.4, preset
    with pytest.raises(InvalidConfigError, match="preset"):
        viralnow.vision.optical_flow(gray, gray, preset="best")
    with pytest.raises(InvalidInputError, match="same size"):
        viralnow.vision.optical_flow(gray, gray[:-1])


WORD = """
#####  ###  #     #####
#       #   #     #
#       #   #     #
####    #   #     ####
#       #   #     #
#       #   #     #
#      ###  ##### #####
"""


def test_a_word_is_read_and_who_lacks_tesseract_is_told_what_to_install() -> None:
    rows = [[sign == "#" for sign in row.ljust(23)] for row in WORD.split("\n")[1:-1]]
    ink = np.kron(np.pad(np.array(rows), 4), np.ones((6, 6), bool))
    picture = np.where(ink, 20, 230).astype(np.uint8)
    with pytest.raises(UnavailableError, match="install"):
        viralnow.vision.read_text(picture, language="tlh")
    with pytest.raises(InvalidConfigError, match="longest_side"):
        viralnow.vision.read_text(picture, longest_side=1)
    if viralnow.info()["tesseract"] is None:
        pytest.skip(viralnow.info()["tesseract_note"])
    (line,) = viralnow.vision.read_text(picture, language="en")
    assert line.text == "FILE" and 0.5 < line.confidence <= 1
    # The letters begin at 24, 24 and are 138 by 42.
    assert np.allclose(line.box, [24, 24, 162, 66], atol=6)
    assert viralnow.vision.read_text(np.full_like(picture, 128)) == ()


def test_shots_of_the_demo_clip_are_those_of_analyze() -> None:
    found = viralnow.vision.detect_shots(DEMO)
    shots = viralnow.analyze(DEMO, modalities=["vision"]).vision.shots
    assert [round(cut.time_s, 3) for cut in found.cuts] == [round(shot.start_s, 3) for shot in shots[1:]]
    assert len(found.shots) == len(found.cuts) + 1
    content = viralnow.vision.detect_shots(DEMO, "content", preset="reference", metrics=True)
    assert len(content.metrics["content_val"]) == content.frames == len(content.times_s)
    with pytest.raises(InvalidConfigError, match="adaptive"):
        viralnow.vision.detect_shots(DEMO, "best")
    with pytest.raises(NotFoundError):
        viralnow.vision.detect_shots("no-such-file.mp4")


def test_the_codec_tells_the_pan_of_the_demo_clip() -> None:
    found = viralnow.vision.motion_vectors(DEMO, blocks=True)
    assert (found.width, found.height, len(found.pictures), found.cut_short) == (540, 960, 720, None)
    # The first shot moves 4 pixels a frame to the left.
    first = [picture for picture in found.pictures[:60] if picture.camera]
    assert np.median([picture.camera.pan for picture in first]) == pytest.approx(-4 * 30 / 540, rel=0.05)
    assert found.blocks.shape == (sum(picture.blocks for picture in found.pictures), 8)
    assert found.blocks.dtype == np.float32
    picture = first[0]
    own = found.blocks[found.blocks[:, 0] == found.pictures.index(picture)]
    steps = round((picture.time_s - picture.from_s) * 30)
    assert np.median(own[:, 6]) == pytest.approx(-4 * steps, abs=0.25) and set(own[:, 1]) == {-1}
    assert "blocks" not in viralnow.vision.motion_vectors(DEMO, interval_s=1)
    with pytest.raises(NotFoundError):
        viralnow.vision.motion_vectors("no-such-file.mp4")


def test_a_clip_is_a_copy_of_itself_and_a_sheet_is_a_picture() -> None:
    print_ = viralnow.vision.fingerprint(DEMO)
    how = viralnow.vision.compare_fingerprints(print_, print_.base64)
    assert how.is_copy and how.share == 1 and how.offset_s == 0 and not how.mirrored
    sheet = viralnow.vision.contact_sheet(DEMO, pictures=6, columns=3, cell_width=80)
    assert sheet.png.startswith(b"\x89PNG") and sheet.width == 6 + 3 * 86
    assert sheet._repr_png_() == sheet.png
