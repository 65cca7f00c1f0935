"""The decorators by the specification's path. What they watch starts the monitor by itself; see
`viralnow.monitoring.core`."""

from . import core as _core
from ._decorate import monitor_all, monitor_execution, track_performance

__all__ = ["monitor_all", "monitor_execution", "track_performance"]

_core.monitoring_system.start_when_needed()
