"""Many assets: order, errors as entries, time limits, and the flat rows."""

from __future__ import annotations

import pickle
import time

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

import viralnow
from conftest import DEMO, noise, png, sine
from viralnow import exceptions

TEXT = "Stop doing this every morning. Here is why."


@pytest.fixture(scope="module")
def batch() -> viralnow.Batch:
    return viralnow.analyze_many(
        [
            {"text": TEXT},
            "no-such-file.mp4",
            png(40, 30, (10, 20, 30)),
            {"audio": (sine(997, 0.1, 3, 48000), 48000)},
            {"audio": (np.array([0.0, np.nan]), 16000)},
            5,  # type: ignore[list-item]
            {"sauce": "x"},
            b"no medium",
            DEMO,
        ],
        threads=2,
    )


def test_order_and_errors(batch: viralnow.Batch) -> None:
    assert len(batch) == 9
    kinds = [item.media.kind if isinstance(item, viralnow.Analysis) else item.code for item in batch]
    assert kinds == [
        "text",
        "NOT_FOUND",
        "image",
        "audio",
        "INVALID_INPUT",
        "INVALID_INPUT",
        "INVALID_INPUT",
        "UNSUPPORTED_FORMAT",
        "video",
    ]
    assert sorted(batch.errors) == [1, 4, 5, 6, 7]
    assert isinstance(batch.errors[1], FileNotFoundError)
    assert [analysis.media.kind for analysis in batch.analyses] == ["text", "image", "audio", "video"]
    assert "NOT_FOUND" in repr(batch)
    assert isinstance(batch[2:4], viralnow.Batch)
    assert [a.media.kind for a in batch[2:4].analyses] == ["image", "audio"]


def test_an_entry_is_what_analyze_gives(batch: viralnow.Batch, demo: viralnow.Analysis) -> None:
    last = batch[-1]
    assert isinstance(last, viralnow.Analysis)
    for modality in ("audio", "voice", "text", "vision"):
        assert last.summary(modality) == demo.summary(modality)
    assert np.array_equal(last.vectors("audio", "mfcc"), demo.vectors("audio", "mfcc"))


def test_rows(batch: viralnow.Batch) -> None:
    rows = batch.rows()
    assert len({tuple(row) for row in rows}) == 1, "every row has the same columns in the same order"
    assert [row["error_code"] for row in rows] == [
        None,
        "NOT_FOUND",
        None,
        None,
        "INVALID_INPUT",
        "INVALID_INPUT",
        "INVALID_INPUT",
        "UNSUPPORTED_FORMAT",
        None,
    ]
    assert rows[1]["error_message"] == str(batch.errors[1])
    assert rows[1]["asset_id"] is None
    assert rows[3]["audio_loudness_integrated_lufs"] == pytest.approx(-23.01, abs=0.1)


def test_to_pandas(batch: viralnow.Batch) -> None:
    frame = batch.to_pandas()
    assert len(frame) == 9
    assert list(frame.columns) == list(batch.rows()[0])
    assert frame["kind"].tolist()[:1] == ["text"]
    assert frame["audio_loudness_integrated_lufs"].dtype == np.float64
    assert np.isnan(frame["audio_loudness_integrated_lufs"][0])
    assert frame["error_code"][1] == "NOT_FOUND"
    assert frame["error_retryable"].dtype == pd.BooleanDtype()
    assert not frame["error_retryable"][1]
    # Types do not depend on what is in the batch.
    other = viralnow.analyze_many([{"text": TEXT}]).to_pandas()
    assert other.dtypes.equals(frame.dtypes)
    empty = viralnow.analyze_many([]).to_pandas()
    assert len(empty) == 0
    assert empty.dtypes.equals(frame.dtypes)


def test_to_arrow(batch: viralnow.Batch) -> None:
    table = batch.to_arrow()
    assert table.num_rows == 9
    assert table.schema.field("text_language").type == pa.string()
    assert table.schema.field("score_viral").type == pa.float64()
    assert table.schema.field("score_calibrated").type == pa.bool_()
    assert viralnow.analyze_many([]).to_arrow().schema == table.schema
    assert table.column("score_viral")[1].as_py() is None


def test_every_text_column_is_known_as_text(batch: viralnow.Batch) -> None:
    schema = batch.to_arrow().schema
    for row in batch.rows():
        for name, cell in row.items():
            expected = {str: pa.string(), bool: pa.bool_(), float: pa.float64()}.get(type(cell))
            assert expected is None or schema.field(name).type == expected, name


def test_arguments_for_all(batch: viralnow.Batch) -> None:
    many = viralnow.analyze_many([png(8, 8, (0, 0, 0)), {"text": "Another one."}], text=TEXT, modalities=["text"])
    first, second = many
    assert isinstance(first, viralnow.Analysis)
    assert isinstance(second, viralnow.Analysis)
    assert first.text.sentences == ("Stop doing this every morning.", "Here is why.")
    assert second.text.sentences == ("Another one.",)


def test_a_time_limit_for_each() -> None:
    sources: list[object] = [{"audio": (noise(600), 16000)}, {"text": TEXT}]
    start = time.monotonic()
    long, short = viralnow.analyze_many(sources, timeout_s=0.05, threads=1)  # type: ignore[arg-type]
    assert time.monotonic() - start < 5
    assert isinstance(short, viralnow.Analysis)
    if isinstance(long, viralnow.Analysis):
        assert long.status == "partial"
        assert long.reason
    else:
        assert isinstance(long, exceptions.AnalysisTimeoutError)
        assert long.retryable


@pytest.mark.parametrize("timeout_s", [0, -1, float("nan"), float("inf")])
def test_wrong_time_limits(timeout_s: float) -> None:
    with pytest.raises(exceptions.InvalidConfigError):
        viralnow.analyze_many([{"text": TEXT}], timeout_s=timeout_s)


def test_wrong_sources() -> None:
    for sources in ("clip.mp4", DEMO, b"bytes", {"text": "one"}):
        with pytest.raises(TypeError, match="several"):
            viralnow.analyze_many(sources)  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        viralnow.analyze_many(None)  # type: ignore[arg-type]
    with pytest.raises(exceptions.InvalidConfigError, match="asset_id"):
        viralnow.analyze_many([DEMO], asset_id="one")
    with pytest.raises(exceptions.InvalidConfigError):
        viralnow.analyze_many([DEMO], preset="turbo")


def test_sources_may_be_a_generator() -> None:
    many = viralnow.analyze_many({"text": f"Number {k}."} for k in range(20))
    assert [a.text.sentences[0] for a in many.analyses] == [f"Number {k}." for k in range(20)]


def test_pickle(batch: viralnow.Batch) -> None:
    again = pickle.loads(pickle.dumps(batch))
    assert again.analyses == batch.analyses
    assert [e.code for e in again.errors.values()] == [e.code for e in batch.errors.values()]
    assert again.rows() == batch.rows()


def test_frame_level_features_can_be_left_out() -> None:
    sound = {"audio": (sine(440, 0.5, 1, 16000), 16000)}
    (light,) = viralnow.analyze_many([sound], keep_vectors=False)
    (heavy,) = viralnow.analyze_many([sound])
    assert isinstance(light, viralnow.Analysis)
    assert isinstance(heavy, viralnow.Analysis)
    assert light.vector_names == {}
    assert heavy.vectors("audio", "mfcc").shape[1] == 20
    assert light.audio == heavy.audio
