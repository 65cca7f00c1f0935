"""Trending clips: the list, its reasons, files, the weekly loop."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

import pytest

import viralnow
from viralnow.exceptions import InvalidConfigError, InvalidInputError

EXAMPLES = Path(__file__).parents[2] / "examples/clips"


def test_the_sample_is_ranked_and_written(tmp_path: Path) -> None:
    read = viralnow.clips.read(EXAMPLES / "sample_clips.json")
    config = json.loads((EXAMPLES / "viral_clips_config.json").read_text())
    found = viralnow.clips.find(read.clips, config=config, now=datetime(2026, 1, 1))
    scores = [scored.clip.scores.final_score for scored in found.clips]
    assert scores == sorted(scores, reverse=True) and found.summary.total_clips == 62
    for scored in found.clips:
        assert sum(c.contribution for c in scored.contributions) == pytest.approx(scored.clip.scores.final_score)
        assert scored.clip.platform in config["platforms"] and scored.explanation
    for name in ("list.json", "list.csv"):
        viralnow.clips.write(found.clips, tmp_path / name, summary=found.summary)
        again = viralnow.clips.read(tmp_path / name)
        assert [clip.id for clip in again.clips] == [scored.clip.id for scored in found.clips]


def test_a_history_gives_a_velocity() -> None:
    day = "2026-01-0{}T00:00:00Z"
    history = {
        "platform": "youtube",
        "id": "a",
        "snapshots": [{"time": day.format(1), "views": 100}, {"time": day.format(2), "views": 5000}],
    }
    clip = {"id": "a", "platform": "youtube", "views": 5000}
    (alone,) = viralnow.clips.score([clip], now=day.format(2))
    (followed,) = viralnow.clips.score([clip], histories=[history], now=day.format(2))
    assert alone.virality.basis == "counts" and followed.virality.basis == "pace"
    assert followed.clip.views_last_24h == 4900


def test_wrong_configurations_and_clips_are_told() -> None:
    with pytest.raises(InvalidConfigError, match=r"did you mean platforms.*sum to 0\.5"):
        viralnow.clips.check_config({"platform": [], "scoring_weights": {"views": 0.5}})
    with pytest.raises(InvalidConfigError, match="id"):
        viralnow.clips.find([{"title": "no id"}])
    assert viralnow.clips.canonical_url("no address") is None


def test_the_weekly_loop_moves_the_weights() -> None:
    features = [[i * 7 % 50, i, None, i * 3 % 50, 0.5] for i in range(50)]
    first = viralnow.clips.learn("w1", [{"features": features, "outcomes": list(range(50))}])
    assert first.refit.accepted and first.weights[1] > 0.8
    poisoned = [{"features": features, "outcomes": [-x for x in range(50)]}]
    second = viralnow.clips.learn("w2", poisoned, state=first.state)
    third = viralnow.clips.learn("w3", [{"features": features, "outcomes": list(range(50))}], state=second.state)
    assert third.weights[1] > 0.6
    with pytest.raises(InvalidInputError):
        viralnow.clips.learn("w1", [])
    scores = viralnow.clips.explore(features, state=third.state)
    assert max(range(50), key=scores.__getitem__) == 49
    tried = viralnow.clips.explore(features, state=third.state, seed=1)
    assert tried == viralnow.clips.explore(features, state=third.state, seed=1) != scores
    back = viralnow.clips.roll_back(third.state)
    assert list(back.weights) == list(second.weights)
    with pytest.raises(InvalidInputError, match="state"):
        viralnow.clips.roll_back({"weights": [1]})


def test_the_content_score_learns_from_outcomes() -> None:
    captions = ["You won't believe this trick!", "Minutes of the annual meeting of members, part two"]
    assets = [viralnow.analyze(text=captions[i % 2]) for i in range(60)]
    outcomes = [1000.0 + i if i % 2 == 0 else float(i) for i in range(60)]
    first = viralnow.score.learn("w1", [(assets, outcomes)])
    assert first.refit.accepted and sum(first.points.to_dict().values()) == pytest.approx(50)
    learned = viralnow.score.apply(assets[0], first.state)
    before = assets[0].score
    assert before is not None and not before.calibrated and before.interval is None
    assert learned.viral > before.viral and learned.calibrated
    assert learned.interval[0] <= learned.interval[1]
    assert sum(c.contribution for c in learned.contributions) == pytest.approx(learned.viral)
    back = viralnow.score.roll_back(first.state)
    assert viralnow.score.apply(assets[0], back.state).viral == pytest.approx(before.viral)
    with pytest.raises(InvalidInputError):
        viralnow.score.learn("w1", [(assets[:5], outcomes[:5])])


def test_what_if_outliers_and_leaderboards() -> None:
    views = [1_000_000, 2_000_000, 50_000_000, 7_000_000]
    clips = [
        {"id": str(i), "channel": "ours", "niche": "games" if i % 2 else "music", "views": v, "views_last_24h": v // 2}
        for i, v in enumerate(views)
    ]
    assert viralnow.clips.outlier_scores([*clips, {"id": "x", "views": 9}]) == [v / 4_500_000 for v in views] + [None]
    before = viralnow.clips.score(clips)
    same = viralnow.clips.what_if(clips, 0, {})
    assert same.clip.scores.final_score == before[0].clip.scores.final_score and same.explanation
    more = viralnow.clips.what_if(clips, 0, {"views": 90_000_000, "views_last_24h": 89_000_000})
    assert more.clip.scores.final_score > before[0].clip.scores.final_score and more.clip.views == 90_000_000
    with pytest.raises(InvalidInputError, match="at: 4"):
        viralnow.clips.what_if(clips, 4, {})
    boards = viralnow.clips.leaderboard(viralnow.clips.find(clips).clips, most=1)
    assert [(niche, [s.clip.id for s in boards[niche]]) for niche in boards] == [("games", ["3"]), ("music", ["2"])]


def test_the_weekly_loop_is_tried_on_a_table(tmp_path: Path) -> None:
    """Clip i gains i a day whatever its views, which say the opposite: a loop that learns must find it."""
    rows = [f"2024-01-{day:02},v{i},{10_000 * (40 - i) + day * 10 * i}\n" for day in range(1, 30) for i in range(40)]
    (tmp_path / "lists.csv").write_text("snapshot_time,video_id,views\n" + "".join(rows))
    weeks = viralnow.clips.weekly_backtest(tmp_path / "lists.csv")
    assert len(weeks.learned) == len(weeks.fixed) == 3 and all(refit.accepted for refit in weeks.log)
    assert weeks.mean.learned == 1.0 > weeks.mean.fixed == pytest.approx(sum(weeks.fixed) / 3)
    poisoned = viralnow.clips.weekly_backtest(tmp_path / "lists.csv", poisoned=0)
    assert poisoned.learned[0] < weeks.learned[0]
    (tmp_path / "short.csv").write_text("snapshot_time,video_id,views\n2024-01-01,a,5\n")
    with pytest.raises(InvalidInputError, match="two weeks"):
        viralnow.clips.weekly_backtest(tmp_path / "short.csv", objective="growth")
