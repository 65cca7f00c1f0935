"""What is told of values and exceptions: bounded, and never failing the call that it is about."""

from __future__ import annotations

import traceback
from reprlib import Repr
from types import TracebackType
from typing import Any

__all__: list[str] = []

MOST_FRAMES = 50
MOST_STACK = 16 << 10
MOST_MESSAGE = 4 << 10
MOST_REPR = 256
_OURS = __file__.replace("_capture.py", "_shells.py")

_repr = Repr()
_repr.maxlevel = 3
_repr.maxstring = _repr.maxother = _repr.maxlong = 200
_repr.maxdict = _repr.maxlist = _repr.maxtuple = _repr.maxset = _repr.maxfrozenset = _repr.maxdeque = 6
_repr.maxarray = 6


def bounded_repr(value: object) -> str:
    """A value as at most 256 characters; of arrays and tables the type and shape, not the numbers."""
    try:
        text = _shape(value) or _repr.repr(value)
    except Exception:
        # Whatever a `__repr__` of the host's does.
        text = f"<{type(value).__name__}>"
    return text if len(text) <= MOST_REPR else text[: MOST_REPR - 3] + "..."


def _shape(value: Any) -> str | None:
    kind = type(value)
    if kind.__module__.partition(".")[0] in ("numpy", "torch", "pandas", "polars", "jax", "tensorflow"):
        shape = getattr(value, "shape", None)
        if shape is not None:
            return f"{kind.__name__} {getattr(value, 'dtype', '')}{[int(n) for n in shape]}".replace("  ", " ")
    return None


def failure(raised: BaseException, trace: TracebackType | None = None) -> tuple[str, str]:
    """The message and the stack of an exception: no variables of its frames, no frames of ours, both bounded."""
    try:
        message = str(raised)[:MOST_MESSAGE]
    except Exception:
        message = f"<{type(raised).__name__} without a printable message>"
    try:
        stack = _stack(raised, trace or raised.__traceback__)
    except Exception:
        stack = ""
    return message, stack


def _stack(raised: BaseException, trace: TracebackType | None) -> str:
    seen: set[int] = set()
    parts: list[str] = []
    one: BaseException | None = raised
    while one is not None and id(one) not in seen and len(parts) < 8:
        seen.add(id(one))
        # The message is told beside it: failures of one place are of one group whatever their messages say.
        parts.append(_one(one, trace, told=True) if one is raised else _one(one, one.__traceback__))
        # A group's members, where there are such groups.
        for member in getattr(one, "exceptions", ())[:8]:
            if isinstance(member, BaseException) and id(member) not in seen:
                seen.add(id(member))
                parts.append(_one(member, member.__traceback__))
        one = one.__cause__ or (None if one.__suppress_context__ else one.__context__)
    text = "\n".join(parts)
    # The end of a stack says where it happened.
    return text if len(text) <= MOST_STACK else "..." + text[3 - MOST_STACK :]


def _one(raised: BaseException, trace: TracebackType | None, *, told: bool = False) -> str:
    frames = [f for f in traceback.extract_tb(_deepest(trace)) if f.filename != _OURS]
    lines = traceback.format_list(frames)
    if told:
        return "".join(lines) + type(raised).__qualname__
    try:
        message = str(raised)[:MOST_MESSAGE]
    except Exception:
        message = "<unprintable>"
    return "".join(lines) + f"{type(raised).__qualname__}: {message}"


def _deepest(start: TracebackType | None) -> TracebackType | None:
    """The last frames: of a recursion that went too deep the first thousand are alike."""
    count, walk = 0, start
    while walk is not None:
        count, walk = count + 1, walk.tb_next
    while start is not None and count > MOST_FRAMES:
        count, start = count - 1, start.tb_next
    return start
