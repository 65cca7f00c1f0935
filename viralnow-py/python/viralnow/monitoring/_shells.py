"""What is called in place of functions that do not run to their end at once: coroutines, generators and asynchronous
generators.

A coroutine's span is the context's; a generator's is entered at each step and left between them, for a generator runs
in the context of whoever asks for the next item. The function itself is called right away, as without us, so that
wrong arguments are told by the call and not by the first step.
"""

from __future__ import annotations

import functools
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine, Generator
from contextlib import suppress
from typing import Any

from .._viralnow import Place, Span, monitor_span_variable

__all__: list[str] = []

_SPAN = monitor_span_variable()


def _named(shell: Any, inner: Any) -> Any:
    """Under the name that tracebacks and warnings know."""
    with suppress(AttributeError, TypeError):
        shell.__name__, shell.__qualname__ = inner.__name__, inner.__qualname__
    return shell


def _leave(token: Any) -> None:
    # Driven to its end in another context than it began in, there is nothing to go back to.
    with suppress(ValueError):
        _SPAN.reset(token)


def of_coroutine(function: Callable[..., Coroutine[Any, Any, Any]], place: Place) -> Callable[..., Any]:
    """Of an ``async def``: from the first step to the last, waiting included."""

    def shell(*args: Any, **kwargs: Any) -> Any:
        inner = function(*args, **kwargs)
        return _named(_await(inner, place, args, kwargs), inner)

    return shell


async def _await(inner: Coroutine[Any, Any, Any], place: Place, args: Any, kwargs: Any) -> Any:
    span = place.begin(args, kwargs)
    if span is None:
        return await inner
    token = _SPAN.set(span.id) if span.kept else None
    try:
        result = await inner
    except BaseException as raised:
        span.fail(raised)
        raise
    finally:
        if token is not None:
            _leave(token)
    span.end(result)
    return result


def of_generator(function: Callable[..., Generator[Any, Any, Any]], place: Place) -> Callable[..., Any]:
    """Of a generator: from the first item asked for to the end, whatever the consumer does in between."""

    def shell(*args: Any, **kwargs: Any) -> Any:
        inner = function(*args, **kwargs)
        return _named(_drive(inner, place, args, kwargs), inner)

    return shell


def _drive(inner: Generator[Any, Any, Any], place: Place, args: Any, kwargs: Any) -> Generator[Any, Any, Any]:
    span: Span | None = place.begin(args, kwargs)
    if span is None:
        return (yield from inner)
    step: Callable[[], Any] = functools.partial(next, inner)
    try:
        while True:
            item = _step(span, step, last=StopIteration)
            if isinstance(item, _Over):
                span.end(item.value)
                return item.value
            try:
                sent = yield item
            except GeneratorExit:
                _step(span, inner.close, last=None)
                raise
            except BaseException as thrown:
                step = functools.partial(inner.throw, thrown)
            else:
                step = functools.partial(next, inner) if sent is None else functools.partial(inner.send, sent)
    finally:
        # Nothing, where it has ended already.
        span.end()


class _Over:
    """The end of a generator, with what it returned."""

    def __init__(self, value: Any) -> None:
        self.value = value


def _step(span: Span, step: Callable[[], Any], *, last: type[StopIteration] | None) -> Any:
    span.enter()
    try:
        return step()
    except BaseException as raised:
        if last is not None and isinstance(raised, last):
            return _Over(raised.value)
        span.fail(raised)
        raise
    finally:
        span.leave()


def of_async_generator(function: Callable[..., AsyncGenerator[Any, Any]], place: Place) -> Callable[..., Any]:
    """Of an asynchronous generator: as of a generator; the span is the context's during each step."""

    def shell(*args: Any, **kwargs: Any) -> Any:
        inner = function(*args, **kwargs)
        return _named(_drive_async(inner, place, args, kwargs), inner)

    return shell


async def _drive_async(
    inner: AsyncGenerator[Any, Any], place: Place, args: Any, kwargs: Any
) -> AsyncGenerator[Any, Any]:
    span: Span | None = place.begin(args, kwargs)
    step: Callable[[], Awaitable[Any]] = inner.__anext__
    try:
        while True:
            token = _SPAN.set(span.id) if span is not None and span.kept else None
            try:
                item = await step()
            except StopAsyncIteration:
                return
            except BaseException as raised:
                if span is not None:
                    span.fail(raised)
                raise
            finally:
                if token is not None:
                    _leave(token)
            try:
                sent = yield item
            except GeneratorExit:
                await inner.aclose()
                raise
            except BaseException as thrown:
                step = functools.partial(inner.athrow, thrown)
            else:
                step = inner.__anext__ if sent is None else functools.partial(inner.asend, sent)
    finally:
        if span is not None:
            span.end()
