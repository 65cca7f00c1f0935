"""Clips over time: look at them, filter, search, sum up, write them out.

`ViralClipDataAccess` stands on one SQLite file, which several processes may use at once; it also opens a file of clips
(the specification's JSON, JSON Lines, CSV, XLSX, Parquet). All answers to two names, of *clips* and of *movements*.

>>> from viralnow.data_access import ViralClipDataAccess
>>> data_access = ViralClipDataAccess("clips.db")
>>> look = {"id": "a", "platform": "youtube", "title": "Epic Gaming Moment", "views": 1000}
>>> data_access.put([look], at="2024-01-08T04:30:00Z").new
1
>>> data_access.put([look | {"views": 4200}], at="2024-01-08T10:30:00Z").snapshots
1
>>> data_access.get_trending_clips(growth_threshold=3.0)[0].growth_6h
4.2
"""

from __future__ import annotations

import json
import os
import random
import shutil
import tempfile
import weakref
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, Final

from . import clips as _clips
from ._call import settings_only
from ._clip_list import ClipList, Found
from ._inputs import _path
from ._view import View, plain
from .exceptions import InvalidInputError, NotFoundError

__all__ = ["ClipList", "ViralClipDataAccess", "ViralMovementsDataAccess", "create_sample_data"]

_TABLES: Final = (".json", ".jsonl", ".ndjson", ".csv", ".tsv", ".xlsx", ".parquet")
_DEFAULTS: Final = ("viral_clips.db", "viral_clips_data.json", "data/viral_clips_data.json")
_Moment = datetime | str | None


