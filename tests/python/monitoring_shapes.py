"""Shapes of functions, each made by a decorator it is given and then put through its paces; what is returned is
everything that a caller can see. `test_monitoring_shapes.py` compares the bare and the decorated form."""

from __future__ import annotations

import asyncio
import contextvars
import copy
import functools
import inspect
import pickle
import threading
import traceback
import weakref
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

Decorate = Callable[[Any], Any]
SHAPES: dict[str, Callable[[Decorate], Any]] = {}


def shape(make: Callable[[Decorate], Any]) -> Callable[[Decorate], Any]:
    SHAPES[make.__name__] = make
    return make


def tried(work: Callable[[], Any]) -> Any:
    """What a call gives or raises, with the functions of the traceback that are the host's."""
    try:
        return work()
    except BaseException as raised:
        frames = [f.name for f in traceback.extract_tb(raised.__traceback__) if "monitoring/_shells" not in f.filename]
        return type(raised).__name__, str(raised), frames


@shape
def no_arguments(deco: Decorate) -> Any:
    @deco
    def f() -> int:
        return 7

    return f(), tried(lambda: f(1)), tried(lambda: f(x=1))


@shape
def positional_only(deco: Decorate) -> Any:
    @deco
    def f(a: int, b: int, /) -> int:
        return a - b

    return f(3, 1), tried(lambda: f(a=3, b=1)), tried(lambda: f(3))


@shape
def keyword_only(deco: Decorate) -> Any:
    @deco
    def f(*, a: int, b: int = 2) -> tuple[int, int]:
        return a, b

    return f(a=1), f(a=1, b=3), tried(lambda: f(1)), tried(lambda: f())


@shape
def defaults(deco: Decorate) -> Any:
    @deco
    def f(a: int, b: list[int] = []) -> list[int]:  # noqa: B006 - the default is shared on purpose
        b.append(a)
        return b

    return list(f(1)), list(f(2)), f.__defaults__


@shape
def star_arguments(deco: Decorate) -> Any:
    @deco
    def f(*args: Any, **kwargs: Any) -> Any:
        return args, kwargs

    return f(), f(1, 2), f(a=1), f(1, *range(20), b=2, **{"not an identifier": 3})


@shape
def closure(deco: Decorate) -> Any:
    n = 0

    @deco
    def f() -> int:
        nonlocal n
        n += 1
        return n

    return f(), f(), [cell.cell_contents for cell in f.__closure__ if not callable(cell.cell_contents)]


@shape
def lambda_(deco: Decorate) -> Any:
    f = deco(lambda x: x * 2)
    return f(4), f.__name__, f.__qualname__.rpartition(".")[2]


@shape
def recursion(deco: Decorate) -> Any:
    @deco
    def f(n: int) -> int:
        return 1 if n == 0 else n * f(n - 1)

    return f(50)


@shape
def mutual_recursion(deco: Decorate) -> Any:
    @deco
    def even(n: int) -> bool:
        return n == 0 or odd(n - 1)

    @deco
    def odd(n: int) -> bool:
        return n != 0 and even(n - 1)

    return even(40), odd(40)


@shape
def bottomless_recursion(deco: Decorate) -> Any:
    @deco
    def f() -> None:
        f()

    try:
        f()
    except RecursionError as raised:
        return type(raised).__name__
    return None


@shape
def raises(deco: Decorate) -> Any:
    @deco
    def f(x: int) -> None:
        raise ValueError(f"bad {x}")

    return tried(lambda: f(3))


@shape
def raises_deep(deco: Decorate) -> Any:
    def inner() -> None:
        raise KeyError("k")

    @deco
    def f() -> None:
        inner()

    return tried(f)


@shape
def raises_the_same_object(deco: Decorate) -> Any:
    error = ValueError("kept")

    @deco
    def f() -> None:
        raise error

    try:
        f()
    except ValueError as raised:
        return raised is error, raised.__context__, raised.__cause__
    return None


