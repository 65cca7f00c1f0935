"""Keeping and reading back."""

from __future__ import annotations

import pickle
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

import viralnow
from conftest import SMALL
from viralnow import exceptions


def test_round_trip(tmp_path: Path, demo: viralnow.Analysis) -> None:
    with viralnow.Store(tmp_path / "features.db") as store:
        assert len(store) == 0
        assert store
        assert store.get(demo.asset_id) is None
        store.put(demo)
        store.put(demo)
        assert len(store) == 1
        assert demo.asset_id in store
        again = store.get(demo.asset_id)
        assert again == demo
        assert again is not None
        assert again.to_json() == demo.to_json()
        assert again.vector_names == {}
        with pytest.raises(exceptions.NotFoundError):
            again.vectors("audio", "mfcc")
        assert store.erase(demo.asset_id) is True
        assert store.erase(demo.asset_id) is False
        assert demo.asset_id not in store
    with pytest.raises(exceptions.StorageError, match="closed"):
        store.get("x")
    store.close()
    assert "closed" in repr(store)


def test_analyze_keeps_and_skips(tmp_path: Path) -> None:
    path = tmp_path / "features.db"
    first = viralnow.analyze(SMALL, store=path)
    monitor = viralnow.MemoryMonitor()
    with viralnow.Store(str(path)) as store:
        again = viralnow.analyze(SMALL, store=store, monitor=monitor)
    # The same work, for another job.
    assert again.to_dict() | {"correlation_id": ""} == first.to_dict() | {"correlation_id": ""}
    assert "decode" not in {span["name"] for span in monitor.spans()}


def test_features_outlive_a_store_that_does_not_take_them(tmp_path: Path) -> None:
    path = tmp_path / "full.db"
    viralnow.Store(path).close()
    with closing(sqlite3.connect(path)) as tables:
        tables.execute("CREATE TRIGGER full BEFORE INSERT ON assets BEGIN SELECT RAISE(ABORT, 'no more, please'); END")
    with pytest.warns(UserWarning, match="the store did not take the features: INVALID_INPUT.*no more, please"):
        analysis = viralnow.analyze(text="Words that took a while.", store=path)
    assert analysis.text.word_count == 5
    assert analysis.store_error is not None
    assert analysis.store_error.code == "INVALID_INPUT"
    assert viralnow.analyze(text="Words.").store_error is None


def test_list_pages(tmp_path: Path) -> None:
    with viralnow.Store(tmp_path / "many.db") as store:
        viralnow.analyze_many([{"text": f"This is post number {k}."} for k in range(25)], store=store)
        ids = list(store)
        assert len(ids) == len(set(ids)) == len(store) == 25
        assert ids == sorted(ids)
        assert store.list(limit=10) == ids[:10]
        assert store.list(after=ids[9], limit=10) == ids[10:20]
        assert store.list(limit=0) == []
        with pytest.raises(exceptions.InvalidInputError):
            store.list(limit=-1)


def test_pickle_and_types(tmp_path: Path, demo: viralnow.Analysis) -> None:
    with viralnow.Store(tmp_path / "features.db") as store:
        store.put(demo)
        with pickle.loads(pickle.dumps(store)) as other:
            assert other.get(demo.asset_id) == demo
        with pytest.raises(TypeError):
            store.put(demo.to_dict())  # type: ignore[arg-type]
    with viralnow.Store(":memory:") as store, pytest.raises(TypeError, match="memory"):
        pickle.dumps(store)
    with pytest.raises(TypeError):
        viralnow.Store(5)  # type: ignore[arg-type]
    with pytest.raises(exceptions.InvalidInputError):
        viralnow.Store("")


def test_a_file_that_is_no_store(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("This is no database at all. " * 100)
    with pytest.raises(viralnow.ViralNowError) as raised:
        viralnow.Store(path)
    assert raised.value.code in {"STORAGE", "SCHEMA_MISMATCH"}
    with pytest.raises(viralnow.ViralNowError):
        viralnow.Store(tmp_path / "no" / "such" / "folder" / "x.db")
