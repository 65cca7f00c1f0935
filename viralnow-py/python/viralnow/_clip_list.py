"""Clips as a list that is also a table."""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, overload

from ._call import settings_only
from ._view import View
from .exceptions import UnavailableError

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as _pa  # type: ignore[import-untyped, unused-ignore]

__all__ = ["ClipList"]

_SHOWN = 20
_TEXTS = ("id", "platform", "title", "channel", "niche", "url", "niche_match", "explanation", "rest")
_COUNTS = ("rank", "views", "views_last_24h", "likes", "comments", "shares")
_IN_A_PICTURE = ("rank", "title", "platform", "views", "growth_6h", "age_hours", "final_score")


class ClipList(Sequence[View]):
    """Clips in their order, each with its fields as attributes and as items.

    `unknown` says of each which filtered values are unknown, so that it passed without having been judged by them;
    `explanations` why it has its score; `total` how many there are without the limit. A slice is such a list too.
    `to_pandas` and `to_arrow` give a table, one row a clip; what has no column of its own stands in ``rest`` as JSON.
    """

    __slots__ = ("_clips", "explanations", "total", "unknown")

    def __init__(
        self,
        clips: Iterable[Any],
        unknown: Iterable[Iterable[str]] = (),
        explanations: Iterable[str] = (),
        total: int | None = None,
    ) -> None:
        self._clips = tuple(clip if isinstance(clip, View) else View(clip) for clip in clips)
        self.unknown: tuple[tuple[str, ...], ...] = tuple(map(tuple, unknown)) or ((),) * len(self._clips)
        self.explanations: tuple[str, ...] = tuple(explanations) or ("",) * len(self._clips)
        self.total = len(self._clips) if total is None else total

    @overload
    def __getitem__(self, index: int) -> View: ...
    @overload
    def __getitem__(self, index: slice) -> ClipList: ...
    def __getitem__(self, index: int | slice) -> View | ClipList:
        if isinstance(index, slice):
            return ClipList(self._clips[index], self.unknown[index], self.explanations[index], self.total)
        return self._clips[index]

    def __len__(self) -> int:
        return len(self._clips)

    def __eq__(self, other: object) -> bool:
        return list(self) == list(other) if isinstance(other, Sequence) else NotImplemented

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        rest = f" of {self.total}" if self.total != len(self) else ""
        return f"<viralnow.ClipList: {len(self)}{rest} clips>"

    def to_dicts(self) -> list[dict[str, Any]]:
        """The clips as plain dicts, copies of your own."""
        return [clip.to_dict() for clip in self._clips]

    def columns(self) -> dict[str, list[Any]]:
        """The table: column to values, None where unknown."""
        table: dict[str, list[Any]] = settings_only("clips.columns", clips=self.to_dicts())[0]
        if any(self.explanations):
            table["explanation"] = [text or None for text in self.explanations]
        return table

    def to_pandas(self) -> pd.DataFrame:
        """A `pandas.DataFrame`: text as ``object`` (None where unknown), counts as ``UInt64`` (NA), numbers as
        ``float64`` (NaN); the same columns and types whatever the clips."""
        try:
            import pandas as pd
        except ImportError as error:
            raise UnavailableError("to_pandas needs pandas; pip install pandas", {"package": "pandas"}) from error
        kind = dict.fromkeys(_TEXTS, "object") | dict.fromkeys(_COUNTS, "UInt64")
        series = {
            name: pd.Series(values, dtype=kind.get(name, "float64"))  # type: ignore[call-overload, unused-ignore]
            for name, values in self.columns().items()
        }
        frame: pd.DataFrame = pd.DataFrame(series)
        return frame

    def to_arrow(self) -> _pa.Table:
        """A `pyarrow.Table`: strings, unsigned 64-bit counts and doubles; the same schema whatever the clips."""
        try:
            import pyarrow as pa
        except ImportError as error:
            raise UnavailableError("to_arrow needs pyarrow; pip install pyarrow", {"package": "pyarrow"}) from error
        kinds = {name: pa.string() for name in _TEXTS} | {name: pa.uint64() for name in _COUNTS}
        columns = self.columns()
        schema = pa.schema([(name, kinds.get(name, pa.float64())) for name in columns])
        return pa.table(columns, schema=schema)

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        """Arrow's C stream, through pyarrow: pandas, polars and duckdb take the list as a table by it."""
        return self.to_arrow().__arrow_c_stream__(requested_schema)

    def _repr_html_(self) -> str:
        table = self[:_SHOWN].columns()
        head = "".join(f"<th>{name}</th>" for name in _IN_A_PICTURE)
        rows = zip(*(table[name] for name in _IN_A_PICTURE), strict=True)
        body = "".join(f"<tr>{''.join(f'<td>{_cell(value)}</td>' for value in row)}</tr>" for row in rows)
        more = f"<p>{len(self)} clips of {self.total}</p>" if self.total > _SHOWN else ""
        return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{more}"

    def __reduce__(self) -> tuple[type[ClipList], tuple[Any, ...]]:
        return (ClipList, (self._clips, self.unknown, self.explanations, self.total))


def _cell(value: Any) -> str:
    if value is None:
        return ""
    text = f"{value:,.1f}" if isinstance(value, float) else f"{value:,}" if isinstance(value, int) else str(value)
    return html.escape(text if len(text) <= 80 else text[:79] + "…")
