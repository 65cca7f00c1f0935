"""What watching a call costs the caller: ours beside OpenTelemetry, `logging` and one SQLite commit a call, in one run.

The same empty function, undecorated and in every way, in turn and several times over, so that a machine whose speed drifts is
fair to all; the least of the rounds counts, the call itself is taken off. CPU time of the calling thread: what background
threads do is on their own account (and with Python's one interpreter lock is seen on the clock all the same, which stands beside it).
"""

from __future__ import annotations

import functools
import json
import logging
import logging.handlers
import queue
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from viralnow import monitoring
from viralnow._viralnow import monitor_call_way

ROUNDS = int(sys.argv[1]) if len(sys.argv) > 1 else 5
folder = Path(tempfile.mkdtemp(prefix="monitor-bench-"))


def bare() -> None:
    pass


def bare_with(clip: str, limit: int) -> None:
    pass


def wrapped(f: Callable[[], None]) -> Callable[[], None]:
    @functools.wraps(f)
    def shell(*args: Any, **kwargs: Any) -> None:
        return f(*args, **kwargs)

    return shell


def with_logging(f: Callable[[], None]) -> Callable[[], None]:
    """One record a call into a file, by way of a queue, as its cookbook advises for what must not wait."""
    log = logging.getLogger("bench")
    log.setLevel(logging.INFO)
    log.propagate = False
    waiting: queue.Queue[Any] = queue.Queue(-1)
    listener = logging.handlers.QueueListener(waiting, logging.FileHandler(folder / "calls.log"))
    log.addHandler(logging.handlers.QueueHandler(waiting))
    listener.start()
    ENDS.append(listener.stop)

    @functools.wraps(f)
    def shell() -> None:
        start = time.perf_counter()
        f()
        log.info("%s %.9f", f.__name__, time.perf_counter() - start)

    return shell


def with_commit(f: Callable[[], None]) -> Callable[[], None]:
    """The specification's way: a row and a commit for every call."""
    db = sqlite3.connect(folder / "commit.db", isolation_level=None)
    db.execute("PRAGMA journal_mode=WAL")
    db.execute("PRAGMA synchronous=NORMAL")
    db.execute("CREATE TABLE call (name TEXT, started REAL, duration REAL)")
    ENDS.append(db.close)

    @functools.wraps(f)
    def shell() -> None:
        start = time.perf_counter()
        f()
        db.execute("INSERT INTO call VALUES (?, ?, ?)", (f.__name__, time.time(), time.perf_counter() - start))

    return shell


def with_opentelemetry(f: Callable[[], None]) -> Callable[[], None]:
    """Its SDK with the batch processor and an exporter that throws everything away."""
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult

    class Nowhere(SpanExporter):
        def export(self, spans: Any) -> SpanExportResult:
            return SpanExportResult.SUCCESS

    provider = TracerProvider()
    provider.add_span_processor(BatchSpanProcessor(Nowhere()))
    ENDS.append(provider.shutdown)
    return provider.get_tracer("bench").start_as_current_span("call")(f)


ENDS: list[Callable[[], object]] = []


def cost(f: Callable[..., Any], calls: int, args: tuple[Any, ...] = ()) -> tuple[float, float]:
    """Nanoseconds a call: CPU of this thread, and on the clock."""
    repeat = [None] * calls
    cpu, clock = time.thread_time_ns(), time.perf_counter_ns()
    for _ in repeat:
        f(*args)
    return (time.thread_time_ns() - cpu) / calls, (time.perf_counter_ns() - clock) / calls


def main() -> None:
    # Never started: what a library that is decorated costs a host that does not monitor.
    off = monitoring.monitor_execution(args="none")(bare)
    idle = [cost(bare, 200_000)[0] for _ in range(ROUNDS)], [cost(off, 200_000)[0] for _ in range(ROUNDS)]
    monitoring.start(database=folder / "ours.db", adaptive=False, ring_capacity=1 << 17, max_memory=128 << 20)
    ours = {
        "ours, execution": monitoring.monitor_execution(args="none")(bare),
        "ours, execution, types of two arguments": monitoring.monitor_execution(bare_with),
        "ours, all (with processor time)": monitoring.monitor_all(bare),
        "ours, counted alone (what hot functions become)": monitoring.monitor_execution(args="none", name="hot")(bare),
    }
    monitoring.set_level("hot", "counted")
    ways: dict[str, tuple[Callable[..., Any], int]] = {"the call itself": (bare, 50_000)}
    ways["the call with two arguments"] = (bare_with, 50_000)
    ways.update({name: (f, 50_000) for name, f in ours.items()})
    ways["an empty functools.wraps shell"] = (wrapped(bare), 50_000)
    ways["logging, to a file by a queue"] = (with_logging(bare), 5_000)
    try:
        ways["OpenTelemetry SDK, batched, exported nowhere"] = (with_opentelemetry(bare), 5_000)
    except ImportError:
        print("opentelemetry-sdk is not installed", file=sys.stderr)
    ways["one SQLite commit a call"] = (with_commit(bare), 2_000)
    best: dict[str, tuple[float, float]] = {}
    for _ in range(ROUNDS):
        for name, (f, calls) in ways.items():
            args = ("clip", 3) if "two arguments" in name else ()
            found = cost(f, calls, args)
            before = best.get(name, found)
            best[name] = min(before[0], found[0]), min(before[1], found[1])
            # Room for the next: no way pays for what another left behind.
            monitoring.flush(30)
    status = monitoring.status()
    monitoring.stop(30)
    for end in ENDS:
        end()
    rows = {}
    for name, (cpu, clock) in best.items():
        base = best["the call with two arguments" if "two arguments" in name else "the call itself"]
        rows[name] = {"cpu_ns": cpu - base[0], "clock_ns": clock - base[1]}
    rows["ours, no monitor started"] = {"cpu_ns": min(idle[1]) - min(idle[0]), "clock_ns": float("nan")}
    print(
        f"calls reach ours by {monitor_call_way()}; dropped {sum(status['dropped'].values())} of {status['calls']} records"
    )
    print(f"{'ns on top of the call':52} {'CPU':>9} {'clock':>9}")
    for name, row in rows.items():
        if not name.startswith("the call"):
            print(f"{name:52} {row['cpu_ns']:9.0f} {row['clock_ns']:9.0f}")
    print(json.dumps(rows))


main()
