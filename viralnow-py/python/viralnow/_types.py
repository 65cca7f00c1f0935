"""Names for what crosses between the halves of the package."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

__all__ = ["Cell", "Vector", "Vectors"]

Cell = str | float | bool | None
"""One cell of a flat row."""

Vector = tuple["npt.NDArray[np.float32]", "npt.NDArray[np.float64]", str]
"""One frame-level feature: values, frames first; times in seconds; unit."""

Vectors = dict[str, dict[str, Vector]]
"""Frame-level features by modality and name."""
