"""Monitoring from Python: spans, what they are inside of, events, jobs, the log, and processes."""

from __future__ import annotations

import asyncio
import contextlib
import json
import multiprocessing
import os
import re
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from viralnow import monitoring
from viralnow.exceptions import InvalidConfigError, InvalidInputError, NotFoundError, UnavailableError, ViralNowError
from viralnow.monitoring import _system


@pytest.fixture
def log() -> Iterator[None]:
    with monitoring.start(database=":memory:", adaptive=False):
        yield


def calls(name: str) -> list[monitoring.Call]:
    return list(monitoring.query(name, order="oldest"))


def wait_for(what: Any) -> None:
    until = time.monotonic() + 20
    while not what():
        assert time.monotonic() < until, "it did not come"
        time.sleep(0.01)


def test_what_the_log_says_of_a_call(log: None) -> None:
    @monitoring.monitor_all(args="repr", result=True, redact=["hidden"])
    def score(clip: str, limit: int = 3, *, hidden: str = "") -> list[int]:
        time.sleep(0.02)
        return [limit]

    before = time.time()
    assert score("a", hidden="x9") == [3]
    (call,) = calls("score")
    assert (call.function_name, call.module, call.status) == ("score", __name__, "completed")
    assert call.success
    assert call.file == __file__
    assert call.line == score.__code__.co_firstlineno
    assert call.args == "clip='a', hidden=[redacted]"
    assert call.result == "[3]"
    assert 0.02 <= call.duration < 5
    assert before - 1 <= call.timestamp.timestamp() <= time.time() + 1
    assert call.cpu_s is not None
    assert call.cpu_s <= call.duration
    assert call.rss_kib is not None
    assert call.rss_kib > 10_000
    assert call.pid == os.getpid()


def test_arguments_by_their_types(log: None) -> None:
    import numpy as np

    @monitoring.monitor_execution
    def f(*args: Any, **kwargs: Any) -> None:
        pass

    @monitoring.monitor_execution(args="none")
    def silent(x: str) -> None:
        pass

    @monitoring.monitor_execution(args="repr")
    def arrays(x: Any) -> None:
        pass

    f(1, "x", 2.0, None, True, [1], {}, (), b"", object(), np.zeros(3), key=ValueError())
    silent("x")
    arrays(np.zeros((2, 3), np.float32))
    wanted = "int, str, float, None, bool, list, dict, tuple, bytes, object, ndarray, key=ValueError"
    assert calls("f")[0].args == wanted
    assert calls("silent")[0].args is None
    assert calls("arrays")[0].args == "x=ndarray float32[2, 3]"


def test_secrets_do_not_reach_the_log(log: None) -> None:
    @monitoring.monitor_all(args="repr")
    def login(user: str, password: str) -> None:
        raise ValueError(f"no such user: {user}, token=abc123SECRET")

    with pytest.raises(ValueError, match="abc123SECRET"):
        login("bob@example.com", password="hunter2")
    (call,) = calls("login")
    told = f"{call.args} {call.error} {call.stack}"
    for secret in ("hunter2", "bob@example.com", "abc123SECRET"):
        assert secret not in told


def test_failures_have_their_stack_without_variables(log: None) -> None:
    def inner() -> None:
        hidden = "local variable"
        raise KeyError(len(hidden))

    @monitoring.monitor_execution
    def outer() -> None:
        inner()

    for _ in range(3):
        with pytest.raises(KeyError):
            outer()
    (group,) = monitoring.errors()
    assert (group["function_name"], group["kind"], group["count"]) == ("outer", "KeyError", 3)
    assert group["message"] not in group["stack"].splitlines()[-1], "told beside it"
    assert "in inner" in group["stack"]
    assert "raise KeyError" in group["stack"]
    assert "local variable" not in group["stack"].replace('hidden = "local variable"', "")
    assert calls("outer")[0].error_kind == "KeyError"


def test_failures_of_one_place_are_one_group_whatever_they_say(log: None) -> None:
    @monitoring.monitor_all
    def find(number: int) -> None:
        raise ValueError(f"clip {number} not found")

    for number in range(6):
        with pytest.raises(ValueError):
            find(number)
    (group,) = monitoring.errors()
    assert (group["function_name"], group["count"], group["message"]) == ("find", 6, "clip 5 not found")


