"""The event bus by the specification's path: ``event_bus.publish('custom.event', {...})``,
``event_bus.subscribe(topic, handler)``."""

from . import core as _core
from ._bus import Event, EventBus, EventStream, Lagged, Subscription
from ._bus import bus as event_bus

__all__ = ["Event", "EventBus", "EventStream", "Lagged", "Subscription", "event_bus"]

_core.monitoring_system.start_when_needed()
