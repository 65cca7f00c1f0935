"""What the log answers: calls, functions, errors."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timezone
from html import escape
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from ..exceptions import InvalidConfigError

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Call", "Rows", "micros", "query", "rows_of"]

T = TypeVar("T")

_FUNCTION = ("function_name", "module")
FUNCTIONS = (*_FUNCTION, "calls", "errors", "success_rate", "mean_s", "p50_s", "p95_s", "p99_s")
ERRORS = (*_FUNCTION, "kind", "message", "stack", "count", "first", "last", "last_call")
_COUNTED = ("calls", "timed", "errors", "cancelled", "sum_s", "level", "p50_s", "p95_s", "p99_s")
COUNTS = ("id", "name", "module", "file", "line", *_COUNTED)
EVENTS = ("id", "ts", "topic", "correlation_id", "data")


def time_of(us: int) -> datetime:
    return datetime.fromtimestamp(us / 1e6, timezone.utc)


def micros(moment: datetime | float | None) -> int | None:
    """Microseconds since 1970; a time without a zone is the machine's, as `datetime.now()` gives it."""
    if moment is None:
        return None
    try:
        return round((moment.timestamp() if isinstance(moment, datetime) else float(moment)) * 1e6)
    except (TypeError, ValueError, OverflowError) as error:
        raise InvalidConfigError(f"a time is a datetime or seconds since 1970, not {moment!r}") from error


@dataclass(frozen=True)
class Call:
    """One call, as the log has it. ``timestamp`` is when it began, in UTC; ``duration`` is in seconds."""

    id: int
    function_name: str
    module: str
    timestamp: datetime
    duration: float
    status: str
    span: int
    parent: int
    cpu_s: float | None
    rss_kib: int | None
    args: str | None
    result: str | None
    error_kind: str | None
    error: str | None
    stack: str | None
    correlation_id: str | None
    asset_id: str | None
    file: str
    line: int
    pid: int

    @property
    def error_message(self) -> str | None:
        """The same as ``error``."""
        return self.error

    @property
    def success(self) -> bool:
        """Whether it ended well."""
        return self.status == "completed"


class Rows(list[T], Generic[T]):
    """Rows of the log: a list that is also a table. ``columns`` are those of the table when there are no rows."""

    columns: tuple[str, ...] = ()

    def to_pandas(self) -> pd.DataFrame:
        """One row each."""
        import pandas as pd

        rows = [_plain(row) for row in self]
        made: pd.DataFrame = pd.DataFrame(rows) if rows else pd.DataFrame(columns=list(self.columns))
        return made

    def _repr_html_(self) -> str:
        return table([_plain(row) for row in self[:100]])


def _plain(row: Any) -> dict[str, Any]:
    return dict(row) if isinstance(row, dict) else {field.name: getattr(row, field.name) for field in fields(row)}


def table(rows: Sequence[dict[str, Any]]) -> str:
    """Rows as a table of HTML; columns that are empty throughout are left out."""
    names = [name for name in (rows[0] if rows else {}) if any(row.get(name) not in (None, "", 0) for row in rows)]

    def cell(value: Any) -> str:
        text = "" if value is None else f"{value:.6g}" if isinstance(value, float) else str(value)
        return f"<td>{escape(text[:200])}</td>"

    head = "".join(f"<th>{escape(name)}</th>" for name in names)
    body = "".join("<tr>" + "".join(cell(row.get(name)) for name in names) + "</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def call_of(entry: dict[str, Any]) -> Call:
    made = dict(entry)
    return Call(timestamp=time_of(made.pop("start_us")), duration=made.pop("duration_s"), **made)


def query(ask: Callable[..., Any], settings: dict[str, Any], limit: int) -> Rows[Call]:
    """Calls that fit, page by page up to the limit; ``ask`` calls the core."""
    if isinstance(limit, bool) or not isinstance(limit, int) or limit < 1:
        raise InvalidConfigError(f"limit is a whole number from 1 on, not {limit!r}", {"setting": "limit"})
    rows: Rows[Call] = Rows()
    rows.columns = tuple(field.name for field in fields(Call))
    after: int | None = None
    while len(rows) < limit:
        most = min(limit - len(rows), 10_000)
        page = ask("query", **settings, limit=most, after=after)
        rows.extend(call_of(entry) for entry in page["entries"])
        after = page["next"]
        if after is None or not page["entries"]:
            break
    return rows


def rows_of(found: Iterable[dict[str, Any]], columns: tuple[str, ...]) -> Rows[dict[str, Any]]:
    """Rows of these columns; what the core tells in microseconds since 1970 is a time."""
    rows: Rows[dict[str, Any]] = Rows()
    rows.columns = columns
    for row in found:
        times = {name.removesuffix("_us"): time_of(v) for name, v in row.items() if name.endswith("_us")}
        rows.append({name: times[name] if name in times else row[name] for name in columns})
    return rows