def test_how_calls_end(log: None) -> None:
    @monitoring.monitor_execution
    def f(raised: BaseException | None) -> None:
        if raised is not None:
            raise raised

    ends = {
        "completed": [None, StopIteration(), GeneratorExit()],
        "failed": [ValueError(), ExceptionGroup("g", [ValueError()]) if sys.version_info >= (3, 11) else OSError()],  # noqa: F821
        "cancelled": [KeyboardInterrupt(), SystemExit(0), asyncio.CancelledError()],
    }
    for raised in [one for some in ends.values() for one in some]:
        try:
            f(raised)
        except BaseException as seen:
            assert seen is raised
    assert [call.status for call in calls("f")] == [end for end, some in ends.items() for _ in some]
    (counted,) = [row for row in monitoring.counts() if row["name"] == "f"]
    assert (counted["calls"], counted["errors"], counted["cancelled"]) == (8, 2, 3)


def tree(*names: str) -> dict[str, str | None]:
    """The name of the span around each."""
    found = {call.span: call for name in names for call in calls(name)}
    parents = {call.function_name: found.get(call.parent) for call in found.values()}
    return {name: parent and parent.function_name for name, parent in parents.items()}


def test_parents_of_plain_calls(log: None) -> None:
    @monitoring.monitor_all
    def leaf() -> None:
        pass

    @monitoring.monitor_all
    def middle() -> None:
        with monitoring.span("block"):
            leaf()

    @monitoring.monitor_all
    def root() -> None:
        middle()

    root()
    assert tree("root", "middle", "block", "leaf") == {
        "root": None,
        "middle": "root",
        "block": "middle",
        "leaf": "block",
    }
    assert monitoring.current_span() == 0


def test_parents_across_tasks_threads_and_loops(log: None) -> None:
    @monitoring.monitor_all
    def plain(name: str) -> int:
        return monitoring.current_span()

    @monitoring.monitor_all
    def threaded() -> None:
        plain("thread")

    @monitoring.monitor_all
    async def task(n: int) -> tuple[int, int]:
        mine = monitoring.current_span()
        for _ in range(3):
            await asyncio.sleep(0)
            plain("task")
            # Others ran in between; we are where we were.
            assert monitoring.current_span() == mine
        return mine, n

    @monitoring.monitor_all
    async def main() -> None:
        await asyncio.gather(*(task(n) for n in range(4)), asyncio.to_thread(threaded))

    @monitoring.monitor_all
    def root() -> None:
        asyncio.run(main())

    root()
    wanted = {"root": None, "main": "root", "task": "main", "threaded": "main"}
    assert tree("root", "main", "task", "threaded") == wanted
    tasks = {call.span for call in calls("task")}
    parents = [call.parent for call in calls("plain")]
    assert sorted(parents.count(span) for span in tasks) == [3, 3, 3, 3]
    assert parents.count(calls("threaded")[0].span) == 1


def test_generators_are_entered_step_by_step(log: None) -> None:
    @monitoring.monitor_all
    def leaf() -> None:
        pass

    @monitoring.monitor_all
    def numbers() -> Iterator[int]:
        for n in range(2):
            leaf()
            yield n

    @monitoring.monitor_all
    def consumer() -> None:
        steps = numbers()
        next(steps)
        # Between two steps we are not inside the generator.
        between()
        list(steps)

    @monitoring.monitor_all
    def between() -> None:
        pass

    consumer()
    wanted = {"consumer": None, "numbers": "consumer", "leaf": "numbers", "between": "consumer"}
    assert tree("consumer", "numbers", "leaf", "between") == wanted


def test_a_coroutine_is_timed_to_its_end_and_cancelled(log: None) -> None:
    @monitoring.monitor_all
    async def slow(seconds: float) -> None:
        await asyncio.sleep(seconds)

    async def main() -> None:
        await slow(0.05)
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(slow(30), 0.02)

    asyncio.run(main())
    done, cancelled = calls("slow")
    assert done.duration >= 0.05
    assert [done.status, cancelled.status] == ["completed", "cancelled"]


def test_blocks(log: None) -> None:
    with monitoring.span("fetch", platform="tiktok") as span:
        span["n"] = 3
        assert monitoring.current_span() == span.id > 0
    with pytest.raises(ValueError, match="no"), monitoring.span("fetch"):
        raise ValueError("no")
    with monitoring.monitor_all(name="block", weight=2.0):
        pass
    first, second = calls("fetch")
    assert json.loads(first.args or "") == {"platform": "tiktok", "n": 3}
    assert (second.status, second.error) == ("failed", "no")
    assert calls("block")[0].status == "completed"


