# Kept by hand and proven by stubtest: a signature that the module does not have fails the tests.
from collections.abc import Callable, Sequence
from logging import Logger
from typing import Any, Final, final

import numpy as np
import numpy.typing as npt

from ._extract import Adapter
from ._types import Cell, Vectors
from .exceptions import ViralNowError

__all__ = [
    "Analyzer",
    "CancelToken",
    "Input",
    "MemoryMonitor",
    "SqliteStore",
    "__version__",
    "default_limits",
    "error_kinds",
    "error_row",
    "feature_dictionary",
    "flat_row",
    "hook",
    "info",
    "json_schema",
    "keywords",
    "language",
    "readability",
    "report_html",
    "report_text",
    "sentences",
    "sentiment",
]

__version__: Final[str]

@final
class Input:
    def __new__(
        cls,
        *,
        path: str | None = None,
        data: bytes | None = None,
        audio: tuple[npt.NDArray[np.float32], int] | None = None,
        frames: tuple[npt.NDArray[np.uint8], list[float]] | None = None,
        text: str | None = None,
        captions_path: str | None = None,
        captions: str | None = None,
    ) -> Input: ...

@final
class Analyzer:
    def __new__(
        cls,
        settings: dict[str, Any],
        *,
        extractors: Sequence[Adapter],
        store: SqliteStore | None,
        monitor: MemoryMonitor | Callable[[dict[str, Any]], object] | None,
        logger: Logger,
        observer: Callable[[float, str, float, float | None, tuple[int, int]], bool] | None,
        cancel: CancelToken | None,
    ) -> Analyzer: ...
    def analyze(self, input: Input) -> tuple[str, Vectors]: ...
    def analyze_many(
        self, inputs: Sequence[Input], timeout_s: float | None
    ) -> list[tuple[str, Vectors] | ViralNowError]: ...

@final
class SqliteStore:
    def __new__(cls, path: str) -> SqliteStore: ...
    def put(self, payload: str) -> None: ...
    def get(self, asset_id: str) -> str | None: ...
    def list(self, after: str | None, limit: int) -> list[str]: ...
    def erase(self, asset_id: str) -> bool: ...

@final
class CancelToken:
    """Stops a call from another thread."""

    def __new__(cls) -> CancelToken: ...
    def cancel(self) -> None: ...
    @property
    def cancelled(self) -> bool: ...

@final
class MemoryMonitor:
    """Keeps spans, events and progress in memory, for tests and notebooks."""

    def __new__(cls) -> MemoryMonitor: ...
    def records(self) -> list[dict[str, Any]]: ...
    def events(self, pattern: str) -> list[dict[str, Any]]: ...
    def spans(self) -> list[dict[str, Any]]: ...
    @property
    def dropped(self) -> int: ...
    def clear(self) -> None: ...
    def __len__(self) -> int: ...

def default_limits() -> dict[str, float | None]: ...
def error_kinds() -> list[tuple[str, bool]]: ...
def error_row(code: str, message: str) -> dict[str, Cell]: ...
def feature_dictionary() -> list[dict[str, Any]]: ...
def flat_row(payload: str) -> dict[str, Cell]: ...
def hook(opening: str) -> dict[str, Any]: ...
def info() -> dict[str, Any]: ...
def json_schema() -> dict[str, Any]: ...
def keywords(text: str, language: str | None, top: int) -> list[dict[str, Any]]: ...
def language(text: str) -> tuple[str, float] | None: ...
def readability(text: str, preset: str) -> dict[str, Any] | None: ...
def report_html(payload: str) -> str: ...
def report_text(payload: str, columns: int) -> str: ...
def sentences(text: str, language: str | None) -> list[str]: ...
def sentiment(text: str) -> dict[str, Any]: ...