class ViralClipDataAccess:
    """Clips, their scores and everything that was seen of them over time.

    Without a path: ``viral_clips.db`` in the working directory, or else ``viral_clips_data.json`` there or in ``data``,
    or else a new ``viral_clips.db``. A file of clips is read once, into a database of its own that ends with this
    object; it is never written.

    A filter on a value that is unknown lets the clip pass, and says so in the list's `unknown`, unless ``strict=True``.
    What is named after a value (`get_clips_by_score`, `get_clips_by_timeframe`, `get_trending_clips`, `get_top_clips`)
    gives clips of which it is known.
    """

    def __init__(self, path: str | os.PathLike[str] | None = None) -> None:
        name = _default() if path is None else _path(path, "path")
        self.source: Final = name
        self.left_out: View | None = None
        """Of a file of clips: what was not taken, and why."""
        if name == ":memory:" or name.lower().endswith(_TABLES):
            if name != ":memory:" and not os.path.exists(name):
                raise NotFoundError("no such file; check the path", {"path": name})
            folder = tempfile.mkdtemp(prefix="viralnow-")
            weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
            self._store = os.path.join(folder, "clips.db")
            if name != ":memory:":
                self.left_out = self.import_clips(name)
        else:
            self._store = os.path.abspath(name)
        # Makes the file where it is not there, and finds out now if it is another program's.
        self._call("store_summary")

    def _call(self, function: str, **settings: Any) -> Any:
        for name in ("at", "now"):
            moment = settings.get(name)
            if isinstance(moment, datetime):
                settings[name] = (moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)).isoformat()
        return settings_only(f"clips.{function}", path=self._store, **settings)[0]

    def _query(self, **settings: Any) -> ClipList:
        found = self._call("store_query", **_asked(settings))
        return ClipList(found["clips"], found["unknown"], found["explanations"], found["total"])

    # Clips in.

    def put(self, clips: Iterable[Any], *, at: _Moment = None) -> View:
        """Writes what was seen of clips at a moment: dicts as the specification has them, or what `viralnow.clips.find`
        and `score` gave. ``new``, ``updated``, ``unchanged``, ``snapshots``, ``conflicts`` and ``reasons``.

        Without `at` it is when each was scored (``metadata.processed_at``), or now. The same put again changes nothing;
        another count of the very same moment is refused and told, for nobody could say which is true.
        """
        return View(self._call("store_put", clips=[plain(clip) for clip in clips], at=at))

    def import_clips(self, path: str | os.PathLike[str], *, at: _Moment = None) -> View:
        """Puts the clips of a file, a few thousand at a time; ``left_out`` counts rows that are no clips."""
        return View(self._call("store_import", file=_path(path, "path"), at=at))

    def erase(self, platform: str, id: str) -> bool:
        """Removes every trace of a clip; says whether there was one."""
        return bool(self._call("store_erase", platform=platform, id=id))

    # Clips out.

    def filter_clips(
        self,
        *,
        platform: str | Sequence[str] | None = None,
        min_score: float | None = None,
        max_score: float | None = None,
        hours: float | None = None,
        min_growth: float | None = None,
        min_views: int | None = None,
        keywords: Sequence[str] | None = None,
        niche: str | None = None,
        search: str | None = None,
        order: str = "score",
        ascending: bool = False,
        limit: int | None = None,
        offset: int = 0,
        strict: bool = False,
        now: _Moment = None,
    ) -> ClipList:
        """The clips that all of these let through, in the `order` ``score``, ``growth``, ``views`` or ``newest``.

        `hours` is the age; `keywords` are words or phrases of which one must be there; of `search` all words must be
        there (``"in quotes"`` one after the other, ``gam*`` as a beginning).
        """
        settings = {name: value for name, value in locals().items() if name != "self"}
        return self._query(**settings)

    def get_clips_by_score(
        self, min_score: float | None = None, max_score: float | None = None, limit: int | None = None
    ) -> ClipList:
        """The clips whose final score lies between these, the best first."""
        least = 0.0 if min_score is None else min_score
        return self._query(min_score=least, max_score=max_score, limit=limit, strict=True)

    def get_clips_by_platform(self, platform: str | Sequence[str], limit: int | None = None) -> ClipList:
        """The clips of a platform, or of several, the best first."""
        return self._query(platform=platform, limit=limit)

    def get_clips_by_timeframe(self, hours: float = 24, limit: int | None = None, *, now: _Moment = None) -> ClipList:
        """The clips that were published in the last `hours`, the newest first."""
        return self._query(hours=hours, order="newest", strict=True, limit=limit, now=now)

    def get_trending_clips(self, growth_threshold: float = 3.0, limit: int | None = None) -> ClipList:
        """The clips whose views grew at least so many times in six hours, the fastest first."""
        return self._query(min_growth=growth_threshold, order="growth", strict=True, limit=limit)

    def get_top_clips(self, limit: int = 10) -> ClipList:
        """The best clips by final score."""
        return self._query(min_score=0.0, strict=True, limit=limit)

    def search_clips(self, query: str, limit: int | None = None) -> ClipList:
        """The clips that have all these words in title, tags, transcript or channel, the best first."""
        return self._query(search=query, limit=limit)

    def get_all_clips(self, limit: int | None = None) -> ClipList:
        """All clips, the best first."""
        return self._query(limit=limit)

    def get_summary(self, **query: Any) -> View:
        """The store, or what `filter_clips` would give for these arguments, in numbers: ``total_clips``,
        ``filtered_clips``, ``processing_time``, ``timestamp``, ``mean_final_score``, ``platforms``, ..."""
        return View(self._call("store_summary", **_asked(query)))

    get_performance_summary = get_summary

    def export_clips(self, path: str | os.PathLike[str], format: str | None = None, **query: Any) -> int:
        """Writes the clips, or those that `filter_clips` would give for these arguments, as ``json``, ``jsonl``,
        ``csv``, ``xlsx`` or ``parquet`` (by the file's name without `format`); gives their number. Memory does not grow
        with it."""
        done = self._call("store_export", to=_path(path, "path"), format=format, **_asked(query))
        return int(done["written"])

    def histories(self, clips: Iterable[Any]) -> list[dict[str, Any]]:
        """What was seen of these clips over time: what ``viralnow.clips.score`` and ``find`` take as `histories`."""
        known: list[dict[str, Any]] = self._call("store_histories", clips=[plain(clip) for clip in clips])
        return known

    def find(self, clips: Iterable[Any], *, at: _Moment = None, **settings: Any) -> Found:
        """`viralnow.clips.find` with what the store has seen of these clips; they and their scores are put into it."""
        looked = [plain(clip) for clip in clips]
        self.put(looked, at=at)
        moment = at if at is not None else datetime.now(timezone.utc)
        found = _clips.find(looked, histories=self.histories(looked), now=moment, **settings)
        self.put(found.clips, at=moment)
        return found

    def learn(
        self,
        week: str,
        lists: Sequence[Mapping[str, Any]],
        *,
        name: str = "default",
        prior: Sequence[float] | None = None,
    ) -> View:
        """`viralnow.clips.learn` with the state of this name in the store: ``refit``, ``weights``, ``log``. A week that
        was learned already is not learned again."""
        learned = self._call("store_learn", week=week, lists=[dict(one) for one in lists], name=name, prior=prior)
        return View(learned)

    def __len__(self) -> int:
        return int(self._call("store_summary")["total_clips"])

    def __bool__(self) -> bool:
        return True

    def __repr__(self) -> str:
        return f"viralnow.data_access.{type(self).__name__}({self.source!r})"

    # The same by the name of the specification's quick start.
    filter_movements = filter_clips
    get_movements_by_score = get_clips_by_score
    get_movements_by_platform = get_clips_by_platform
    get_movements_by_timeframe = get_clips_by_timeframe
    get_trending_movements = get_trending_clips
    get_top_movements = get_top_clips
    search_movements = search_clips
    get_all_movements = get_all_clips
    export_movements = export_clips
    import_movements = import_clips


