"""Where spans and events go: a MemoryMonitor, a callable, and logging."""

from __future__ import annotations

import logging
import signal
import time
from typing import Any

import pytest

import viralnow
from viralnow import exceptions

STAGES = ["analyze", "open", "decode", "audio", "voice", "vision", "text", "custom", "score"]


class Broken:
    name = "broken"

    def finish(self) -> dict[str, Any]:
        raise RuntimeError("100 % broken")


def test_memory_monitor() -> None:
    monitor = viralnow.MemoryMonitor()
    assert len(monitor) == 0
    viralnow.analyze(text="Hello there.", monitor=monitor, correlation_id="job-1", asset_id="post-1")
    spans = {span["name"]: span for span in monitor.spans()}
    assert set(STAGES) <= set(spans)
    assert {span["state"] if isinstance(span["state"], str) else span["state"]["state"] for span in spans.values()} == {
        "completed"
    }
    assert {record["correlation_id"] for record in monitor.records()} == {"job-1"}
    root = spans["analyze"]["span"]
    assert all(spans[name]["parent"] == root for name in STAGES[1:])
    assert spans["score"]["asset_id"] == "post-1"
    started, completed = monitor.events("function.started"), monitor.events("function.completed")
    assert len(started) == len(completed) == len(spans)
    assert monitor.dropped == 0
    monitor.clear()
    assert monitor.records() == []


def test_a_failure_is_told() -> None:
    monitor = viralnow.MemoryMonitor()
    with pytest.raises(exceptions.NotFoundError):
        viralnow.analyze("no-such-file.mp4", monitor=monitor)
    failed = {event["data"]["name"]: event["data"]["code"] for event in monitor.events("function.failed")}
    assert failed["analyze"] == "NOT_FOUND"


def test_a_callable_gets_every_event() -> None:
    events: list[dict[str, Any]] = []
    viralnow.analyze(text="Hello there.", monitor=events.append, correlation_id="job-2")
    topics = [event["topic"] for event in events]
    assert topics[0] == "function.started"
    assert topics.count("function.started") == topics.count("function.completed") >= len(STAGES)
    assert {event["correlation_id"] for event in events} == {"job-2"}


def test_a_callable_that_fails_does_not_stop_the_call(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    told: list[object] = []
    monkeypatch.setattr(sys, "unraisablehook", lambda unraisable: told.append(unraisable.exc_value))

    def fail(_: dict[str, Any]) -> None:
        raise ValueError("of the monitor")

    assert viralnow.analyze(text="Hello there.", monitor=fail).status == "complete"
    assert told
    assert str(told[0]) == "of the monitor"


def test_a_monitor_and_logging_together(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, logger="viralnow")
    monitor = viralnow.MemoryMonitor()
    viralnow.analyze(text="Hello there.", monitor=monitor)
    assert {span["name"] for span in monitor.spans()} >= set(STAGES)
    assert "analyze completed" in caplog.text


def test_logs_by_level(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, logger="viralnow")
    viralnow.analyze(text="Hello there.", correlation_id="job-3", asset_id="post-3")
    records = [record for record in caplog.records if record.name == "viralnow"]
    done = [record for record in records if record.levelno == logging.INFO]
    assert [record.getMessage().split(" after")[0] for record in done] == ["analyze completed"]
    assert {record.correlation_id for record in records} == {"job-3"}  # type: ignore[attr-defined]
    debug = {record.getMessage().split()[0] for record in records if record.levelno == logging.DEBUG}
    assert set(STAGES) - {"analyze"} <= debug

    caplog.clear()
    caplog.set_level(logging.WARNING, logger="viralnow")
    viralnow.analyze(text="Hello there.", extractors=[Broken])
    with pytest.raises(exceptions.NotFoundError):
        viralnow.analyze("no-such-file.mp4")
    messages = [record.getMessage() for record in caplog.records]
    assert len(messages) == 2
    assert "modality broken failed: HOST_FAILED" in messages[0]
    assert "100 % broken" in messages[0]
    assert "analyze failed" in messages[1]
    assert "NOT_FOUND" in messages[1]

    caplog.clear()
    caplog.set_level(logging.ERROR, logger="viralnow")
    viralnow.analyze(text="Hello there.", extractors=[Broken])
    assert caplog.records == []


def test_a_batch_logs_from_its_threads(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="viralnow")
    viralnow.analyze_many([{"text": f"Number {k}."} for k in range(8)], threads=4)
    assert sum("analyze completed" in record.getMessage() for record in caplog.records) == 8


@pytest.mark.parametrize("listener", ["monitor", "logging"])
def test_ctrl_c_inside_a_listener_stops_the_call(listener: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Python hands Ctrl-C to the code that runs when it comes, which in a slow listener is the listener's."""
    reported: list[object] = []
    monkeypatch.setattr("sys.unraisablehook", reported.append)
    heard = 0

    def slow(event: object) -> None:
        nonlocal heard
        heard += 1
        if heard == 3:
            # As the interpreter does with a signal that has come.
            signal.raise_signal(signal.SIGINT)
            time.sleep(0.05)

    class Handler(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            slow(record)

    previous = signal.signal(signal.SIGINT, signal.default_int_handler)
    logger, handler = logging.getLogger("viralnow"), Handler()
    try:
        if listener == "logging":
            logger.addHandler(handler)
            logger.setLevel(logging.DEBUG)
        with pytest.raises(KeyboardInterrupt):
            viralnow.analyze(text="Hello there.", monitor=slow if listener == "monitor" else None)
    finally:
        logger.removeHandler(handler)
        logger.setLevel(logging.NOTSET)
        signal.signal(signal.SIGINT, previous)
    assert not reported
