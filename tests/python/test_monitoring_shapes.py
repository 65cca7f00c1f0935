"""What is decorated behaves as before: every shape, bare and decorated, in every way of monitoring."""

from __future__ import annotations

import functools
import gc
import warnings
from collections.abc import Iterator
from typing import Any

import pytest

from monitoring_shapes import SHAPES
from viralnow import monitoring

WAYS: dict[str, Any] = {
    "monitor_all": monitoring.monitor_all,
    "with repr and result": monitoring.monitor_all(weight=2.0, args="repr", result=True, threshold_ms=0.0),
    "twice": lambda f: monitoring.track_performance(monitoring.monitor_execution(f)),
}


@pytest.fixture(autouse=True, scope="module")
def monitor() -> Iterator[None]:
    with monitoring.start(database=":memory:", adaptive=False):
        yield


def seen(name: str, decorate: Any) -> Any:
    with warnings.catch_warnings():
        # A coroutine that is never awaited warns once for itself and once for what it stands for.
        warnings.simplefilter("ignore", RuntimeWarning)
        result = SHAPES[name](decorate)
        gc.collect()
    return result


@functools.cache
def expected(name: str) -> str:
    """What the bare shape shows."""
    return repr(seen(name, lambda f: f))


def test_there_are_enough() -> None:
    assert len(SHAPES) >= 50


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", SHAPES)
def test_the_same(name: str, way: str) -> None:
    assert repr(seen(name, WAYS[way])) == expected(name)


@pytest.mark.parametrize("name", SHAPES)
def test_the_same_without_a_monitor_or_switched_off(name: str) -> None:
    monitoring.set_level("*", "off")
    try:
        assert repr(seen(name, monitoring.monitor_all)) == expected(name)
    finally:
        monitoring.set_level("*", "full")
