"""The weekly loop of the content score: what came of the assets moves what each feature counts for.

A payload's score (`Analysis.score`) begins as a documented prior and says that it is uncalibrated. `learn` takes what
came of assets, week by week, and `apply` gives a payload's score by what was learned.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ._call import settings_only
from ._view import View

if TYPE_CHECKING:
    from ._analysis import Analysis

__all__ = ["apply", "learn", "roll_back"]


def learn(
    week: str,
    lists: Sequence[tuple[Sequence[Analysis | View | Mapping[str, Any]], Sequence[float | None]]],
    *,
    state: Mapping[str, Any] | None = None,
) -> View:
    """One step of the weekly loop: the ``points`` that each feature can now add or take, the log's ``refit``, and the
    ``state`` for the next week (plain data: keep it as JSON).

    Each list is ``(assets, outcomes)``: analyses, or the scores of their payloads, that can be compared with each other
    (a channel's of a week), and what came of them, such as views after seven days; None where unknown. Directions and
    shapes stay; the points are refit by ridge regression centred on the prior, older weeks counting less, and a refit
    that ranks the last three weeks worse is not taken. Lists of less than ten assets teach nothing.
    """
    given = [{"scores": [_score(one) for one in assets], "outcomes": list(outcomes)} for assets, outcomes in lists]
    return View(settings_only("score.learn", week=week, lists=given, state=_plain(state))[0])


def apply(asset: Analysis | View | Mapping[str, Any], state: Mapping[str, Any] | None = None) -> View:
    """An asset's score by what was learned: ``viral``, ``contributions``, and once 50 outcomes are known an
    ``interval``: where four of five assets of such a score came to lie among those they were listed with, in percent.

    >>> import viralnow
    >>> analysis = viralnow.analyze(text="You won't believe this trick!")
    >>> viralnow.score.apply(analysis).viral == analysis.score.viral
    True
    """
    return View(settings_only("score.apply", score=_score(asset), state=_plain(state))[0])


def roll_back(state: Mapping[str, Any]) -> View:
    """Goes back to the points before the last week, and forgets it: ``state`` and ``points``."""
    return View(settings_only("score.roll_back", state=_plain(state))[0])


def _score(asset: Any) -> Any:
    return _plain(asset if isinstance(asset, (View, Mapping)) else asset.score)


def _plain(value: Any) -> Any:
    return value.to_dict() if isinstance(value, View) else value
