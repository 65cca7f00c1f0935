"""Results that are tables: data frames by Arrow's C stream, HTML in a notebook."""

from __future__ import annotations

import html
from collections.abc import Callable, Iterable, Iterator, Mapping, Reversible, Sequence
from typing import TYPE_CHECKING, Any, overload

from . import _viralnow
from ._view import View
from .exceptions import UnavailableError

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as _pa  # type: ignore[import-untyped, unused-ignore]
    from typing_extensions import Self

__all__ = ["Rows", "Table"]

_SHOWN = 20
_IN_PANDAS = {"string": "object", "number": "float64", "whole": "UInt64", "boolean": "boolean"}


class Table:
    """What is made of rows whose columns hold ``string``, ``number`` (64-bit float), ``whole`` (unsigned 64-bit) or
    ``boolean`` values, None where unknown; the same columns and types whatever the rows."""

    __slots__ = ()

    def columns(self) -> dict[str, list[Any]]:
        """The table: column to values, None where unknown."""
        raise NotImplementedError

    def _kinds(self) -> Mapping[str, str]:
        """What the columns hold."""
        raise NotImplementedError

    def to_pandas(self) -> pd.DataFrame:
        """A `pandas.DataFrame`: text as ``object`` (None where unknown), counts as ``UInt64`` and truth values as
        ``boolean`` (NA), numbers as ``float64`` (NaN); the same columns and types whatever the rows."""
        try:
            import pandas as pd
        except ImportError as error:
            raise UnavailableError("to_pandas needs pandas; pip install pandas", {"package": "pandas"}) from error
        kinds = self._kinds()
        series = {
            name: pd.Series(values, dtype=_IN_PANDAS[kinds[name]])  # type: ignore[call-overload, unused-ignore]
            for name, values in self.columns().items()
        }
        frame: pd.DataFrame = pd.DataFrame(series)
        return frame

    def to_arrow(self) -> _pa.Table:
        """A `pyarrow.Table`: strings, unsigned 64-bit counts, doubles and booleans; the same schema whatever the
        rows."""
        try:
            import pyarrow as pa
        except ImportError as error:
            raise UnavailableError("to_arrow needs pyarrow; pip install pyarrow", {"package": "pyarrow"}) from error
        return pa.RecordBatchReader.from_stream(self).read_all()

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        """Arrow's C stream, without a copy and without pyarrow: ``polars.DataFrame(x)``, ``duckdb.sql("from x")``,
        ``pandas.DataFrame.from_arrow(x)`` and ``pyarrow.table(x)`` take it. No other schema is made of it."""
        kinds = self._kinds()
        return _viralnow.arrow_stream([(name, kinds[name], values) for name, values in self.columns().items()])

    def _repr_html_(self) -> str:
        columns = self.columns()
        return _html({name: values[:_SHOWN] for name, values in columns.items()}, self._told(columns))

    def _told(self, columns: Mapping[str, Sequence[Any]]) -> str:
        """What stands below the first rows."""
        rows = len(next(iter(columns.values()), ()))
        return f"{_SHOWN} of {rows} rows" if rows > _SHOWN else ""


class Rows(Reversible[View], Table):
    """Rows with their fields as attributes and as items. A slice is such a list too.

    All that a sequence has, but no `Sequence` by its type: of one, polars would take the rows, not the table.
    """

    __slots__ = ("_rows",)

    def __init__(self, rows: Iterable[Any]) -> None:
        self._rows = tuple(row if isinstance(row, View) else View(row) for row in rows)

    @overload
    def __getitem__(self, index: int) -> View: ...
    @overload
    def __getitem__(self, index: slice) -> Self: ...
    def __getitem__(self, index: int | slice) -> View | Self:
        return type(self)(self._rows[index]) if isinstance(index, slice) else self._rows[index]

    def __len__(self) -> int:
        return len(self._rows)

    def __iter__(self) -> Iterator[View]:
        return iter(self._rows)

    def __reversed__(self) -> Iterator[View]:
        return reversed(self._rows)

    def __contains__(self, row: object) -> bool:
        return row in self._rows

    def index(self, row: object) -> int:
        """The place of the first such row; `ValueError` where there is none."""
        return self._rows.index(row)

    def count(self, row: object) -> int:
        """How many such rows there are."""
        return self._rows.count(row)

    def __eq__(self, other: object) -> bool:
        return list(self) == list(other) if isinstance(other, (Sequence, Rows)) else NotImplemented

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"<viralnow.{type(self).__name__}: {len(self)} rows>"

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        return (type(self), (self._rows,))

    def to_dicts(self) -> list[dict[str, Any]]:
        """The rows as plain dicts, copies of your own."""
        return [row.to_dict() for row in self._rows]

    def columns(self) -> dict[str, list[Any]]:
        """The table: column to values, None where unknown."""
        return {name: [row[name] for row in self._rows] for name in self._kinds()}


def _html(columns: Mapping[str, Sequence[Any]], below: str) -> str:
    """Columns as a table of HTML; those that are empty throughout are left out."""
    shown = {name: values for name, values in columns.items() if any(v is not None for v in values)} or columns
    head = "".join(f"<th>{html.escape(name)}</th>" for name in shown)
    rows = zip(*shown.values(), strict=True)
    body = "".join(f"<tr>{''.join(map(_cell, row))}</tr>" for row in rows)
    more = f"<p>{html.escape(below)}</p>" if below else ""
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{more}"


def _cell(value: Any) -> str:
    if value is None:
        return "<td></td>"
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        text = str(value)
        return f'<td style="text-align: left">{html.escape(text if len(text) <= 80 else text[:79] + "…")}</td>'
    text = f"{value:,}" if isinstance(value, int) else f"{value:,.1f}" if abs(value) >= 10 else f"{value:.3f}"
    return f'<td style="text-align: right">{text}</td>'
