"""The result of many calls."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, overload

from . import _viralnow
from ._analysis import Analysis
from .exceptions import UnavailableError, ViralNowError

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as _pa  # type: ignore[import-untyped, unused-ignore]

    from ._types import Cell

__all__ = ["Batch"]


class Batch(Sequence["Analysis | ViralNowError"]):
    """One entry per asset, in the order of the sources: an `Analysis`, or the exception that this asset ended with.

    ``batch.analyses`` and ``batch.errors`` part them; `to_pandas` and `to_arrow` give one flat row per asset, with the
    same columns for all, errors among them.
    """

    __slots__ = ("_items",)
    _items: list[Analysis | ViralNowError]

    def __init__(self, items: Iterable[Analysis | ViralNowError]) -> None:
        """Of its entries; batches are made by `analyze_many`."""
        self._items = list(items)

    @overload
    def __getitem__(self, index: int) -> Analysis | ViralNowError: ...
    @overload
    def __getitem__(self, index: slice) -> Batch: ...
    def __getitem__(self, index: int | slice) -> Analysis | ViralNowError | Batch:
        return Batch(self._items[index]) if isinstance(index, slice) else self._items[index]

    def __len__(self) -> int:
        return len(self._items)

    def __iter__(self) -> Iterator[Analysis | ViralNowError]:
        return iter(self._items)

    @property
    def analyses(self) -> list[Analysis]:
        """The entries that are analyses."""
        return [item for item in self._items if isinstance(item, Analysis)]

    @property
    def errors(self) -> dict[int, ViralNowError]:
        """The entries that failed: index to exception."""
        return {i: item for i, item in enumerate(self._items) if isinstance(item, ViralNowError)}

    def rows(self) -> list[dict[str, Cell]]:
        """One flat row per asset: column to text, number, truth value or None. Every row has the same columns in the
        same order; `feature_dictionary` describes them."""
        return [
            _viralnow.flat_row(item.to_json())
            if isinstance(item, Analysis)
            else _viralnow.error_row(item.code, str(item))
            for item in self._items
        ]

    def to_arrow(self) -> _pa.Table:
        """The rows as a `pyarrow.Table`: strings, doubles and booleans, the same schema for every batch."""
        try:
            import pyarrow as pa
        except ImportError as error:
            raise UnavailableError("to_arrow needs pyarrow; pip install pyarrow", {"package": "pyarrow"}) from error
        types = {"string": pa.string(), "number": pa.float64(), "boolean": pa.bool_()}
        schema = pa.schema([(name, types[kind]) for name, kind in _columns().items()])
        rows = self.rows()
        return pa.table({name: [row[name] for row in rows] for name in schema.names}, schema=schema)

    def to_pandas(self) -> pd.DataFrame:
        """The rows as a `pandas.DataFrame`: text as ``object`` (None where missing), numbers as ``float64`` (NaN) and
        truth values as ``boolean`` (NA); the same columns and types for every batch."""
        try:
            import pandas as pd
        except ImportError as error:
            raise UnavailableError("to_pandas needs pandas; pip install pandas", {"package": "pandas"}) from error
        types = {"string": "object", "number": "float64", "boolean": "boolean"}
        rows = self.rows()
        frame: pd.DataFrame = pd.DataFrame(
            {name: pd.Series([row[name] for row in rows], dtype=types[kind]) for name, kind in _columns().items()}
        )
        return frame

    def __repr__(self) -> str:
        errors: dict[str, int] = {}
        for error in self.errors.values():
            errors[error.code] = errors.get(error.code, 0) + 1
        told = "".join(f", {count} {code}" for code, count in sorted(errors.items()))
        return f"<viralnow.Batch of {len(self)}: {len(self.analyses)} analyses{told}>"

    def __reduce__(self) -> tuple[type[Batch], tuple[list[Any]]]:
        return (Batch, (self._items,))


def _columns() -> dict[str, str]:
    """The columns of a flat row and what they hold: ``string``, ``number`` or ``boolean``.

    A column is a path of the feature dictionary with ``_`` for ``.`` (``media`` left out), an entry of an array of
    numbers with its index after it, or a ``_count`` of entries.
    """
    kinds = {"error_code": "string", "error_message": "string", "error_retryable": "boolean"}
    for feature in _viralnow.feature_dictionary():
        if feature["kind"] in ("string", "boolean"):
            name = feature["name"].replace(".", "_")
            kinds[name.removeprefix("media_")] = feature["kind"]
    return {name: kinds.get(name, "number") for name in _viralnow.error_row("INTERNAL", "")}
