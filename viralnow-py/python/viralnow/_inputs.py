"""From what a caller has (a path, bytes, arrays, text) to the core's input."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypedDict

from . import _viralnow
from .exceptions import InvalidInputError

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

__all__ = ["Audio", "Captions", "Frames", "Item", "Source", "make_input", "picture_of"]

Source = str | os.PathLike[str] | bytes | bytearray | memoryview
"""A local file's path, or the content of a file."""

Captions = str | os.PathLike[str]
"""Path of an ``.srt`` or ``.vtt`` file, or its content (a string with a line break or ``-->`` in it)."""

Audio = tuple["npt.ArrayLike", int | float]
"""``(y, sr)`` as librosa has it: samples of shape ``(n,)`` or ``(channels, n)``, float in [-1, 1] or int16/int32, and
samples per second."""

Frames = tuple["npt.ArrayLike", "float | Sequence[float] | npt.NDArray[np.float64]"]
"""``(pictures, times)``: uint8 RGB of shape ``(n, rows, columns, 3)``, and the time of each picture in seconds, or the
pictures per second."""


class Item(TypedDict, total=False):
    """One entry of a batch that is more than a path."""

    source: Source | None
    text: str | None
    captions: Captions | None
    audio: Audio | None
    frames: Frames | None


_PCM = {"int16": 32768.0, "int32": 2147483648.0}
_MOST_CHANNELS = 64


def make_input(
    source: Source | None = None,
    *,
    text: str | None = None,
    captions: Captions | None = None,
    audio: Audio | None = None,
    frames: Frames | None = None,
) -> _viralnow.Input:
    """Checks types and shapes; the core checks the values."""
    arguments: dict[str, Any] = {}
    if source is not None:
        if audio is not None or frames is not None:
            raise InvalidInputError(
                "give either a source, or audio and frames; source is a path or the bytes of a file"
            )
        arguments |= _source(source)
    if audio is not None:
        arguments["audio"] = _audio(audio)
    if frames is not None:
        arguments["frames"] = _frames(frames)
    if text is not None:
        if not isinstance(text, str):
            raise TypeError(f"text must be a str, not {type(text).__name__}")
        arguments["text"] = text
    if captions is not None:
        arguments |= _captions(captions)
    if not arguments:
        raise InvalidInputError("nothing to analyse: give a source, text, captions, audio or frames")
    try:
        return _viralnow.Input(**arguments)
    except UnicodeEncodeError as error:
        raise InvalidInputError("this is no Unicode text: it has half of a surrogate pair in it") from error


def make_item(item: Source | Item | Mapping[str, Any], common: Mapping[str, Any]) -> _viralnow.Input:
    """One entry of a batch: a source, or a dict of arguments; its own arguments win over those common to all."""
    if not isinstance(item, Mapping):
        return make_input(item, **common)
    names = Item.__annotations__
    for name in item:
        if name not in names:
            raise InvalidInputError(f"no such argument of one asset: {name!r}; there are {', '.join(names)}")
    return make_input(**{**common, **item})


def _source(source: Source) -> dict[str, Any]:
    if isinstance(source, bytes):
        return {"data": source}
    if isinstance(source, (bytearray, memoryview)):
        return {"data": bytes(source)}
    if isinstance(source, (str, os.PathLike)):
        return {"path": _path(source, "source")}
    hint = "; samples go into audio=(y, sr), pictures into frames=(pictures, fps)" if hasattr(source, "dtype") else ""
    raise TypeError(f"source must be a path or bytes, not {type(source).__name__}{hint}")


def _path(path: str | os.PathLike[str], what: str) -> str:
    name = os.fsdecode(path)
    if not name:
        raise InvalidInputError(f"{what} is an empty path")
    if "\0" in name:
        raise InvalidInputError(f"{what} is no path: it has a NUL character in it")
    return name


def _captions(captions: Captions) -> dict[str, Any]:
    if isinstance(captions, os.PathLike):
        return {"captions_path": _path(captions, "captions")}
    if not isinstance(captions, str):
        raise TypeError(
            f"captions must be a path or the content of an .srt or .vtt file, not {type(captions).__name__}"
        )
    if "\n" in captions or "-->" in captions:
        return {"captions": captions}
    return {"captions_path": _path(captions, "captions")}


def _pair(value: Any, what: str) -> tuple[Any, Any]:
    if not isinstance(value, (tuple, list)) or len(value) != 2:
        raise TypeError(f"{what}, not {type(value).__name__}")
    return value[0], value[1]


def _audio(audio: Audio) -> tuple[npt.NDArray[np.float32], int]:

    samples, rate = _pair(audio, "audio must be a pair (y, sr)")
    return samples_of(samples), rate_of(rate)


