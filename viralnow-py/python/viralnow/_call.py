"""Functions on samples: from arrays to the core and back."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from . import _viralnow
from ._inputs import rate_of, samples_of

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from ._types import Vector

    _Array = npt.NDArray[np.float32]

__all__ = ["array", "call", "plain"]


def call(name: str, y: npt.ArrayLike, sr: float, settings: dict[str, Any]) -> tuple[Any, dict[str, Vector]]:
    """Calls a function of the core; settings that are None are left at their defaults."""
    given = {key: value for key, value in settings.items() if value is not None}
    return _viralnow.call(name, samples_of(y), rate_of(sr), json.dumps(given, default=_number))


def array(name: str, y: npt.ArrayLike, sr: float, **settings: Any) -> _Array:
    """The one array that a function gives, as librosa has it: features first."""
    _, vectors = call(name, y, sr, settings)
    ((values, _times, _unit),) = vectors.values()
    features_first: _Array = values.T
    return features_first


def plain(name: str, y: npt.ArrayLike, sr: float, **settings: Any) -> Any:
    """The plain data that a function gives."""
    return call(name, y, sr, settings)[0]


def _number(value: Any) -> Any:
    """numpy's scalars as Python's."""
    if hasattr(value, "item"):
        return value.item()
    raise TypeError(f"a setting must be a number, a text or a bool, not {type(value).__name__}")