@shape
def raises_from(deco: Decorate) -> Any:
    @deco
    def f() -> None:
        try:
            raise KeyError("first")
        except KeyError as first:
            raise ValueError("second") from first

    try:
        f()
    except ValueError as raised:
        return repr(raised.__cause__), repr(raised.__context__), raised.__suppress_context__
    return None


@shape
def raises_within_an_except(deco: Decorate) -> Any:
    @deco
    def f() -> None:
        raise ValueError("inner")

    try:
        try:
            raise KeyError("outer")
        except KeyError:
            f()
    except ValueError as raised:
        return repr(raised.__context__)
    return None


@shape
def raises_without_a_printable_message(deco: Decorate) -> Any:
    class MuteError(Exception):
        def __str__(self) -> str:
            raise RuntimeError("no words")

    @deco
    def f() -> None:
        raise MuteError

    try:
        f()
    except MuteError as raised:
        return type(raised).__name__
    return None


@shape
def raises_no_exception(deco: Decorate) -> Any:
    @deco
    def f(kind: type[BaseException]) -> None:
        raise kind("stop")

    return [tried(lambda kind=kind: f(kind)) for kind in (SystemExit, KeyboardInterrupt, GeneratorExit)]


@shape
def reraises_with_a_traceback(deco: Decorate) -> Any:
    def start() -> None:
        raise OSError(2, "gone")

    @deco
    def f() -> None:
        try:
            start()
        except OSError:
            raise

    return tried(f)


@shape
def returns_none_and_falsy(deco: Decorate) -> Any:
    return [deco(lambda value=value: value)() for value in (None, 0, "", [], False)]


@shape
def returns_the_same_object(deco: Decorate) -> Any:
    thing = object()
    return deco(lambda: thing)() is thing


@shape
def hostile_arguments(deco: Decorate) -> Any:
    class Hostile:
        def __repr__(self) -> str:
            raise RuntimeError("no repr")

        def __eq__(self, other: object) -> bool:
            raise RuntimeError("no eq")

        __hash__ = None  # type: ignore[assignment]

    @deco
    def f(x: Any) -> str:
        return type(x).__name__

    return f(Hostile())


@shape
def metadata(deco: Decorate) -> Any:
    @deco
    def f(a: int, *rest: str, b: float = 1.0, **more: bool) -> list[int]:
        """What it does."""
        return []

    return (
        f.__name__, f.__qualname__, f.__module__, f.__doc__, f.__annotations__, f.__defaults__, f.__kwdefaults__,
        str(inspect.signature(f)), inspect.getdoc(f), inspect.isfunction(f), inspect.isroutine(f), callable(f),
        inspect.ismethod(f), inspect.isclass(f), inspect.iscoroutinefunction(f), inspect.isgeneratorfunction(f),
        f.__code__.co_name, f.__code__.co_argcount, inspect.getsource(f), inspect.getfullargspec(f),
        f.__globals__ is globals(),
    )  # fmt: skip


@shape
def signature_binds(deco: Decorate) -> Any:
    @deco
    def f(a: int, b: int = 2, *, c: int = 3) -> int:
        return a + b + c

    bound = inspect.signature(f).bind(1, c=5)
    bound.apply_defaults()
    return bound.arguments, f(*bound.args, **bound.kwargs)


@shape
def type_hints(deco: Decorate) -> Any:
    import typing

    @deco
    def f(a: int) -> str:
        return str(a)

    return typing.get_type_hints(f)


@shape
def attributes(deco: Decorate) -> Any:
    @deco
    def f() -> None:
        pass

    f.tag = 1
    f.__doc__ = "new"
    before = f.tag, f.__doc__, "tag" in vars(f)
    del f.tag
    return before, hasattr(f, "tag"), tried(lambda: f.nothing)


@shape
def identity(deco: Decorate) -> Any:
    f, g = deco(lambda: 1), deco(lambda: 1)
    return f == f, f == g, hash(f) == hash(f), len({f, g, f}), {f: 1}[f], bool(f)


@shape
def weak_reference(deco: Decorate) -> Any:
    f = deco(lambda: 1)
    reference = weakref.ref(f)
    alive = reference() is f
    del f
    import gc

    gc.collect()
    return alive, reference() is None