def test_counts_are_exact_from_many_threads(log: None) -> None:
    @monitoring.monitor_execution
    def f(n: int) -> None:
        if n % 10 == 0:
            raise ValueError

    def work(_: int) -> None:
        for n in range(1000):
            with contextlib.suppress(ValueError):
                f(n)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8)))
    (row,) = [row for row in monitoring.counts() if row["name"] == "f"]
    assert (row["calls"], row["errors"]) == (8000, 800)
    monitoring.flush()
    status = monitoring.status()
    assert sum(status["dropped"].values()) + status["received"] == 8000


def test_events(log: None) -> None:
    heard: list[tuple[str, Any]] = []
    with monitoring.bus.subscribe("shop.*", lambda topic, data: heard.append((topic, data))):
        monitoring.bus.publish("shop.sold", {"price": 9.5, "at": Path("/x")})
        monitoring.bus.publish("shop.closed")
        monitoring.bus.publish("other.thing", {})
        assert monitoring.flush()
    monitoring.bus.publish("shop.late", {})
    monitoring.flush()
    assert heard == [("shop.sold", {"price": 9.5, "at": "/x"}), ("shop.closed", None)]
    with pytest.raises(InvalidInputError):
        monitoring.bus.publish("a..b", {})
    with pytest.raises(InvalidInputError):
        monitoring.bus.subscribe("a**b", print)


def test_events_of_functions(log: None) -> None:
    heard: list[tuple[str, str]] = []

    @monitoring.monitor_all
    def f(fails: bool) -> None:
        if fails:
            raise ValueError("no")

    with monitoring.bus.subscribe("function.*", lambda topic, data: heard.append((topic, data["name"]))):
        f(False)
        with pytest.raises(ValueError, match="no"):
            f(True)
        monitoring.flush()
    assert heard == [
        ("function.started", "f"),
        ("function.completed", "f"),
        ("function.started", "f"),
        ("function.failed", "f"),
    ]


def test_steps_and_thresholds_as_events(log: None) -> None:
    heard: list[tuple[str, Any]] = []

    @monitoring.monitor_all(weight=3.0)
    def fetch() -> None:
        pass

    @monitoring.monitor_all(weight=2.0)
    async def wait() -> None:
        await asyncio.sleep(0)

    @monitoring.monitor_all(weight=1.0)
    def pages() -> Iterator[int]:
        yield 1

    @monitoring.track_performance(threshold_ms=250)
    def slow(seconds: float) -> None:
        time.sleep(seconds)

    with (
        monitoring.bus.subscribe("progress.**", lambda topic, data: heard.append((topic, data))),
        monitoring.bus.subscribe(
            "performance.threshold_exceeded", lambda topic, data: heard.append((topic, data["name"]))
        ),
    ):
        fetch()
        asyncio.run(wait())
        assert list(pages()) == [1]
        slow(0)
        slow(0.3)
        monitoring.flush()
    for step in ({"step": "fetch", "weight": 3.0}, {"step": "wait", "weight": 2.0}, {"step": "pages", "weight": 1.0}):
        assert heard[:2] == [("progress.step_started", step), ("progress.step_completed", step)]
        del heard[:2]
    assert heard == [("performance.threshold_exceeded", "slow")]


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_handler_that_raises_harms_nobody(log: None) -> None:
    heard: list[str] = []

    def bad(topic: str, data: Any) -> None:
        raise RuntimeError("bad handler")

    wrong = monitoring.bus.subscribe("a.b", bad)
    monitoring.bus.subscribe("a.b", lambda topic, data: heard.append(topic))
    monitoring.bus.subscribe("bus.handler_failed", lambda topic, data: heard.append(data["message"]))
    for _ in range(5):
        monitoring.bus.publish("a.b", {})
    monitoring.flush()
    stats = wrong.stats()
    assert stats is not None
    assert (stats["panics"], stats["quarantined"]) == (3, True)
    assert heard.count("a.b") == 5
    assert sum("bad handler" in text for text in heard) == 3


