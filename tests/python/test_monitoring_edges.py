"""Monitoring of what is awkward: secrets at the bounds, values that cannot be told, blocks in several tasks."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from viralnow import monitoring
from viralnow.exceptions import InvalidConfigError

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
    # The thread's own was entered first.
    assert inner.parent == min(entry.span for entry in monitoring.query("block"))


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


@pytest.mark.parametrize("limit", [0, -1, 2.5, True, "10"])
def test_a_limit_that_is_none_is_refused(log: None, limit: Any) -> None:
    with pytest.raises(InvalidConfigError, match="limit is a whole number from 1 on"):
        monitoring.query(limit=limit)


@pytest.mark.parametrize("settings", [{"hours": -1}, {"hours": "day"}, {"start": "yesterday"}, {"end": float("nan")}])
def test_times_that_are_none_are_refused(log: None, settings: dict[str, Any]) -> None:
    with pytest.raises(InvalidConfigError, match=r"hours is a number|expected: a number|a time is a datetime"):
        monitoring.query(**settings)