def rate_of(rate: float) -> int:
    """Samples per second: a positive whole number."""
    import numpy as np

    if isinstance(rate, bool) or not isinstance(rate, (int, float, np.integer, np.floating)):
        raise TypeError(f"sr must be samples per second, not {type(rate).__name__}")
    if not (np.isfinite(rate) and rate == int(rate) and 0 < rate < 2**32):
        raise InvalidInputError(f"sr must be a positive whole number of samples per second, not {rate}")
    return int(rate)


def samples_of(samples: npt.ArrayLike) -> npt.NDArray[np.float32]:
    """Samples of shape ``(n,)`` or ``(channels, n)`` as C-contiguous float32 of shape ``(n, channels)``."""
    import numpy as np

    y = np.asarray(samples)
    if y.dtype.name not in _PCM and y.dtype.kind != "f":
        raise InvalidInputError(
            f"audio must be float in [-1, 1], int16 or int32, not {y.dtype}", {"dtype": str(y.dtype)}
        )
    if y.ndim not in (1, 2) or y.size == 0:
        raise InvalidInputError(f"audio must have shape (n,) or (channels, n), not {y.shape}", {"shape": str(y.shape)})
    if y.ndim == 1:
        y = y[np.newaxis]
    if y.shape[0] > _MOST_CHANNELS and y.shape[1] <= _MOST_CHANNELS:
        raise InvalidInputError(
            f"audio has shape {y.shape}: channels come first, as in librosa; pass y.T", {"shape": str(y.shape)}
        )
    scale = _PCM.get(y.dtype.name)
    # What float32 cannot hold becomes infinite, which the core refuses by its index.
    with np.errstate(over="ignore"):
        interleaved = np.ascontiguousarray(y.T, dtype=np.float32)
    if scale is not None:
        interleaved = interleaved / np.float32(scale)
    return interleaved


def features_of(features: npt.ArrayLike) -> tuple[npt.NDArray[np.float32], tuple[int, ...]]:
    """Features of shape ``(features, frames)``, or those of one as ``(frames,)``, as C-contiguous float32 with the
    frames first; and the shape that they had."""
    import numpy as np

    values = np.asarray(features)
    if values.dtype.kind not in "fiu":
        raise InvalidInputError(f"features must be real numbers, not {values.dtype}", {"dtype": str(values.dtype)})
    if values.ndim not in (1, 2) or values.size == 0:
        shape = values.shape
        raise InvalidInputError(f"features must have shape (features, frames), not {shape}", {"shape": str(shape)})
    matrix = values[np.newaxis] if values.ndim == 1 else values
    return np.ascontiguousarray(matrix.T, dtype=np.float32), values.shape


def _frames(frames: Frames) -> tuple[npt.NDArray[np.uint8], list[float]]:
    import numpy as np

    pictures, times = _pair(frames, "frames must be a pair (pictures, times or fps)")
    pixels = np.asarray(pictures)
    if pixels.dtype != np.uint8:
        raise InvalidInputError(f"frames must be uint8, not {pixels.dtype}", {"dtype": str(pixels.dtype)})
    if pixels.ndim != 4 or pixels.shape[3] != 3 or pixels.size == 0:
        shape = pixels.shape
        raise InvalidInputError(f"frames must have shape (n, rows, columns, 3), not {shape}", {"shape": str(shape)})
    moments = np.asarray(times, dtype=np.float64)
    if moments.ndim == 0:
        if not (np.isfinite(moments) and moments > 0):
            raise InvalidInputError(f"fps must be positive, not {moments}")
        moments = np.arange(len(pixels)) / moments
    if moments.shape != (len(pixels),):
        raise InvalidInputError(f"{len(pixels)} frames need as many times, not {moments.shape}")
    return np.ascontiguousarray(pixels), moments.tolist()


def picture_of(image: Any) -> npt.NDArray[np.uint8]:
    """C-contiguous uint8 of shape ``(rows, columns, channels)``, from an array or from what numpy can make one of,
    such as a Pillow image (other modes than ``L``, ``RGB`` and ``RGBA`` are converted by it)."""
    import numpy as np

    if hasattr(image, "convert") and getattr(image, "mode", "RGB") not in ("L", "RGB", "RGBA"):
        image = image.convert("RGB")
    if isinstance(image, (str, bytes, os.PathLike)):
        raise InvalidInputError(
            "a picture is an array of uint8 or a Pillow image, no path and no file; open it: PIL.Image.open(path)"
        )
    array = np.asarray(image)
    if array.dtype != np.uint8:
        raise InvalidInputError(f"a picture is uint8, not {array.dtype}; scale it to 0..255 and use .astype(np.uint8)")
    if array.ndim == 2:
        array = array[:, :, np.newaxis]
    if array.ndim != 3 or array.shape[2] not in (1, 3, 4):
        raise InvalidInputError(
            f"a picture has the shape (rows, columns) or (rows, columns, 3 or 4), not {np.shape(image)}"
        )
    return np.ascontiguousarray(array)
