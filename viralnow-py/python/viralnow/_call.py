"""Functions on samples: from arrays to the core and back."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from . import _viralnow
from ._inputs import features_of, picture_of, rate_of, samples_of
from ._progress import Progress, observer
from .exceptions import InvalidConfigError

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from ._types import Vector

    _Array = npt.NDArray[np.float32]

__all__ = [
    "Stream",
    "array",
    "call",
    "call_watched",
    "file_watched",
    "on_pictures",
    "plain",
    "rows",
    "settings_only",
    "watched",
]

_NONE_MEANS_NONE = (
    "top_db",
    "max_tempo",
    "sr",
    "compression_ratio_threshold",
    "log_probability_threshold",
    "no_speech_threshold",
)
"""Settings whose None is not their default."""


def call(name: str, y: npt.ArrayLike, sr: float, settings: dict[str, Any]) -> tuple[Any, dict[str, Vector]]:
    """Calls a function of the core; settings that are None are left at their defaults."""
    return _viralnow.call(name, samples_of(y), rate_of(sr), _json(settings))


def call_watched(
    name: str, y: npt.ArrayLike, sr: float, on_progress: Callable[[Progress], object] | None, settings: dict[str, Any]
) -> Any:
    """The plain data of a function that may take long."""
    value, _ = _viralnow.call(name, samples_of(y), rate_of(sr), _json(settings), observer(None, on_progress))
    return value


def array(name: str, y: npt.ArrayLike, sr: float, **settings: Any) -> _Array:
    """The one array that a function gives, as librosa has it: features first."""
    _, vectors = call(name, y, sr, settings)
    ((values, _times, _unit),) = vectors.values()
    features_first: _Array = values.T
    return features_first


def rows(name: str, features: npt.ArrayLike, **settings: Any) -> _Array:
    """A function of features, which gives as many of the same shape."""
    matrix, shape = features_of(features)
    _, vectors = _viralnow.call(name, matrix, 48000, _json(settings))
    ((values, _times, _unit),) = vectors.values()
    same_shape: _Array = values.T.reshape(shape)
    return same_shape


def plain(name: str, y: npt.ArrayLike, sr: float, **settings: Any) -> Any:
    """The plain data that a function gives."""
    return call(name, y, sr, settings)[0]


def on_pictures(name: str, images: list[Any], settings: dict[str, Any]) -> tuple[Any, dict[str, Vector]]:
    """Calls a function on pictures."""
    return _viralnow.call_pictures(name, [picture_of(image) for image in images], _json(settings))


class Stream:
    """A function on sound that is pushed as it comes."""

    _function: str

    def __init__(self, sr: float, channels: int = 1, **settings: Any) -> None:
        if isinstance(channels, bool) or not isinstance(channels, int):
            raise TypeError(f"channels must be a whole number, not {type(channels).__name__}")
        rate, most = rate_of(sr), 65535
        self._native = _viralnow.SoundStream(self._function, rate, max(0, min(channels, most)), _json(settings))

    def push(self, y: npt.ArrayLike) -> None:
        """Hands the next samples over, of shape ``(n,)`` or ``(channels, n)``, float in [-1, 1] or int16/int32."""
        self._native.push(samples_of(y))


def settings_only(name: str, /, **settings: Any) -> tuple[Any, bytes | None]:
    """Calls a function that takes nothing but its settings."""
    return _viralnow.call_plain(name, _json(settings))[:2]


def watched(
    name: str, on_progress: Callable[[Progress], object] | _viralnow.CancelToken | None, /, **settings: Any
) -> tuple[Any, dict[str, Vector]]:
    """Calls such a function, which may take long, and gives its plain data and arrays."""
    value, _, vectors = file_watched(name, on_progress, **settings)
    return value, vectors


def file_watched(
    name: str, on_progress: Callable[[Progress], object] | _viralnow.CancelToken | None, /, **settings: Any
) -> tuple[Any, bytes | None, dict[str, Vector]]:
    """The same, with the bytes of the file that it makes."""
    return _viralnow.call_plain(name, _json(settings), observer(None, _asked(on_progress)))


def _asked(
    on_progress: Callable[[Progress], object] | _viralnow.CancelToken | None,
) -> Callable[[Progress], object] | None:
    """A token is asked as a callable is: at most 20 times a second."""
    if isinstance(on_progress, _viralnow.CancelToken):
        return lambda _: not on_progress.cancelled
    if on_progress is not None and not callable(on_progress):
        raise TypeError(f"on_progress must be callable or a CancelToken, not {type(on_progress).__name__}")
    return on_progress


def _json(settings: dict[str, Any]) -> str:
    given = {key: value for key, value in settings.items() if value is not None or key in _NONE_MEANS_NONE}
    try:
        return json.dumps(given, default=_number, allow_nan=False)
    except ValueError:
        names = [key for key, value in given.items() if isinstance(value, float) and not math.isfinite(value)]
        raise InvalidConfigError(f"{', '.join(names) or 'a setting'} must be finite") from None


def _number(value: Any) -> Any:
    """numpy's scalars as Python's."""
    if hasattr(value, "item"):
        return value.item()
    raise TypeError(f"a setting must be a number, a text or a bool, not {type(value).__name__}")
