"""Spans around blocks."""

from __future__ import annotations

import json
import sys
from contextlib import suppress
from itertools import islice
from types import TracebackType
from typing import Any

from .._viralnow import Place, Span, monitor_span_variable
from ._capture import bounded_repr, cut, storable

__all__ = ["SpanBlock", "span"]

_SPAN = monitor_span_variable()
_PLACES: dict[tuple[str, str], Place] = {}
_MOST_PLACES = 4096


# The core keeps 2 KiB, and what is cut there is no JSON any more, from which an alert could read a field.
_MOST_TOLD = 2000
_MOST_VALUE = 1000
_MOST_NAME = 100
_MOST_FIELDS = 64
_JSON = json.JSONEncoder(default=bounded_repr, ensure_ascii=False, allow_nan=False)


def _told(fields: dict[Any, Any]) -> str | None:
    """Fields as JSON, whatever they are: what JSON has no form for is told by its bounded ``repr``. Of what is too much
    only how many there are."""
    parts: list[str] = []
    room = _MOST_TOLD
    # Another thread may set one meanwhile.
    with suppress(Exception):
        for key, value in islice(fields.items(), _MOST_FIELDS):
            name = cut(key, _MOST_NAME) if isinstance(key, str) else bounded_repr(key)
            part = storable(f"{_JSON.encode(name)}: {_value(value)}")
            size = len(part.encode()) + 2
            if size <= room:
                room -= size
                parts.append(part)
    left = len(fields) - len(parts)
    if left > 0:
        parts.append(f'"...": {left}')
    return "{" + ", ".join(parts) + "}" if parts else None


def _value(value: Any) -> str:
    if isinstance(value, str):
        return _JSON.encode(cut(value, _MOST_VALUE))
    # Numbers that are none, what holds itself, keys that are no names.
    with suppress(Exception):
        text = ""
        # Piece by piece: the whole might be as large as a file.
        for piece in _JSON.iterencode(value):
            text += piece
            if len(text) > _MOST_VALUE:
                break
        else:
            return text
    return _JSON.encode(bounded_repr(value))


class SpanBlock:
    """A block that is watched. Values set on it, ``block["n"] = 3``, are told at its end."""

    __slots__ = ("_fields", "_place", "_span", "_token")

    def __init__(self, place: Place, fields: dict[str, Any] | None = None) -> None:
        self._place = place
        self._fields: dict[str, Any] = fields or {}
        self._span: Span | None = None
        self._token: Any = None

    @property
    def id(self) -> int:
        """Its number; 0 while nothing is recorded."""
        return 0 if self._span is None else self._span.id

    def __setitem__(self, key: str, value: Any) -> None:
        self._fields[key] = value

    def __getitem__(self, key: str) -> Any:
        return self._fields[key]

    def cancel(self) -> None:
        """Ends it as cancelled."""
        if self._span is not None:
            self._span.cancel()

    def __enter__(self) -> SpanBlock:
        self._span = self._place.begin((), None)
        if self._span is not None and self._span.kept:
            self._token = _SPAN.set(self._span.id)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, raised: BaseException | None, trace: TracebackType | None, /
    ) -> None:
        if self._token is not None:
            # Left in another context, there is nothing to go back to.
            with suppress(ValueError):
                _SPAN.reset(self._token)
            self._token = None
        if self._span is None:
            return
        fields = None
        try:
            fields = _told(self._fields) if self._fields else None
        finally:
            # Also where Ctrl-C comes into a `__repr__`.
            if raised is None:
                self._span.end(None, fields)
            else:
                self._span.fail(raised, fields)

    async def __aenter__(self) -> SpanBlock:
        return self.__enter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, raised: BaseException | None, trace: TracebackType | None, /
    ) -> None:
        self.__exit__(kind, raised, trace)


def span(name: str, /, **fields: Any) -> SpanBlock:
    """A span around a block: ``with monitoring.span("fetch", platform="tiktok") as s: s["n"] = 3``. Also ``async
    with``."""
    frame = sys._getframe(1)
    module = frame.f_globals.get("__name__", "")
    place = _PLACES.get((name, module))
    if place is None:
        place = Place(
            name, module, frame.f_code.co_filename, frame.f_lineno, weight=1.0, cpu=True, started=True, args="types",
            result=False, params=[], redact=[], threshold_s=None, step=False,
        )  # fmt: skip
        if len(_PLACES) < _MOST_PLACES:
            _PLACES[name, module] = place
    return SpanBlock(place, fields)
