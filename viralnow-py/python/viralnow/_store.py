"""Keeping analyses in one SQLite file."""

from __future__ import annotations

import builtins
import os
from collections.abc import Iterator
from types import TracebackType
from typing import Final

from . import _viralnow
from ._analysis import Analysis
from .exceptions import InvalidInputError, StorageError

__all__ = ["Store"]

_PAGE: Final = 1000


class Store:
    """Payloads in one SQLite file, which several threads and processes may use at once.

    Given to `analyze`, it keeps every payload, and work whose content and versions are already there is not done again.
    Writing the same payload twice is one row. It can be used in a forked child and, unless it is in memory, be pickled.

    >>> import viralnow
    >>> with viralnow.Store("features.db") as store:
    ...     analysis = viralnow.analyze(text="Wait for it.", store=store)
    ...     assert store.get(analysis.asset_id) == analysis
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        """Opens the file, or makes it; an older schema is migrated."""
        if not isinstance(path, (str, os.PathLike)):
            raise TypeError(f"path must be a path, not {type(path).__name__}")
        name = os.fspath(path)
        if not name:
            raise InvalidInputError("the path of the store is empty")
        # Absolute, so that a copy in another process with another working directory means the same file.
        self.path: Final = name if name == ":memory:" else os.path.abspath(name)
        self._native: _viralnow.SqliteStore | None = _viralnow.SqliteStore(self.path)

    def _open(self) -> _viralnow.SqliteStore:
        if self._native is None:
            raise StorageError("the store is closed", {"path": str(self.path)})
        return self._native

    def put(self, analysis: Analysis) -> None:
        """Writes an analysis's payload; its frame-level features are not kept."""
        if not isinstance(analysis, Analysis):
            raise TypeError(f"put takes a viralnow.Analysis, not {type(analysis).__name__}")
        self._open().put(analysis.to_json())

    def get(self, asset_id: str) -> Analysis | None:
        """The newest payload of an asset as it was written, or None."""
        payload = self._open().get(asset_id)
        return None if payload is None else Analysis(payload)

    def list(self, after: str | None = None, limit: int = _PAGE) -> builtins.list[str]:
        """The ids of the assets, sorted; at most `limit` of those after `after`."""
        if limit < 0:
            raise InvalidInputError(f"limit must not be negative, but is {limit}")
        return self._open().list(after, limit)

    def erase(self, asset_id: str) -> bool:
        """Removes every trace of an asset; says whether there was one."""
        return self._open().erase(asset_id)

    def close(self) -> None:
        """Lets go of the file; more calls raise `StorageError`. Closing twice is fine."""
        self._native = None

    def __iter__(self) -> Iterator[str]:
        """The ids of all assets, sorted."""
        after: str | None = None
        while ids := self.list(after):
            yield from ids
            after = ids[-1]

    def __len__(self) -> int:
        return len(self._open())

    def __contains__(self, asset_id: object) -> bool:
        return isinstance(asset_id, str) and asset_id in self._open()

    def __bool__(self) -> bool:
        """An open store is true, also an empty one."""
        return self._native is not None

    def __enter__(self) -> Store:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"viralnow.Store({str(self.path)!r}){'' if self._native is not None else ' (closed)'}"

    def __reduce__(self) -> tuple[type[Store], tuple[str]]:
        if self.path == ":memory:":
            raise TypeError("a store in memory cannot be pickled; give it a path")
        return (Store, (self.path,))
