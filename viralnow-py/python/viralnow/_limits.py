"""What a hostile file may cost."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass

from ._json import dumps
from .exceptions import InvalidConfigError

__all__ = ["Limits"]


@dataclass(frozen=True)
class Limits:
    """Upper bounds for one asset.

    Over a limit that the file's header states, the call raises `LimitExceededError` before any decoding; over one that
    is only met on the way, the result is partial and says which limit cut it short.

    >>> import viralnow
    >>> viralnow.analyze(text="Short.", limits={"max_text_bytes": 3})
    Traceback (most recent call last):
    ...
    viralnow.exceptions.LimitExceededError: ...
    """

    max_bytes: int = 4 << 30
    """Size of the file or buffer, in bytes."""
    max_duration_s: float = 4 * 3600.0
    """Presentation time that is analysed, in seconds."""
    max_pixels: int = 64 << 20
    """Pixels of one picture, width times height as coded."""
    max_streams: int = 64
    """Streams in one container."""
    max_channels: int = 32
    """Channels of one audio stream."""
    max_decoded_bytes: int = 512 << 20
    """Memory that one decoded picture or block may take, in bytes."""
    max_text_bytes: int = 16 << 20
    """Text of one asset, in bytes."""
    max_wall_s: float | None = None
    """Wall-clock time of one call, in seconds; None is unbounded."""


def to_json(limits: Limits | Mapping[str, float | None] | None) -> str | None:
    """What the core reads."""
    fields = to_fields(limits)
    try:
        return None if fields is None else dumps(fields)
    except ValueError as error:
        raise InvalidConfigError("limits must be finite numbers") from error


def to_fields(limits: Limits | Mapping[str, float | None] | None) -> dict[str, float | None] | None:
    """The limits that are given, by their names."""
    if limits is None:
        return None
    if isinstance(limits, Limits):
        fields: Mapping[str, float | None] = dataclasses.asdict(limits)
    elif isinstance(limits, Mapping):
        fields = limits
    else:
        raise TypeError(f"limits must be viralnow.Limits or a dict, not {type(limits).__name__}")
    known = [field.name for field in dataclasses.fields(Limits)]
    for name, value in fields.items():
        if name not in known:
            raise InvalidConfigError(f"no such limit: {name!r}; there are {', '.join(known)}", {"limit": str(name)})
        if value is None and name != "max_wall_s":
            raise InvalidConfigError(f"{name} must be a number; leave it out for the default", {"limit": name})
    return dict(fields)
