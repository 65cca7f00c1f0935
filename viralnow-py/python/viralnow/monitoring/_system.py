"""Starting, stopping and asking the monitor of this process."""

from __future__ import annotations

import atexit
import functools
import json
import os
import time
import warnings
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from html import escape
from types import TracebackType
from typing import Any

from .. import _viralnow as _native
from .._call import settings_only
from ..exceptions import InvalidConfigError
from . import _log
from ._bus import bus

__all__ = [
    "FlushReport",
    "Monitor",
    "Status",
    "alert_trial",
    "alerts",
    "config",
    "config_error",
    "counts",
    "dashboard",
    "errors",
    "events",
    "flush",
    "functions",
    "prometheus",
    "query",
    "set_level",
    "start",
    "status",
    "stop",
]

CONFIG = "monitoring_config.json"
_LEVELS = ("full", "aggregate", "counted", "off")
_NOWHERE = {"database_path": "", "log_file_path": ""}
_NOTHING = {"complete": True, "received": 0, "dropped": {}}


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

    @property
    def dashboard(self) -> str:
        """The dashboard's address with the token; it is started if it does not run."""
        return dashboard()

    def config(self) -> dict[str, Any]:
        """The settings in force, which may have been read again since the start."""
        return config()

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
    dashboard: bool = False,
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

    ``config`` is a file such as the specification's ``monitoring_config.json``, which is read again when it changes, or
    a mapping with its keys: log, log file, alerts and where they are told, dashboard; what it does not say is as in its
    schema, so also an empty one writes ``monitoring.db`` and ``monitoring.log`` here. Without it nothing is written
    unless ``database`` names an SQLite file (``":memory:"``: one that ends with the process). ``dashboard`` starts the
    page for the browser, whose address is then `Monitor.dashboard`.
    ``level`` is ``"full"``, ``"aggregate"`` (histograms alone), ``"counted"``, ``"off"`` or the share of calls to
    record. ``adaptive`` records functions less that are so short and hot that recording costs more than 5 % of them.
    ``redact`` takes secrets and personal data out of all that is told, ``redact_keys`` names keys of your own. At
    most ``ring_capacity`` records of one thread, and ``max_memory`` bytes in all, wait; what is more is dropped and
    counted, or with ``block`` the caller waits so many seconds. What is given here goes before the config, also after
    that was read again.

    Raises `InvalidInputError` while one runs already.
    """
    over: dict[str, Any] = {
        "database_path": None if database is None else os.fspath(database),
        "flush_interval": flush_interval,
        "ring_capacity": ring_capacity,
        "max_memory": max_memory,
        "redaction": {"deny_keys": list(redact_keys)},
    }
    ask(
        "start_with",
        config=_source(_NOWHERE if config is None else config),
        over=over,
        dashboard=dashboard,
        level=_level(level),
        adaptive=adaptive,
        redact=redact,
        block_s=block,
    )
    _native.monitor_start_itself(False)
    atexit.unregister(_at_exit)
    atexit.register(_at_exit)
    return Monitor()


def ask(name: str, /, **settings: Any) -> Any:
    """What a function of the core's monitoring gives; settings that are None are left at their defaults."""
    return settings_only(f"monitor.{name}", **settings)[0]


def _source(config: str | os.PathLike[str] | Mapping[str, Any]) -> str | dict[str, Any]:
    return dict(config) if isinstance(config, Mapping) else os.fspath(config)


def _at_exit() -> None:
    stop(2.0)


def load(config: str | os.PathLike[str] | Mapping[str, Any]) -> dict[str, Any]:
    """The settings of a file or mapping, checked, with the defaults for what it leaves out."""
    source = _source(config)
    given = {"path": source} if isinstance(source, str) else {"text": json.dumps(source, indent=2), "path": "config"}
    found = ask("config_check", **given)
    if found["problems"]:
        raise InvalidConfigError(found["message"])
    settings: dict[str, Any] = found["config"]
    return settings


def config() -> dict[str, Any]:
    """The settings in force, which may have been read again since the start; without the path of the webhook."""
    settings: dict[str, Any] = ask("config")["config"]
    return settings


def config_error() -> str | None:
    """What is wrong with the settings' file as it is now; the last good ones stay in force."""
    return ask("config")["error"]  # type: ignore[no-any-return]


def dashboard() -> str:
    """Starts the dashboard, if it does not run, and gives its address with the token."""
    return ask("dashboard")  # type: ignore[no-any-return]


def alerts() -> dict[str, Any]:
    """The alerts: ``states``, ``history`` and ``channels``."""
    return ask("alerts")  # type: ignore[no-any-return]


