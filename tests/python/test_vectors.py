"""The Python runner of tests/vectors; see the README there for what a case is."""

from __future__ import annotations

import inspect
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import viralnow

ROOT = Path(__file__).resolve().parents[2]


def samples(signal: dict[str, Any]) -> tuple[np.ndarray, int]:
    rate = signal["rate"]
    n = np.arange(round(rate * signal["seconds"]))
    y = np.zeros(len(n))
    for part in signal["parts"]:
        if "sine" in part:
            y += part["amplitude"] * np.sin(2 * np.pi * part["sine"] * n / rate)
        elif "dc" in part:
            y += part["dc"]
        elif "noise" in part:
            x = part["seed"]
            for k in range(len(n)):
                x = (1664525 * x + 1013904223) % 2**32
                y[k] += part["noise"] * (x / 2**31 - 1)
    channels = signal["channels"]
    return np.repeat(y[np.newaxis].astype(np.float32), channels, axis=0), rate


def frames(spec: dict[str, Any]) -> tuple[np.ndarray, float]:
    x, y = np.meshgrid(np.arange(spec["width"]), np.arange(spec["height"]))
    pictures = []
    for shot in spec["shots"]:
        (dx, dy), texture, seed = shot.get("shift", (0, 0)), shot.get("texture", 0), shot.get("seed", 0)
        for j in range(shot["frames"]):
            u, v = x - j * dx, y - j * dy
            waves = (u + 2 * v + 17 * seed, 3 * u - v + 29 * seed, 2 * u + 5 * v + 7 * seed)
            wave = texture * sum(np.abs(k % 128 - 64) - 32 for k in waves) // 96
            pictures.append(np.stack([np.clip(c + wave, 0, 255) for c in shot["rgb"]], axis=-1).astype(np.uint8))
    return np.stack(pictures), spec["fps"]


def call(case: dict[str, Any]) -> Any:
    given = dict(case["input"])
    module, _, function = case["call"].rpartition(".")
    if "model" in case:
        model = ROOT / "tests/vectors/models" / case["model"]
        if function == "embed":
            return {"value": viralnow.text.embed(given["text"], model=model).tolist()}
        y, rate = samples(given["signal"])
        return {"value": plain(viralnow.text.transcribe(y, rate, model=model, **case["options"]))}
    if module == "text":
        result = getattr(viralnow.text, function)(**given)
        return {"value": plain(result)}
    if module == "vision":
        return on_vision(getattr(viralnow.vision, function), given, dict(case.get("options", {})))
    if module:
        return on_samples(getattr(getattr(viralnow, module), function), case)
    arguments: dict[str, Any] = {k: given[k] for k in ("text", "captions") if k in given} | case.get("options", {})
    if "path" in given:
        arguments["source"] = ROOT / given["path"]
    if "bytes_hex" in given:
        arguments["source"] = bytes.fromhex(given["bytes_hex"])
    if "signal" in given:
        arguments["audio"] = samples(given["signal"])
    if "frames" in given:
        arguments["frames"] = frames(given["frames"])
    # The cases give the content of a caption file; a content without a line break would be taken for a path.
    if "captions" in arguments and "\n" not in arguments["captions"]:
        arguments["captions"] += "\n"
    analysis = viralnow.analyze(**arguments)
    names = [(modality, name) for modality, names in analysis.vector_names.items() for name in names]
    vectors = {f"{modality}/{name}": analysis.vectors(modality, name) for modality, name in names}
    return {"value": analysis.to_dict(), "vectors": vectors}


def on_vision(function: Any, given: dict[str, Any], options: dict[str, Any]) -> Any:
    options |= options.pop("params", {})
    if "paths" in given:
        return {"value": plain(function(*(viralnow.vision.fingerprint(ROOT / path) for path in given["paths"])))}
    if "path" in given:
        return {"value": plain(function(ROOT / given["path"], **options))}
    pictures, _ = frames(given["frames"])
    result = function(*pictures, **options)
    if isinstance(result, np.ndarray):  # the two arrays of a flow
        return {"value": None, "vectors": {"dx": result[:, :, 0], "dy": result[:, :, 1]}}
    if isinstance(result, viralnow.vision.Pdq):
        return {"value": {"hash": str(result), "quality": result.quality}}
    return {"value": str(result)}


