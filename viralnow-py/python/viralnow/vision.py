"""Vision as features: functions on pictures (uint8 arrays of rows, columns and RGB, or Pillow images) and on files.

What is no picture raises `InvalidInputError`; a setting that is out of range `InvalidConfigError`, with its name.
Functions on files also raise `NotFoundError`, `InvalidInputError` for a file without pictures,
`UnsupportedFormatError`, `DecodeFailedError`, `LimitExceededError` and, once ``max_wall_s`` of `limits` is over,
`AnalysisTimeoutError`. They stop on Ctrl-C, and with `CancelledError` where `on_progress`, which is told at most 20
times a second how far they are, returns False.

>>> import numpy as np, viralnow
>>> ramp = np.tile(np.arange(0, 256, 4, dtype=np.uint8), (64, 1))
>>> str(viralnow.vision.dhash(ramp))
'ffffffffffffffff'
"""

from __future__ import annotations

import base64
import os
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from ._call import file_watched, on_pictures, settings_only, watched
from ._hashes import (
    ImageHash,
    Pdq,
    average_hash,
    colorhash,
    dhash,
    dhash_vertical,
    pdq,
    pdq_dihedral,
    phash,
    phash_simple,
    whash,
)
from ._inputs import _path
from ._limits import Limits, to_fields
from ._progress import Progress
from ._view import View, view
from ._viralnow import CancelToken

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

__all__ = [
    "ContactSheet",
    "ImageHash",
    "Pdq",
    "Weights",
    "average_hash",
    "colorhash",
    "compare_fingerprints",
    "contact_sheet",
    "detect_faces",
    "detect_shots",
    "dhash",
    "dhash_vertical",
    "find_copies",
    "fingerprint",
    "motion_vectors",
    "optical_flow",
    "pdq",
    "pdq_dihedral",
    "phash",
    "phash_simple",
    "read_text",
    "whash",
]

Path = str | os.PathLike[str]
_Limits = Limits | Mapping[str, float | None]
_OnProgress = Callable[[Progress], object] | CancelToken


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
    """Dense motion from one picture to the next (Farneback 2003): float32 of shape ``(rows, columns, 2)``, pixels to
    the right and down. Pictures in colour are taken in the gray of OpenCV's ``COLOR_RGB2GRAY``; two of other sizes
    raise `InvalidInputError`.

    ``preset="reference"`` gives the numbers of OpenCV's ``calcOpticalFlowFarneback`` with the same settings;
    ``balanced`` looks at pictures of half the size, ``fast`` at a quarter, at less cost:
    shifts of 1 to 20 pixels are found within 5 % by all three where there is something to see.

    >>> import numpy as np, viralnow
    >>> x, y = np.meshgrid(np.arange(160), np.arange(120))
    >>> before = (128 + 50 * np.sin(x / 5) + 50 * np.sin(y / 6)).astype(np.uint8)
    >>> flow = viralnow.vision.optical_flow(before, np.roll(before, 2, axis=0))
    >>> float(np.median(flow[30:-30, 30:-30, 1]).round())
    2.0
    """
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
    """Faces by YuNet (Wu, Peng & Yu 2023) or UltraFace, the surest first: ``box`` (left, top, right, bottom in pixels),
    ``score`` in [0, 1], ``landmarks`` (eyes, nose, corners of the mouth), and with `expressions` ``expression``: what
    each seems to show, with ``label``, ``probabilities`` of AffectNet's eight, ``valence`` and ``arousal`` in [-1, 1].
    Needs the models' ONNX files (for expressions one of HSEmotion's) and an ONNX Runtime; without them
    `UnavailableError` says what is missing and where it was looked for.

    A larger picture is brought to `longest_side` (32 to 4096) pixels; `least_score` is 0 to 1, by default the
    detector's own; `threads` 0 is all cores. What was loaded stays loaded for the next call with the same settings.

    >>> import numpy as np, viralnow
    >>> try:
    ...     assert viralnow.vision.detect_faces(np.full((64, 64, 3), 128, np.uint8)) == ()
    ... except viralnow.exceptions.UnavailableError as error:
    ...     assert "VIRALNOW_MODELS" in str(error) or "runtime" in str(error).lower()
    """
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
    have; those of the PyPI package rapidocr-onnxruntime are found where it is installed) or ``"auto"``: tesseract
    where it is there, else PP-OCR. `language` is an ISO 639-1 code or tesseract's own name, several as ``"en+de"``;
    none is English; for PP-OCR it is how the name of the recogniser's file begins. A picture whose longer side is
    longer than `longest_side` (64 to 8192) is shrunk to it. Where the engine is not there `UnavailableError` says
    what to install. What was loaded stays loaded for the next call with the same settings.
    """
    settings = {"engine": engine, "language": language, "longest_side": longest_side}
    lines: tuple[View, ...] = view(on_pictures("vision.read_text", [image], settings)[0])
    return lines


class Weights(NamedTuple):
    """How much each part of the change counts, as in PySceneDetect's ``ContentDetector.Components``."""

    delta_hue: float = 1.0
    """Hue."""
    delta_sat: float = 1.0
    """Saturation."""
    delta_lum: float = 1.0
    """Brightness."""
    delta_edges: float = 0.0
    """Edges; their difference is usually larger than the others."""


