"""What is told of values and exceptions: bounded, and never failing the call that it is about."""

from __future__ import annotations

import builtins
import traceback
from contextlib import suppress
from reprlib import Repr
from types import TracebackType
from typing import Any

from .._viralnow import monitor_redact

__all__: list[str] = []

MOST_FRAMES = 50
# Below the core's 16 KiB: markers may be longer than what they stand for, and it cuts the end.
MOST_STACK = 15 << 10
# The core redacts a text and then cuts it, to 4 KiB; it is given as much beyond that as it looks at.
MOST_MESSAGE = 9 << 10
MOST_REPR = 256
MOST_TEXT = 200
# So much more is looked at before a value is cut, so that no half of a secret is left.
_BEYOND = 4 << 10
# No secret that is not known by its beginning is longer than this.
_LONGEST = 256
_MARKER = "[redacted:"
_OURS = __file__.replace("_capture.py", "_shells.py")


def cut(text: str, most: int) -> str:
    """At most so many characters. What is longer is redacted first: a cut through a secret would leave half of it."""
    if len(text) <= most:
        return text
    redacted = monitor_redact(storable(text[: most + _BEYOND]))
    head = redacted[: most - 3]
    if len(text) > most + _BEYOND:
        # What ends here may be half a secret. It would be told where markers are far shorter than what they stand for.
        marker = redacted.rfind(_MARKER)
        known = redacted.find("]", marker) + 1 if marker >= 0 else 0
        head = head[: max(len(redacted) - _LONGEST, known)]
    marker = head.rfind(_MARKER)
    if marker >= 0 and "]" not in head[marker:]:
        head = head[:marker]
    return head + "..."


class _Repr(Repr):
    """Cuts at the end, after redaction; the standard one cuts out of the middle."""

    def repr_str(self, x: str, level: int) -> str:
        return builtins.repr(cut(x, MOST_TEXT))

    def repr_bytes(self, x: bytes, level: int) -> str:
        # The whole of it might be as large as a file.
        return cut(builtins.repr(x[: MOST_TEXT + _BEYOND + 1]), MOST_TEXT)

    repr_bytearray = repr_bytes

    def repr_instance(self, x: Any, level: int) -> str:
        return cut(builtins.repr(x), MOST_TEXT)


_repr = _Repr()
_repr.maxlevel = 3
_repr.maxlong = MOST_TEXT
_repr.maxdict = _repr.maxlist = _repr.maxtuple = _repr.maxset = _repr.maxfrozenset = _repr.maxdeque = 6
_repr.maxarray = 6


def bounded_repr(value: object) -> str:
    """A value as at most 256 characters; of arrays and tables the type and shape, not the numbers."""
    try:
        return cut(_shape(value) or _repr.repr(value), MOST_REPR)
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
    message, stack = _message(raised), ""
    # Whatever a class of the host's makes of an exception's attributes.
    with suppress(Exception):
        cause = _cause(raised)
        if cause is not None:
            message += f" (after {type(cause).__qualname__}: {_message(cause)})"
    with suppress(Exception):
        stack = _stack(raised, trace or raised.__traceback__)
    return storable(message), storable(stack)


def storable(text: str) -> str:
    """The text, without what no UTF-8 has: half of a pair, as in the name of a file that is no text."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


def _message(raised: BaseException) -> str:
    try:
        return str(raised)[:MOST_MESSAGE]
    except Exception:
        return f"<{type(raised).__name__} without a printable message>"


def _cause(raised: BaseException) -> BaseException | None:
    """What it was raised after. An exception may be false, or empty."""
    if raised.__cause__ is not None:
        return raised.__cause__
    return None if raised.__suppress_context__ else raised.__context__


def _stack(raised: BaseException, trace: TracebackType | None) -> str:
    seen: set[int] = set()
    parts: list[str] = []
    one: BaseException | None = raised
    while one is not None and id(one) not in seen and len(parts) < 8:
        seen.add(id(one))
        parts.append(_one(one, trace if one is raised else one.__traceback__))
        # A group's members, where there are such groups; another's attribute of the name may be anything.
        members = getattr(one, "exceptions", ())
        for member in members[:8] if isinstance(members, (list, tuple)) else ():
            if isinstance(member, BaseException) and id(member) not in seen:
                seen.add(id(member))
                parts.append(_one(member, member.__traceback__))
        one = _cause(one)
    text = storable("\n".join(parts)).encode()
    if len(text) <= MOST_STACK:
        return text.decode()
    # The end of a stack says where it happened. Whole lines: half of one might be half of a secret.
    _, _, rest = text[4 - MOST_STACK :].partition(b"\n")
    return "...\n" + rest.decode()


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