def on_samples(function: Any, case: dict[str, Any]) -> Any:
    y, rate = samples(case["input"]["signal"])
    places = {"sr": rate} if "sr" in inspect.signature(function).parameters else {}
    options = dict(case.get("options", {}))
    if options.get("onset_envelope"):  # as librosa takes it, in place of the samples
        options["onset_envelope"], y = y, None
    result = function(y, **places, **options)
    if isinstance(result, np.ndarray):  # features first, as librosa has it; the one array of the function
        return {"value": None, "vectors": dict.fromkeys(case["expect_vectors"], np.atleast_2d(result).T)}
    # Python's own names for the first array of some: librosa's `f0`, and `db`.
    expected = case.get("expect_vectors", {})
    vectors = {name: getattr(result, name) if hasattr(result, name) else result[0] for name in expected}
    return {"value": plain(result), "vectors": {name: v.reshape(len(v), -1) for name, v in vectors.items()}}


def plain(result: Any) -> Any:
    if isinstance(result, viralnow.vision.ContactSheet):
        return result._asdict()
    return result.to_dict() if hasattr(result, "to_dict") else result


def median(matrix: np.ndarray | None) -> float | None:
    """The median of the first column, NaN left out."""
    if matrix is None:
        return None
    values = matrix[:, 0][~np.isnan(matrix[:, 0])].astype(np.float64)
    return float(np.median(values)) if len(values) else None


def at(value: Any, pointer: str) -> Any:
    for key in pointer.split("/")[1:]:
        if isinstance(value, (list, tuple)):
            value = value[int(key)] if int(key) < len(value) else None
        elif isinstance(value, dict):
            value = value.get(key)
        else:
            return None
    return value


def number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def check(case: dict[str, Any]) -> list[str]:
    try:
        result = call(case)
    except viralnow.ViralNowError as error:
        return [] if case.get("error") == error.code else [f"{error.code} {error}"]
    if "error" in case:
        return [f"succeeded, but {case['error']} was expected"]
    wrong = []
    found = [(pointer, at(result["value"], pointer), expected) for pointer, expected in case["expect"].items()]
    for name, expected in case.get("expect_vectors", {}).items():
        matrix = result["vectors"].get(name)
        found.append((name, median(matrix), expected))
        rows = None if matrix is None else len(matrix)
        if expected.get("rows", rows) != rows:
            wrong.append(f"{name} has {rows} frames, expected {expected['rows']}")
    for pointer, got, expected in found:
        if "length" in expected:
            holds = isinstance(got, (list, tuple)) and len(got) == expected["length"]
        elif number(expected["value"]) and number(got):
            holds = abs(got - expected["value"]) <= expected.get("tolerance", 0)
        else:
            holds = (list(got) if isinstance(got, tuple) else got) == expected["value"]
        if not holds:
            wrong.append(f"{pointer} is {got!r}, expected {expected}")
    return wrong


def test_every_vector_holds(capsys: pytest.CaptureFixture[str]) -> None:
    subprocess.run([sys.executable, ROOT / "tests/vectors/models.py"], check=True)
    count, failures = 0, []
    for file in sorted((ROOT / "tests/vectors").glob("*.json")):
        if file.name != "texts.json":
            for case in json.loads(file.read_text())["cases"]:
                count += 1
                failures += [f"{case['name']}: {wrong}" for wrong in check(case)]
    # The four counts are compared at the end of `make test`.
    with capsys.disabled():
        print(f"vectors: python {count}")
    assert count >= 200
    assert not failures, "\n".join(failures)
