"""What is told of values and exceptions: bounded, and never failing the call that it is about."""

from __future__ import annotations

import builtins
import traceback
from reprlib import Repr
from types import TracebackType
from typing import Any

from .._call import settings_only

__all__: list[str] = []

MOST_FRAMES = 50
MOST_STACK = 16 << 10
# The core redacts a text and then cuts it, to 4 KiB; it is given as much beyond that as it looks at.
MOST_MESSAGE = 9 << 10
MOST_REPR = 256
MOST_TEXT = 200
# So much more is looked at before a value is cut, so that no half of a secret is left.
_BEYOND = 4 << 10
_OURS = __file__.replace("_capture.py", "_shells.py")



def _cut(text: str, most: int) -> str:
    """At most so many characters. What is longer is redacted first: a cut through a secret would leave half of it."""
    if len(text) <= most:
        return text
    redacted: str = settings_only("monitor.redact", text=text[: most + _BEYOND])[0]["text"]
    head = redacted[: most - 3]
    marker = head.rfind("[redacted:")
    if marker >= 0 and "]" not in head[marker:]:
        head = head[:marker]
    return head + "..."


class _Repr(Repr):
    """Cuts at the end, after redaction; the standard one cuts out of the middle."""

    def repr_str(self, x: str, level: int) -> str:
        return builtins.repr(_cut(x, MOST_TEXT))

    def repr_instance(self, x: Any, level: int) -> str:
        return _cut(builtins.repr(x), MOST_TEXT)


_repr = _Repr()
_repr.maxlevel = 3
_repr.maxlong = MOST_TEXT
_repr.maxdict = _repr.maxlist = _repr.maxtuple = _repr.maxset = _repr.maxfrozenset = _repr.maxdeque = 6
_repr.maxarray = 6


def bounded_repr(value: object) -> str:
    """A value as at most 256 characters; of arrays and tables the type and shape, not the numbers."""
    try:
        return _cut(_shape(value) or _repr.repr(value), MOST_REPR)
    except Exception:
        # Whatever a `__repr__` of the host's does.
        return f"<{type(value).__name__}>"[:MOST_REPR]


def _shape(value: Any) -> str | None:
    kind = type(value)
    if kind.__module__.partition(".")[0] in ("numpy", "torch", "pandas", "polars", "jax", "tensorflow"):
        shape = getattr(value, "shape", None)
        if shape is not None:
            return f"{kind.__name__} {getattr(value, 'dtype', '')}{[int(n) for n in shape]}".replace("  ", " ")
    return None


def failure(raised: BaseException, trace: TracebackType | None = None) -> tuple[str, str]:
    """The message and the stack of an exception: no variables of its frames, no frames of ours, both bounded."""
    message = _message(raised)
    cause = raised.__cause__ or (None if raised.__suppress_context__ else raised.__context__)
    if cause is not None:
        message += f" (after {type(cause).__qualname__}: {_message(cause)})"
    try:
        stack = _stack(raised, trace or raised.__traceback__)
    except Exception:
        stack = ""
    return message, stack


def _message(raised: BaseException) -> str:
    try:
        return str(raised)[:MOST_MESSAGE]
    except Exception:
        return f"<{type(raised).__name__} without a printable message>"


def _stack(raised: BaseException, trace: TracebackType | None) -> str:
    seen: set[int] = set()
    parts: list[str] = []
    one: BaseException | None = raised
    while one is not None and id(one) not in seen and len(parts) < 8:
        seen.add(id(one))
        parts.append(_one(one, trace if one is raised else one.__traceback__))
        # A group's members, where there are such groups.
        for member in getattr(one, "exceptions", ())[:8]:
            if isinstance(member, BaseException) and id(member) not in seen:
                seen.add(id(member))
                parts.append(_one(member, member.__traceback__))
        one = one.__cause__ or (None if one.__suppress_context__ else one.__context__)
    text = "\n".join(parts)
    if len(text) <= MOST_STACK:
        return text
    # The end of a stack says where it happened. Whole lines: half of one might be half of a secret.
    _, _, rest = text[4 - MOST_STACK :].partition("\n")
    return "...\n" + rest


def _one(raised: BaseException, trace: TracebackType | None) -> str:
    """Frames and type. No message: failures of one place are of one group whatever theirs and their causes' say."""
    frames = [f for f in traceback.extract_tb(_deepest(trace)) if f.filename != _OURS]
    return "".join(traceback.format_list(frames)) + type(raised).__qualname__


def _deepest(start: TracebackType | None) -> TracebackType | None:
    """The last frames: of a recursion that went too deep the first thousand are alike."""
    count, walk = 0, start
    while walk is not None:
        count, walk = count + 1, walk.tb_next
    while start is not None and count > MOST_FRAMES:
        count, start = count - 1, start.tb_next
    return start
