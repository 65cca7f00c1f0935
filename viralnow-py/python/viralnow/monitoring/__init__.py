"""Seeing what a program does: spans, events, progress, a log that can be asked.

Nothing is recorded, and no file or thread made, until a monitor is started::

    from viralnow import monitoring

    @monitoring.monitor_all                     # also of classes, coroutines, generators; also @monitor_all(weight=3.0)
    def score(clips): ...

    with monitoring.start(database="monitoring.db"):
        score(clips)
        monitoring.query("score*", hours=1).to_pandas()
        monitoring.status()

The modules of the specification (`config`, `core`, `database`, `decorators`, `event_bus`, `logging_setup`, `models`)
start the monitor by themselves, with ``monitoring_config.json`` or its defaults, when the first thing is recorded.
"""

from .._viralnow import monitor_current_span as current_span
from ._bus import Event, EventBus, EventStream, Lagged, Subscription, bus
from ._decorate import Decorator, monitor_all, monitor_execution, track_performance
from ._log import Call, Rows
from ._mount import dashboard_asgi, dashboard_wsgi
from ._progress import Job, Step, Track, job, track
from ._spans import SpanBlock, span
from ._system import (
    FlushReport,
    Monitor,
    Status,
    alert_trial,
    alerts,
    config_error,
    counts,
    dashboard,
    errors,
    events,
    flush,
    functions,
    prometheus,
    query,
    set_level,
    start,
    status,
    stop,
)

__all__ = [
    "Call",
    "Decorator",
    "Event",
    "EventBus",
    "EventStream",
    "FlushReport",
    "Job",
    "Lagged",
    "Monitor",
    "Rows",
    "SpanBlock",
    "Status",
    "Step",
    "Subscription",
    "Track",
    "alert_trial",
    "alerts",
    "bus",
    "config_error",
    "counts",
    "current_span",
    "dashboard",
    "dashboard_asgi",
    "dashboard_wsgi",
    "errors",
    "events",
    "flush",
    "functions",
    "job",
    "monitor_all",
    "monitor_execution",
    "prometheus",
    "query",
    "set_level",
    "span",
    "start",
    "status",
    "stop",
    "track",
    "track_performance",
]
