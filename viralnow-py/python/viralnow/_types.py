"""Names for what crosses between the halves of the package."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

__all__ = ["Cell", "Vectors"]

Cell = str | float | bool | None
"""One cell of a flat row."""

Vectors = dict[str, dict[str, tuple["npt.NDArray[np.float32]", "npt.NDArray[np.float64]", str]]]
"""Frame-level features by modality and name: values, frames first; times in seconds; unit."""
