"""Vision as features: functions on pictures (uint8 arrays of rows, columns and RGB, or Pillow images) and on files.

>>> import numpy as np, viralnow
>>> ramp = np.tile(np.arange(0, 256, 4, dtype=np.uint8), (64, 1))
>>> str(viralnow.vision.dhash(ramp))
'ffffffffffffffff'
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, NamedTuple

from ._call import on_pictures, settings_only, watched
from ._inputs import _path
from ._view import View, view

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

__all__ = [
    "ContactSheet",
    "ImageHash",
    "Pdq",
    "average_hash",
    "colorhash",
    "compare_fingerprints",
    "contact_sheet",
    "detect_faces",
    "detect_shots",
    "dhash",
    "dhash_vertical",
    "fingerprint",
    "motion_vectors",
    "optical_flow",
    "pdq",
    "phash",
    "phash_simple",
    "read_text",
    "whash",
]

Path = str | os.PathLike[str]


class ImageHash:
    """A perceptual hash: ``str()`` is imagehash's hexadecimal text, ``a - b`` the number of bits that differ."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def __str__(self) -> str:
        return self._text

    def __repr__(self) -> str:
        return f"ImageHash({self._text!r})"

    def __int__(self) -> int:
        return int(self._text, 16)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ImageHash) and self._text == other._text

    def __hash__(self) -> int:
        return hash(self._text)

    def __len__(self) -> int:
        return 4 * len(self._text)

    def __sub__(self, other: ImageHash) -> int:
        if len(self) != len(other):
            raise ValueError(f"hashes of {len(self)} and {len(other)} bits cannot be compared")
        return (int(self) ^ int(other)).bit_count()


class Pdq(NamedTuple):
    """A PDQ hash of 256 bits; two pictures match within 31 bits, where both have a quality of 50 or more."""

    hash: ImageHash
    """The hash."""
    quality: int
    """How much there is in the picture that a hash can hold, 0 to 100."""


def _hash(name: str, image: Any, settings: dict[str, Any]) -> ImageHash:
    return ImageHash(on_pictures(f"vision.{name}", [image], settings)[0])


def average_hash(image: Any, hash_size: int = 8) -> ImageHash:
    """Which of `hash_size` x `hash_size` parts are brighter than their mean; imagehash's bits."""
    return _hash("average_hash", image, {"hash_size": hash_size})


def dhash(image: Any, hash_size: int = 8) -> ImageHash:
    """Which parts are brighter than their left neighbour; imagehash's bits."""
    return _hash("dhash", image, {"hash_size": hash_size})


def dhash_vertical(image: Any, hash_size: int = 8) -> ImageHash:
    """Which parts are brighter than the one above; imagehash's bits."""
    return _hash("dhash_vertical", image, {"hash_size": hash_size})


def phash(image: Any, hash_size: int = 8) -> ImageHash:
    """Which low frequencies are above their median; imagehash's bits."""
    return _hash("phash", image, {"hash_size": hash_size})


def phash_simple(image: Any, hash_size: int = 8) -> ImageHash:
    """imagehash's `phash_simple`: frequencies along the rows alone, against their mean."""
    return _hash("phash_simple", image, {"hash_size": hash_size})


def whash(image: Any, hash_size: int = 8) -> ImageHash:
    """Which low Haar wavelet coefficients are above their median; imagehash's bits. `hash_size` is a power of two."""
    return _hash("whash", image, {"hash_size": hash_size})


def colorhash(image: Any, binbits: int = 3) -> ImageHash:
    """Shares of black, gray and twelve hues, `binbits` bits each; imagehash's bits."""
    return _hash("colorhash", image, {"binbits": binbits})


def pdq(image: Any) -> Pdq:
    """Facebook's PDQ hash, with its quality.

    >>> import numpy as np, viralnow
    >>> noise = np.random.default_rng(1).integers(0, 256, (128, 128, 3), dtype=np.uint8)
    >>> found = viralnow.vision.pdq(noise)
    >>> len(found.hash), found.quality > 50
    (256, True)
    """
    found, _ = on_pictures("vision.pdq", [image], {})
    return Pdq(ImageHash(found["hash"]), found["quality"])


def optical_flow(
    a: Any,
    b: Any,
    *,
    preset: str = "balanced",
    pyr_scale: float = 0.5,
    levels: int = 3,
    winsize: int = 15,
    iterations: int = 3,
    poly_n: int = 5,
    poly_sigma: float = 1.2,
    gaussian: bool = False,
) -> npt.NDArray[np.float32]:
    """Dense motion from one picture to the next: float32 of shape ``(rows, columns, 2)``, pixels to the right and down.
    Pictures in colour are taken in gray.

    ``preset="reference"`` gives the numbers of OpenCV's ``calcOpticalFlowFarneback`` with the same settings;
    ``balanced`` looks at pictures of half the size, ``fast`` at a quarter, at less cost:
    shifts of 1 to 20 pixels are found within 5 % by all three where there is something to see."""
    import numpy as np

    settings: dict[str, Any] = {
        "preset": preset,
        "pyr_scale": pyr_scale,
        "levels": levels,
        "winsize": winsize,
        "iterations": iterations,
        "poly_n": poly_n,
        "poly_sigma": poly_sigma,
        "gaussian": gaussian,
    }
    _, vectors = on_pictures("vision.optical_flow", [a, b], settings)
    return np.stack([vectors["dx"][0], vectors["dy"][0]], axis=2)


