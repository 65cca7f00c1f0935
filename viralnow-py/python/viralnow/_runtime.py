"""Tells the core where this Python's packages lie, one of which may be ONNX Runtime."""

from __future__ import annotations

import os
import site

from . import _viralnow

__all__ = ["offer"]


def offer() -> None:
    """Offers `onnxruntime` of every place that packages are installed to; the search waits until it is needed."""
    folders = list(site.getsitepackages()) if hasattr(site, "getsitepackages") else []
    if site.ENABLE_USER_SITE:
        folders.append(site.getusersitepackages())
    for folder in folders:
        if os.path.isabs(folder):
            _viralnow.offer_runtime(os.path.join(folder, "onnxruntime", "capi"))
