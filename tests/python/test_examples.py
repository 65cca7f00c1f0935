"""Examples and documentation run."""

from __future__ import annotations

import doctest
import importlib
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import viralnow
from conftest import DEMO, ROOT


def test_quickstart(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, ROOT / "examples/python/quickstart.py", DEMO],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    assert "score" in done.stdout


def test_notebook(tmp_path: Path) -> None:
    notebook = json.loads((ROOT / "examples/python/quickstart.ipynb").read_text())
    cells = ["".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == "code"]
    assert len(cells) >= 4
    environment = os.environ | {"MPLBACKEND": "agg"}
    done = subprocess.run(
        [sys.executable, "-c", "\n".join(cells)],
        cwd=ROOT / "examples/python",
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr


def test_quick_start_of_the_readme(tmp_path: Path) -> None:
    # What they write stays out of the repository.
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.S)
    assert blocks, "README.md has a quick start in Python"
    for block in blocks:
        done = subprocess.run([sys.executable, "-c", block], cwd=tmp_path, capture_output=True, text=True, timeout=300)
        assert done.returncode == 0, done.stderr


MODULES = ["_analysis", "_api", "_batch", "_extract", "_hashes", "_limits", "_live", "_store", "_view"]
MODULES += ["audio", "exceptions", "text", "vision", "voice"]


@pytest.mark.parametrize("name", ["", *MODULES])
def test_docstrings(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    module = importlib.import_module(f"viralnow.{name}" if name else "viralnow")
    flags = doctest.ELLIPSIS | doctest.IGNORE_EXCEPTION_DETAIL
    results = doctest.testmod(module, extraglobs={"viralnow": viralnow}, optionflags=flags)
    assert results.failed == 0


def test_every_public_name_is_documented() -> None:
    for name in viralnow.__all__:
        thing = getattr(viralnow, name)
        if name != "__version__":
            assert thing.__doc__, name
            for member, value in vars(thing).items() if isinstance(thing, type) else ():
                if not member.startswith("_") and callable(value):
                    assert value.__doc__, f"{name}.{member}"