def detect_shots(
    path: Path,
    detector: str = "default",
    *,
    preset: str = "balanced",
    threads: int = 1,
    metrics: bool = False,
    threshold: float | None = None,
    min_scene_len: int | float | str | None = None,
    adaptive_threshold: float | None = None,
    window_width: int | None = None,
    min_content_val: float | None = None,
    weights: Weights | Mapping[str, float] | None = None,
    kernel_size: int | None = None,
    filter_mode: str | None = None,
    measure_edges: bool | None = None,
    bins: int | None = None,
    fade_bias: float | None = None,
    add_final_scene: bool | None = None,
    method: str | None = None,
    min_out_length: int | float | str | None = None,
    size: int | None = None,
    lowpass: int | None = None,
    limits: _Limits | None = None,
    on_progress: _OnProgress | None = None,
) -> View:
    """Shots of a video file: ``cuts`` with ``frame``, ``time_s`` and ``kind`` (cut, dissolve, fade), and ``shots`` with
    ``start_s``, ``end_s``, ``start_frame`` and ``end_frame``.

    `detector` is ours (``default``, which has no settings) or one of PySceneDetect's; with ``preset="reference"``
    frames are numbered as there. `metrics` adds what the detector measured of each frame, and the frames' times.

    The settings are PySceneDetect's, with its defaults; one that the detector does not have raises
    `InvalidConfigError`:

    ``content``
        `threshold` (27), `min_scene_len`, `weights` (`Weights`, or a dict of some of its fields), `kernel_size` (odd,
        3 or more; None follows the picture), `filter_mode` (``"merge"`` or ``"suppress"``), `measure_edges`
    ``adaptive``
        `adaptive_threshold` (3), `min_scene_len`, `window_width` (2; 1 to 1000 frames), `min_content_val` (15),
        `weights`, `kernel_size`, `measure_edges`
    ``histogram``
        `threshold` (0.2), `bins` (128; 1 to 256), `min_scene_len`
    ``threshold``
        `threshold` (12), `min_scene_len`, `fade_bias` (0; -1 to 1), `add_final_scene`, `method` (``"floor"`` or
        ``"ceiling"``), `min_out_length` (0)
    ``hash``
        `threshold` (0.35), `size` (8), `lowpass` (2), `min_scene_len`

    Lengths are frames (an int; 15) or seconds (a float, or a text such as ``"0.6s"``).

    >>> import viralnow
    >>> found = viralnow.vision.detect_shots("examples/media/demo.mp4")
    >>> len(found.shots) == len(found.cuts) + 1
    True
    >>> strict = viralnow.vision.detect_shots("examples/media/demo.mp4", "content", threshold=60.0, min_scene_len="1s")
    >>> len(strict.cuts) < len(found.cuts)
    True
    """
    params = {
        "threshold": threshold,
        "min_scene_len": min_scene_len,
        "adaptive_threshold": adaptive_threshold,
        "window_width": window_width,
        "min_content_val": min_content_val,
        "weights": weights._asdict() if isinstance(weights, Weights) else None if weights is None else dict(weights),
        "kernel_size": kernel_size,
        "filter_mode": filter_mode,
        "measure_edges": measure_edges,
        "bins": bins,
        "fade_bias": fade_bias,
        "add_final_scene": add_final_scene,
        "method": method,
        "min_out_length": min_out_length,
        "size": size,
        "lowpass": lowpass,
    }
    value, _ = watched(
        "vision.detect_shots",
        on_progress,
        path=_path(path, "path"),
        detector=detector,
        params={name: value for name, value in params.items() if value is not None},
        preset=preset,
        threads=threads,
        metrics=metrics,
        limits=to_fields(limits),
    )
    return View(value)


def motion_vectors(
    path: Path,
    *,
    interval_s: float = 0.0,
    blocks: bool = False,
    limits: _Limits | None = None,
    on_progress: _OnProgress | None = None,
) -> View:
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
        on_progress,
        path=_path(path, "path"),
        interval_s=interval_s,
        blocks=blocks,
        limits=to_fields(limits),
    )
    if blocks:
        value["blocks"] = vectors["blocks"][0]
    return View(value)