def alert_trial(name: str) -> dict[str, Any]:
    """Tells a trial notice to an alert's channels."""
    return ask("alert_trial", name=name)  # type: ignore[no-any-return]


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
    if not _native.monitor_running():
        return FlushReport(_NOTHING)
    # Handlers hear of everything up to now, and are let go before the interpreter may be.
    started = time.monotonic()
    flush(timeout)
    bus._closed()
    left = max(timeout - (time.monotonic() - started), 0.0)
    return FlushReport(ask("stop", timeout_s=left) or _NOTHING)


def flush(timeout: float = 2.0) -> FlushReport:
    """Waits until everything recorded so far is delivered and written, for so many seconds at most."""
    running = _native.monitor_running()
    return FlushReport(ask("flush", timeout_s=max(timeout, 0.0)) if running else _NOTHING)


def status() -> Status:
    """How the monitor is: calls, errors, what was dropped and why, sinks, its own cost."""
    if _native.monitor_running():
        return Status(ask("status"))
    return Status({"state": "stopped", "line": "monitor stopped", "calls": 0, "errors": 0, "sinks": []})


def counts() -> _log.Rows[dict[str, Any]]:
    """What was counted at every place since the monitor began, exactly, whatever was dropped or not recorded."""
    rows = ask("counts") if _native.monitor_running() else []
    return _log.rows_of((row for row in rows if row["calls"] > 0), _log.COUNTS)


def set_level(pattern: str, level: str | float) -> None:
    """Sets how much is recorded of the functions that fit, now and later; see `start` for the levels."""
    wanted = _level(level)
    if _native.monitor_running():
        ask("set_level", functions=pattern, level=wanted)


def _level(level: str | float) -> str | dict[str, float]:
    if level in _LEVELS:
        return str(level)
    if isinstance(level, str) or not 0 <= level <= 1:
        known = ", ".join(map(repr, _LEVELS))
        raise InvalidConfigError(f"level is one of {known} or a share between 0 and 1, not {level!r}")
    return "full" if level == 1 else "aggregate" if level == 0 else {"sampled": float(level)}


def prometheus() -> str:
    """What was counted, in the text format that Prometheus reads."""
    return ask("prometheus")  # type: ignore[no-any-return]


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
    path: str | os.PathLike[str] | None = None,
) -> _log.Rows[_log.Call]:
    """Calls of the log, the newest first: by name (``*`` stands for anything), time (from ``start``, or the last
    ``hours``, 0 to 1,000,000, not both; to ``end``), ``status`` (``"completed"``, ``"failed"``, ``"cancelled"``),
    seconds, a part of the error or of anything. ``order`` is ``"newest"``, ``"oldest"`` or ``"slowest"``; ``limit`` is
    how many at most. `Rows.to_pandas` makes a table of them. ``path`` is the file of a log; without one it is the
    running monitor's, what was recorded a moment ago included."""
    settings = {
        "function_name": function_name,
        "status": status,
        "min_duration_s": min_duration,
        "error_contains": error,
        "text": text,
        "correlation_id": correlation_id,
        "order": order,
        **_range(hours, start, end),
    }
    return _log.query(_asking(path), settings, limit)


def _asking(path: str | os.PathLike[str] | None) -> Callable[..., Any]:
    """Asks the log of this file, or the running monitor's once everything is in it."""
    if path is None:
        flush()
        return ask
    return functools.partial(ask, path=os.fspath(path))


def _range(
    hours: float | None, start: datetime | float | None = None, end: datetime | float | None = None
) -> dict[str, float | None]:
    return {"hours": hours, "from_us": _log.micros(start), "to_us": _log.micros(end)}


def functions(
    *, hours: float | None = None, path: str | os.PathLike[str] | None = None
) -> _log.Rows[dict[str, Any]]:
    """How functions did, the busiest first: calls, errors, success rate, mean and percentiles in seconds. ``hours``
    and ``path`` are those of `query`."""
    return _log.rows_of(_asking(path)("functions", **_range(hours)), _log.FUNCTIONS)


def errors(
    *, hours: float | None = None, path: str | os.PathLike[str] | None = None
) -> _log.Rows[dict[str, Any]]:
    """Failures in groups of one function, kind and stack, the most frequent first. ``hours`` and ``path`` are those of
    `query`."""
    return _log.rows_of(_asking(path)("errors", **_range(hours)), _log.ERRORS)


def events(
    pattern: str = "**",
    *,
    hours: float | None = None,
    limit: int = 100,
    path: str | os.PathLike[str] | None = None,
) -> _log.Rows[dict[str, Any]]:
    """Events of the log whose topic fits, the newest first, ``limit`` at most. ``hours`` and ``path`` are
    those of `query`."""
    return _log.rows_of(_asking(path)("events", pattern=pattern, limit=limit, **_range(hours)), _log.EVENTS)
