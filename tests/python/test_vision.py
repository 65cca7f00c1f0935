"""Functions on pictures and files: what imagehash, OpenCV and PySceneDetect give, and what is refused."""

from __future__ import annotations

import base64
import json
import os
import re
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import viralnow
from conftest import DEMO, ROOT, SMALL, heeds_ctrl_c
from viralnow.exceptions import (
    AnalysisTimeoutError,
    CancelledError,
    DecodeFailedError,
    InvalidConfigError,
    InvalidInputError,
    NotFoundError,
    UnavailableError,
)

ON_FILES = ("contact_sheet", "detect_shots", "fingerprint", "motion_vectors")


def shared(path: str) -> Path:
    """A file of the shared test data; without it the test is skipped."""
    found = Path(os.environ.get("VIRALNOW_TEST_DATA", ROOT.parent / "shared")) / path
    if not found.exists():
        pytest.skip(f"shared data not found ({path})")
    return found


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


def of_file(path: Path) -> np.ndarray:
    """The pixels of a picture, by ffmpeg."""
    probe = ["ffprobe", "-v", "error", "-show_entries", "stream=width,height", "-of", "csv=p=0", path]
    try:
        width, height = map(int, subprocess.run(probe, check=True, capture_output=True, text=True).stdout.split(","))
    except FileNotFoundError:
        pytest.skip("ffmpeg is not there")
    command = ["ffmpeg", "-v", "error", "-i", path, "-pix_fmt", "rgb24", "-f", "rawvideo", "-"]
    raw = subprocess.run(command, check=True, capture_output=True).stdout
    return np.frombuffer(raw, np.uint8).reshape(height, width, 3)


def test_the_text_of_a_pdq_is_the_peers() -> None:
    golden = json.loads(shared("golden/vision/pdq.json").read_text())
    for name in ("astronaut.png", "coffee.png", "peppers.png"):
        picture = of_file(shared(f"data/images/{name}"))
        found = viralnow.vision.pdq(picture)
        assert str(found) == golden[name]["pdq"] and found.quality == golden[name]["quality"]
        versions = viralnow.vision.pdq_dihedral(picture)
        assert len(versions) == 8 and versions[0] == found
        # Mirrored, the fifth is meant, whose bits are nearly those.
        mirrored = viralnow.vision.pdq(picture[:, ::-1])
        assert min(range(8), key=lambda k: versions[k].hash - mirrored.hash) == 5


def test_faces_are_found_or_it_is_said_what_is_missing(tmp_path: Path) -> None:
    script = """if True:
        import json, sys
        import numpy as np, viralnow
        picture = np.load(sys.argv[1])
        try:
            faces = viralnow.vision.detect_faces(picture)
            again = viralnow.vision.detect_faces(picture, least_score=0.99)
            print(json.dumps([len(faces), [list(face.box) for face in faces], len(again)]))
        except viralnow.exceptions.UnavailableError as error:
            print(json.dumps(str(error)))
    """

    def called(picture: np.ndarray, models: Path) -> Any:
        np.save(tmp_path / "picture.npy", picture)
        environment = os.environ | {"VIRALNOW_MODELS": str(models), "XDG_CACHE_HOME": str(tmp_path)}
        command = [sys.executable, "-c", script, tmp_path / "picture.npy"]
        done = subprocess.run(command, check=True, capture_output=True, text=True, env=environment)
        return json.loads(done.stdout)

    assert "face_detection_yunet" in called(noise(64, 64), tmp_path)
    models = shared("data/models")
    picture = of_file(shared("data/images/astronaut.png"))
    found = called(picture, models)
    if isinstance(found, str):
        pytest.skip(found)
    count, [[left, top, right, bottom]], sure = found
    assert count == 1 and sure <= 1
    # By hand: the face lies between columns 175 and 275 and rows 60 and 180.
    assert 165 < left < 215 and 235 < right < 285 and 50 < top < 100 and 140 < bottom < 190
    assert called(of_file(shared("data/images/coffee.png")), models)[0] == 0


def test_settings_of_the_peers_detectors_cut_where_it_does() -> None:
    peer = json.loads((ROOT / "tests/peers/shots.json").read_text())
    for case in peer["cases"]:
        if case["file"] == "nasa_13013.mp4":
            path = shared(f"data/video/{case['file']}")
            found = viralnow.vision.detect_shots(path, case["detector"], preset="reference", **case["params"])
            assert [cut.frame for cut in found.cuts] == case["cuts"], case
    weights = viralnow.vision.Weights(delta_hue=0, delta_sat=0)
    luma = viralnow.vision.detect_shots(SMALL, "content", weights=weights, metrics=True)
    assert np.allclose(luma.metrics["content_val"][1:], luma.metrics["delta_lum"][1:])
    for detector, settings, says in (
        ("content", {"bins": 64}, "bins"),
        ("content", {"kernel_size": 4}, "kernel_size"),
        ("content", {"min_scene_len": "long"}, "min_scene_len"),
        ("content", {"threshold": float("nan")}, "finite"),
        ("default", {"threshold": 27}, "threshold"),
    ):
        with pytest.raises(InvalidConfigError, match=says):
            viralnow.vision.detect_shots("no-such-file.mp4", detector, **settings)