@shape
def copies(deco: Decorate) -> Any:
    f = deco(lambda: 1)
    return copy.copy(f) is f, copy.deepcopy(f) is f, copy.deepcopy([f])[0] is f


@shape
def as_a_key_function(deco: Decorate) -> Any:
    f = deco(lambda x: -x)
    return sorted([1, 3, 2], key=f), list(map(f, [1, 2])), functools.reduce(deco(lambda a, b: a + b), [1, 2, 3])


@shape
def partial(deco: Decorate) -> Any:
    def f(a: int, b: int, c: int = 0) -> tuple[int, int, int]:
        return a, b, c

    g = deco(functools.partial(f, 1, c=9))
    h = functools.partial(deco(f), 1)
    return g(2), h(2), tried(lambda: g()), str(inspect.signature(g)), str(inspect.signature(h))


@shape
def cached(deco: Decorate) -> Any:
    calls = []

    @deco
    @functools.lru_cache
    def f(x: int) -> int:
        calls.append(x)
        return x

    @functools.lru_cache
    @deco
    def g(x: int) -> int:
        calls.append(-x)
        return x

    return f(1), f(1), f.cache_info().hits, g(2), g(2), calls


@shape
def single_dispatch(deco: Decorate) -> Any:
    @functools.singledispatch
    @deco
    def f(x: object) -> str:
        return "object"

    @f.register
    @deco
    def _(x: int) -> str:
        return "int"

    return f(""), f(1)


@shape
def wrapped_by_others(deco: Decorate) -> Any:
    def plain(f: Any) -> Any:
        @functools.wraps(f)
        def inner(*args: Any) -> Any:
            return f(*args) + 1

        return inner

    @plain
    @deco
    @plain
    def f(x: int) -> int:
        """Doc."""
        return x

    return f(1), f.__name__, f.__doc__, str(inspect.signature(f))


@shape
def builtin(deco: Decorate) -> Any:
    return deco(len)([1, 2]), deco(sorted)([2, 1], reverse=True), tried(lambda: deco(len)(1)), deco(len).__name__


@shape
def callable_object(deco: Decorate) -> Any:
    class Adder:
        def __init__(self, n: int) -> None:
            self.n = n

        def __call__(self, x: int) -> int:
            return self.n + x

    class Holder:
        add = deco(Adder(3))

    f = deco(Adder(2))
    return f(1), f.n, Holder().add(1), Holder.add(1)


class Plain:
    """Made anew below with decorated methods."""


def make_class(deco: Decorate) -> Any:
    class Thing:
        def __init__(self, n: int) -> None:
            self.n = n

        @deco
        def method(self, x: int = 1) -> int:
            """Adds."""
            return self.n + x

        @staticmethod
        @deco
        def static_inside(x: int) -> int:
            return x

        @deco
        @staticmethod
        def static_outside(x: int) -> int:
            return x

        @classmethod
        @deco
        def class_inside(cls, x: int) -> tuple[str, int]:
            return cls.__name__, x

        @deco
        @classmethod
        def class_outside(cls, x: int) -> tuple[str, int]:
            return cls.__name__, x

        @property
        @deco
        def inside(self) -> int:
            return self.n

        @deco
        @property
        def outside(self) -> int:
            """Its number."""
            return self.n

        @outside.setter
        def outside(self, n: int) -> None:
            self.n = n

        @functools.cached_property
        @deco
        def once(self) -> list[int]:
            return [self.n]

        @deco
        def __eq__(self, other: object) -> bool:
            return isinstance(other, Thing) and other.n == self.n

        __hash__ = None  # type: ignore[assignment]

        @deco
        def __len__(self) -> int:
            return 5

        @deco
        def __getitem__(self, key: int) -> int:
            if key > 2:
                raise IndexError(key)
            return key

        @deco
        def __enter__(self) -> Any:
            return self

        @deco
        def __exit__(self, *raised: object) -> bool:
            return True

        twice = functools.partialmethod(method, 2)

    return Thing


