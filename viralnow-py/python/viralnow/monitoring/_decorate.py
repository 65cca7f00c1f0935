"""The decorators: which kind of thing is decorated is found once, when it is decorated, never when it is called."""

from __future__ import annotations

import functools
import inspect
import sys
from collections.abc import Iterable
from contextvars import ContextVar
from types import CodeType, MethodType, TracebackType
from typing import TYPE_CHECKING, Any, Literal, TypeVar, overload

from .._viralnow import Place, monitor_watch
from . import _shells
from ._spans import SpanBlock

__all__ = ["Decorator", "monitor_all", "monitor_execution", "track_performance"]

F = TypeVar("F")

if TYPE_CHECKING:
    _Args = Literal["types", "repr", "none"]


# The blocks of decorators that this thread or task is in.
_OPEN: ContextVar[tuple[tuple[Decorator, SpanBlock], ...]] = ContextVar("viralnow_blocks", default=())


class Decorator:
    """A decorator with its settings. It may be used on any number of things, and as a context manager around a
    block."""

    def __init__(
        self,
        *,
        name: str | None,
        weight: float | None,
        cpu: bool,
        started: bool,
        args: _Args,
        result: bool,
        redact: Iterable[str],
        threshold_s: float | None,
        block: str,
    ) -> None:
        if args not in ("types", "repr", "none"):
            raise ValueError(f'args is "types", "repr" or "none", not {args!r}')
        if weight is not None and not 0 <= weight < float("inf"):
            raise ValueError(f"a weight is a number that is not negative, not {weight!r}")
        self._name = name
        self._block = block
        self._settings: dict[str, Any] = {
            "weight": 1.0 if weight is None else float(weight),
            "cpu": cpu,
            "started": started,
            "args": args,
            "result": result,
            "redact": [redact] if isinstance(redact, str) else list(redact),
            "threshold_s": threshold_s,
            "step": weight is not None,
        }
        # All that are open: one may be left in another context than it was entered in.
        self._open: list[SpanBlock] = []

    def __call__(self, function: F, /) -> F:
        watched: F = self._wrap(function)
        return watched

    def __enter__(self) -> SpanBlock:
        block = SpanBlock(self.place(self._name or self._block, *_caller(2), ()))
        self._open.append(block)
        # Without those that were left in another context, which cannot take them out of this one.
        here = [(owner, one) for owner, one in _OPEN.get() if one in owner._open]
        _OPEN.set((*here, (self, block)))
        return block.__enter__()

    def __exit__(
        self, kind: type[BaseException] | None, raised: BaseException | None, trace: TracebackType | None, /
    ) -> None:
        # The last that was entered here: other threads and tasks may be in blocks of the same decorator.
        here = _OPEN.get()
        mine = [at for at, (owner, block) in enumerate(here) if owner is self and block in self._open]
        block = here[mine[-1]][1] if mine else self._open[-1]
        if mine:
            _OPEN.set((*here[: mine[-1]], *here[mine[-1] + 1 :]))
        self._open.remove(block)
        block.__exit__(kind, raised, trace)

    def place(self, name: str, module: str, file: str, line: int, params: Iterable[str]) -> Place:
        return Place(name, module, file, line, params=list(params), **self._settings)

    def _wrap(self, thing: Any) -> Any:
        if isinstance(thing, staticmethod):
            return staticmethod(self._wrap(thing.__func__))
        if isinstance(thing, classmethod):
            return classmethod(self._wrap(thing.__func__))
        if isinstance(thing, property):
            parts = [part and self._wrap(part) for part in (thing.fget, thing.fset, thing.fdel)]
            remade: Any = type(thing)
            return remade(*parts, thing.__doc__)
        if isinstance(thing, functools.cached_property):
            thing.func = self._wrap(thing.func)
            return thing
        if isinstance(thing, functools.partialmethod):
            return functools.partialmethod(self._wrap(thing.func), *thing.args, **thing.keywords)
        if isinstance(thing, type):
            return self._class(thing)
        if not callable(thing):
            raise TypeError(f"what is monitored is a function or a class, not {type(thing).__name__}")
        return self._function(thing)

    def _class(self, thing: type) -> type:
        """All public methods that the class defines itself, but those that are decorated already."""
        kinds = (staticmethod, classmethod, property, functools.partialmethod)
        for name, member in list(vars(thing).items()):
            watched = type(member).__module__ == "viralnow._viralnow"
            if not name.startswith("_") and not watched and (inspect.isfunction(member) or isinstance(member, kinds)):
                setattr(thing, name, self._wrap(member))
        return thing

    def _function(self, function: Any) -> Any:
        bare = function
        while isinstance(bare, functools.partial):
            bare = bare.func
        bare = inspect.unwrap(bare)
        code = getattr(bare, "__code__", None)
        name = self._name or getattr(bare, "__qualname__", None) or type(bare).__qualname__
        # A local function's name says where it was made; the part after that is what it is called.
        name = name.rpartition("<locals>.")[2]
        module = getattr(bare, "__module__", None) or type(bare).__module__
        file, line = "", 0
        params: tuple[str, ...] = ()
        if isinstance(code, CodeType):
            file, line = code.co_filename, code.co_firstlineno
            params = code.co_varnames[: code.co_argcount]
        place = self.place(name, module, file, line, params)
        shell = None
        if inspect.isasyncgenfunction(function):
            shell = _shells.of_async_generator(function, place)
        elif inspect.iscoroutinefunction(function):
            shell = _shells.of_coroutine(function, place)
        elif inspect.isgeneratorfunction(function):
            shell = _shells.of_generator(function, place)
        binds = hasattr(type(function), "__get__") and not isinstance(function, MethodType)
        return monitor_watch(place, function, binds, shell)