def detect_faces(
    image: Any,
    *,
    model: str = "auto",
    longest_side: int = 640,
    least_score: float | None = None,
    threads: int = 1,
    expressions: bool = False,
) -> tuple[View, ...]:
    """Faces by YuNet or UltraFace, the surest first: ``box`` (left, top, right, bottom in pixels), ``score``,
    ``landmarks``, and with `expressions` ``expression``: what each seems to show, with ``label``, ``probabilities`` of
    AffectNet's eight, ``valence`` and ``arousal``. Needs the models' ONNX files (for expressions one of HSEmotion's)
    and an ONNX Runtime; without them `UnavailableError` says what is missing and where it was looked for."""
    settings = {"model": model, "longest_side": longest_side, "least_score": least_score, "threads": threads}
    settings |= {"expressions": expressions}
    faces: tuple[View, ...] = view(on_pictures("vision.detect_faces", [image], settings)[0])
    return faces


def read_text(
    image: Any, *, engine: str = "auto", language: str | None = None, longest_side: int = 2560
) -> tuple[View, ...]:
    """Lines of text in a picture, in reading order: ``text``, ``box`` (left, top, right, bottom in pixels) and
    ``confidence`` in [0, 1]; what the engine is not sure of is left out.

    `engine` is ``"tesseract"``, ``"ppocr"`` (PP-OCR's detector and recogniser through ONNX Runtime, whose files you
    have; the PyPI package rapidocr-onnxruntime brings them) or ``"auto"``: tesseract where it is there, else PP-OCR.
    `language` is an ISO 639-1 code or tesseract's own name, several as ``"en+de"``; none is English; for PP-OCR it is
    how the name of the recogniser's file begins. A picture whose longer side is longer than `longest_side` is shrunk to
    it. Where the engine is not there `UnavailableError` says what to install.
    """
    settings = {"engine": engine, "language": language, "longest_side": longest_side}
    lines: tuple[View, ...] = view(on_pictures("vision.read_text", [image], settings)[0])
    return lines


def detect_shots(
    path: Path,
    detector: str = "default",
    *,
    preset: str = "balanced",
    threads: int = 1,
    metrics: bool = False,
) -> View:
    """Shots of a video file: ``cuts`` with ``frame`` and ``time_s``, and ``shots`` with ``start_s``, ``end_s``,
    ``start_frame`` and ``end_frame``.

    `detector` is ours (``default``) or one of PySceneDetect's: ``content``, ``adaptive``, ``histogram``, ``threshold``,
    ``hash``, with its settings' defaults; with ``preset="reference"`` frames are numbered as there. `metrics` adds what
    the detector measured of each frame, and the frames' times.
    """
    value, _ = settings_only(
        "vision.detect_shots",
        path=_path(path, "path"),
        detector=detector,
        preset=preset,
        threads=threads,
        metrics=metrics,
    )
    return View(value)


def motion_vectors(path: Path, *, interval_s: float = 0.0, blocks: bool = False) -> View:
    """Motion as the codec coded it, at little more than decoding: ``pictures`` with ``time_s``, ``kind`` (I, P
    or B) and, for P, ``from_s``, ``intensity``, ``directions`` and ``camera`` as in every payload; ``width`` and
    ``height``.

    `blocks` adds the blocks themselves, float32 of shape ``(n, 8)``: the place of its picture in ``pictures``, -1 where
    it was predicted from an earlier picture or 1 from a later one, its centre (x, y), width and height, and how far
    what it shows moved (dx, dy), in pixels to the right and down. `interval_s` gives P pictures alone, so far apart.

    H.264, MPEG-4 and MPEG-2 give them; for HEVC, VP9 and AV1 it raises `UnavailableError`. An encoder looks for what is
    cheap to code: flat ground may have any vector.

    >>> import viralnow
    >>> found = viralnow.vision.motion_vectors("examples/media/demo.mp4", interval_s=0.5)
    >>> pan = next(picture.camera.pan for picture in found.pictures if picture.camera)
    >>> round(pan * found.width / 30)  # pixels a frame
    -4
    """
    value, vectors = watched(
        "vision.motion_vectors",
        None,
        path=_path(path, "path"),
        interval_s=interval_s,
        blocks=blocks,
    )
    if blocks:
        value["blocks"] = vectors["blocks"][0]
    return View(value)


def fingerprint(path: Path, *, interval_s: float = 0.125, preset: str = "balanced", threads: int = 1) -> View:
    """What a video or picture is found again by: ``base64``, which `compare_fingerprints` takes, and ``samples`` with
    ``time_s``, ``pdq`` and ``quality``."""
    value, _ = settings_only(
        "vision.fingerprint", path=_path(path, "path"), interval_s=interval_s, preset=preset, threads=threads
    )
    return View(value)


def compare_fingerprints(a: View | str, b: View | str) -> View:
    """Whether one video is a copy of the other or of a part of it (``is_copy``): cropped, mirrored, greyed, framed,
    trimmed or encoded again; with ``share``, ``other_share``, ``offset_s``, ``mirrored`` and more."""
    first, second = (x if isinstance(x, str) else x.base64 for x in (a, b))
    return View(settings_only("vision.compare_fingerprints", a=first, b=second)[0])


class ContactSheet(NamedTuple):
    """Pictures of a video side by side, as a PNG; shown by notebooks."""

    png: bytes
    """The file's bytes."""
    width: int
    """In pixels."""
    height: int
    """In pixels."""

    def _repr_png_(self) -> bytes:
        return self.png


def contact_sheet(
    path: Path,
    *,
    pictures: int = 20,
    columns: int = 5,
    cell_width: int = 160,
    preset: str = "balanced",
    threads: int = 1,
) -> ContactSheet:
    """Pictures of a video at even distances with their times; of a picture, the picture."""
    value, png = settings_only(
        "vision.contact_sheet",
        path=_path(path, "path"),
        pictures=pictures,
        columns=columns,
        cell_width=cell_width,
        preset=preset,
        threads=threads,
    )
    return ContactSheet(png or b"", value["width"], value["height"])
