"""Starting, stopping and asking the monitor of this process."""

from __future__ import annotations

import atexit
import json
import os
import time
import warnings
from collections.abc import Iterable, Mapping
from datetime import datetime
from html import escape
from types import TracebackType
from typing import Any

from .. import _viralnow as _native
from ..exceptions import InvalidConfigError, InvalidInputError
from . import _log
from ._bus import bus

__all__ = [
    "FlushReport",
    "Monitor",
    "Status",
    "counts",
    "errors",
    "flush",
    "functions",
    "query",
    "set_level",
    "start",
    "status",
    "stop",
]

CONFIG = "monitoring_config.json"
_LEVELS = {"full": 1.0, "aggregate": 0.0, "counted": -1.0, "off": -2.0}
_settings: dict[str, Any] = {}


class Status(dict[str, Any]):
    """How the monitor is; `str` is one line."""

    def __str__(self) -> str:
        return str(self.get("line", "monitor stopped"))

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError:
            raise AttributeError(name) from None

    def _repr_html_(self) -> str:
        rows = [{"": key, "value": value} for key, value in self.items() if key not in ("line", "sinks")]
        sinks = _log.table(self["sinks"]) if self.get("sinks") else ""
        return f"<p><b>{escape(str(self))}</b></p>{_log.table(rows)}{sinks}"


class FlushReport(dict[str, Any]):
    """What a flush did: ``complete``, ``received``, ``dropped`` by cause. True when everything is where it belongs."""

    def __bool__(self) -> bool:
        return bool(self.get("complete"))


class Monitor:
    """The running monitor; as a context manager it stops at the end of the block."""

    @property
    def bus(self) -> Any:
        """The event bus."""
        return bus

    def status(self) -> Status:
        """How it is."""
        return status()

    def flush(self, timeout: float = 2.0) -> FlushReport:
        """Waits until everything recorded so far is written."""
        return flush(timeout)

    def stop(self, timeout: float = 2.0) -> FlushReport:
        """Writes everything and ends it."""
        return stop(timeout)

    def __enter__(self) -> Monitor:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, raised: BaseException | None, trace: TracebackType | None, /
    ) -> None:
        stop()

    def __repr__(self) -> str:
        return f"<viralnow.monitoring.Monitor: {status()}>"

    def _repr_html_(self) -> str:
        flush(0.5)
        return status()._repr_html_() + counts()._repr_html_()


def start(
    config: str | os.PathLike[str] | Mapping[str, Any] | None = None,
    *,
    database: str | os.PathLike[str] | None = None,
    level: str | float = "full",
    adaptive: bool = True,
    redact: bool = True,
    redact_keys: Iterable[str] = (),
    flush_interval: float | None = None,
    ring_capacity: int | None = None,
    max_memory: int | None = None,
    block: float | None = None,
) -> Monitor:
    """Starts the monitor of this process.

    ``config`` is a file such as the specification's ``monitoring_config.json``, or a mapping with its keys; without
    it nothing is written unless ``database`` names an SQLite file (``":memory:"``: one that ends with the process).
    ``level`` is ``"full"``, ``"aggregate"`` (histograms alone), ``"counted"``, ``"off"`` or the share of calls to
    record. ``adaptive`` records functions less that are so short and hot that recording costs more than 5 % of them.
    ``redact`` takes secrets and personal data out of all that is told, ``redact_keys`` names keys of your own. At
    most ``ring_capacity`` records of one thread, and ``max_memory`` bytes in all, wait; what is more is dropped and
    counted, or with ``block`` the caller waits so many seconds.

    Raises `InvalidInputError` while one runs already.
    """
    if _native.monitor_running():
        raise InvalidInputError("a monitor runs already; stop it first")
    given = {
        "level": _share(level),
        "adaptive": adaptive,
        "redact": redact,
        "redact_keys": list(redact_keys),
        "database_path": None if database is None else os.fspath(database),
        "flush_interval": flush_interval,
        "ring_capacity": ring_capacity,
        "max_memory": max_memory,
        "block_s": block,
    }
    path, text = _source(config)
    found = _native.monitor_start(path, text, json.dumps(given))
    _settings.clear()
    _settings.update(found)
    atexit.unregister(_at_exit)
    atexit.register(_at_exit)
    return Monitor()


def _source(config: str | os.PathLike[str] | Mapping[str, Any] | None) -> tuple[str | None, str | None]:
    if config is None or isinstance(config, Mapping):
        return None, None if config is None else json.dumps(dict(config))
    return os.fspath(config), None


def _at_exit() -> None:
    stop(2.0)