def test_a_method_is_held_weakly(log: None) -> None:
    class Listener:
        def __init__(self) -> None:
            heard.append("made")

        def hear(self, topic: str, data: Any) -> None:
            heard.append(topic)

    heard: list[str] = []
    one = Listener()
    monitoring.bus.subscribe("a", one.hear)
    monitoring.bus.publish("a")
    monitoring.flush()
    del one
    monitoring.bus.publish("a")
    monitoring.flush()
    assert heard == ["made", "a"]


def test_streams(log: None) -> None:
    with monitoring.bus.stream("tick", capacity=3) as stream:
        for n in range(5):
            monitoring.bus.publish("tick", n)
        monitoring.flush()
        items = [stream.next(1) for _ in range(4)]
        assert items[0] == monitoring.Lagged(2)
        assert [item.data for item in items[1:] if isinstance(item, monitoring.Event)] == [2, 3, 4]
        assert stream.next(0.01) is None


def test_a_stream_wakes_its_task(log: None) -> None:
    async def main() -> list[Any]:
        stream = monitoring.bus.stream("tick")
        found: list[Any] = []

        async def listen() -> None:
            async for event in stream:
                assert isinstance(event, monitoring.Event)
                found.append(event.data)
                if event.data == 2:
                    return

        task = asyncio.ensure_future(listen())
        for n in range(3):
            await asyncio.sleep(0.02)
            monitoring.bus.publish("tick", n)
        await asyncio.wait_for(task, 20)
        return found

    assert asyncio.run(main()) == [0, 1, 2]


def test_a_stream_ends_with_the_monitor() -> None:
    monitoring.start()
    stream = monitoring.bus.stream("**")
    threading.Timer(0.1, monitoring.stop).start()
    assert all(isinstance(item, (monitoring.Event, monitoring.Lagged)) for item in stream)


def test_a_job_within_a_step_moves_the_job_around_it(log: None) -> None:
    told: list[float] = []
    with monitoring.job("outer", {"fetch": 1, "score": 3}) as outer:
        outer.on_update(lambda now: told.append(now["fraction"]))
        with outer.step("fetch") as fetch, fetch.job("pages", {"first": 1, "rest": 4}) as pages:
            pages.step("first").finish()
            assert outer.progress()["fraction"] == pytest.approx(0.25 / 5)
            rest = pages.step("rest")
            rest.set_total(4)
            for done in range(1, 5):
                rest.add()
                assert outer.progress()["fraction"] == pytest.approx(0.25 * (1 + done) / 5)
        assert outer.progress()["fraction"] == pytest.approx(0.25)
        # Two deep, and as a loop.
        score = outer.step("score").job("all", {"clips": 1}).step("clips").job("clips", {"items": 1})
        seen = [outer.progress()["fraction"] for _ in monitoring.track(range(3), "items", job=score)]
        assert seen == pytest.approx([0.25, 0.5, 0.75])
        outer.cancel()
        assert score.cancelled
    assert told == sorted(told) and len(told) >= 2


def test_jobs(log: None) -> None:
    told: list[float] = []
    with monitoring.job("analyze", {"fetch": 1, "score": 3}) as job:
        job.on_update(lambda now: told.append(now["fraction"]))
        with job.step("fetch"):
            pass
        assert job.progress()["fraction"] == 0.25
        step = job.step("score")
        step.set_total(10)
        step.add(5)
        assert job.progress()["fraction"] == pytest.approx(0.25 + 0.75 / 2)
        assert job.progress()["items"] == [5, 10]
        job.cancel()
        assert job.cancelled
    assert job.progress()["fraction"] == 1
    assert told == sorted(told)
    assert "<progress" in job._repr_html_()


def test_a_tracked_loop(log: None, capsys: pytest.CaptureFixture[str]) -> None:
    ends: list[str] = []
    monitoring.bus.subscribe("progress.job_completed", lambda topic, data: ends.append(data["outcome"]))
    assert list(monitoring.track([1, 2, 3], "score", bar=True)) == [1, 2, 3]
    assert len(monitoring.track([1, 2])) == 2
    for _ in monitoring.track(iter([1, 2, 3])):
        break
    with monitoring.job("whole", {"a": 1, "b": 1}) as job:
        assert list(monitoring.track(range(4), "a", job=job)) == [0, 1, 2, 3]
        assert job.progress()["fraction"] == 0.5
    wait_for(lambda: monitoring.flush() and len(ends) == 3)
    assert sorted(ends) == ["cancelled", "completed", "completed"]
    assert "100% 3/3" in capsys.readouterr().err


