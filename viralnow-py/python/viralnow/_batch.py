"""The result of many calls."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, overload

from . import _viralnow
from ._analysis import Analysis
from ._table import Table
from .exceptions import ViralNowError

if TYPE_CHECKING:
    from ._types import Cell

__all__ = ["Batch"]


class Batch(Sequence["Analysis | ViralNowError"], Table):
    """One entry per asset, in the order of the sources: an `Analysis`, or the exception that this asset ended with.

    ``batch.analyses`` and ``batch.errors`` part them; `to_pandas`, `to_arrow` and Arrow's C stream give one flat row
    per asset, with the same columns for all, errors among them.
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

    def columns(self) -> dict[str, list[Cell]]:
        """The rows as a table: column to values."""
        rows = self.rows()
        return {name: [row[name] for row in rows] for name in self._kinds()}

    def _kinds(self) -> dict[str, str]:
        return _columns()

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
