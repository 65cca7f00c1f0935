"""Clips over time, by the specification's names."""

from __future__ import annotations

import json
import pickle
from pathlib import Path

import pytest

import viralnow
from viralnow.data_access import ViralClipDataAccess, ViralMovementsDataAccess, create_sample_data
from viralnow.exceptions import InvalidConfigError, InvalidInputError, NotFoundError, SchemaMismatchError


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_quick_start_runs_on_nothing_and_on_the_sample(folder: Path) -> None:
    empty = ViralMovementsDataAccess()
    assert (
        len(empty.get_movements_by_score(min_score=15, limit=5)) == 0
        and empty.get_performance_summary().total_clips == 0
    )
    (folder / "viral_clips.db").unlink()
    assert create_sample_data() == create_sample_data() == "viral_clips_data.json"
    data_access = ViralMovementsDataAccess()
    top_movements = data_access.get_movements_by_score(min_score=15, limit=5)
    assert 0 < len(top_movements) <= 5 and top_movements.total >= len(top_movements)
    scores = [clip.scores.final_score for clip in top_movements]
    assert scores == sorted(scores, reverse=True) and min(scores) >= 15
    youtube_movements = data_access.filter_movements(platform="youtube")
    assert youtube_movements and all(clip["platform"] == "youtube" for clip in youtube_movements)
    summary = data_access.get_performance_summary()
    assert summary.total_clips == 50 and {"filtered_clips", "processing_time", "timestamp"} <= set(summary)


def test_the_data_access_methods(folder: Path) -> None:
    create_sample_data()
    data_access = ViralClipDataAccess()
    high_score_clips = data_access.get_clips_by_score(min_score=15, max_score=25)
    assert all(15 <= clip.scores.final_score <= 25 for clip in high_score_clips)
    platform_clips = data_access.filter_clips(platform="youtube")
    assert platform_clips == data_access.get_clips_by_platform("YouTube")
    # The sample is of January 2024.
    assert len(data_access.get_clips_by_timeframe(hours=24)) == 0
    recent_clips = data_access.get_clips_by_timeframe(hours=48, now="2024-01-08T10:30:00Z")
    assert recent_clips and all(clip.age_hours <= 48 for clip in recent_clips)
    trending = data_access.get_trending_clips(growth_threshold=3.0)
    growth = [clip.growth_6h for clip in trending]
    assert growth and growth == sorted(growth, reverse=True) and growth[-1] >= 3.0
    data_access.export_clips("clips_export.json", format="json")
    exported = json.loads((folder / "clips_export.json").read_text())
    assert len(exported["clips"]) == 50 and exported["summary"]["total_clips"] == 50
    before = json.loads((folder / "viral_clips_data.json").read_text())["clips"]
    key = lambda clip: clip["id"]  # noqa: E731
    assert sorted(exported["clips"], key=key) == sorted(before, key=key)
    assert len(data_access.search_clips("speed run")) == sum("Speed run" in clip["title"] for clip in before)


def test_both_names_answer(folder: Path) -> None:
    names = [name for name in dir(ViralClipDataAccess) if "movements" in name]
    assert len(names) >= 8
    for name in names:
        assert getattr(ViralMovementsDataAccess, name) is getattr(
            ViralClipDataAccess, name.replace("movements", "clips")
        )


