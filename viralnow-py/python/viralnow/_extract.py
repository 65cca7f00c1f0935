"""Extractors of the host: a modality of one's own, written in Python."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Protocol

from ._json import dumps
from .exceptions import InvalidConfigError

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

__all__ = ["Extractor", "ExtractorLike", "adapters"]

_NAME = re.compile(r"[a-z0-9_]{1,64}\Z")
_BUILT_IN = ("audio", "voice", "text", "vision")


class Extractor(Protocol):
    """A modality of the host's own: takes part in the one decoded pass and rides along in the payload under its name.

    Any object with a ``name`` (1 to 64 lower-case letters, digits and ``_``) and a ``finish`` is one. It may also have

    - ``version``: a string; it stands beside the features (default ``"1"``). With an extractor of
      yours every call computes, whatever is stored;
    - ``begin(info)``: the facts of the file as a dict, before anything else;
    - ``audio(block, start_s)``: sound, float32 mono at 16 kHz; blocks join without gap or overlap;
    - ``frame(rgb, time_s)``: an upright picture, uint8 of shape ``(rows, columns, 3)``: 2 to 4 a second, or every one
      where ``every_frame`` is true. In preset ``balanced`` a large H.264 picture that no other refers to is not
      deblocked;
    - ``cue(text, start_s, end_s)``: a caption, embedded or from a file.

    A method that is not there costs nothing. What a method raises makes this modality ``failed``, with the code
    ``HOST_FAILED`` and the traceback; the rest of the analysis stands.

    >>> import viralnow
    >>> class Peak:
    ...     name = "peak"
    ...     def __init__(self): self.value = 0.0
    ...     def audio(self, block, start_s): self.value = max(self.value, abs(block).max())
    ...     def finish(self): return {"value": self.value}
    """

    name: str

    def finish(self) -> Mapping[str, Any]:
        """The summary: a JSON object; numpy numbers and arrays are taken too."""


ExtractorLike = Extractor | Callable[[], Extractor]
"""An extractor, or what makes one for each asset (such as its class)."""


class Running:
    """One asset's extractor, with the methods that the native half calls."""

    def __init__(self, host: Any) -> None:
        self.host = host
        for method in ("audio", "frame", "cue"):
            call = getattr(host, method, None)
            if call is not None:
                setattr(self, method, call)

    def begin(self, info: str) -> None:
        begin = getattr(self.host, "begin", None)
        if begin is not None:
            begin(json.loads(info))

    def audio(self, block: npt.NDArray[np.float32], start_s: float) -> None:
        """Replaced by the host's own, where it has one."""

    def frame(self, rgb: npt.NDArray[np.uint8], time_s: float) -> None:
        """Replaced by the host's own, where it has one."""

    def cue(self, text: str, start_s: float, end_s: float) -> None:
        """Replaced by the host's own, where it has one."""

    def finish(self) -> str:
        summary = self.host.finish()
        if not isinstance(summary, Mapping):
            raise TypeError(f"finish() must return a dict, not {type(summary).__name__}")
        return dumps(dict(summary))


class Adapter:
    """What the native half reads of an extractor, and how it gets one for each asset.

    A class or function is called for each asset. An object is used as it is for one asset, and copied (`copy.deepcopy`)
    for each of a batch, so that assets never share state.
    """

    def __init__(self, extractor: ExtractorLike, *, batch: bool) -> None:
        self.extractor = extractor
        self.batch = batch
        self.is_object = hasattr(extractor, "finish") and not isinstance(extractor, type)
        if not self.is_object and not callable(extractor):
            raise TypeError(f"an extractor needs a method finish(); {type(extractor).__name__} has none")
        # A plain function says nothing of what it makes: ask one.
        shown: Any = extractor if self.is_object or isinstance(extractor, type) else extractor()  # type: ignore[operator]
        name = getattr(shown, "name", getattr(shown, "modality", None))
        if not isinstance(name, str) or not _NAME.match(name) or name in _BUILT_IN:
            raise InvalidConfigError(
                "an extractor's name must be 1 to 64 lower-case letters, digits and _, and none of "
                f"{', '.join(_BUILT_IN)}; not {name!r}"
            )
        if not callable(getattr(shown, "finish", None)):
            raise TypeError(f"the extractor {name!r} needs a method finish()")
        self.modality = name
        self.version = str(getattr(shown, "version", "1"))
        self.wants_audio = hasattr(shown, "audio")
        self.wants_frames = hasattr(shown, "frame")
        self.wants_every_frame = self.wants_frames and bool(getattr(shown, "every_frame", False))
        self.wants_cues = hasattr(shown, "cue")

    def make(self) -> Running:
        """The extractor of one asset."""
        if not self.is_object:
            return Running(self.extractor())  # type: ignore[operator]
        return Running(copy.deepcopy(self.extractor) if self.batch else self.extractor)


def adapters(extractors: Iterable[ExtractorLike], *, batch: bool) -> list[Adapter]:
    """Checks the extractors of a call; two of one name are refused."""
    made = [Adapter(extractor, batch=batch) for extractor in extractors]
    names = [adapter.modality for adapter in made]
    for name in names:
        if names.count(name) > 1:
            raise InvalidConfigError(f"two extractors are named {name!r}; names must differ")
    return made
