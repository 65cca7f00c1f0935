"""Clips from a platform, over HTTP from a server on this machine, and from yt-dlp."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

import viralnow
from conftest import heeds_ctrl_c
from viralnow.exceptions import InvalidConfigError, InvalidInputError

TOKEN = "tok-SECRET-invented"
PAGE = {
    "nextPageToken": "p2",
    "items": [
        {
            "id": "a",
            "snippet": {"title": "A cat", "publishedAt": "2026-01-01T00:00:00Z", "channelId": "c"},
            "statistics": {"viewCount": "1500", "commentCount": "7"},
        }
    ],
}
QUOTA = {"error": {"code": 403, "message": "no more", "errors": [{"reason": "quotaExceeded"}]}}


class Server(ThreadingHTTPServer):
    """Answers with these, the last again and again."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.answers: list[tuple[int, dict[str, Any], dict[str, str]]] = []
        self.asked: list[tuple[str, dict[str, list[str]], str | None]] = []
        self.wait_s = 0.0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        self.server.asked.append((parts.path, parse_qs(parts.query), self.headers.get("x-goog-api-key")))
        status, body, headers = self.server.answers[min(len(self.server.asked), len(self.server.answers)) - 1]
        time.sleep(self.server.wait_s)
        data = json.dumps(body).encode()
        self.send_response(status)
        for name, value in {"Content-Length": str(len(data)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def test_pages_are_fetched_and_a_used_up_quota_keeps_them(server: Server) -> None:
    server.answers = [(200, PAGE, {}), (403, QUOTA, {})]
    fetched = viralnow.clips.fetch("youtube", {"region": "US"}, token=TOKEN, base_url=server.url)
    (clip,) = fetched.clips
    assert (clip.id, clip.views, clip.likes, clip.comments) == ("a", 1500, None, 7)
    assert "hidden" in clip.missing["likes"] and fetched.pages == 1 and fetched.next == "p2"
    assert fetched.usage.units == 2 and fetched.usage.limit == 10_000 and fetched.usage.remaining is None
    assert fetched.stopped_by.code == "QUOTA_EXCEEDED" and not fetched.stopped_by.retryable
    assert fetched.stopped_by.context["resets_at"] == fetched.usage.resets_at
    assert server.asked[0][1]["regionCode"] == ["US"] and server.asked[0][2] == TOKEN
    assert TOKEN not in repr(fetched.to_dict())
    # As it is, into the list.
    found = viralnow.clips.find(fetched.clips, histories=[seen.to_dict() for seen in fetched.snapshots])
    assert found.clips[0].clip.views == 1500


def test_a_rate_limit_is_waited_for_and_the_cursor_goes_on(server: Server) -> None:
    last = {"items": PAGE["items"]}
    server.answers = [(429, {}, {"Retry-After": "0"}), (200, last, {})]
    retry = {"base_s": 0.01}
    fetched = viralnow.clips.fetch("youtube", token=TOKEN, base_url=server.url, retry=retry, cursor="p9")
    assert fetched.stopped_by is None and fetched.usage.retries == 1 and fetched.next is None
    assert [query["pageToken"] for _, query, _ in server.asked] == [["p9"], ["p9"]]


def test_tokens_come_from_the_environment_and_are_missed_by_name(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.answers = [(200, {"items": []}, {})]
    monkeypatch.delenv("VIRALNOW_YOUTUBE_KEY", raising=False)
    with pytest.raises(InvalidConfigError, match="VIRALNOW_YOUTUBE_KEY"):
        viralnow.clips.fetch("youtube", base_url=server.url)
    monkeypatch.setenv("VIRALNOW_YOUTUBE_KEY", TOKEN)
    assert not viralnow.clips.fetch("youtube", base_url=server.url).clips
    assert server.asked[0][2] == TOKEN
    for source, query in [("youtub", {}), ("youtube", {"regoin": "US"}), ("x", {})]:
        with pytest.raises(InvalidConfigError):
            viralnow.clips.fetch(source, query, token=TOKEN)


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_ctrl_c_ends_a_fetch(server: Server) -> None:
    server.answers, server.wait_s = [(200, PAGE, {})], 5.0
    fetch = f"viralnow.clips.fetch('youtube', token='t', base_url='{server.url}')"
    code = f"import viralnow; print('go', flush=True); {fetch}"
    command = [sys.executable, "-c", code]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, preexec_fn=heeds_ctrl_c
    ) as process:
        assert process.stdout is not None and process.stdout.readline() == b"go\n"
        while not server.asked:
            time.sleep(0.01)
        start = time.monotonic()
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=10)
        assert b"KeyboardInterrupt" in errors and time.monotonic() - start < 2


def test_ytdlp_is_read_from_a_file_and_from_text(tmp_path: Path) -> None:
    video = {"id": 7300000000000000001, "extractor_key": "TikTok", "view_count": 5, "epoch": 1763647200}
    text = json.dumps({"_type": "playlist", "entries": [video, None]})
    (tmp_path / "list.json").write_text(text)
    for read in (viralnow.clips.read_ytdlp(tmp_path / "list.json"), viralnow.clips.read_ytdlp(text=text)):
        (clip,) = read.clips
        assert (clip.id, clip.platform, clip.views, clip.likes) == ("7300000000000000001", "tiktok", 5, None)
        assert read.left_out == 1 and read.snapshots[0].snapshots[0].time == "2025-11-20T14:00:00Z"
    with pytest.raises(InvalidInputError):
        viralnow.clips.read_ytdlp(text="no JSON")
    with pytest.raises(InvalidConfigError):
        viralnow.clips.read_ytdlp()