def test_looks_become_growth_and_a_velocity(folder: Path) -> None:
    store = ViralClipDataAccess("clips.db")
    look = {"id": "a", "platform": "youtube", "views": 1000, "own": {"kept": [1]}}
    assert store.put([look], at="2024-01-07T10:30:00Z").new == 1
    found = store.find([look | {"views": 90_000}], at="2024-01-08T10:30:00Z")
    assert found.clips[0].virality.basis == "pace"
    again = ViralClipDataAccess("clips.db")
    (clip,) = again.get_top_clips()
    assert clip.views_last_24h == 89_000 and clip.own.kept == (1,) and len(again) == 1
    assert again.histories([clip])[0]["snapshots"][0]["views"] == 1000
    assert again.put([look], at="2024-01-07T10:30:00Z").snapshots == 0
    assert again.put([look | {"views": 7}], at="2024-01-07T10:30:00Z").conflicts == 1
    # What is unknown passes and is told, unless one is strict.
    again.put([{"id": "b", "platform": "youtube", "views": 5}], at="2024-01-08T10:30:00Z")
    assert again.filter_clips(min_growth=2).unknown == (("growth_6h",),)
    assert len(again.filter_clips(min_growth=2, strict=True)) == 0
    features = [[i * 7 % 50, i, None, i * 3 % 50, 0.5] for i in range(50)]
    lists = [{"features": features, "outcomes": list(range(50))}]
    assert again.learn("w1", lists).weights == store.learn("w1", lists).weights
    assert again.erase("youtube", "a") and not again.erase("youtube", "a")


@pytest.mark.parametrize("name", ["list.json", "list.jsonl", "list.csv", "list.xlsx", "list.parquet"])
def test_files_of_every_kind_go_out_and_come_in(folder: Path, name: str) -> None:
    create_sample_data()
    data_access = ViralClipDataAccess("viral_clips_data.json")
    assert data_access.export_clips(name, platform="tiktok") == len(data_access.filter_clips(platform="tiktok"))
    again = ViralClipDataAccess(name)
    assert again.left_out is not None and again.left_out.left_out == 0
    pairs = [(clip.id, clip.views, clip.scores.final_score) for clip in again.get_all_clips()]
    assert pairs == [(c.id, c.views, c.scores.final_score) for c in data_access.get_clips_by_platform("tiktok")]
    assert viralnow.clips.convert(name, "converted.csv").written == len(pairs)


def test_other_programs_read_the_tables(folder: Path) -> None:
    create_sample_data()
    data_access = ViralClipDataAccess()
    clips = data_access.get_top_clips(limit=10)
    html = clips._repr_html_()
    assert html.count("<tr>") == 11 and "<script" not in html and "of 50" in html
    pd = pytest.importorskip("pandas")
    frame = clips.to_pandas()
    assert list(frame["id"]) == [clip.id for clip in clips] and str(frame["views"].dtype) == "UInt64"
    assert frame["final_score"].is_monotonic_decreasing and str(frame["growth_6h"].dtype) == "float64"
    assert list(data_access.filter_clips(search="nothing-has-this").to_pandas().dtypes) == list(frame.dtypes)
    pa = pytest.importorskip("pyarrow")
    assert pa.table(clips).num_rows == 10 and pa.table(clips).schema == clips[:2].to_arrow().schema
    parquet = pytest.importorskip("pyarrow.parquet")
    data_access.export_clips("list.parquet")
    read = parquet.read_table("list.parquet")
    assert read.num_rows == 50 and str(read.schema.field("views").type) == "uint64"
    read.select(["id", "views", "title"]).to_pandas().to_parquet("theirs.parquet")
    assert len(ViralClipDataAccess("theirs.parquet")) == 50
    assert pd.read_parquet("theirs.parquet")["views"].sum() == sum(c.views for c in data_access.get_all_clips())


