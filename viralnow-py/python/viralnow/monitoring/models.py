"""What is asked of the log and what it answers, by the specification's names."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ._log import Call, micros

__all__ = ["LogEntry", "LogFilters", "PerformanceMetrics", "TimeRange"]

LogEntry = Call


@dataclass(frozen=True)
class TimeRange:
    """From ``start`` on and before ``end``; without one of them it is open on that side. A time without a zone is the
    machine's."""

    start: datetime | None = None
    end: datetime | None = None

    def __post_init__(self) -> None:
        first, last = micros(self.start), micros(self.end)
        if first is not None and last is not None and first > last:
            raise ValueError(f"the time range ends, {self.end}, before it starts, {self.start}")

    def _settings(self) -> dict[str, int | None]:
        return {"from_us": micros(self.start), "to_us": micros(self.end)}


@dataclass(frozen=True)
class LogFilters:
    """Which calls are wanted; all that is given must hold. ``function_name`` may have ``*`` for anything, and be
    ``module.name``."""

    function_name: str | None = None
    time_range: TimeRange | None = None
    limit: int = 100
    status: str | None = None
    min_duration: float | None = None
    error_contains: str | None = None
    text: str | None = None
    correlation_id: str | None = None
    order: str = "newest"

    def __post_init__(self) -> None:
        if self.limit < 1:
            raise ValueError(f"limit is 1 or more, not {self.limit}")

    def _settings(self) -> dict[str, Any]:
        return {
            "function_name": self.function_name,
            "status": self.status,
            "min_duration_s": self.min_duration,
            "error_contains": self.error_contains,
            "text": self.text,
            "correlation_id": self.correlation_id,
            "order": self.order,
            **(self.time_range or TimeRange())._settings(),
        }


@dataclass(frozen=True)
class PerformanceMetrics:
    """How a function did; times in seconds."""

    function_name: str
    module: str
    calls: int
    errors: int
    success_rate: float
    mean_s: float
    p50_s: float
    p95_s: float
    p99_s: float