@shape
def methods(deco: Decorate) -> Any:
    cls = make_class(deco)
    one = cls(10)
    bound = one.method
    return (
        one.method(), one.method(5), cls.method(one, 2), bound(), bound.__self__ is one, bound.__func__ is cls.method,
        bound == one.method, inspect.ismethod(bound), bound.__name__, bound.__doc__, str(inspect.signature(bound)),
        str(inspect.signature(cls.method)), one.twice(), tried(lambda: cls.method()), tried(lambda: one.method(1, 2)),
    )  # fmt: skip


@shape
def static_and_class_methods(deco: Decorate) -> Any:
    cls = make_class(deco)
    sub = type("Sub", (cls,), {})
    return (
        cls.static_inside(1), cls(1).static_outside(2), cls.class_inside(3), sub.class_outside(4),
        sub(1).class_inside(5),
        inspect.ismethod(cls.class_inside), type(vars(cls)["static_outside"]).__name__,
        type(vars(cls)["class_outside"]).__name__,
    )  # fmt: skip


@shape
def properties(deco: Decorate) -> Any:
    one = make_class(deco)(3)
    first = one.inside, one.outside, type(one).outside.__doc__
    one.outside = 8
    return first, one.inside, one.once is one.once, tried(lambda: delattr(one, "outside"))


@shape
def special_methods(deco: Decorate) -> Any:
    cls = make_class(deco)
    with cls(1) as one:
        raise ValueError("swallowed")
    return one == cls(1), one == cls(2), len(one), list(one), one[1], tried(lambda: one[9])


@shape
def inheritance_and_super(deco: Decorate) -> Any:
    class Base:
        @deco
        def f(self) -> str:
            return "base"

    class Derived(Base):
        @deco
        def f(self) -> str:
            return "derived of " + super().f()

    return Derived().f(), Base.f(Derived()), [c.__name__ for c in Derived.__mro__]


@shape
def abstract_methods(deco: Decorate) -> Any:
    import abc

    class Base(abc.ABC):
        @deco
        @abc.abstractmethod
        def f(self) -> int: ...

        @abc.abstractmethod
        @deco
        def g(self) -> int: ...

    return sorted(Base.__abstractmethods__), tried(lambda: Base())[0]


@shape
def whole_class(deco: Decorate) -> Any:
    @deco
    class Thing:
        """Doc."""

        kind = "k"

        def __init__(self, n: int) -> None:
            self.n = n

        def public(self) -> int:
            return self._private() + 1

        def _private(self) -> int:
            return self.n

        @property
        def double(self) -> int:
            return self.n * 2

        @classmethod
        def make(cls) -> Any:
            return cls(9)

        @staticmethod
        def free(x: int) -> int:
            return x

        class Inner:
            pass

    one = Thing.make()
    return (
        one.public(), one.double, Thing.free(2), Thing.__name__, Thing.__doc__, isinstance(one, Thing), Thing.kind,
        inspect.isclass(Thing), inspect.isclass(Thing.Inner), str(inspect.signature(Thing)), sorted(vars(one)),
    )  # fmt: skip


@shape
def data_class(deco: Decorate) -> Any:
    @deco
    @dataclass(order=True)
    class Point:
        x: int
        y: int = 0

        def norm(self) -> int:
            return self.x**2 + self.y**2

    return repr(Point(1)).rpartition(".")[2], Point(1) < Point(2), Point(3, 4).norm(), Point(1) == Point(1)


@shape
def method_set_later(deco: Decorate) -> Any:
    class Thing:
        n = 4

    Thing.f = deco(lambda self: self.n)  # type: ignore[attr-defined]
    one = Thing()
    one.g = deco(lambda: 5)  # type: ignore[attr-defined]
    return one.f(), one.g()  # type: ignore[attr-defined]


@shape
def slots(deco: Decorate) -> Any:
    class Thing:
        __slots__ = ("n",)

        @deco
        def f(self) -> int:
            self.n = 1
            return self.n

    return Thing().f()


