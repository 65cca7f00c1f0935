"""Known models: listing, finding, verifying, fetching from a server on this machine."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import ClassVar

import pytest

import viralnow
from viralnow import _cli, exceptions

CONTENT = bytes(i * 2_654_435_761 >> 13 & 255 for i in range(200_000))


@pytest.fixture
def manifest(tmp_path: Path) -> Iterator[Path]:
    """A manifest of one model, whose server breaks off the first time."""

    class Handler(BaseHTTPRequestHandler):
        asked: ClassVar[list[str | None]] = []

        def do_GET(self) -> None:
            begin = int((self.headers["range"] or "bytes=0-")[6:-1])
            first = not self.asked
            self.asked.append(self.headers["range"])
            self.send_response(206 if begin else 200)
            self.send_header("Content-Length", str(len(CONTENT) - begin))
            if begin:
                self.send_header("Content-Range", f"bytes {begin}-{len(CONTENT) - 1}/{len(CONTENT)}")
            self.end_headers()
            self.wfile.write(CONTENT[begin : 50_000 if first else None])

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    path = tmp_path / "models.json"
    file = {
        "name": "mine.onnx",
        "bytes": len(CONTENT),
        "sha256": hashlib.sha256(CONTENT).hexdigest(),
        "url": f"http://127.0.0.1:{server.server_port}/mine.onnx",
    }
    model = {"name": "mine", "what": "a test", "licence": "MIT", "source": "https://example.org", "files": [file]}
    path.write_text(json.dumps([model]))
    yield path
    server.shutdown()
    server.server_close()


def test_a_model_is_fetched_and_found(manifest: Path, tmp_path: Path) -> None:
    place = {"dir": tmp_path / "models", "manifest": manifest}
    with pytest.raises(exceptions.UnavailableError, match="models pull mine"):
        viralnow.models.where("mine", **place)
    seen = []
    pulled = viralnow.models.pull("mine", on_progress=seen.append, **place)
    assert (pulled.fetched, pulled.bytes) == (("mine.onnx",), len(CONTENT))
    assert seen and all(0 <= progress.fraction <= 1 for progress in seen)
    assert viralnow.models.where("mine", **place) == str(tmp_path / "models/mine.onnx")
    assert (tmp_path / "models/mine.onnx").read_bytes() == CONTENT
    assert viralnow.models.verify("mine", **place).good
    (tmp_path / "models/mine.onnx").write_bytes(b"damaged")
    assert viralnow.models.verify("mine", **place).files[0].state == "different"


def test_progress_may_stop_it(manifest: Path, tmp_path: Path) -> None:
    place = {"dir": tmp_path / "models", "manifest": manifest}
    with pytest.raises(exceptions.CancelledError):
        viralnow.models.pull("mine", on_progress=lambda progress: progress.fraction < 0.2, **place)
    assert (tmp_path / "models/mine.onnx.part").stat().st_size == 50_000
    assert viralnow.models.pull("mine", **place).resumed == 50_000


def test_what_cannot_be_fetched_says_why(tmp_path: Path) -> None:
    listed = {model.name: model for model in viralnow.models.list(dir=tmp_path).models}
    assert listed["all-MiniLM-L6-v2"].can_be_pulled and listed["all-MiniLM-L6-v2"].path is None
    assert not listed["whisper-medium"].can_be_pulled
    with pytest.raises(exceptions.UnavailableError, match="checksum"):
        viralnow.models.pull("whisper-medium", dir=tmp_path)
    with pytest.raises(exceptions.NotFoundError, match="yunet"):
        viralnow.models.pull("no-such-model", dir=tmp_path)


def test_the_command(manifest: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    place = ["--dir", str(tmp_path / "models"), "--manifest", str(manifest)]
    assert _cli.main(["models", "where", "mine", *place]) == 1
    assert "UNAVAILABLE" in capsys.readouterr().err
    assert _cli.main(["models", "pull", "mine", *place]) == 0
    assert capsys.readouterr().out.strip() == str(tmp_path / "models/mine.onnx")
    assert _cli.main(["models", "list", *place]) == 0
    assert "mine" in capsys.readouterr().out
    assert _cli.main(["models", "verify", *place]) == 0
    (tmp_path / "models/mine.onnx").write_bytes(b"damaged")
    assert _cli.main(["models", "verify", "mine", *place]) == 1
    assert "different" in capsys.readouterr().out