@pytest.mark.parametrize("name", ON_FILES)
def test_a_file_function_is_bounded_and_watched(name: str) -> None:
    function = getattr(viralnow.vision, name)
    told: list[viralnow.Progress] = []
    function(SMALL, on_progress=told.append, limits=viralnow.Limits(max_wall_s=600))
    assert [p.fraction for p in told] == sorted(p.fraction for p in told) and told[-1].fraction == 1
    assert any(0 < p.fraction < 1 and p.stage == "decode" for p in told)
    with pytest.raises(CancelledError):
        function(SMALL, on_progress=lambda progress: False)
    token = viralnow.CancelToken()
    token.cancel()
    with pytest.raises(CancelledError):
        function(SMALL, on_progress=token)
    with pytest.raises(TypeError, match="on_progress"):
        function(SMALL, on_progress=True)
    for limits, says in (({"max_wall_s": 0}, "max_wall_s"), ({"max_wall": 1}, "max_wall")):
        with pytest.raises(InvalidConfigError, match=says):
            function("no-such-file.mp4", limits=limits)
    start = time.monotonic()
    with pytest.raises(AnalysisTimeoutError, match="max_wall_s"):
        function(shared("data/video/long_1080p_lowbitrate.mp4"), limits={"max_wall_s": 0.2})
    assert time.monotonic() - start < 5


@pytest.mark.parametrize("name", ON_FILES)
def test_ctrl_c_ends_a_file_function_and_its_thread(name: str) -> None:
    script = f"""
        import os, sys, time, viralnow
        told = []
        def tell(progress):
            if not told:
                print("running", flush=True)
            told.append(progress)
        try:
            viralnow.vision.{name}(sys.argv[1], on_progress=tell)
            print("not interrupted", flush=True)
        except KeyboardInterrupt:
            print("interrupted", flush=True)
        # The thread ends at the next packet; one that decodes to the end would be here for half a minute.
        def others():
            return [name for t in os.listdir("/proc/self/task")
                    if (name := open(f"/proc/self/task/{{t}}/comm").read().strip()) == "viralnow-call"]
        until = time.monotonic() + 5
        while others() and time.monotonic() < until:
            time.sleep(0.02)
        print(others(), flush=True)
        os._exit(0)
    """
    path = shared("data/video/long_1080p_lowbitrate.mp4")
    command = [sys.executable, "-c", textwrap.dedent(script), path]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, preexec_fn=heeds_ctrl_c) as child:
        assert child.stdout is not None
        try:
            assert child.stdout.readline() == "running\n"
            child.send_signal(signal.SIGINT)
            answers = [child.stdout.readline(), child.stdout.readline()]
        finally:
            child.kill()
    assert answers == ["interrupted\n", "[]\n"]


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
    print_ = viralnow.vision.fingerprint(SMALL)
    how = viralnow.vision.compare_fingerprints(print_, print_.base64)
    assert how.is_copy and how.share == 1 and how.offset_s == 0 and not how.mirrored
    (pair,) = viralnow.vision.find_copies([print_, print_.base64])
    assert (pair.a, pair.b) == (0, 1) and {key: pair[key] for key in how} == how.to_dict()
    with pytest.raises(DecodeFailedError, match="print: 1"):
        viralnow.vision.find_copies([print_, "none"])
    sheet = viralnow.vision.contact_sheet(SMALL, pictures=6, columns=3, cell_width=80)
    assert sheet.png.startswith(b"\x89PNG") and sheet.width == 6 + 3 * 86
    assert sheet._repr_png_() == sheet.png


def test_a_sheet_by_shots_has_a_picture_of_each(truth: dict[str, Any]) -> None:
    shots = [(shot["start"], shot["end"]) for shot in truth["shots"]]
    sheet = viralnow.vision.contact_sheet(SMALL, by="shots", pictures=len(shots), cell_width=40)
    assert len(sheet.times_s) == len(shots), sheet.times_s
    for (start, end), time_s in zip(shots, sheet.times_s, strict=True):
        assert start <= time_s < end, sheet.times_s
    assert viralnow.vision.contact_sheet(SMALL, pictures=len(shots), cell_width=40) == sheet
    even = viralnow.vision.contact_sheet(SMALL, by="time", pictures=len(shots), cell_width=40)
    assert len(even.times_s) == len(shots) and even.times_s[0] == 0 and even.times_s != sheet.times_s
    with pytest.raises(InvalidConfigError, match="shots"):
        viralnow.vision.contact_sheet("no-such-file.mp4", by="cuts")
    # In a notebook: the picture within the text, and the times in words.
    html = sheet._repr_html_()
    data = re.search('src="data:image/png;base64,([^"]*)"', html)
    assert data is not None and base64.b64decode(data[1]) == sheet.png
    assert f'width="{sheet.width}" height="{sheet.height}"' in html
    minutes = [f"0:{time_s:04.1f}" for time_s in sheet.times_s]
    assert html.count(", ".join(minutes)) == 2 and f'alt="Pictures at {minutes[0]}, ' in html, html[:300]


def test_hashes_and_sheets_say_what_is_wrong_and_what_they_are() -> None:
    one = viralnow.vision.ImageHash("FF00")
    assert str(one) == "ff00" and one - viralnow.vision.ImageHash("ff01") == 1
    for text in ("zz", "", "0x1f", "ff 0"):
        with pytest.raises(ValueError, match="hexadecimal"):
            viralnow.vision.ImageHash(text)
    for wrong in (None, 3):
        with pytest.raises(TypeError, match="string"):
            viralnow.vision.ImageHash(wrong)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="ImageHash"):
        one - "ff00"  # type: ignore[operator]
    assert len(repr(viralnow.vision.contact_sheet(SMALL, pictures=2))) < 100
    with pytest.raises(TypeError, match="on_progress"):
        viralnow.analyze(SMALL, progress=print)  # type: ignore[arg-type]