def load(config: str | os.PathLike[str] | Mapping[str, Any]) -> dict[str, Any]:
    """The settings of a file or mapping, checked, with the defaults for what it leaves out."""
    return _native.monitor_config(*_source(config))


def start_itself() -> None:
    """By the specification's way: with ``monitoring_config.json`` if it is here, else with its defaults. Called by
    the first thing that is recorded after one of the compatibility modules was imported. It never fails the host."""
    if _native.monitor_running():
        return
    try:
        start(CONFIG if os.path.exists(CONFIG) else {})
    except Exception as error:
        warnings.warn(f"monitoring goes on without files: {error}", RuntimeWarning, stacklevel=2)
        start()


def stop(timeout: float = 2.0) -> FlushReport:
    """Writes what was recorded, for so many seconds at most, and ends the monitor. Nothing happens when there is
    none."""
    # Handlers hear of everything up to now, and are let go before the interpreter may be.
    started = time.monotonic()
    _native.monitor_flush(timeout)
    bus._closed()
    report = _native.monitor_stop(max(timeout - (time.monotonic() - started), 0.0))
    _settings.clear()
    return FlushReport(report or {"complete": True, "received": 0, "dropped": {}})


def flush(timeout: float = 2.0) -> FlushReport:
    """Waits until everything recorded so far is delivered and written, for so many seconds at most."""
    return FlushReport(_native.monitor_flush(timeout) or {"complete": True, "received": 0, "dropped": {}})


def status() -> Status:
    """How the monitor is: calls, errors, what was dropped and why, sinks, its own cost."""
    found = _native.monitor_status()
    return Status(found or {"state": "stopped", "line": "monitor stopped", "calls": 0, "errors": 0, "sinks": []})


def counts() -> _log.Rows[dict[str, Any]]:
    """What was counted at every place since the monitor began, exactly, whatever was dropped or not recorded."""
    return _log.rows_of(_native.monitor_counts())


def set_level(pattern: str, level: str | float) -> None:
    """Sets how much is recorded of the functions that fit, now and later; see `start` for the levels."""
    _native.monitor_set_level(pattern, _share(level))


def _share(level: str | float) -> float:
    share = _LEVELS.get(level) if isinstance(level, str) else float(level)
    if share is None or not (share in (-2.0, -1.0) or 0 <= share <= 1):
        known = ", ".join(map(repr, _LEVELS))
        raise InvalidConfigError(f"level is one of {known} or a share between 0 and 1, not {level!r}")
    return share


def _needed() -> _native.MonitorLog:
    found = _native.monitor_log()
    if found is None:
        raise InvalidInputError("there is no log; start the monitor with database= or a config that names one")
    flush()
    return found


def query(
    function_name: str | None = None,
    *,
    hours: float | None = None,
    start: datetime | float | None = None,
    end: datetime | float | None = None,
    status: str | None = None,
    min_duration: float | None = None,
    error: str | None = None,
    text: str | None = None,
    correlation_id: str | None = None,
    order: str = "newest",
    limit: int = 1000,
) -> _log.Rows[_log.Call]:
    """Calls of the log, the newest first: by name (``*`` stands for anything), time (the last ``hours``, or from
    ``start`` to ``end``), ``status`` (``"completed"``, ``"failed"``, ``"cancelled"``), seconds, a part of the error
    or of anything. ``order`` is ``"newest"``, ``"oldest"`` or ``"slowest"``. `Rows.to_pandas` makes a table of
    them."""
    settings = {
        "function_name": function_name,
        "status": status,
        "min_duration_s": min_duration,
        "error_contains": error,
        "text": text,
        "correlation_id": correlation_id,
        "order": order,
        "time_range": _range(hours, start, end),
    }
    return _log.query(_needed(), settings, limit)


def _range(
    hours: float | None, start: datetime | float | None, end: datetime | float | None
) -> dict[str, int | None] | None:
    if hours is not None:
        start = datetime.now().timestamp() - hours * 3600
    if start is None and end is None:
        return None
    return {"from_us": _log.micros(start), "to_us": _log.micros(end)}


def functions(*, hours: float | None = None) -> _log.Rows[dict[str, Any]]:
    """How functions did, the busiest first: calls, errors, success rate, mean and percentiles in seconds."""
    span = _range(hours, None, None) or {"from_us": None, "to_us": None}
    return _log.rows_of(_needed().functions(span["from_us"], span["to_us"]))


def errors(*, hours: float | None = None) -> _log.Rows[dict[str, Any]]:
    """Failures in groups of one function, kind and stack, the latest first."""
    span = _range(hours, None, None) or {"from_us": None, "to_us": None}
    return _log.rows_of(_needed().errors(span["from_us"], span["to_us"]), "first_us", "last_us")
