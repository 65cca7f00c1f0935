"""Trending clips: score, filter, take copies out, rank; the weekly loop; how it would have done.

Clips are dicts as the specification has them (``id``, ``title``, ``platform``, ``views``, ...). Nothing here needs
a key.

>>> import viralnow
>>> slow = {"id": "a", "views": 900_000, "views_last_24h": 1_000}
>>> fast = {"id": "b", "views": 300_000, "views_last_24h": 250_000}
>>> found = viralnow.clips.find([slow, fast])
>>> [scored.clip.id for scored in found.clips]
['b', 'a']
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timezone
from typing import Any

from ._call import settings_only
from ._inputs import _path
from ._view import View, plain, view

__all__ = [
    "ab_test",
    "backtest",
    "canonical_url",
    "check_config",
    "convert",
    "find",
    "learn",
    "read",
    "score",
    "write",
]

Path = str | os.PathLike[str]
Clip = Mapping[str, Any]
History = Mapping[str, Any]


def find(
    clips: Iterable[Clip],
    *,
    config: Mapping[str, Any] | None = None,
    histories: Sequence[History] = (),
    hashes: Sequence[str | None] = (),
    duplicates: Mapping[str, Any] | None = None,
    now: datetime | str | None = None,
) -> View:
    """The ranked list: ``clips`` (each with ``clip``, ``virality``, ``contributions`` that sum to its final score,
    and an ``explanation``), ``summary`` and ``copies``.

    `config` is the content of ``viral_clips_config.json``. `histories` are ``{"platform", "id", "snapshots": [{"time",
    "views", ...}]}``; with two snapshots a clip has a velocity. `hashes` are phashes of the clips' pictures in their
    order, as text. `duplicates` may set ``hash_radius``, ``title_similarity`` and ``largest_cluster``. `now` is the
    moment of scoring.
    """
    settings = _input(clips, config, histories, now)
    settings |= {"hashes": [None if h is None else str(h) for h in hashes], "duplicates": duplicates}
    return View(settings_only("clips.find", **settings)[0])


def score(
    clips: Iterable[Clip],
    *,
    config: Mapping[str, Any] | None = None,
    histories: Sequence[History] = (),
    now: datetime | str | None = None,
) -> tuple[View, ...]:
    """The clips scored among each other, in their order; nothing is left out."""
    scored: tuple[View, ...] = view(settings_only("clips.score", **_input(clips, config, histories, now))[0])
    return scored


def _input(
    clips: Iterable[Clip],
    config: Mapping[str, Any] | None,
    histories: Sequence[History],
    now: datetime | str | None,
) -> dict[str, Any]:
    if isinstance(now, datetime):
        now = (now if now.tzinfo else now.replace(tzinfo=timezone.utc)).isoformat()
    return {"clips": [_plain(clip) for clip in clips], "config": config, "histories": list(histories), "now": now}


def _plain(value: Any) -> Any:
    return value.to_dict() if isinstance(value, View) else value


def read(path: Path) -> View:
    """Clips from a file: the specification's JSON, JSON Lines, CSV, XLSX or Parquet. ``clips``, ``left_out`` (rows that
    are no clips) and ``reasons``."""
    return View(settings_only("clips.read", path=_path(path, "path"))[0])


def write(clips: Iterable[Any], path: Path, *, summary: Mapping[str, Any] | None = None) -> None:
    """Writes what `find` or `score` gave, as ``.json`` (the specification's document), ``.jsonl``, ``.csv`` or
    ``.xlsx`` (no cell is taken for a formula) or ``.parquet``."""
    name = _path(path, "path")
    suffix = os.path.splitext(name)[1].lstrip(".").lower()
    scored = [{k: v for k, v in _plain(clip).items() if k != "explanation"} for clip in clips]
    settings = {"clips": scored, "format": suffix, "summary": plain(view(dict(summary))) if summary else None}
    _, file = settings_only("clips.write", **settings)
    with open(name, "wb") as out:
        out.write(file or b"")


def convert(path: Path, to: Path) -> View:
    """Writes the clips of one file as another, both by their names; memory does not grow with them. ``written``,
    ``left_out`` and ``reasons``."""
    return View(settings_only("clips.convert", path=_path(path, "path"), to=_path(to, "to"))[0])


def backtest(path: Path, *, held_out: bool = False) -> tuple[View, ...]:
    """How this ranking and others would have done on a CSV table of daily lists (``snapshot_time, video_id, views,
    ...``): a row for each method, objective and task. `held_out` judges only what the model was not fitted to, for
    the tables that it was trained on."""
    rows: tuple[View, ...] = view(settings_only("clips.backtest", path=_path(path, "path"), held_out=held_out)[0])
    return rows


def canonical_url(url: str) -> str | None:
    """The platform and id of a post's address, the same for all its forms.

    >>> import viralnow
    >>> viralnow.clips.canonical_url("https://youtu.be/abc?t=3")
    'youtube:abc'
    """
    canonical: str | None = settings_only("clips.canonical_url", url=url)[0]
    return canonical


def check_config(config: Mapping[str, Any]) -> View:
    """The configuration with its defaults; `InvalidConfigError` names everything that is wrong with it at once."""
    return View(settings_only("clips.check_config", config=config)[0])


def learn(
    week: str,
    lists: Sequence[Mapping[str, Any]],
    *,
    state: Mapping[str, Any] | None = None,
    prior: Sequence[float] | None = None,
) -> View:
    """One step of the weekly loop: ``weights`` of views, velocity, growth, engagement and relevance, the log's
    ``refit``, and the ``state`` for the next week.

    Each list has ``features`` (a row of the five values for each clip, None where unknown) and ``outcomes`` (what
    came).
    """
    settings = {"week": week, "lists": [dict(one) for one in lists], "state": _plain(state), "prior": prior}
    return View(settings_only("clips.learn", **settings)[0])


def ab_test(first: tuple[int, int], second: tuple[int, int], *, least: float = 0.001) -> View:
    """Two captions against each other, each as ``(shown, taken)``: ``second_is_better`` (a probability), ``loss`` of
    keeping either, ``rates``, and ``keep`` (0, 1, or None to go on) once it may lose less than `least` in rate.

    >>> import viralnow
    >>> viralnow.clips.ab_test((1000, 50), (1000, 80)).keep
    1
    """
    counts = [dict(zip(("shown", "taken"), variant, strict=True)) for variant in (first, second)]
    return View(settings_only("clips.ab_test", first=counts[0], second=counts[1], least=least)[0])
