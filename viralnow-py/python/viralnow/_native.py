"""Loads the native half first, so that what it lacks is told once and with the way out."""

from __future__ import annotations

import re

__all__: list[str] = []


def _load() -> None:
    try:
        from . import _viralnow  # noqa: F401
    except ImportError as error:
        library = re.search(r"(lib(?:av|sw)\S*?\.so[.\d]*)", str(error))
        if library is None:
            raise
        raise ImportError(
            f"FFmpeg's {library[1]} is not there: install the FFmpeg that this package was built beside"
            " (Debian, Ubuntu: apt install ffmpeg), or build the package here (make wheel)"
        ) from error


_load()
