"""The models that this release knows: where they are, whether they are whole, and fetching one.

Nothing is fetched unless `pull` is called. A model is looked for in `dir`, else in the directories of the environment
variable ``VIRALNOW_MODELS``, then in ``viralnow/models`` in the user's cache, last in the PyPI package
rapidocr-onnxruntime where it is installed.

>>> import viralnow
>>> known = {model.name: model for model in viralnow.models.list().models}
>>> known["all-MiniLM-L6-v2"].licence
'Apache-2.0'
"""

from __future__ import annotations

import os
from collections.abc import Callable

from ._call import settings_only, watched
from ._inputs import _path
from ._progress import Progress
from ._view import View

__all__ = ["list", "pull", "verify", "where"]

Path = str | os.PathLike[str]


def list(*, dir: Path | None = None, manifest: Path | None = None) -> View:
    """``directories`` that are searched, and ``models``: each with ``name``, ``what``, ``licence``, ``source``,
    ``files`` (``name``, ``bytes``, ``sha256``, ``url``), ``inputs``, ``outputs``, ``can_be_pulled`` (``note`` says why
    not), and ``path``, None where it is not there.

    `manifest` is a JSON file of models of one's own, in the same form.
    """
    return View(settings_only("models.list", **_place(dir, manifest))[0])


def where(name: str, *, dir: Path | None = None, manifest: Path | None = None) -> str:
    """The model's file, or the folder of its files; `UnavailableError` says what is missing and the way out."""
    path: str = settings_only("models.where", name=name, **_place(dir, manifest))[0]
    return path


def verify(
    name: str,
    *,
    dir: Path | None = None,
    manifest: Path | None = None,
    on_progress: Callable[[Progress], object] | None = None,
) -> View:
    """Reads the model's files and compares their checksums: ``good``, and ``files``, each with its ``state``:
    ``"good"``, ``"missing"``, ``"different"``, or ``"unknown"`` where no checksum is known."""
    return View(watched("models.verify", on_progress, name=name, **_place(dir, manifest))[0])


def pull(
    name: str,
    *,
    dir: Path | None = None,
    manifest: Path | None = None,
    tries: int = 4,
    timeout_s: float = 30.0,
    on_progress: Callable[[Progress], object] | None = None,
) -> View:
    """Fetches those files of the model that are not there or not right, over HTTPS, into `dir`, else the first of the
    directories: ``path``, ``kept``, ``fetched``, ``bytes``, ``resumed``.

    A file takes its name only once its checksum is right. When the call is stopped (Ctrl-C, or `on_progress` returned
    False) or the connection is lost, what came stays as ``NAME.part``, and the next call goes on from there.
    """
    settings = {"name": name, "tries": tries, "timeout_s": timeout_s}
    return View(watched("models.pull", on_progress, **settings, **_place(dir, manifest))[0])


def _place(dir: Path | None, manifest: Path | None) -> dict[str, str]:
    given = {"dir": dir, "manifest": manifest}
    return {name: _path(path, name) for name, path in given.items() if path is not None}
