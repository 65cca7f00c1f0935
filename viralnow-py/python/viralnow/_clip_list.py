"""Clips as lists that are also tables."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, overload

from ._call import settings_only
from ._table import Rows, Table, _html
from ._view import View

__all__ = ["BacktestTable", "ClipList", "ClipRows", "Found", "ScoredClips"]

_SHOWN = 20
_TEXTS: Final = ("id", "platform", "title", "channel", "niche", "url", "niche_match", "explanation", "rest")
_COUNTS: Final = ("rank", "views", "views_last_24h", "likes", "comments", "shares")
_NUMBERS: Final = ("age_hours", "growth_6h", "virality", "relevance", "reactability", "final_score")
_KINDS: Final = dict.fromkeys(_TEXTS, "string") | dict.fromkeys(_COUNTS, "whole") | dict.fromkeys(_NUMBERS, "number")
_IN_A_PICTURE: Final = (
    "rank",
    "title",
    "platform",
    "channel",
    "views",
    "views_last_24h",
    "growth_6h",
    "age_hours",
    "virality",
    "final_score",
    "explanation",
)


class ClipRows(Rows):
    """Clips in their order, each with its fields as attributes and as items; a table of one row a clip, in which what
    has no column of its own stands in ``rest`` as JSON."""

    __slots__ = ()

    def columns(self) -> dict[str, list[Any]]:
        """The table: column to values, None where unknown."""
        table: dict[str, list[Any]] = settings_only("clips.columns", clips=self.to_dicts())[0]
        return table

    def _kinds(self) -> Mapping[str, str]:
        return _KINDS

    def _repr_html_(self) -> str:
        columns = self[:_SHOWN].columns()
        below = f"{min(_SHOWN, len(self))} of {self._of()} clips" if self._of() > _SHOWN else ""
        return _html({name: columns[name] for name in _IN_A_PICTURE}, below)

    def _of(self) -> int:
        """How many there are."""
        return len(self)

    def __repr__(self) -> str:
        return f"<viralnow.{type(self).__name__}: {len(self)} clips>"


class ScoredClips(ClipRows):
    """Clips with their scores, each with ``clip``, ``virality``, ``contributions`` and an ``explanation``."""

    __slots__ = ()

    def columns(self) -> dict[str, list[Any]]:
        """The table of the clips: column to values, None where unknown."""
        scored = [{name: value for name, value in row.items() if name != "explanation"} for row in self.to_dicts()]
        table: dict[str, list[Any]] = settings_only("clips.columns", clips=scored)[0]
        return table


class ClipList(ClipRows):
    """Clips in their order, each with its fields as attributes and as items.

    `unknown` says of each which filtered values are unknown, so that it passed without having been judged by them;
    `explanations` why it has its score; `total` how many there are without the limit. A slice is such a list too.
    `to_pandas`, `to_arrow` and Arrow's C stream give a table, one row a clip; what has no column of its own stands in
    ``rest`` as JSON.
    """

    __slots__ = ("explanations", "total", "unknown")

    def __init__(
        self,
        clips: Iterable[Any],
        unknown: Iterable[Iterable[str]] = (),
        explanations: Iterable[str] = (),
        total: int | None = None,
    ) -> None:
        super().__init__(clips)
        self.unknown: tuple[tuple[str, ...], ...] = tuple(map(tuple, unknown)) or ((),) * len(self._rows)
        self.explanations: tuple[str, ...] = tuple(explanations) or ("",) * len(self._rows)
        self.total = len(self._rows) if total is None else total

    @overload
    def __getitem__(self, index: int) -> View: ...
    @overload
    def __getitem__(self, index: slice) -> ClipList: ...
    def __getitem__(self, index: int | slice) -> View | ClipList:
        if isinstance(index, slice):
            return ClipList(self._rows[index], self.unknown[index], self.explanations[index], self.total)
        return self._rows[index]

    def columns(self) -> dict[str, list[Any]]:
        """The table: column to values, None where unknown."""
        table = super().columns()
        if any(self.explanations):
            table["explanation"] = [text or None for text in self.explanations]
        return table

    def _of(self) -> int:
        return self.total

    def __repr__(self) -> str:
        rest = f" of {self.total}" if self.total != len(self) else ""
        return f"<viralnow.ClipList: {len(self)}{rest} clips>"

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        return (ClipList, (self._rows, self.unknown, self.explanations, self.total))


class Found(View, Table):
    """An answer whose ``clips`` are a table; so is the answer itself."""

    __slots__ = ()

    def __init__(self, fields: Mapping[str, Any]) -> None:
        super().__init__({name: value for name, value in fields.items() if name != "clips"})
        clips = fields["clips"]
        if not isinstance(clips, ClipRows):
            scored = all("clip" in clip and "contributions" in clip for clip in clips)
            clips = (ScoredClips if scored else ClipRows)(clips)
        object.__setattr__(self, "_fields", {"clips": clips, **self._fields})

    def columns(self) -> dict[str, list[Any]]:
        """The table of the clips: column to values, None where unknown."""
        table: dict[str, list[Any]] = self._fields["clips"].columns()
        return table

    def _kinds(self) -> Mapping[str, str]:
        return _KINDS

    def _repr_html_(self) -> str:
        return str(self._fields["clips"]._repr_html_())

    def __reduce__(self) -> tuple[type[Found], tuple[Any, ...]]:
        return (Found, (self._fields,))


class BacktestTable(Rows):
    """How methods did: a row for each method, objective and task."""

    __slots__ = ()

    def _kinds(self) -> Mapping[str, str]:
        texts = dict.fromkeys(("file", "objective", "method", "task"), "string")
        numbers = ("p_at_10", "auc", "spearman", "ndcg_20", "ece", "ci_low", "ci_high")
        return texts | dict.fromkeys(("rows", "days"), "whole") | dict.fromkeys(numbers, "number")

    def _repr_html_(self) -> str:
        return _html(self.columns(), "")