# What can be pickled stands at the top of a module; its decorated twin is made by the test.
def module_function(x: int) -> int:
    return x + 1


@shape
def pickled(deco: Decorate) -> Any:
    global module_function
    bare = module_function
    module_function = deco(bare)
    try:
        again = pickle.loads(pickle.dumps(module_function))
        return (
            again is module_function,
            again(1),
            [pickle.loads(pickle.dumps(f, p))(1) for f in [again] for p in range(6)],
        )
    finally:
        module_function = bare


@shape
def not_to_be_pickled(deco: Decorate) -> Any:
    f = deco(lambda: 1)
    try:
        pickle.dumps(f)
    except (pickle.PicklingError, AttributeError):
        return "refused"
    return "pickled"


# Generators


def counting(deco: Decorate) -> Any:
    @deco
    def f(n: int) -> Generator[int, Any, str]:
        """Counts."""
        got: list[Any] = []
        try:
            for i in range(n):
                try:
                    got.append((yield i))
                except ValueError as thrown:
                    got.append(str(thrown))
                    yield -1
        finally:
            got.append("closed")
            seen.append(got)
        return "done"

    seen: list[Any] = []
    f.seen = seen
    return f


@shape
def generator(deco: Decorate) -> Any:
    f = counting(deco)
    g = f(3)
    return (
        list(f(3)), inspect.isgeneratorfunction(f), inspect.isgenerator(g), iter(g) is g, next(g), list(g),
        tried(lambda: next(g))[:2], g.__name__, f.__doc__, tried(lambda: f())[:2],
    )  # fmt: skip


@shape
def generator_send(deco: Decorate) -> Any:
    f = counting(deco)
    g = f(4)
    return next(g), g.send("a"), g.send("b"), next(g), tried(lambda: next(g))[:2], f.seen


@shape
def generator_throw(deco: Decorate) -> Any:
    f = counting(deco)
    g = f(4)
    first = next(g), g.throw(ValueError("in")), next(g)
    return first, tried(lambda: g.throw(KeyError("out")))[:2], tried(lambda: next(g))[:2], f.seen


@shape
def generator_close(deco: Decorate) -> Any:
    f = counting(deco)
    g = f(4)
    next(g)
    g.close()
    unstarted = f(4)
    unstarted.close()
    return f.seen, tried(lambda: next(g))[:2], tried(lambda: next(unstarted))[:2], g.close()


@shape
def generator_that_ignores_close(deco: Decorate) -> Any:
    @deco
    def f() -> Iterator[int]:
        while True:
            try:
                yield 1
            except GeneratorExit:
                yield 2

    g = f()
    next(g)
    return tried(g.close)[:2]


@shape
def generator_returns(deco: Decorate) -> Any:
    f = counting(deco)

    def outer() -> Generator[int, Any, None]:
        result.append((yield from f(2)))

    result: list[str] = []
    return list(outer()), result


@shape
def generator_fails(deco: Decorate) -> Any:
    @deco
    def f() -> Iterator[int]:
        yield 1
        raise ValueError("late")

    g = f()
    return next(g), tried(lambda: next(g)), tried(lambda: next(g))[:2]


@shape
def generator_raises_stop(deco: Decorate) -> Any:
    @deco
    def f() -> Iterator[int]:
        yield 1
        raise StopIteration

    return tried(lambda: list(f()))[:2]


@shape
def generators_interleaved(deco: Decorate) -> Any:
    f = counting(deco)
    a, b = f(3), f(3)
    return [next(a), next(b), next(a), next(b)], list(zip(f(2), f(2), strict=True))


@shape
def generator_is_lazy(deco: Decorate) -> Any:
    ran = []

    @deco
    def f() -> Iterator[int]:
        ran.append(1)
        yield 1

    g = f()
    before = list(ran)
    return before, next(g), ran


@shape
def context_manager(deco: Decorate) -> Any:
    import contextlib

    log = []

    @contextlib.contextmanager
    @deco
    def f(x: int) -> Iterator[int]:
        log.append("in")
        try:
            yield x
        except ValueError:
            log.append("caught")
        finally:
            log.append("out")

    with f(3) as x:
        log.append(x)
    with f(4):
        raise ValueError
    return log


