"""JSON text of what hosts give, numbers of numpy included."""

from __future__ import annotations

import json
from typing import Any

__all__ = ["dumps"]


def dumps(value: Any) -> str:
    """JSON text; numpy scalars are numbers and arrays lists. NaN and infinity raise `ValueError`: JSON has none."""
    return json.dumps(value, allow_nan=False, default=_default)


def _default(value: Any) -> Any:
    # By duck typing, so that numpy is not imported for text alone.
    for method in ("tolist", "item", "to_dict"):
        convert = getattr(value, method, None)
        if callable(convert):
            return convert()
    raise TypeError(f"cannot be written as JSON: {type(value).__name__}")