def _caller(depth: int) -> tuple[str, str, int]:
    frame = sys._getframe(depth)
    return frame.f_globals.get("__name__", ""), frame.f_code.co_filename, frame.f_lineno


@overload
def monitor_all(function: F, /) -> F: ...
@overload
def monitor_all(
    *,
    weight: float | None = None,
    args: _Args = "types",
    result: bool = False,
    redact: Iterable[str] = (),
    threshold_ms: float | None = None,
    name: str | None = None,
) -> Decorator: ...
def monitor_all(
    function: Any = None,
    /,
    *,
    weight: float | None = None,
    args: _Args = "types",
    result: bool = False,
    redact: Iterable[str] = (),
    threshold_ms: float | None = None,
    name: str | None = None,
) -> Any:
    """Watches a function's calls and their cost: duration, outcome, processor time, memory where the call is long.

    With and without parentheses; on functions, methods, static and class methods, properties, classes (all public
    methods), partials, coroutines and generators; or as ``with monitor_all(name="block"):``. What is decorated
    behaves as before. Its name is the function's, or ``name``; secrets and personal data in a name that is made up at
    run time are taken out of it, as out of all that is told.

    ``weight`` makes each call a step of that weight (see `viralnow.monitoring.job`). ``args`` says what is told of
    arguments: their types (default), a bounded ``repr``, or nothing; ``redact`` names parameters whose value is never
    told; ``result`` tells the result in the same way. A call longer than ``threshold_ms`` gives
    ``performance.threshold_exceeded``.
    """
    decorator = Decorator(
        name=name, weight=weight, cpu=True, started=True, args=args, result=result, redact=redact,
        threshold_s=None if threshold_ms is None else threshold_ms / 1000, block="monitor_all",
    )  # fmt: skip
    return decorator if function is None else decorator(function)


@overload
def monitor_execution(function: F, /) -> F: ...
@overload
def monitor_execution(
    *,
    args: _Args = "types",
    result: bool = False,
    redact: Iterable[str] = (),
    name: str | None = None,
) -> Decorator: ...
def monitor_execution(
    function: Any = None,
    /,
    *,
    args: _Args = "types",
    result: bool = False,
    redact: Iterable[str] = (),
    name: str | None = None,
) -> Any:
    """Watches a function's calls: duration and outcome. As `monitor_all` otherwise, and cheaper."""
    decorator = Decorator(
        name=name, weight=None, cpu=False, started=True, args=args, result=result, redact=redact,
        threshold_s=None, block="monitor_execution",
    )  # fmt: skip
    return decorator if function is None else decorator(function)


@overload
def track_performance(function: F, /) -> F: ...
@overload
def track_performance(*, cpu: bool = True, threshold_ms: float | None = None, name: str | None = None) -> Decorator: ...
def track_performance(
    function: Any = None,
    /,
    *,
    cpu: bool = True,
    threshold_ms: float | None = None,
    name: str | None = None,
) -> Any:
    """Watches what a function's calls cost: duration, processor time (``cpu``), memory where the call is long.
    Nothing is told of arguments. A call longer than ``threshold_ms`` gives ``performance.threshold_exceeded``."""
    decorator = Decorator(
        name=name, weight=None, cpu=cpu, started=False, args="none", result=False, redact=(),
        threshold_s=None if threshold_ms is None else threshold_ms / 1000, block="track_performance",
    )  # fmt: skip
    return decorator if function is None else decorator(function)