def fingerprint(
    path: Path,
    *,
    interval_s: float = 0.125,
    preset: str = "balanced",
    threads: int = 1,
    limits: _Limits | None = None,
    on_progress: _OnProgress | None = None,
) -> View:
    """What a video or picture is found again by: ``base64``, which `compare_fingerprints` takes, and ``samples`` with
    ``time_s``, ``pdq`` and ``quality``; after vPDQ (ThreatExchange, 2021). `interval_s` is the least time between
    samples, 0.1 to 3600 seconds.

    A picture a tenth of that before its time is taken too.

    >>> import viralnow
    >>> print_ = viralnow.vision.fingerprint("examples/media/demo.mp4", interval_s=1.0)
    >>> print_.samples[0].time_s, round(print_.samples[1].time_s, 3)
    (0.0, 0.9)
    """
    value, _ = watched(
        "vision.fingerprint",
        on_progress,
        path=_path(path, "path"),
        interval_s=interval_s,
        preset=preset,
        threads=threads,
        limits=to_fields(limits),
    )
    return View(value)


def compare_fingerprints(a: View | str, b: View | str) -> View:
    """Whether one video is a copy of the other or of a part of it (``is_copy``): cropped, mirrored, greyed, framed,
    trimmed or encoded again; with ``share``, ``other_share``, ``offset_s``, ``mirrored`` and more. What is no
    fingerprint raises `DecodeFailedError`."""
    return View(settings_only("vision.compare_fingerprints", a=_base64(a), b=_base64(b))[0])


def find_copies(prints: Iterable[View | str], *, on_progress: _OnProgress | None = None) -> tuple[View, ...]:
    """The pairs of copies among some videos: ``a`` and ``b``, their places in `prints`, and what `compare_fingerprints`
    gives. Compares each with each, some 30 ms for two videos of a minute.

    >>> import viralnow
    >>> print_ = viralnow.vision.fingerprint("examples/media/demo.mp4", interval_s=1.0)
    >>> [(pair.a, pair.b, pair.share) for pair in viralnow.vision.find_copies([print_, print_.base64])]
    [(0, 1, 1.0)]
    """
    value, _ = watched("vision.find_copies", on_progress, prints=[_base64(print_) for print_ in prints])
    pairs: tuple[View, ...] = view(value)
    return pairs


def _base64(print_: View | str) -> str:
    return print_ if isinstance(print_, str) else str(print_.base64)


class ContactSheet(NamedTuple):
    """Pictures of a video side by side, as a PNG; shown by notebooks."""

    png: bytes
    """The file's bytes."""
    width: int
    """In pixels."""
    height: int
    """In pixels."""
    times_s: tuple[float, ...] = ()
    """The presentation time of each picture, row by row, in seconds."""

    def __repr__(self) -> str:
        return f"ContactSheet({self.width}x{self.height}, {len(self.png)} bytes of PNG)"

    def _repr_png_(self) -> bytes:
        return self.png

    def _repr_html_(self) -> str:
        """The picture within the text, so that it is in what a notebook is exported to, and the times in words."""
        times = ", ".join(f"{time_s // 60:.0f}:{time_s % 60:04.1f}" for time_s in self.times_s)
        data = base64.b64encode(self.png).decode("ascii")
        return (
            f'<figure style="margin: 0"><img width="{self.width}" height="{self.height}" '
            f'style="max-width: 100%; height: auto" alt="Pictures at {times}" src="data:image/png;base64,{data}">'
            f"<figcaption>{len(self.times_s)} pictures: {times}</figcaption></figure>"
        )


def contact_sheet(
    path: Path,
    *,
    pictures: int = 20,
    by: str = "shots",
    columns: int = 5,
    cell_width: int = 160,
    preset: str = "balanced",
    threads: int = 1,
    limits: _Limits | None = None,
    on_progress: _OnProgress | None = None,
) -> ContactSheet:
    """Pictures (1 to 400) of a video with their times, `columns` side by side, each `cell_width` (8 to 4096) pixels
    wide; of a picture, the picture.

    By ``"shots"`` of `detect_shots` one of each, near its middle and clear of dissolves and fades: of more shots than
    `pictures` some at even distances; where there is room, long shots have further ones. The file is decoded once, and
    costs what `detect_shots` does, and some small pictures. By ``"time"``, for less, at even distances in time.

    >>> import viralnow
    >>> sheet = viralnow.vision.contact_sheet("examples/media/demo.mp4", pictures=4, columns=2, cell_width=80)
    >>> sheet.png[1:4], sheet.width
    (b'PNG', 178)
    >>> len(sheet.times_s)
    4
    """
    value, png, _ = file_watched(
        "vision.contact_sheet",
        on_progress,
        path=_path(path, "path"),
        pictures=pictures,
        by=by,
        columns=columns,
        cell_width=cell_width,
        preset=preset,
        threads=threads,
        limits=to_fields(limits),
    )
    return ContactSheet(png or b"", value["width"], value["height"], tuple(value["times_s"]))
