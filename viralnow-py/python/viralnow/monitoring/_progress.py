"""Jobs in weighted steps, and loops that tell how far they are."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sized
from types import TracebackType
from typing import Any, Generic, TypeAlias, TypeVar

from .. import _viralnow as _native

__all__ = ["Job", "Step", "Track", "job", "track"]

T = TypeVar("T")
_Steps: TypeAlias = Mapping[str, float] | Iterable[tuple[str, float]]


class Step:
    """A step of a job; as a context manager it is finished at the end of a block that raises nothing."""

    def __init__(self, native: _native.JobStep) -> None:
        self._native = native

    def set_total(self, items: int) -> None:
        """How many items it has."""
        self._native.set_total(items)

    def add(self, items: int = 1) -> None:
        """So many items more are done."""
        self._native.add(items)

    def set(self, fraction: float) -> None:
        """The share of it that is done, in [0, 1]; it never goes back."""
        self._native.set(fraction)

    def job(self, name: str, steps: _Steps = ()) -> Job:
        """A job of its own that is this step: what is done of it is done of the step, and cancelling the job around
        it cancels it."""
        return Job(name, steps, self)

    def finish(self) -> None:
        """All of it is done."""
        self._native.finish()

    def __enter__(self) -> Step:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, raised: BaseException | None, trace: TracebackType | None, /
    ) -> None:
        if raised is None:
            self.finish()


class Job:
    """A job under way; as a context manager it is finished at the end of the block, or failed by what is raised in
    it.

    Its events are ``progress.job_started``, ``.step_started``, ``.step_progress`` (ten a second at most),
    ``.step_completed`` and ``.job_completed``. The weights are the usual seconds of its steps once the log has three
    runs of it. ``within`` is the step of another job that it is: `Step.job` gives it.
    """

    def __init__(self, name: str, steps: _Steps = (), within: Step | None = None) -> None:
        pairs = steps.items() if isinstance(steps, Mapping) else steps
        weights = [(step, float(weight)) for step, weight in pairs]
        self.name = name
        self._native = _native.Job(name, weights) if within is None else within._native.job(name, weights)

    def step(self, name: str) -> Step:
        """Begins a step, or goes on with it."""
        return Step(self._native.step(name))

    def progress(self) -> dict[str, Any]:
        """How far it is: ``fraction`` (never goes back), ``step``, ``items``, ``rate``, ``elapsed_s``, ``eta_s`` with
        ``eta_low_s`` and ``eta_high_s``, which are None until enough is done."""
        return self._native.snapshot() or {"job": self.name, "fraction": 0.0, "step": "", "eta_s": None}

    def on_update(self, listener: Callable[[dict[str, Any]], object]) -> None:
        """Calls ``listener(progress)`` at most ten times a second, on the thread that makes the progress."""
        self._native.on_update(listener)

    def cancel(self) -> None:
        """Asks the work to stop."""
        self._native.cancel()

    @property
    def cancelled(self) -> bool:
        """Whether the work was asked to stop; it looks here."""
        return self._native.cancelled

    def finish(self) -> None:
        """All of it is done."""
        self._native.finish()

    def fail(self) -> None:
        """It ends without success."""
        self._native.fail()

    def __enter__(self) -> Job:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, raised: BaseException | None, trace: TracebackType | None, /
    ) -> None:
        if raised is None:
            self.finish()
        else:
            self.fail()

    def _repr_html_(self) -> str:
        now = self.progress()
        eta = "" if now["eta_s"] is None else f", {now['eta_s']:.0f} s to go"
        return f'<progress value="{now["fraction"]:.4f}"></progress> {now["fraction"]:.0%} {now["step"]}{eta}'


def job(name: str, steps: _Steps = ()) -> Job:
    """Begins a job: ``with monitoring.job("analyze", {"fetch": 2, "score": 1}) as job: ...``. A job inside of it is
    ``job.step("fetch").job("pages", {"first": 1, "rest": 9})``."""
    return Job(name, steps)


class Track(Generic[T]):
    """A loop that tells how far it is. Its job ends with the loop: cancelled where the loop is left early, failed
    where it raises."""

    def __init__(self, items: Iterable[T], name: str, *, total: int | None, within: Job | None, bar: bool) -> None:
        self._items = items
        self._name = name
        self._total = len(items) if total is None and isinstance(items, Sized) else total
        self._within = within
        self._bar = bar

    def __len__(self) -> int:
        if self._total is None:
            raise TypeError("how many items come is not known")
        return self._total

    def __iter__(self) -> Iterator[T]:
        whole = self._within or Job(self._name, {self._name: 1.0})
        if self._bar:
            whole.on_update(_draw)
        step = whole.step(self._name)
        if self._total is not None:
            step.set_total(self._total)
        try:
            for item in self._items:
                yield item
                step.add(1)
        except GeneratorExit:
            raise
        except BaseException:
            if self._within is None:
                whole.fail()
            raise
        step.finish()
        if self._within is None:
            whole.finish()
        if self._bar:
            sys.stderr.write("\n")


def _draw(now: dict[str, Any]) -> None:
    done, total = now["items"]
    rate = "" if now["rate"] is None else f" {now['rate']:.1f}/s"
    eta = "" if now["eta_s"] is None else f" {now['eta_s']:.0f} s to go"
    sys.stderr.write(f"\r{now['step']} {now['fraction']:4.0%} {done}/{total or '?'}{rate}{eta}   ")
    sys.stderr.flush()


def track(
    items: Iterable[T],
    name: str = "items",
    *,
    total: int | None = None,
    job: Job | None = None,
    bar: bool = False,
) -> Track[T]:
    """Goes through items and tells how far it is, as a job of its own or as the step ``name`` of ``job``; ``bar``
    draws a line on standard error."""
    return Track(items, name, total=total, within=job, bar=bar)