@shape
def iterator_protocol(deco: Decorate) -> Any:
    class Count:
        def __init__(self) -> None:
            self.n = 0

        @deco
        def __iter__(self) -> Any:
            return self

        @deco
        def __next__(self) -> int:
            self.n += 1
            if self.n > 3:
                raise StopIteration
            return self.n

    return list(Count())


# Coroutines


@shape
def coroutine(deco: Decorate) -> Any:
    @deco
    async def f(x: int) -> int:
        """Waits."""
        await asyncio.sleep(0)
        return x + 1

    c = f(1)
    kind = inspect.iscoroutine(c), c.__name__
    c.close()
    return (
        asyncio.run(f(1)),
        inspect.iscoroutinefunction(f),
        kind,
        f.__doc__,
        str(inspect.signature(f)),
        tried(lambda: f())[:2],
    )


@shape
def coroutine_fails(deco: Decorate) -> Any:
    @deco
    async def f() -> None:
        await asyncio.sleep(0)
        raise ValueError("late")

    async def main() -> Any:
        try:
            await f()
        except ValueError as raised:
            return str(raised), [
                t.name for t in traceback.extract_tb(raised.__traceback__) if "_shells" not in t.filename
            ]

    return asyncio.run(main())


@shape
def coroutine_cancelled(deco: Decorate) -> Any:
    log = []

    @deco
    async def f() -> None:
        try:
            await asyncio.sleep(30)
        except asyncio.CancelledError:
            log.append("cancelled")
            raise
        finally:
            log.append("cleaned")

    async def main() -> Any:
        task = asyncio.ensure_future(f())
        await asyncio.sleep(0)
        task.cancel()
        try:
            await task
        except asyncio.CancelledError:
            log.append("seen")
        return task.cancelled()

    return asyncio.run(main()), log


@shape
def coroutine_swallows_cancel(deco: Decorate) -> Any:
    @deco
    async def f() -> str:
        try:
            await asyncio.sleep(30)
        except asyncio.CancelledError:
            return "kept"
        return "slept"

    async def main() -> Any:
        task = asyncio.ensure_future(f())
        await asyncio.sleep(0)
        task.cancel()
        return await task

    return asyncio.run(main())


@shape
def coroutine_times_out(deco: Decorate) -> Any:
    @deco
    async def f() -> None:
        await asyncio.sleep(30)

    async def main() -> Any:
        try:
            await asyncio.wait_for(f(), 0.01)
        except asyncio.TimeoutError as raised:
            return type(raised).__name__

    return asyncio.run(main())


@shape
def coroutines_gathered(deco: Decorate) -> Any:
    @deco
    async def f(n: int) -> int:
        await asyncio.sleep(0.001 * (3 - n))
        if n == 2:
            raise ValueError(n)
        return n

    async def main() -> Any:
        return [repr(x) for x in await asyncio.gather(*(f(n) for n in range(4)), return_exceptions=True)]

    return asyncio.run(main())


@shape
def coroutine_by_hand(deco: Decorate) -> Any:
    class Once:
        def __await__(self) -> Generator[str, str, str]:
            return (yield "asked")

    @deco
    async def f() -> str:
        return "got " + await Once()

    c = f()
    asked = c.send(None)
    end = tried(lambda: c.send("x"))
    d = f()
    d.send(None)
    thrown = tried(lambda: d.throw(ValueError("t")))
    return asked, end[:2], thrown[:2]


@shape
def coroutine_context(deco: Decorate) -> Any:
    var: contextvars.ContextVar[int] = contextvars.ContextVar("var", default=0)

    @deco
    async def f(n: int) -> int:
        var.set(n)
        await asyncio.sleep(0)
        return var.get()

    async def main() -> Any:
        direct = await f(1), var.get()
        return direct, await asyncio.gather(f(2), f(3)), var.get()

    return asyncio.run(main())


