"""Payloads by attribute: read-only views of nested JSON objects."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

__all__ = ["View"]


class View(Mapping[str, Any]):
    """A read-only JSON object whose fields are attributes as well as items.

    ``analysis.audio.loudness.integrated_lufs`` is ``analysis.audio["loudness"]["integrated_lufs"]``. Objects inside are
    views, arrays are tuples, and null is ``None``. A field that the payload does not have raises ``AttributeError`` (or
    ``KeyError``) naming the fields that there are.

    A field whose name is a method of `Mapping` (``keys``, ``items``, ``values``, ``get``) is reached as an item.
    """

    __slots__ = ("_fields",)
    _fields: dict[str, Any]

    def __init__(self, fields: Mapping[str, Any]) -> None:
        object.__setattr__(self, "_fields", {name: view(value) for name, value in fields.items()})

    def __getitem__(self, name: str) -> Any:
        return self._fields[name]

    def __getattr__(self, name: str) -> Any:
        # Dunder look-ups (copy, pickle, numpy) ask before the object is whole.
        if not name.startswith("__"):
            if name in self._fields:
                return self._fields[name]
            raise AttributeError(f"no field {name!r}; there are {', '.join(self._fields) or 'none'}")
        raise AttributeError(name)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"cannot set {name!r}: a payload is read-only; to_dict() gives a copy of your own")

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"cannot delete {name!r}: a payload is read-only; to_dict() gives a copy of your own")

    def __iter__(self) -> Iterator[str]:
        return iter(self._fields)

    def __len__(self) -> int:
        return len(self._fields)

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *(name for name in self._fields if name.isidentifier())]

    def __repr__(self) -> str:
        return f"View({_short(self._fields)})"

    def __reduce__(self) -> tuple[type[View], tuple[Any, ...]]:
        return (View, (self.to_dict(),))

    def to_dict(self) -> dict[str, Any]:
        """A copy of your own, of plain dicts and lists."""
        return {name: plain(value) for name, value in self._fields.items()}


def view(value: Any) -> Any:
    """Objects become views, arrays tuples; the rest stays."""
    if isinstance(value, dict):
        return View(value)
    if isinstance(value, list):
        return tuple(view(item) for item in value)
    return value


def plain(value: Any) -> Any:
    """The way back of `view`."""
    if isinstance(value, View):
        return value.to_dict()
    if isinstance(value, tuple):
        return [plain(item) for item in value]
    return value.to_dicts() if hasattr(value, "to_dicts") else value


def _short(fields: dict[str, Any]) -> str:
    """Fields with what fits on a line of each."""

    def one(value: Any) -> str:
        if isinstance(value, View):
            return "{...}" if value else "{}"
        if isinstance(value, tuple):
            return f"[{len(value)}]"
        text = repr(value)
        return text if len(text) <= 40 else text[:37] + "..."

    return ", ".join(f"{name}={one(value)}" for name, value in fields.items())