def test_levels(log: None) -> None:
    @monitoring.monitor_all(name="quiet_one")
    def f() -> None:
        pass

    monitoring.set_level("quiet*", "aggregate")
    f()
    monitoring.set_level("quiet*", "off")
    f()
    monitoring.set_level("quiet*", 1.0)
    f()
    assert len(calls("quiet_one")) == 1
    (row,) = [row for row in monitoring.counts() if row["name"] == "quiet_one"]
    assert row["calls"] == 2
    with pytest.raises(InvalidConfigError):
        monitoring.set_level("*", "loud")


def test_queries(log: None) -> None:
    import pandas as pd

    @monitoring.monitor_all
    def fetch_clips(seconds: float) -> None:
        time.sleep(seconds)

    for seconds in (0.0, 0.03, 0.0):
        fetch_clips(seconds)
    table = monitoring.query("fetch*", hours=1).to_pandas()
    assert isinstance(table, pd.DataFrame)
    assert list(table["function_name"]) == ["fetch_clips"] * 3
    assert [call.duration >= 0.03 for call in monitoring.query("fetch*", order="slowest")] == [True, False, False]
    assert len(monitoring.query("fetch*", min_duration=0.03)) == 1
    assert len(monitoring.query("fetch*", limit=2)) == 2
    assert monitoring.query("fetch*", start=time.time() + 10) == []
    assert monitoring.query("nothing") == []
    (row,) = monitoring.functions()
    assert (row["function_name"], row["calls"], row["errors"], row["success_rate"]) == ("fetch_clips", 3, 0, 1)
    assert "fetch_clips" in monitoring.query("fetch*")._repr_html_()
    columns = list(table.columns)
    assert list(monitoring.query("nothing").to_pandas().columns) == columns


def test_a_table_of_nothing_has_its_columns(tmp_path: Path) -> None:
    @monitoring.monitor_all
    def sell() -> None:
        raise LookupError("no more")

    asked = {
        "functions": monitoring.functions,
        "errors": monitoring.errors,
        "counts": monitoring.counts,
        "events": lambda: monitoring.events("shop.*"),
    }
    with monitoring.start(database=tmp_path / "monitoring.db", adaptive=False):
        empty = {name: ask().to_pandas() for name, ask in asked.items()}
        with pytest.raises(LookupError):
            sell()
        monitoring.bus.publish("shop.opened", {})
        monitoring.flush()
        for name, ask in asked.items():
            (row,) = ask()
            assert (len(empty[name]), list(empty[name].columns)) == (0, list(row)), name
            # Nothing that the core tells is left out.
            core = _system.ask(name, **({"pattern": "shop.*"} if name == "events" else {}))[0]
            assert {key.removesuffix("_us") for key in core} == set(row), name


def test_a_log_is_read_without_a_monitor(tmp_path: Path) -> None:
    path = tmp_path / "monitoring.db"

    @monitoring.monitor_all
    def fetch(fails: bool) -> None:
        if fails:
            raise OSError("no clip")

    with monitoring.start(database=path):
        fetch(False)
        with pytest.raises(OSError):
            fetch(True)
        monitoring.bus.publish("job.done", {"clips": 1})
    assert monitoring.status().state == "stopped"
    assert [call.status for call in monitoring.query("fetch", path=path, order="oldest")] == ["completed", "failed"]
    (row,) = monitoring.functions(path=path)
    assert (row["calls"], row["errors"]) == (2, 1)
    (group,) = monitoring.errors(path=str(path))
    assert group["message"] == "no clip"
    assert [event["topic"] for event in monitoring.events("job.*", path=path)] == ["job.done"]
    with pytest.raises(NotFoundError):
        monitoring.query(path=tmp_path / "other.db")
    # What is no log, or a damaged one, stays as it is.
    notes = tmp_path / "notes.txt"
    for content in (b"", b"milk, bread"):
        notes.write_bytes(content)
        with pytest.raises(InvalidInputError):
            monitoring.query(path=notes)
    damaged = bytearray(path.read_bytes())
    damaged[100:4096] = bytes(3996)
    path.write_bytes(damaged)
    with pytest.raises(ViralNowError):
        monitoring.query(path=path)
    assert notes.read_bytes() == b"milk, bread"
    assert path.read_bytes() == damaged
    names = [file.name for file in tmp_path.iterdir()]
    assert not [name for name in names if "corrupt" in name or name.startswith("notes.txt.")]


