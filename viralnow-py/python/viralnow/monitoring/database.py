"""The log by the specification's path: ``db_manager.query_log_entries(LogFilters(limit=10))``."""

from __future__ import annotations

import os
from dataclasses import fields
from typing import Any

from . import _system
from ._log import ERRORS, Rows, query, rows_of
from .core import monitoring_system as _monitoring_system
from .models import LogEntry, LogFilters, PerformanceMetrics, TimeRange

__all__ = ["DatabaseManager", "db_manager"]

_monitoring_system.start_when_needed()


class DatabaseManager:
    """The log of the running monitor, which is started if need be, or of the file ``path``. How long a log is kept is
    not in its file: for `cleanup_old_data` of one with a path it is ``detail_days`` and ``summary_days``."""

    def __init__(
        self, path: str | os.PathLike[str] | None = None, *, detail_days: int = 90, summary_days: int = 365
    ) -> None:
        self._path = None if path is None else os.fspath(path)
        self._days = {"detail_days": detail_days, "summary_days": summary_days}

    def _ask(self, name: str, /, **settings: Any) -> Any:
        if self._path is None:
            _system.start_itself()
            _system.flush()
        return _system.ask(name, path=self._path, **settings)

    def query_log_entries(self, filters: LogFilters | None = None) -> Rows[LogEntry]:
        """Calls that fit, the newest first, those of a moment ago included."""
        wanted = filters or LogFilters()
        return query(self._ask, wanted._settings(), wanted.limit)

    def get_performance_metrics(self, time_range: TimeRange | None = None) -> Rows[PerformanceMetrics]:
        """How functions did, the busiest first."""
        found = self._ask("functions", **(time_range or TimeRange())._settings())
        rows: Rows[PerformanceMetrics] = Rows(PerformanceMetrics(**row) for row in found)
        rows.columns = tuple(field.name for field in fields(PerformanceMetrics))
        return rows

    def get_errors(self, time_range: TimeRange | None = None) -> Rows[dict[str, Any]]:
        """Failures in groups that are alike, the most frequent first."""
        found = self._ask("errors", **(time_range or TimeRange())._settings())
        return rows_of(found, ERRORS)

    def cleanup_old_data(self) -> dict[str, Any]:
        """Removes calls, errors and events, and summaries, that are older than the config says they are to be kept;
        says what went. The monitor does so by itself, in small steps; this does all of it now."""
        days = {} if self._path is None else self._days
        return self._ask("cleanup", **days)  # type: ignore[no-any-return]

    def backup(self, path: str | os.PathLike[str]) -> None:
        """Copies the log, while it is written to, into a new file."""
        self._ask("backup", to=os.fspath(path))

    def export_trace(self, path: str | os.PathLike[str], time_range: TimeRange | None = None) -> int:
        """Writes calls for Chrome's trace viewer or Perfetto; gives how many."""
        span = (time_range or TimeRange())._settings()
        return self._ask("trace", to=os.fspath(path), **span)["calls"]  # type: ignore[no-any-return]


db_manager = DatabaseManager()