class ViralMovementsDataAccess(ViralClipDataAccess):
    """`ViralClipDataAccess` by its other name."""


def create_sample_data(
    path: str | os.PathLike[str] = "viral_clips_data.json", clips: int = 50, *, seed: int = 0
) -> str:
    """Writes a document of invented clips, scored by `viralnow.clips.score`, and gives its path. Every title says that
    it is invented. A file that is there already is not written over, unless it is the same."""
    name = _path(path, "path")
    draw = random.Random(seed)
    now = datetime(2024, 1, 8, 10, 30, tzinfo=timezone.utc)
    topics = ("Epic gaming moment", "Funny cat", "Cooking in a minute", "Street dance", "Speed run", "Meme review")
    made = []
    for number in range(clips):
        views = int(10 ** draw.uniform(3, 6.5))
        growth = round(1 + draw.expovariate(0.5), 2)
        made.append(
            {
                "id": f"sample_{number}",
                "title": f"{draw.choice(topics)} {number} (invented)",
                "platform": draw.choice(("youtube", "tiktok", "instagram")),
                "views": views,
                "views_last_24h": int(views * draw.uniform(0.02, 0.9)),
                "likes": int(views * draw.uniform(0.01, 0.1)),
                "comments": int(views * draw.uniform(0.001, 0.02)),
                "shares": int(views * draw.uniform(0.0005, 0.01)),
                "age_hours": round(draw.uniform(25, 96), 1),
                "growth_6h": growth,
                "transcript": None,
                "thumbnail_url": None,
                "url": f"https://example.org/clips/{number}",
            }
        )
    scored = _clips.score(made, config={"niche_keywords": ["gaming", "memes", "funny"]}, now=now)
    summary = {"total_clips": clips, "filtered_clips": clips, "processing_time": 0.0}
    document = {
        "clips": [one.clip.to_dict() for one in scored],
        "summary": {**summary, "timestamp": now.isoformat().replace("+00:00", "Z"), "invented": True},
    }
    text = json.dumps(document, indent=2, ensure_ascii=False) + "\n"
    file = Path(name)
    if file.exists():
        if file.read_text(encoding="utf-8") != text:
            raise InvalidInputError("there is another file of this name; choose another path", {"path": name})
        return name
    file.write_text(text, encoding="utf-8")
    return name


def _default() -> str:
    return next((name for name in _DEFAULTS if os.path.exists(name)), _DEFAULTS[0])


def _asked(settings: dict[str, Any]) -> dict[str, Any]:
    platform = settings.pop("platform", None)
    if platform is not None:
        settings["platforms"] = [platform] if isinstance(platform, str) else list(platform)
    if isinstance(settings.get("keywords"), str):
        settings["keywords"] = [settings["keywords"]]
    return settings