def test_a_name_tells_no_secret(log: None) -> None:
    with monitoring.span("mail ana@example.org"):
        pass
    monitoring.flush()
    (call,) = monitoring.query()
    assert re.fullmatch(r"mail \[redacted:email(#\w+)?\]", call.function_name)
    assert "ana@" not in monitoring.prometheus()


def test_the_handle_and_its_status() -> None:
    monitor = monitoring.start()
    with pytest.raises(InvalidInputError):
        monitoring.start()
    with pytest.raises(UnavailableError):
        monitoring.query()
    assert monitoring.status().state in ("idle", "running")
    assert "<table" in monitor._repr_html_()
    assert monitor.stop()
    assert monitoring.status().state == "stopped"
    assert str(monitoring.status()) == "monitor stopped"
    assert monitoring.stop()


def test_without_a_monitor_nothing_is_made(tmp_path: Path) -> None:
    script = """if True:
        import os, threading
        from viralnow import monitoring
        @monitoring.monitor_all
        def f(): return 7
        with monitoring.span("x"): assert f() == 7
        monitoring.bus.publish("a.b", {})
        assert list(monitoring.track([1])) == [1]
        assert len(os.listdir("/proc/self/task")) == 1 and not os.listdir(".")
    """
    subprocess.run([sys.executable, "-c", script], check=True, cwd=tmp_path)


def test_settings_are_checked(tmp_path: Path) -> None:
    for wrong in ({"log_levle": "INFO"}, {"log_retention_days": 0}):
        with pytest.raises(InvalidConfigError):
            monitoring.start(wrong)
    (tmp_path / "wrong.json").write_text("{")
    with pytest.raises(InvalidConfigError):
        monitoring.start(tmp_path / "wrong.json")
    with pytest.raises(InvalidConfigError):
        monitoring.start(level="loud")
    assert monitoring.status().state == "stopped"


def test_a_config_brings_log_file_alerts_and_dashboard(tmp_path: Path) -> None:
    config = {
        "database_path": str(tmp_path / "monitoring.db"),
        "log_file_path": str(tmp_path / "monitoring.log"),
        "dashboard_port": 0,
        "alerts": [
            {"name": "fetching", "condition": "event_type == 'fetch_failed'", "notification_channels": ["file"]}
        ],
    }
    turns: list[str] = []

    @monitoring.monitor_all
    def fetch_clips() -> None:
        raise ValueError("no answer for ana@example.org")

    with monitoring.start(config, dashboard=True, level="full") as monitor:
        monitoring.bus.subscribe("alert.*", lambda topic, data: turns.append(f"{topic} {data['alert']}"))
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+/\?token=\w+", monitor.dashboard)
        assert monitor.dashboard == monitoring.dashboard()
        # The token is changed for a cookie.
        browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
        with browser.open(monitor.dashboard, timeout=20) as answer:
            assert "ViralNow monitor" in answer.read().decode()
        with pytest.raises(ValueError, match="no answer"):
            fetch_clips()
        wait_for(lambda: monitoring.flush() and turns)
        assert turns == ["alert.fired fetching"]
        assert [state["name"] for state in monitoring.alerts()["states"]] == ["fetching"]
        assert monitoring.alert_trial("fetching")["trial"]
        assert "fetch_clips" in monitoring.prometheus()
        assert [event["topic"] for event in monitoring.events("alert.*")].count("alert.fired") >= 1
    lines = (tmp_path / "monitoring.log").read_text().splitlines()
    failed = [line for line in lines if " ERROR " in line and "fetch_clips" in line]
    assert len(failed) == 1
    assert "ana@example.org" not in failed[0]
    assert any("WARNING" in line and "alert fetching fired" in line for line in lines)


