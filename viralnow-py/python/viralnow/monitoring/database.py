"""The log by the specification's path: ``db_manager.query_log_entries(LogFilters(limit=10))``."""

from __future__ import annotations

import os
from typing import Any

from .. import _viralnow as _native
from . import _system
from ._log import Rows, micros, query, rows_of
from .core import monitoring_system as _monitoring_system
from .models import LogEntry, LogFilters, PerformanceMetrics, TimeRange

__all__ = ["DatabaseManager", "db_manager"]

_monitoring_system.start_when_needed()


class DatabaseManager:
    """The log of the running monitor, which is started if need be, or of the file ``path``."""

    def __init__(self, path: str | os.PathLike[str] | None = None) -> None:
        self._own = None if path is None else _native.MonitorLog(os.fspath(path), 90, 365)

    def _log(self) -> _native.MonitorLog:
        if self._own is not None:
            return self._own
        _system.start_itself()
        return _system._needed()

    def query_log_entries(self, filters: LogFilters | None = None) -> Rows[LogEntry]:
        """Calls that fit, the newest first, those of a moment ago included."""
        wanted = filters or LogFilters()
        return query(self._log(), wanted._settings(), wanted.limit)

    def get_performance_metrics(self, time_range: TimeRange | None = None) -> Rows[PerformanceMetrics]:
        """How functions did, the busiest first."""
        span = time_range or TimeRange()
        found = self._log().functions(micros(span.start), micros(span.end))
        return Rows(PerformanceMetrics(**row) for row in found)

    def get_errors(self, time_range: TimeRange | None = None) -> Rows[dict[str, Any]]:
        """Failures in groups that are alike, the latest first."""
        span = time_range or TimeRange()
        found = self._log().errors(micros(span.start), micros(span.end))
        return rows_of(found, "first_us", "last_us")

    def cleanup_old_data(self) -> dict[str, Any]:
        """Removes calls, errors and events, and summaries, that are older than the config says they are to be kept;
        says what went. The monitor does so by itself, in small steps; this does all of it now."""
        return self._log().cleanup()

    def backup(self, path: str | os.PathLike[str]) -> None:
        """Copies the log, while it is written to, into a new file."""
        self._log().backup(os.fspath(path))

    def export_trace(self, path: str | os.PathLike[str], time_range: TimeRange | None = None) -> int:
        """Writes calls for Chrome's trace viewer or Perfetto; gives how many."""
        span = time_range or TimeRange()
        return self._log().export_trace(os.fspath(path), micros(span.start), micros(span.end))


db_manager = DatabaseManager()
