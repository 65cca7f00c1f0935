"""Trending clips: score, filter, take copies out, rank; the weekly loop; how it would have done.

Clips are dicts as the specification has them (``id``, ``title``, ``platform``, ``views``, ...), wherever they come
from: a source of your own is any code that makes such dicts. Only `fetch`, which asks the platforms, needs a key.

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
from typing import TYPE_CHECKING, Any

from ._call import settings_only
from ._clip_list import BacktestTable, Found, ScoredClips
from ._inputs import _path
from ._view import View, plain, view

if TYPE_CHECKING:
    from .audio import Fingerprint

__all__ = [
    "ab_test",
    "backtest",
    "canonical_url",
    "check_config",
    "convert",
    "explore",
    "fetch",
    "find",
    "leaderboard",
    "learn",
    "outlier_scores",
    "read",
    "read_ytdlp",
    "roll_back",
    "score",
    "weekly_backtest",
    "what_if",
    "write",
]

Path = str | os.PathLike[str]
Clip = Mapping[str, Any]
History = Mapping[str, Any]


def fetch(
    source: str,
    query: Mapping[str, Any] | None = None,
    *,
    token: str | None = None,
    cursor: str | None = None,
    max_pages: int = 10,
    max_clips: int | None = None,
    base_url: str | None = None,
    timeout_s: float = 30.0,
    max_response_bytes: int = 16 << 20,
    max_wall_s: float | None = None,
    retry: Mapping[str, Any] | None = None,
    token_in_query: bool | None = None,
) -> Found:
    """Clips from a platform: ``clips``, ``snapshots`` (what `find` takes as `histories`), ``pages``, ``usage`` (what
    it has cost and what is left), ``left_out`` with ``reasons``, ``next`` (the `cursor` to go on from) and
    ``stopped_by``.

    Whatever goes wrong on the way is no exception: ``stopped_by`` is then ``{"code", "message", "retryable",
    "context"}``, such as ``"QUOTA_EXCEEDED"`` with ``context.resets_at``, and what came before it is kept. A wrong
    query or a missing token is an exception.

    `source` and `query` are

    - ``"youtube"``: ``region``, ``category``, ``page_size`` of the chart, or ``ids``;
    - ``"tiktok_research"`` (approved non-profit researchers only): ``start_date``, ``end_date``, ``hashtags``,
      ``keywords``, ``regions``, ``usernames``, or a ``query`` in the interface's own form;
    - ``"tiktok_display"``: nothing, or ``ids``: the user's own videos;
    - ``"instagram"``: ``user_id`` with ``hashtag`` and ``edge`` (``"top_media"``, ``"recent_media"``), or with
      ``insights`` for one's own media;
    - ``"x"``: ``query`` in X's own language, ``sort_order``, ``start_time``, ``since_id``, ``field_names``.

    Without `token` it is read from ``VIRALNOW_YOUTUBE_KEY``, ``VIRALNOW_TIKTOK_RESEARCH_TOKEN``,
    ``VIRALNOW_TIKTOK_DISPLAY_TOKEN``, ``VIRALNOW_INSTAGRAM_TOKEN`` or ``VIRALNOW_X_TOKEN``. `retry` may set
    ``tries``, ``base_s``, ``most_s`` and ``max_wait_s``. The token goes in a header, to Instagram in the address, as
    its documentation has it; `token_in_query` says otherwise. Ctrl-C ends it.
    """
    settings: dict[str, Any] = {
        "source": source,
        "query": dict(query) if query is not None else None,
        "token": token,
        "cursor": cursor,
        "max_pages": max_pages,
        "max_clips": max_clips,
        "base_url": base_url,
        "timeout_s": timeout_s,
        "max_response_bytes": max_response_bytes,
        "max_wall_s": max_wall_s,
        "retry": dict(retry) if retry is not None else None,
        "token_in_query": token_in_query,
    }
    return Found(settings_only("clips.fetch", **settings)[0])


def find(
    clips: Iterable[Clip],
    *,
    config: Mapping[str, Any] | None = None,
    histories: Sequence[History] = (),
    hashes: Sequence[str | None] = (),
    sounds: Sequence[Fingerprint | str | None] = (),
    videos: Sequence[View | str | None] = (),
    duplicates: Mapping[str, Any] | None = None,
    now: datetime | str | None = None,
) -> Found:
    """The ranked list: ``clips`` (each with ``clip``, ``virality``, ``contributions`` that sum to its final score,
    and an ``explanation``), ``summary`` and ``copies``.

    `config` is the content of ``viral_clips_config.json``. `histories` are ``{"platform", "id", "snapshots": [{"time",
    "views", ...}]}``; with two snapshots a clip has a velocity. `hashes` are phashes of the clips' pictures in their
    order, as text; `sounds` and `videos` what `viralnow.audio.fingerprint` and `viralnow.vision.fingerprint` give, or
    its ``base64``; None where unknown. `duplicates` may set ``hash_radius``, ``title_similarity``, ``sound_share`` and
    ``largest_cluster``. `now` is the moment of scoring.

    The answer is a table too, one row a clip (`to_pandas`, `to_arrow`, HTML in a notebook); its ``clips`` are one for
    whatever reads Arrow's C stream, polars and duckdb for example. So is what `score`, `read`, `fetch` and `backtest`
    give.
    """
    settings = _input(clips, config, histories, now)
    settings |= {"hashes": [None if h is None else str(h) for h in hashes], "duplicates": duplicates}
    settings |= {"sounds": _prints(sounds), "videos": _prints(videos)}
    return Found(settings_only("clips.find", **settings)[0])


def _prints(prints: Iterable[Any]) -> list[str | None]:
    return [print if print is None or isinstance(print, str) else print.base64 for print in prints]


def score(
    clips: Iterable[Clip],
    *,
    config: Mapping[str, Any] | None = None,
    histories: Sequence[History] = (),
    now: datetime | str | None = None,
) -> ScoredClips:
    """The clips scored among each other, in their order; nothing is left out."""
    return ScoredClips(settings_only("clips.score", **_input(clips, config, histories, now))[0])


def what_if(
    clips: Iterable[Clip],
    at: int,
    change: Mapping[str, Any],
    *,
    config: Mapping[str, Any] | None = None,
    histories: Sequence[History] = (),
    now: datetime | str | None = None,
) -> View:
    """The scored clip, as `score` gives it, that the one at place `at` would be among the others with some of its keys
    changed: what if it had twice the likes, or came today?

    >>> import viralnow
    >>> clips = [{"id": id, "views": 900_000, "views_last_24h": new} for id, new in [("a", 1_000), ("b", 800_000)]]
    >>> before = viralnow.clips.score(clips)[0].clip.scores.final_score
    >>> viralnow.clips.what_if(clips, 0, {"views_last_24h": 850_000}).clip.scores.final_score > before
    True
    """
    settings = _input(clips, config, histories, now) | {"at": at, "change": dict(change)}
    return View(settings_only("clips.what_if", **settings)[0])


def leaderboard(clips: Iterable[Any], *, most: int = 10) -> View:
    """The best of each niche, of clips in the order in which `find` gave them: the clip's own niche where it is known,
    else every keyword that was found in it.

    >>> import viralnow
    >>> clips = [{"id": "a", "niche": "games", "views": 10}, {"id": "b", "niche": "music", "views": 20}]
    >>> boards = viralnow.clips.leaderboard(viralnow.clips.find(clips).clips)
    >>> [(niche, [scored.clip.id for scored in boards[niche]]) for niche in boards]
    [('games', ['a']), ('music', ['b'])]
    """
    return View(settings_only("clips.leaderboard", clips=_without_words(clips), most=most)[0])


def _without_words(clips: Iterable[Any]) -> list[dict[str, Any]]:
    """Scored clips as they are taken back: the explanation is made of the rest."""
    return [{k: v for k, v in _plain(clip).items() if k != "explanation"} for clip in clips]


def outlier_scores(clips: Iterable[Clip]) -> list[float | None]:
    """How far each clip stands out of its own channel: its views over the median of the channel's clips. None where the
    channel or the views are unknown, or the channel has fewer than three clips.

    >>> import viralnow
    >>> ours = [{"id": str(i), "channel": "ours", "views": views} for i, views in enumerate([100, 200, 5000])]
    >>> viralnow.clips.outlier_scores(ours)
    [0.5, 1.0, 25.0]
    """
    scores: list[float | None] = settings_only("clips.outlier_scores", clips=[_plain(clip) for clip in clips])[0]
    return scores


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


def read(path: Path) -> Found:
    """Clips from a file: the specification's JSON, JSON Lines, CSV, XLSX or Parquet. ``clips``, ``left_out`` (rows that
    are no clips) and ``reasons``."""
    return Found(settings_only("clips.read", path=_path(path, "path"))[0])


def read_ytdlp(path: Path | None = None, *, text: str | None = None) -> Found:
    """Clips of what ``yt-dlp -J`` (or ``-j``) printed, as a file or as text: ``clips``, ``snapshots`` (what `find`
    takes as `histories`), ``left_out`` and ``reasons``. A count that yt-dlp does not give is None.

    >>> import viralnow
    >>> read = viralnow.clips.read_ytdlp(text='{"id": "a", "extractor_key": "TikTok", "view_count": 5}')
    >>> read.clips[0].platform, read.clips[0].views, read.clips[0].likes
    ('tiktok', 5, None)
    """
    name = None if path is None else _path(path, "path")
    return Found(settings_only("clips.read_ytdlp", path=name, text=text)[0])


def write(clips: Iterable[Any], path: Path, *, summary: Mapping[str, Any] | None = None) -> None:
    """Writes what `find` or `score` gave, as ``.json`` (the specification's document), ``.jsonl``, ``.csv`` or
    ``.xlsx`` (no cell is taken for a formula) or ``.parquet``."""
    name = _path(path, "path")
    suffix = os.path.splitext(name)[1].lstrip(".").lower()
    said = plain(view(dict(summary))) if summary else None
    settings = {"clips": _without_words(clips), "format": suffix, "summary": said}
    _, file = settings_only("clips.write", **settings)
    with open(name, "wb") as out:
        out.write(file or b"")


def convert(path: Path, to: Path) -> View:
    """Writes the clips of one file as another, both by their names; memory does not grow with them. ``written``,
    ``left_out`` and ``reasons``."""
    return View(settings_only("clips.convert", path=_path(path, "path"), to=_path(to, "to"))[0])


def backtest(path: Path, *, held_out: bool = False) -> BacktestTable:
    """How this ranking and others would have done on a CSV table of daily lists (``snapshot_time, video_id, views,
    ...``): a row for each method, objective and task. `held_out` judges only what the model was not fitted to, for
    the tables that it was trained on."""
    return BacktestTable(settings_only("clips.backtest", path=_path(path, "path"), held_out=held_out)[0])


def weekly_backtest(
    path: Path, *, objective: str = "gain", prior: Sequence[float] | None = None, poisoned: int | None = None
) -> View:
    """How the weekly loop (`learn`) would have done on a table as `backtest` reads it: precision at a tenth of each
    week from the second on, with the weights ``learned`` before it and with the first ones (``fixed``), the ``mean`` of
    both, and the loop's ``log``. `objective` is ``"gain"`` or ``"growth"``; the outcomes of week `poisoned` (from 0)
    are turned around before it is learned from, as a broken source would."""
    settings = {"path": _path(path, "path"), "objective": objective, "prior": prior, "poisoned": poisoned}
    return View(settings_only("clips.weekly_backtest", **settings)[0])


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


def explore(
    features: Sequence[Sequence[float | None]], *, state: Mapping[str, Any] | None = None, seed: int | None = None
) -> list[float]:
    """Scores of clips by what `learn` learned: weighted percentiles among each other of the five values of each clip.

    With a `seed`, by weights drawn from what the weeks leave open (Thompson sampling), so that now and then what may be
    better is tried: for hosts that learn only of what they show. Another seed for each ranking.

    >>> import viralnow
    >>> viralnow.clips.explore([[100, 3, 0, 0, 0], [200, 5, 0, 0, 0]])
    [0.325, 0.675]
    """
    settings = {"features": [list(row) for row in features], "state": _plain(state), "seed": seed}
    scores: list[float] = settings_only("clips.explore", **settings)[0]
    return scores


def roll_back(state: Mapping[str, Any]) -> View:
    """Goes back to the weights before the last week, and forgets it: ``state`` and ``weights``."""
    return View(settings_only("clips.roll_back", state=_plain(state))[0])


def ab_test(first: tuple[int, int], second: tuple[int, int], *, least: float = 0.001) -> View:
    """Two captions against each other, each as ``(shown, taken)``: ``second_is_better`` (a probability), ``loss`` of
    keeping either, ``rates``, and ``keep`` (0, 1, or None to go on) once it may lose less than `least` in rate.

    >>> import viralnow
    >>> viralnow.clips.ab_test((1000, 50), (1000, 80)).keep
    1
    """
    counts = [dict(zip(("shown", "taken"), variant, strict=True)) for variant in (first, second)]
    return View(settings_only("clips.ab_test", first=counts[0], second=counts[1], least=least)[0])
