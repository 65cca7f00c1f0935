"""Sound that is analysed while it happens."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from types import TracebackType
from typing import TYPE_CHECKING

from ._analysis import Analysis
from ._api import MonitorLike, _Call, _settings, _told
from ._inputs import samples_of
from ._limits import Limits
from ._viralnow import CancelToken

if TYPE_CHECKING:
    import numpy.typing as npt

    from ._extract import ExtractorLike
    from ._progress import Progress
    from ._store import Store

__all__ = ["Live"]


class Live:
    """An analysis of sound that is still to come: `push` it as it comes, `finish` gives what `analyze` gives for all
    of it.

    >>> import numpy as np, viralnow
    >>> live = viralnow.Live(48000)
    >>> for _ in range(100):
    ...     _ = live.push(np.zeros(480, dtype=np.float32))
    >>> live.finish().media.duration_s
    1.0

    It runs on a thread of its own, at most 4 s of sound behind. Left by an exception in a ``with`` block, it is
    cancelled.
    """

    def __init__(
        self,
        sr: int,
        channels: int = 1,
        *,
        asset_id: str | None = None,
        correlation_id: str | None = None,
        meta: Mapping[str, str | None] | None = None,
        preset: str = "balanced",
        modalities: Iterable[str] | None = None,
        extractors: Iterable[ExtractorLike] = (),
        limits: Limits | Mapping[str, float | None] | None = None,
        store: Store | None = None,
        monitor: MonitorLike | None = None,
        on_progress: Callable[[Progress], object] | CancelToken | None = None,
    ) -> None:
        """Begins it. `sr` is samples per second, 1,000 to 768,000; the other arguments are those of `analyze`. The
        asset is
        named by the correlation id unless `asset_id` is given: what is still to come has no hash."""
        for name, value in (("sr", sr), ("channels", channels)):
            if isinstance(value, bool) or not isinstance(value, int):
                raise TypeError(f"{name} must be a whole number, not {type(value).__name__}")
        call = _Call(
            batch=False,
            settings=_settings(preset, modalities, None, limits, None, asset_id, correlation_id, meta),
            extractors=extractors,
            store=store,
            monitor=monitor,
            progress=False,
            on_progress=on_progress,
        )
        self.sr = sr
        with call as analyzer:
            self._native = analyzer.live(max(sr, 0), max(0, min(channels, 65535)))

    def push(self, y: npt.ArrayLike) -> bool:
        """Hands samples of shape ``(n,)`` or ``(channels, n)`` over, float in [-1, 1] or int16/int32; waits while the
        analysis
        is more than 4 s behind. Says whether it still listens: over a limit it does not, and `finish` gives what it
        has."""
        return self._native.push(samples_of(y))

    def finish(self) -> Analysis:
        """Ends the stream and gives the features of all that was pushed."""
        return _told(Analysis(*self._native.finish()), 3)

    def cancel(self) -> None:
        """Ends the analysis without a result. Twice is fine, and so is after `finish`."""
        self._native.cancel()

    def __enter__(self) -> Live:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.cancel()
