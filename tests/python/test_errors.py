"""The exceptions: one class for every code, natural parents, and what they carry."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest

import viralnow
from viralnow import _viralnow, exceptions

NATURAL = {
    "INVALID_INPUT": ValueError,
    "INVALID_CONFIG": ValueError,
    "NOT_FOUND": FileNotFoundError,
    "PERMISSION_DENIED": PermissionError,
    "UNSUPPORTED_FORMAT": ValueError,
    "DECODE_FAILED": ValueError,
    "LIMIT_EXCEEDED": ValueError,
    "TIMEOUT": TimeoutError,
    "IO": OSError,
}


@pytest.mark.parametrize(("code", "retryable"), _viralnow.error_kinds())
def test_every_kind_of_the_core_has_a_class(code: str, retryable: bool) -> None:
    error = exceptions.from_code(code, "what and why", {"path": "a.mp4"})
    kind = type(error)
    assert kind is not viralnow.ViralNowError, f"{code} has no class of its own"
    assert kind.__name__ in exceptions.__all__
    assert (error.code, kind.code, error.retryable) == (code, code, retryable)
    assert isinstance(error, viralnow.ViralNowError)
    assert isinstance(error, NATURAL.get(code, Exception))
    assert str(error) == "what and why"
    assert error.context == {"path": "a.mp4"}
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), str(again), again.code, again.context, again.retryable) == (
        kind,
        "what and why",
        code,
        {"path": "a.mp4"},
        retryable,
    )


def test_no_class_without_a_kind() -> None:
    codes = {code for code, _ in _viralnow.error_kinds()}
    assert {getattr(exceptions, name).code for name in exceptions.__all__} - {"UNKNOWN"} == codes


def test_an_unknown_code_keeps_it() -> None:
    error = exceptions.from_code("FROM_THE_FUTURE", "hello")
    assert type(error) is viralnow.ViralNowError
    assert error.code == "FROM_THE_FUTURE"
    assert pickle.loads(pickle.dumps(error)).code == "FROM_THE_FUTURE"


def test_a_missing_file() -> None:
    with pytest.raises(FileNotFoundError) as raised:
        viralnow.analyze("no/such/clip.mp4")
    error = raised.value
    assert isinstance(error, exceptions.NotFoundError)
    assert "no/such/clip.mp4" in str(error)
    assert error.errno == 2
    assert pickle.loads(pickle.dumps(error)).context == error.context


def test_damaged_and_foreign_bytes() -> None:
    with pytest.raises(exceptions.UnsupportedFormatError):
        viralnow.analyze(b"this is no medium, whatever its name says; not at all")
    with pytest.raises(exceptions.DecodeFailedError):
        viralnow.analyze(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR")


def test_a_folder_and_nothing(tmp_path: Path) -> None:
    with pytest.raises(exceptions.InvalidInputError):
        viralnow.analyze(tmp_path)
    with pytest.raises(exceptions.InvalidInputError, match="nothing to analyse"):
        viralnow.analyze()
    with pytest.raises(exceptions.InvalidInputError, match="empty"):
        viralnow.analyze("")
    with pytest.raises(exceptions.InvalidInputError, match="NUL"):
        viralnow.analyze("a\0b")


@pytest.mark.parametrize(
    "settings",
    [
        {"preset": "turbo"},
        {"modalities": ["smell"]},
        {"modalities": []},
        {"threads": 0},
        {"threads": 5000},
        {"language": "English"},
        {"limits": {"max_bytes": 0}},
        {"limits": {"max_bytes": -1}},
        {"limits": {"max_duration_s": float("nan")}},
        {"limits": {"max_duration_s": float("inf")}},
        {"limits": {"max_bytes": None}},
        {"limits": {"max_byte": 1}},
    ],
)
def test_wrong_settings(settings: dict[str, object]) -> None:
    with pytest.raises(exceptions.InvalidConfigError):
        viralnow.analyze(text="Hello.", **settings)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "arguments",
    [
        {"source": 5},
        {"source": [1, 2]},
        {"text": b"bytes"},
        {"text": "a", "captions": 5},
        {"text": "a", "preset": None},
        {"text": "a", "threads": 1.5},
        {"text": "a", "limits": 5},
        {"text": "a", "language": 5},
        {"text": "a", "on_progress": 5},
        {"text": "a", "monitor": 5},
        {"text": "a", "store": 5},
        {"text": "a", "extractors": [5]},
        {"audio": 5},
        {"audio": ([0.0], "fast")},
        {"frames": 5},
    ],
)
def test_wrong_types_are_type_errors(arguments: dict[str, object]) -> None:
    with pytest.raises(TypeError):
        viralnow.analyze(**arguments)  # type: ignore[arg-type]


def test_a_limit_names_itself() -> None:
    with pytest.raises(exceptions.LimitExceededError, match="max_text_bytes") as raised:
        viralnow.analyze(text="Four words, too many.", limits=viralnow.Limits(max_text_bytes=8))
    assert raised.value.context["max"] == "8"
    assert isinstance(raised.value, ValueError)


def test_limits_are_those_of_the_core() -> None:
    import dataclasses

    assert dataclasses.asdict(viralnow.Limits()) == _viralnow.default_limits()