@shape
def async_method(deco: Decorate) -> Any:
    class Thing:
        @deco
        async def f(self, x: int) -> tuple[str, int]:
            return type(self).__name__, x

        @classmethod
        @deco
        async def g(cls) -> str:
            return cls.__name__

        @deco
        async def __aenter__(self) -> Any:
            return self

        @deco
        async def __aexit__(self, *raised: object) -> None:
            return None

    async def main() -> Any:
        async with Thing() as one:
            return await one.f(1), await Thing.g(), inspect.iscoroutinefunction(one.f)

    return asyncio.run(main())


# Asynchronous generators


def async_counting(deco: Decorate) -> Any:
    seen: list[Any] = []

    @deco
    async def f(n: int) -> AsyncGenerator[int, Any]:
        """Counts."""
        got: list[Any] = []
        try:
            for i in range(n):
                await asyncio.sleep(0)
                try:
                    got.append((yield i))
                except ValueError as thrown:
                    got.append(str(thrown))
                    yield -1
        finally:
            got.append("closed")
            seen.append(got)

    f.seen = seen
    return f


async def tried_async(work: Awaitable[Any]) -> Any:
    try:
        return await work
    except BaseException as raised:
        return type(raised).__name__, str(raised)


@shape
def async_generator(deco: Decorate) -> Any:
    f = async_counting(deco)

    async def main() -> Any:
        g = f(2)
        whole = [x async for x in f(3)], inspect.isasyncgenfunction(f), inspect.isasyncgen(g), f.__doc__
        return whole, await g.__anext__(), [x async for x in g], await tried_async(g.__anext__()), f.seen

    return asyncio.run(main())


@shape
def async_generator_send_and_throw(deco: Decorate) -> Any:
    f = async_counting(deco)

    async def main() -> Any:
        g = f(5)
        steps = [await g.__anext__(), await g.asend("a"), await g.athrow(ValueError("in")), await g.asend("b")]
        return steps, await tried_async(g.athrow(KeyError("out"))), await tried_async(g.__anext__()), f.seen

    return asyncio.run(main())


@shape
def async_generator_close(deco: Decorate) -> Any:
    f = async_counting(deco)

    async def main() -> Any:
        g = f(3)
        await g.__anext__()
        await g.aclose()
        async for _ in f(3):
            break
        return f.seen[0], await tried_async(g.__anext__())

    return asyncio.run(main())


@shape
def async_generator_cancelled(deco: Decorate) -> Any:
    log = []

    @deco
    async def f() -> AsyncGenerator[int, None]:
        try:
            yield 1
            await asyncio.sleep(30)
            yield 2
        finally:
            log.append("cleaned")

    async def consume() -> None:
        async for x in f():
            log.append(x)

    async def main() -> Any:
        task = asyncio.ensure_future(consume())
        for _ in range(5):
            await asyncio.sleep(0)
        task.cancel()
        return await tried_async(task)

    return asyncio.run(main())[0], log


# Threads and contexts


@shape
def threads(deco: Decorate) -> Any:
    @deco
    def f(n: int) -> int:
        return n * n

    with ThreadPoolExecutor(8) as pool:
        return list(pool.map(f, range(200)))


@shape
def thread_local_state(deco: Decorate) -> Any:
    local = threading.local()

    @deco
    def f(n: int) -> int:
        local.n = n
        return local.n

    out: list[int] = []
    workers = [threading.Thread(target=lambda n=n: out.append(f(n))) for n in range(8)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return sorted(out), hasattr(local, "n")


@shape
def to_thread(deco: Decorate) -> Any:
    var: contextvars.ContextVar[str] = contextvars.ContextVar("var")

    @deco
    def f() -> str:
        return var.get()

    async def main() -> str:
        var.set("carried")
        return await asyncio.to_thread(f)

    return asyncio.run(main())


@shape
def loop_inside_a_plain_call(deco: Decorate) -> Any:
    @deco
    async def inner() -> int:
        return 3

    @deco
    def f() -> int:
        return asyncio.run(inner())

    return f()
