"""The event bus: topics are dotted words; in a pattern ``*`` stands for one word and a final ``**`` for the rest."""

from __future__ import annotations

import asyncio
import json
import weakref
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timezone
from sys import float_info
from types import MethodType, TracebackType
from typing import Any

from .. import _viralnow as _native
from ._capture import storable

__all__ = ["Event", "EventBus", "EventStream", "Lagged", "Subscription", "bus"]

Handler = Callable[[str, Any], object]


_DEEPEST = 32


def _plain(value: Any, around: tuple[int, ...] = ()) -> Any:
    """A value as JSON holds it; of what is nested deeper, or holds itself, the ``str``."""
    if isinstance(value, (Mapping, list, tuple)) and len(around) < _DEEPEST and id(value) not in around:
        within = (*around, id(value))
        if isinstance(value, Mapping):
            return {key if isinstance(key, str) else _str(key): _plain(one, within) for key, one in value.items()}
        return [_plain(one, within) for one in value]
    if value is None or isinstance(value, (bool, str)):
        return value
    # JSON has no infinity, and a larger whole number would be read as one.
    if isinstance(value, (int, float)) and abs(value) <= float_info.max:
        return value
    return _str(value)


def _str(value: Any) -> str:
    try:
        return str(value)[:10_000]
    except Exception:
        # Whatever a `__str__` of the host's does; and a number of very many digits has none.
        return f"<{type(value).__name__}>"


@dataclass(frozen=True)
class Event:
    """Something that happened. ``seq`` has no gaps within a process; ``time`` is in UTC; ``span`` is 0 outside of
    spans."""

    seq: int
    time: datetime
    topic: str
    data: Any
    span: int
    correlation_id: str


@dataclass(frozen=True)
class Lagged:
    """So many events were dropped here, for nobody took them in time."""

    count: int


class Subscription:
    """A handler that listens until it is closed, by `close` or as a context manager."""

    def __init__(self, native: _native.Subscription, pattern: str, home: set[Subscription]) -> None:
        self._native = native
        self._home = home
        self.pattern = pattern
        home.add(self)

    def close(self) -> None:
        """Ends it. Doing so twice is allowed."""
        self._home.discard(self)
        self._native.close()

    def stats(self) -> dict[str, Any] | None:
        """How it goes: ``delivered``, ``panics`` (exceptions of the handler) and ``quarantined``; None once closed."""
        return self._native.stats()

    def __enter__(self) -> Subscription:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, raised: BaseException | None, trace: TracebackType | None, /
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<viralnow.monitoring.Subscription to {self.pattern!r}>"


class EventStream:
    """Events one after the other, for ``async for`` or ``for``: `Event`s, and `Lagged` once for each gap. Ends when
    it is closed or the monitor stops."""

    def __init__(self, native: _native.Stream) -> None:
        self._native = native

    def next(self, timeout: float) -> Event | Lagged | None:
        """The next item within so many seconds, else None."""
        return _item(self._native.next(timeout))

    def close(self) -> None:
        """Ends it."""
        self._native.close()

    def stats(self) -> dict[str, Any] | None:
        """How it goes: ``delivered`` and ``lagged``; None once closed."""
        return self._native.stats()

    def __iter__(self) -> Iterator[Event | Lagged]:
        while not self._native.closed:
            # In short waits, so that Ctrl-C is heeded.
            item = self.next(0.1)
            if item is not None:
                yield item

    async def __aiter__(self) -> AsyncIterator[Event | Lagged]:
        loop = asyncio.get_running_loop()
        while True:
            ready = asyncio.Event()

            def ring(ready: asyncio.Event = ready) -> None:
                # The loop may be closed by now: then nobody waits.
                with suppress(RuntimeError):
                    loop.call_soon_threadsafe(ready.set)

            item = _item(self._native.poll(ring))
            if item is not None:
                yield item
            elif self._native.closed:
                return
            else:
                await ready.wait()

    def __enter__(self) -> EventStream:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, raised: BaseException | None, trace: TracebackType | None, /
    ) -> None:
        self.close()


def _item(found: tuple[str | None, int] | None) -> Event | Lagged | None:
    if found is None:
        return None
    text, lagged = found
    if text is None:
        return Lagged(lagged)
    event = json.loads(text)
    time = datetime.fromtimestamp(event["ts_us"] / 1e6, timezone.utc)
    return Event(event["seq"], time, event["topic"], event["data"], event["span"], event["correlation_id"])


class EventBus:
    """Publishes events and hands them to whoever listens, on the monitor's own thread; there is one, `bus`.

    The monitor's own topics are ``function.started``, ``.completed``, ``.failed`` and ``.cancelled``, ``progress.*``,
    ``performance.recorded`` and ``.threshold_exceeded``, ``monitor.*`` and ``bus.handler_failed``. While no monitor
    runs, what is published is lost, and subscribing fails.
    """

    def __init__(self) -> None:
        self._alive: set[Subscription] = set()

    def publish(self, topic: str, data: Mapping[str, Any] | Any = None) -> None:
        """Publishes an event. It is queued, and never waits. ``data`` is anything that JSON can hold; what it cannot
        (keys that are no texts, what is no finite number) is told by its ``str``."""
        # Where this fails nothing was published; if it was for the topic, the second try says so.
        with suppress(Exception):
            _native.monitor_publish(topic, json.dumps(data, default=str, ensure_ascii=False, allow_nan=False))
            return
        _native.monitor_publish(topic, storable(json.dumps(_plain(data), ensure_ascii=False)))

    def subscribe(self, pattern: str, handler: Handler) -> Subscription:
        """Calls ``handler(topic, data)`` for each event that fits, on the monitor's thread, until the subscription is
        closed. A method is held weakly: it ends with its object. An exception in a handler is reported and reaches
        nobody; after the third it is not called any more."""
        held: weakref.WeakMethod[Any] | None = None
        if isinstance(handler, MethodType):
            held = weakref.WeakMethod(handler)
        box: list[Subscription] = []

        def weakly(topic: str, data: Any) -> None:
            method = held() if held is not None else None
            if method is not None:
                method(topic, data)
            elif box:
                box[0].close()

        native = _native.monitor_subscribe(pattern, handler if held is None else weakly)
        box.append(Subscription(native, pattern, self._alive))
        return box[0]

    def stream(self, pattern: str, capacity: int = 1024) -> EventStream:
        """Events that fit, to be taken one after the other. Up to ``capacity`` wait; then the oldest go, and the
        stream says so."""
        return EventStream(_native.monitor_stream(pattern, capacity))

    def stats(self) -> dict[str, Any]:
        """``events`` handed out, and each of the ``subscriptions``."""
        return _native.monitor_bus_stats() or {"events": 0, "subscriptions": []}

    def _closed(self) -> None:
        for one in list(self._alive):
            one.close()


bus = EventBus()