def test_a_changed_config_is_read_again_and_arguments_go_before_it(tmp_path: Path) -> None:
    path = tmp_path / "monitoring_config.json"
    hook = "https://hooks.example/T0/secret"
    given: dict[str, Any] = {"log_file_path": "", "database_path": "", "log_files_kept": 2}
    path.write_text(json.dumps(given))
    changes: list[Any] = []
    with monitoring.start(path, database=":memory:", redact_keys=["till"]) as monitor:
        monitoring.bus.subscribe("config.*", lambda topic, data: changes.append((topic, data)))
        assert monitor.config()["database_path"] == ":memory:"
        path.write_text(json.dumps({**given, "log_files_kept": 3, "webhook": {"url": hook}}))
        wait_for(lambda: changes)
        assert changes[0][0] == "config.reloaded"
        assert "T0" not in str(changes) + str(monitor.config())
        now = monitor.config()
        assert (now["log_files_kept"], now["database_path"], now["redaction"]["deny_keys"]) == (3, ":memory:", ["till"])
        path.write_text("{")
        wait_for(lambda: len(changes) == 2)
        assert changes[1][0] == "config.rejected"
        assert ":1:" in (monitoring.config_error() or "")
        assert monitor.config()["log_files_kept"] == 3
    with pytest.raises(UnavailableError):
        monitor.config()


def test_the_librarys_own_work_is_watched(log: None) -> None:
    import viralnow

    heard: list[tuple[str, str]] = []
    with (
        monitoring.bus.subscribe("progress.*", lambda topic, data: heard.append((topic, data["job"]))),
        monitoring.span("around") as around,
    ):
        outer = around.id
        clips = [{"id": str(n), "platform": "youtube", "title": f"clip {n}", "views": n} for n in range(1200)]
        assert viralnow.clips.find(clips).clips
        monitoring.flush()
    named = {call.function_name: call for call in monitoring.query(limit=100)}
    assert {"find_clips", "score_clips", "deduplicate", "filter_clips", "rank_clips"} <= set(named)
    find = named["find_clips"]
    assert all(named[name].parent == find.span for name in ("score_clips", "filter_clips", "rank_clips"))
    assert outer
    jobs = [topic for topic, job in heard if job == "find_clips"]
    assert (jobs[0], jobs[-1]) == ("progress.job_started", "progress.job_completed")
    assert jobs.count("progress.step_completed") == 4
    # What analyses goes to the global monitor too, unless it is given another.
    viralnow.analyze(text="Did you know? Three tricks.")
    monitoring.flush()
    assert "score" in {call.function_name for call in monitoring.query(limit=200)}


def test_what_is_not_redacted_is_told_as_it_is() -> None:
    @monitoring.monitor_all(args="repr")
    def login(user: str) -> None:
        pass

    with monitoring.start(database=":memory:", redact=False):
        login("bob@example.com")
        assert calls("login")[0].args == "user='bob@example.com'"


@monitoring.monitor_all
def work(n: int) -> int:
    return n * n


def in_child(path: str, n: int) -> int:
    with monitoring.start(database=path):
        return work(n)


@pytest.mark.parametrize("method", ["fork", "spawn"])
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_processes_share_a_log(method: str, tmp_path: Path) -> None:
    path = str(tmp_path / "monitoring.db")
    pool: Any
    if method == "spawn":
        with multiprocessing.get_context("spawn").Pool(2) as pool:
            results = pool.starmap_async(in_child, [(path, n) for n in range(4)]).get(timeout=120)
        monitoring.start(database=path)
    else:
        monitoring.start(database=path)
        work(0)
        with multiprocessing.get_context("fork").Pool(2) as pool:
            results = pool.map_async(forked, range(4)).get(timeout=120)
    try:
        assert results == [0, 1, 4, 9]
        found = monitoring.query("work")
        assert len(found) == 4 + (method == "fork")
        assert len({call.pid for call in found}) >= 2
    finally:
        monitoring.stop()


def forked(n: int) -> int:
    result = work(n)
    assert monitoring.flush(20)
    return result


def test_what_was_recorded_at_the_end_is_written(tmp_path: Path) -> None:
    script = """if True:
        from viralnow import monitoring
        monitoring.start(database="m.db")
        @monitoring.monitor_all
        def last(): pass
        heard = monitoring.bus.subscribe("**", lambda topic, data: None)
        for _ in range(1000): last()
    """
    subprocess.run([sys.executable, "-c", script], check=True, cwd=tmp_path, timeout=60)
    with monitoring.start(database=tmp_path / "m.db"):
        assert len(monitoring.query("last", limit=5000)) == 1000
