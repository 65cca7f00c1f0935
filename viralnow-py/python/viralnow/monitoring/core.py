"""The system by the specification's path.

With one of the specification's modules imported, the first thing that is watched, published, subscribed to or asked
starts the monitor with ``monitoring_config.json`` of the working folder, or with its defaults (``monitoring.db``,
``monitoring.log``), unless the host has started one by then.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from .. import _viralnow as _native
from . import _system
from ._bus import EventBus, bus

__all__ = ["MonitoringSystem", "monitoring_system"]


class MonitoringSystem:
    """The monitor of the process; there is one, `monitoring_system`."""

    def start_when_needed(self) -> None:
        """Lets the first thing that is recorded start the monitor."""
        _native.monitor_start_itself(True)

    def start(self, config: str | os.PathLike[str] | Mapping[str, Any] | None = None) -> _system.Monitor:
        """Starts the monitor: with this config, else with ``monitoring_config.json`` if it is here, else with the
        defaults."""
        if config is not None:
            return _system.start(config)
        _system.start_itself()
        return _system.Monitor()

    initialize = start

    def stop(self, timeout: float = 2.0) -> _system.FlushReport:
        """Writes everything and ends the monitor."""
        return _system.stop(timeout)

    shutdown = stop

    def flush(self, timeout: float = 2.0) -> _system.FlushReport:
        """Waits until everything recorded so far is written."""
        return _system.flush(timeout)

    def get_status(self) -> _system.Status:
        """How it is; printed, one line. Starts it if need be."""
        _system.start_itself()
        return _system.status()

    @property
    def event_bus(self) -> EventBus:
        """The event bus."""
        return bus

    def __repr__(self) -> str:
        return f"<viralnow.monitoring.core.MonitoringSystem: {_system.status()}>"


monitoring_system = MonitoringSystem()
monitoring_system.start_when_needed()