def test_arrow_needs_no_pyarrow(folder: Path) -> None:
    create_sample_data()
    clips = ViralClipDataAccess().get_top_clips(limit=10)
    # A stream that nobody takes, and one that is taken in many batches.
    assert "arrow_array_stream" in repr(clips.__arrow_c_stream__())
    pa = pytest.importorskip("pyarrow")

    class Stream:
        def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
            columns = [
                ("text", "string", ["a", "\u00fc\U0001f600", None, ""]),
                ("count", "whole", [1, 2**64 - 1, None, 0]),
                ("number", "number", [1.5, None, float("inf"), -0.0]),
                ("truth", "boolean", [True, False, None, True]),
            ]
            return viralnow._viralnow.arrow_stream(columns, most_text=3)

    table = pa.table(Stream())
    table.validate(full=True)
    assert table.column("text").num_chunks == 3
    assert table.to_pydict() == {
        "text": ["a", "\u00fc\U0001f600", None, ""],
        "count": [1, 2**64 - 1, None, 0],
        "number": [1.5, None, float("inf"), -0.0],
        "truth": [True, False, None, True],
    }
    assert [str(kind) for kind in table.schema.types] == ["string", "uint64", "double", "bool"]
    for wrong in (
        [("a", "whole", [-1])],
        [("a", "string", [1])],
        [("a", "text", [])],
        [("a", "whole", [1]), ("b", "whole", [])],
    ):
        with pytest.raises((TypeError, ValueError, OverflowError)):
            viralnow._viralnow.arrow_stream(wrong)
    # The values are those of the clips, and stand where the table says after the list is gone.
    table = pa.table(clips)
    expected = [(clip.id, clip.views, clip.scores.final_score) for clip in clips]
    del clips
    assert (
        list(zip(*(table.column(name).to_pylist() for name in ("id", "views", "final_score")), strict=True)) == expected
    )


def test_every_result_of_clips_is_a_table(folder: Path) -> None:
    create_sample_data()
    read = viralnow.clips.read("viral_clips_data.json")
    found = viralnow.clips.find(read.clips, now="2024-01-08T10:30:00Z")
    scored = viralnow.clips.score(read.clips, now="2024-01-08T10:30:00Z")
    ids = [one.clip.id for one in found.clips]
    assert scored[:3] == list(scored)[:3] and isinstance(found.to_dict()["clips"][0], dict)
    assert pickle.loads(pickle.dumps(found)) == found and pickle.loads(pickle.dumps(scored)) == scored
    for table in (read, found, scored, found.clips, read.clips):
        assert table._repr_html_().count("<tr>") == 21
        assert "20 of 50" in table._repr_html_()
    assert found.columns()["id"] == ids and all(found.columns()["explanation"])
    pa = pytest.importorskip("pyarrow")
    schemas = {pa.table(table).schema for table in (read, found.clips, scored, viralnow.clips.score([]))}
    assert len(schemas) == 1 and pa.table(found.clips).column("id").to_pylist() == ids
    pytest.importorskip("pandas")
    assert list(found.to_pandas()["id"]) == ids
    header = "snapshot_time,video_id,views\n"
    rows = [f"2024-01-0{day},v{i},{1000 + i * day * 10}\n" for day in (1, 2, 3) for i in range(20)]
    (folder / "lists.csv").write_text(header + "".join(rows))
    frame = viralnow.clips.backtest("lists.csv").to_pandas()
    assert set(frame["method"]) >= {"default", "legacy"} and frame["p_at_10"].between(0, 1).all()


def test_html_is_escaped(folder: Path) -> None:
    store = ViralClipDataAccess(":memory:")
    store.put([{"id": "a", "title": "<script>alert(1)</script>", "views": 1}])
    assert "<script>" not in store.get_all_clips()._repr_html_()


def test_wrong_calls_are_told(folder: Path) -> None:
    with pytest.raises(NotFoundError):
        ViralClipDataAccess("no-such-file.json")
    (folder / "other.json").write_text("{}")
    with pytest.raises(InvalidInputError, match="clips"):
        ViralClipDataAccess("other.json")
    with pytest.raises(InvalidInputError):
        create_sample_data("other.json")
    with viralnow.Store("features.db"):
        pass
    with pytest.raises(SchemaMismatchError):
        ViralClipDataAccess("features.db")
    store = ViralClipDataAccess()
    with pytest.raises(InvalidConfigError):
        store.get_clips_by_score(min_score=20, max_score=10)
    with pytest.raises(InvalidConfigError, match="parquet"):
        store.export_clips("list.docx")
    with pytest.raises(InvalidConfigError):
        store.get_summary(no_such_filter=1)
