"""Monitoring of what is awkward: secrets at the bounds, values that cannot be told, blocks in several tasks."""

from __future__ import annotations

import asyncio
import contextvars
import json
import re
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from viralnow import monitoring
from viralnow.exceptions import InvalidConfigError, InvalidInputError
from viralnow.monitoring import _decorate

SECRETS = [
    "bob.miller@example.com",
    "ghp_0123456789abcdefghijABCDEFGHIJ012345",
    "4111 1111 1111 1111",
    "password=hunter2-hunter2",
]


@pytest.fixture
def log() -> Iterator[None]:
    with monitoring.start(database=":memory:", adaptive=False):
        yield


def pieces(secret: str) -> list[str]:
    """What must not be left of a secret: eight signs of it that follow each other. A key's name is none."""
    bare = secret.removeprefix("password=")
    return [bare[at : at + 8] for at in range(len(bare) - 7)]


@pytest.mark.parametrize("secret", SECRETS)
def test_no_half_of_a_secret_is_left_where_a_text_is_cut(log: None, secret: str) -> None:
    @monitoring.monitor_all(args="repr")
    def call(text: Any) -> None:
        pass

    @monitoring.monitor_all
    def fail(text: str) -> None:
        raise ValueError(text)

    class Odd:
        def __init__(self, text: str) -> None:
            self.text = text

        def __repr__(self) -> str:
            return self.text

    # Of a value 200 characters are told, of all arguments 256, of a message 4 KiB.
    for bound in (100, 197, 200, 253, 256):
        for back in range(1, len(secret), 3):
            text = "word " * 20 + "x" * max(0, bound - back - 101) + " " + secret + " tail" * 40
            call(text)
            call(Odd(text))
            call([text, {"k": text}])
    for back in range(1, len(secret), 3):
        for bound in (4096, 9 << 10):
            with pytest.raises(ValueError, match="word"):
                fail("word " * ((bound - back) // 5 - 1) + "abcd "[: (bound - back) % 5] + " " + secret + " tail" * 900)
    told = monitoring.query(limit=10_000)
    assert len(told) > 40
    for entry in told:
        kept = f"{entry.args} {entry.error_message} {entry.stack}"
        for piece in pieces(secret):
            assert piece not in kept, (piece, kept)


@pytest.mark.parametrize("secret", SECRETS)
def test_no_half_of_a_secret_is_left_at_the_end_of_what_is_looked_at(log: None, secret: str) -> None:
    """A key of four kilobytes becomes a marker of thirty letters: what stood far behind it is told."""

    @monitoring.monitor_all(args="repr")
    def call(text: str) -> None:
        pass

    head, tail = "-----BEGIN PRIVATE KEY-----\n", "\n-----END PRIVATE KEY-----\n"
    seen = 200 + (4 << 10)
    backs = range(1, len(secret), 3)
    for back in backs:
        body = seen - back - len(head) - len(tail)
        call(head + ("MIIEvQIBADANBgkq" * 300)[:body] + tail + secret + " tail" * 900)
    told = monitoring.query("call")
    assert len(told) == len(backs)
    for entry in told:
        assert entry.args is not None
        assert "[redacted:private-key" in entry.args
        assert not any(piece in entry.args for piece in pieces(secret)), entry.args


def test_no_half_of_a_secret_is_left_where_a_stack_is_cut(log: None, tmp_path: Path) -> None:
    secret = "password=hunter2-hunter2"
    for pad in range(380, 440, 7):
        file = tmp_path / f"deep_{pad}.py"
        # Equal frames would be told once.
        rest = f"  # {'x ' * (pad // 2)}{secret}\n"
        deep = "".join(f"def deep{n}():\n    return deep{n + 1}(){rest}" for n in range(60))
        file.write_text(deep + f"def deep60():\n    return 1 / 0{rest}")
        within: dict[str, Any] = {}
        exec(compile(file.read_text(), str(file), "exec"), within)
        with pytest.raises(ZeroDivisionError):
            monitoring.monitor_all(name="deep")(within["deep0"])()
    told = monitoring.query("deep")
    assert len(told) == len(range(380, 440, 7))
    for entry in told:
        assert entry.stack is not None
        first, second, *_ = entry.stack.split("\n")
        assert first == "..."
        assert re.match(r"  File |    return deep| +[~^]+$", second), second
        assert not any(piece in entry.stack for piece in pieces(secret)), entry.stack
        assert entry.stack.endswith("ZeroDivisionError")


def test_what_is_cut_is_redacted_as_the_monitor_does(log: None) -> None:
    @monitoring.monitor_all(args="repr")
    def call(text: str) -> None:
        pass

    call("to bob.miller@example.com")
    call("to bob.miller@example.com " + "and others " * 100)
    told = [re.findall(r"\[redacted:email#\w{4}\]", entry.args or "") for entry in monitoring.query("call")]
    assert len(told[0]) == 1
    assert told[0] == told[1], "the same person in both"


def test_a_monitor_that_redacts_nothing_leaves_what_is_cut_as_it_is() -> None:
    with monitoring.start(database=":memory:", adaptive=False, redact=False):

        @monitoring.monitor_all(args="repr")
        def call(text: str) -> None:
            pass

        call("to bob.miller@example.com " + "and others " * 100)
        (entry,) = monitoring.query("call")
        assert (entry.args or "").startswith("text='to bob.miller@example.com and others")


def test_a_value_is_told_to_its_bound(log: None) -> None:
    @monitoring.monitor_all(args="repr")
    def call(text: object) -> None:
        pass

    call("x y " * 1000)
    (entry,) = monitoring.query("call")
    assert entry.args == "text='" + ("x y " * 1000)[:197] + "...'"


def test_a_block_with_fields_that_cannot_be_told_ends_as_it_should(log: None) -> None:
    class Bad:
        def __repr__(self) -> str:
            raise RuntimeError("no")

    loop: list[Any] = []
    loop.append(loop)
    for fields in ({("a", 1): 2}, {"loop": loop}, {"bad": Bad()}, {"nan": float("nan")}):
        with monitoring.span("odd") as block:
            block._fields.update(fields)  # type: ignore[arg-type]
    with pytest.raises(ZeroDivisionError), monitoring.span("odd") as block:
        block._fields[("a", 2)] = Bad()  # type: ignore[index]
        raise ZeroDivisionError
    told = monitoring.query("odd", order="oldest")
    assert [entry.status for entry in told] == ["completed"] * 4 + ["failed"]
    assert all(entry.args for entry in told)


def test_fields_of_a_block_are_bounded_and_stay_json(log: None) -> None:
    many = {f"n{i}": i for i in range(1000)}
    with monitoring.span("many", platform="tiktok", text="x y " * 100_000, deep=[[list(range(100_000))]]) as block:
        for name, value in many.items():
            block[name] = value
        assert block["n999"] == 999
    with monitoring.span("odd", half="\udc80", big=10**400, keys={("a", 1): 2}, tuple=(1, None, True)) as block:
        block._fields[("a", 1)] = float("inf")  # type: ignore[index]
    (entry,) = monitoring.query("many")
    assert len(entry.args or "") <= 2048
    told = json.loads(entry.args or "")
    assert told["platform"] == "tiktok"
    assert told["text"].startswith("x y x y")
    assert len(told["text"]) == 1000
    assert len(told["deep"]) <= 256
    assert told["..."] == 1003 - (len(told) - 1)
    (entry,) = monitoring.query("odd")
    told = json.loads(entry.args or "")
    assert (told["half"], told["keys"], told["tuple"]) == ("?", "{('a', 1): 2}", [1, None, True])
    assert told["('a', 1)"] == "inf"


@pytest.mark.parametrize("secret", SECRETS)
def test_no_half_of_a_secret_is_left_in_fields(log: None, secret: str) -> None:
    for bound in (200, 256, 1000, 2000):
        for back in range(1, len(secret), 3):
            text = "word " * ((bound - back) // 5) + "abcd "[: (bound - back) % 5] + " " + secret + " tail" * 400
            with monitoring.span("fields", text=text, within=[{"k": text}]):
                pass
    told = monitoring.query("fields")
    assert len(told) == 4 * len(range(1, len(secret), 3))
    for entry in told:
        assert "word" in (entry.args or "")
        assert not any(piece in (entry.args or "") for piece in pieces(secret)), entry.args


def test_a_block_ends_where_its_fields_are_interrupted(log: None) -> None:
    class Slow:
        def __repr__(self) -> str:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), monitoring.span("slow", value=Slow()):
        pass
    assert len(monitoring.query("slow")) == 1
    assert monitoring.current_span() == 0


def test_blocks_left_in_another_context_are_forgotten(log: None) -> None:
    watched = monitoring.monitor_all(name="left")

    def enter_here_and_leave_there() -> None:
        for _ in range(50):
            watched.__enter__()
            contextvars.Context().run(watched.__exit__, None, None, None)
        assert len(_decorate._OPEN.get()) <= 1

    contextvars.copy_context().run(enter_here_and_leave_there)
    assert len(monitoring.query("left")) == 50


def test_blocks_of_one_decorator_in_two_threads_are_two(log: None) -> None:
    watched = monitoring.monitor_all(name="block")
    inside, leave = threading.Event(), threading.Event()

    def first() -> None:
        with watched:
            inside.set()
            leave.wait(20)
            with monitoring.span("in_first"):
                pass

    thread = threading.Thread(target=first)
    thread.start()
    inside.wait(20)
    with watched:
        leave.set()
        thread.join()
    assert len(monitoring.query("block")) == 2
    (inner,) = monitoring.query("in_first")
    # The thread's own was entered first; numbers of spans are the threads' own.
    assert inner.parent == min(monitoring.query("block"), key=lambda entry: entry.timestamp).span


def test_blocks_of_one_decorator_in_two_tasks_are_two(log: None) -> None:
    watched = monitoring.monitor_all(name="block")

    async def task(name: str, first: float, then: float) -> None:
        await asyncio.sleep(first)
        with watched:
            await asyncio.sleep(then)
            with monitoring.span(name):
                await asyncio.sleep(0)

    async def main() -> None:
        # The second enters later and leaves earlier; the third leaves after the first.
        await asyncio.gather(task("a", 0, 0.2), task("b", 0.05, 0.05), task("c", 0.1, 0.2))
        assert monitoring.current_span() == 0

    asyncio.run(main())
    blocks = monitoring.query("block", order="oldest")
    assert len(blocks) == 3
    for name, block in zip("abc", blocks, strict=True):
        (inner,) = monitoring.query(name)
        assert inner.parent == block.span
    assert blocks[1].duration < blocks[0].duration


def test_failures_with_causes_are_one_group_whatever_those_say(log: None) -> None:
    @monitoring.monitor_all
    def load(user: str) -> None:
        try:
            raise KeyError(user)
        except KeyError as error:
            raise RuntimeError("not loaded") from error

    for user in ("u-1", "u-2", "u-3"):
        with pytest.raises(RuntimeError):
            load(user)
    (group,) = monitoring.errors()
    assert (group["count"], group["kind"]) == (3, "RuntimeError")
    assert group["message"] == "not loaded (after KeyError: 'u-3')"
    assert "KeyError" in group["stack"]
    assert "u-" not in group["stack"]


class EmptyError(Exception):
    """False, as an exception that is also a collection may be."""

    def __len__(self) -> int:
        return 0


class OddError(Exception):
    """An exception's attributes may be anything."""

    def exceptions(self) -> None:
        raise AssertionError

    @property
    def __cause__(self) -> BaseException | None:  # type: ignore[override]
        raise RuntimeError


def test_odd_exceptions_are_told_as_far_as_they_can_be(log: None) -> None:
    @monitoring.monitor_all
    def after_empty() -> None:
        raise ValueError("first") from EmptyError("none left")

    @monitoring.monitor_all
    def odd() -> None:
        raise OddError("second")

    @monitoring.monitor_all
    def no_text() -> None:
        raise ValueError("a\udc80b")

    for function, kind in ((after_empty, ValueError), (odd, OddError), (no_text, ValueError)):
        with pytest.raises(kind):
            function()
    told = {entry.function_name: entry for entry in monitoring.query(status="failed")}
    assert told["after_empty"].error == "first (after EmptyError: none left)"
    assert "EmptyError" in (told["after_empty"].stack or "")
    assert told["odd"].error == "second"
    assert (told["no_text"].error, (told["no_text"].stack or "")[-10:]) == ("a?b", "ValueError")


@pytest.mark.skipif(sys.version_info < (3, 11), reason="no groups of exceptions")
def test_failures_with_members_are_one_group_whatever_those_say(log: None) -> None:
    @monitoring.monitor_all
    def load(user: str) -> None:
        raise ExceptionGroup("not loaded", [KeyError(user), OSError(user)])  # type: ignore[name-defined,unused-ignore] # noqa: F821

    for user in ("u-1", "u-2", "u-3"):
        with pytest.raises(Exception, match="not loaded"):
            load(user)
    (group,) = monitoring.errors()
    assert group["count"] == 3
    assert "KeyError" in group["stack"]
    assert "OSError" in group["stack"]
    assert "u-" not in group["stack"]


def test_what_json_cannot_hold_is_published_by_its_str(log: None) -> None:
    heard: list[Any] = []
    with monitoring.bus.stream("odd.*") as stream:
        loop: dict[str, Any] = {}
        loop["self"] = loop
        monitoring.bus.publish("odd.one", {"n": float("nan"), ("a", 1): {2}, "deep": loop, "ok": [1, None, True]})
        monitoring.flush()
        heard += [event.data for event in [stream.next(5)] if isinstance(event, monitoring.Event)]
    (data,) = heard
    assert (data["n"], data["('a', 1)"], data["ok"]) == ("nan", "{2}", [1, None, True])


def test_whatever_is_published_arrives(log: None) -> None:
    class Bad:
        def __str__(self) -> str:
            raise RuntimeError("no")

    twice: list[Any] = []
    twice += [twice, twice]
    deep: Any = 1
    for _ in range(500):
        deep = [deep]
    given = {"inf": float("-inf"), "big": 10**400, "huge": 10**5000, "half": "\udc80", "bad": Bad(), "twice": twice}
    with monitoring.bus.stream("odd.*") as stream:
        monitoring.bus.publish("odd.values", given)
        monitoring.bus.publish("odd.deep", {"deep": deep, "after": 1})
        for name, value in given.items():
            monitoring.bus.publish("odd.one", {"name": name, "value": value})
        monitoring.flush()
        heard = [event for event in iter(lambda: stream.next(2), None) if isinstance(event, monitoring.Event)]
    assert [event.topic for event in heard] == ["odd.values", "odd.deep"] + ["odd.one"] * len(given)
    data = heard[0].data
    assert (data["inf"], data["big"], data["half"], data["bad"]) == ("-inf", "1" + "0" * 400, "?", "<Bad>")
    assert data["twice"] == ["[[...], [...]]"] * 2
    assert heard[1].data["after"] == 1
    with pytest.raises(InvalidInputError):
        monitoring.bus.publish("odd..topic", {"n": float("nan")})


@pytest.mark.parametrize("limit", [0, -1, 2.5, True, "10"])
def test_a_limit_that_is_none_is_refused(log: None, limit: Any) -> None:
    with pytest.raises(InvalidConfigError, match="limit is a whole number from 1 on"):
        monitoring.query(limit=limit)


@pytest.mark.parametrize("settings", [{"hours": -1}, {"hours": "day"}, {"start": "yesterday"}, {"end": float("nan")}])
def test_times_that_are_none_are_refused(log: None, settings: dict[str, Any]) -> None:
    with pytest.raises(InvalidConfigError, match=r"hours is a number|expected: a number|a time is a datetime"):
        monitoring.query(**settings)


def test_a_start_and_hours_are_not_given_together(log: None) -> None:
    with pytest.raises(InvalidInputError, match="`hours` and `from_us` both"):
        monitoring.query(hours=1, start=0)
    with monitoring.span("now"):
        pass
    assert len(monitoring.query("now", hours=1, end=4e9)) == 1
    assert len(monitoring.query("now", start=0, end=4e9)) == 1
