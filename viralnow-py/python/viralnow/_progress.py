"""Progress: what callbacks get, and the two bars."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any, NamedTuple, Protocol, TextIO

__all__ = ["Bar", "Progress", "observer"]


class Progress(NamedTuple):
    """How far a call is."""

    fraction: float
    """The share that is done, in [0, 1]; never goes back."""
    stage: str
    """The stage that is going on, such as ``decode``."""
    elapsed_s: float
    """Seconds since the start."""
    eta_s: float | None
    """Seconds that remain at the present pace; None until 3 % is done."""
    items: tuple[int, int]
    """Assets finished, and assets in all."""


class Bar(Protocol):
    """What shows progress."""

    def show(self, progress: Progress) -> None:
        """The call went on."""

    def close(self) -> None:
        """The call is over, however it ended."""


class PlainBar:
    """A bar of characters on one line of a terminal; nothing where there is no terminal."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self.stream = sys.stderr if stream is None else stream
        self.on = bool(self.stream is not None and self.stream.isatty())
        self.width = 0

    def show(self, progress: Progress) -> None:
        if not self.on:
            return
        cells = round(progress.fraction * 24)
        line = f"{progress.fraction:4.0%} [{'#' * cells}{'.' * (24 - cells)}] {progress.stage}"
        if progress.items[1] > 1:
            line += f" {progress.items[0]}/{progress.items[1]}"
        if progress.eta_s is not None and progress.fraction < 1:
            line += f", {progress.eta_s:.0f} s left"
        self.stream.write("\r" + line.ljust(self.width))
        self.stream.flush()
        self.width = len(line)

    def close(self) -> None:
        if self.on and self.width:
            self.stream.write("\r" + " " * self.width + "\r")
            self.stream.flush()


class TqdmBar:
    """tqdm's bar, which notebooks show as a widget."""

    def __init__(self, tqdm: Callable[..., Any]) -> None:
        self.bar = tqdm(total=100, unit="%", leave=False, bar_format="{l_bar}{bar}| {elapsed}<{remaining}{postfix}")

    def show(self, progress: Progress) -> None:
        self.bar.n = round(progress.fraction * 100, 1)
        items = f" {progress.items[0]}/{progress.items[1]}" if progress.items[1] > 1 else ""
        self.bar.set_postfix_str(progress.stage + items, refresh=False)
        self.bar.refresh()

    def close(self) -> None:
        self.bar.close()


def make_bar() -> Bar:
    """tqdm's bar where tqdm is installed, else our own."""
    try:
        from tqdm.auto import tqdm  # type: ignore[import-untyped, unused-ignore]
    except ImportError:
        return PlainBar()
    return TqdmBar(tqdm)


def observer(
    bar: Bar | None, on_progress: Callable[[Progress], object] | None
) -> Callable[[float, str, float, float | None, tuple[int, int]], bool] | None:
    """What the native half calls: shows the bar, asks the host; False stops the call."""
    if bar is None and on_progress is None:
        return None

    def observe(fraction: float, stage: str, elapsed_s: float, eta_s: float | None, items: tuple[int, int]) -> bool:
        progress = Progress(fraction, stage, elapsed_s, eta_s, items)
        if bar is not None:
            bar.show(progress)
        return on_progress is None or on_progress(progress) is not False

    return observe
