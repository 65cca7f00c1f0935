"""The dashboard inside of a host's own web application, ASGI and WSGI, and a log that can only be read."""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import os
import shutil
import stat
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, make_server
from wsgiref.validate import validator

import pytest

from viralnow import monitoring


@pytest.fixture
def monitor() -> Iterator[None]:
    config = {"database_path": ":memory:", "log_file_path": "", "update_interval": 0.25}
    with monitoring.start(config, adaptive=False):
        yield


@monitoring.monitor_all
def sell(what: str) -> None:
    raise LookupError(f"no more {what}")


class Browser:
    """An ASGI server with one connection."""

    def __init__(self, path: str, root: str = "", query: str = "", headers: dict[str, str] | None = None) -> None:
        pairs = [(name.encode(), value.encode()) for name, value in (headers or {}).items()]
        self.scope = {
            "type": "http",
            "method": "GET",
            "path": root + path,
            "root_path": root,
            "query_string": query.encode(),
            "headers": pairs,
        }
        self.gone = asyncio.Event()
        self.status = 0
        self.headers: dict[str, str] = {}
        self.body = ""
        self.ended = False

    async def receive(self) -> dict[str, Any]:
        await self.gone.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Any) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = {name.decode(): value.decode() for name, value in message["headers"]}
        else:
            self.body += message.get("body", b"").decode()
            self.ended = not message.get("more_body", False)

    async def run(self) -> Browser:
        await asyncio.wait_for(monitoring.dashboard_asgi(self.scope, self.receive, self.send), 30)
        return self


def get(path: str, **scope: Any) -> Browser:
    async def asked() -> Browser:
        return await Browser(path, **scope).run()

    return asyncio.run(asked())


def test_asgi_answers_as_the_dashboard(monitor: None) -> None:
    with pytest.raises(LookupError):
        sell("bread")
    monitoring.flush()
    page = get("/", root="/monitor")
    assert (page.status, page.headers["content-type"], page.ended) == (200, "text/html; charset=utf-8", True)
    assert "app.js" in page.body
    assert get("/app.js").headers["content-type"].startswith("text/javascript")
    (group,) = json.loads(get("/api/errors").body)
    assert (group["function"], group["kind"], group["count"]) == ("sell", "LookupError", 1)
    found = json.loads(get("/api/log", query="q=no+more%20bread").body)
    assert found["rows"][0]["function"] == "sell"
    # The page's own addresses begin where it is.
    folder = get("", root="/monitor", query="a=b")
    assert (folder.status, folder.headers["location"]) == (307, "/monitor/?a=b")
    assert get("/nowhere/é").status == 404
    assert get("/api/status", headers={"sec-fetch-site": "cross-site"}).status == 403


def test_asgi_streams_until_the_browser_leaves(monitor: None) -> None:
    async def watched() -> tuple[Browser, float]:
        browser = Browser("/api/live")
        running = asyncio.ensure_future(browser.run())
        while "event: frame" not in browser.body:
            await asyncio.sleep(0.01)
        assert browser.headers["content-type"] == "text/event-stream"
        assert not browser.ended
        with pytest.raises(LookupError):
            sell("milk")
        began = time.monotonic()
        while "no more milk" not in browser.body:
            await asyncio.sleep(0.01)
        took = time.monotonic() - began
        browser.gone.set()
        return await running, took

    browser, took = asyncio.run(watched())
    assert browser.ended
    # A failure is seen at once, and not with the next update alone; a busy machine takes its time.
    assert took < 5


def test_asgi_below_a_path_that_was_taken_away_already(monitor: None) -> None:
    async def asked() -> Browser:
        browser = Browser("/api/status")
        browser.scope["root_path"] = "/ap"
        return await browser.run()

    answer = asyncio.run(asked())
    assert (answer.status, answer.headers["content-type"]) == (200, "application/json")


def asked_by_wsgi() -> str:
    said: list[str] = []
    monitoring.dashboard_wsgi({"REQUEST_METHOD": "GET", "PATH_INFO": "/"}, lambda status, _: said.append(status))
    return said[0]


def test_a_forked_worker_says_that_the_monitor_is_its_parents(monitor: None) -> None:
    assert asked_by_wsgi() == "200 OK"
    with multiprocessing.get_context("fork").Pool(1) as pool:
        assert pool.apply_async(asked_by_wsgi).get(timeout=60) == "503 Service Unavailable"
    assert asked_by_wsgi() == "200 OK"


def test_a_browser_that_is_gone_is_no_error_of_the_application(monitor: None) -> None:
    class Gone(Browser):
        async def send(self, message: Any) -> None:
            await super().send(message)
            if "frame" in self.body:
                raise OSError("the browser has left")

    async def many() -> list[Browser]:
        return [await Gone("/api/live").run() for _ in range(40)]

    # More than may listen at once: each has left its place.
    assert [browser.status for browser in asyncio.run(many())] == [200] * 40


def test_asgi_while_no_monitor_runs() -> None:
    answer = get("/api/status")
    assert (answer.status, answer.body) == (503, "no monitor is running")


def test_asgi_alone_and_asked_for_what_it_is_not() -> None:
    said: list[str] = []

    async def talk(scope: dict[str, Any], *messages: str) -> None:
        waiting = [{"type": message} for message in messages]

        async def receive() -> dict[str, Any]:
            return waiting.pop(0)

        async def send(message: Any) -> None:
            said.append(message["type"])

        await monitoring.dashboard_asgi(scope, receive, send)

    asyncio.run(talk({"type": "lifespan"}, "lifespan.startup", "lifespan.shutdown"))
    asyncio.run(talk({"type": "websocket"}, "websocket.connect"))
    assert said == ["lifespan.startup.complete", "lifespan.shutdown.complete", "websocket.close"]


class Quiet(WSGIRequestHandler):
    def log_message(self, *_: Any) -> None:
        pass


def test_wsgi_answers_as_the_dashboard(monitor: None) -> None:
    # By a real server, which checks what the standard asks of both sides.
    server = make_server("127.0.0.1", 0, validator(monitoring.dashboard_wsgi), handler_class=Quiet)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    here = f"http://127.0.0.1:{server.server_port}"
    try:
        with pytest.raises(LookupError):
            sell("eggs")
        monitoring.flush()
        with urllib.request.urlopen(f"{here}/", timeout=20) as page:
            assert "app.js" in page.read().decode()
        with urllib.request.urlopen(f"{here}/api/errors", timeout=20) as answer:
            assert json.load(answer)[0]["message"] == "no more eggs"
        # One frame, and the browser comes back: no thread of the server's is kept.
        with urllib.request.urlopen(f"{here}/api/live", timeout=20) as live:
            frames = live.read().decode()
        assert frames.startswith("retry: 1000\n\nevent: frame\ndata: {")
        assert "no more eggs" in frames
        # Nor one of the places of those who listen.
        for _ in range(40):
            with urllib.request.urlopen(f"{here}/api/live", timeout=20) as live:
                assert "event: frame" in live.read().decode()
        with pytest.raises(urllib.error.HTTPError, match="404"):
            urllib.request.urlopen(f"{here}/nowhere", timeout=20)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


READS = """
import os, sys
from viralnow import monitoring
if os.geteuid() == 0:
    os.setuid(65534)
path = sys.argv[1]
try:
    open(path + ".new", "w")
    sys.exit("the folder can be written: nothing is shown here")
except PermissionError:
    pass
for call in monitoring.query(path=path, order="oldest"):
    print(call.function_name, call.status)
print([group["kind"] for group in monitoring.errors(path=path)])
try:
    monitoring.query(path=path + "-other")
except Exception as error:
    print(error.code)
"""


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="permissions of Unix")
@pytest.mark.parametrize("closed", [True, False])
def test_a_log_is_read_where_nothing_can_be_written(closed: bool) -> None:
    # Not below a folder that only its owner may enter, as pytest's are.
    folder = Path(tempfile.mkdtemp(prefix="viralnow-read-only-"))
    path = folder / "monitoring.db"
    try:
        with monitoring.start(database=path, adaptive=False):
            with pytest.raises(LookupError):
                sell("salt")
            monitoring.flush()
            if not closed:
                # As it lies there while a process writes it, or after one that was killed.
                copies = {file: file.read_bytes() for file in folder.iterdir() if not file.name.endswith("-shm")}
        if not closed:
            for file, content in copies.items():
                file.write_bytes(content)
        for file in folder.iterdir():
            file.chmod(0o444)
        folder.chmod(0o555)
        asked = subprocess.run([sys.executable, "-c", READS, str(path)], capture_output=True, text=True, timeout=60)
        if closed:
            assert asked.stdout.splitlines() == ["sell failed", "['LookupError']", "NOT_FOUND"], asked.stderr
        else:
            assert "copy it, with its -wal" in asked.stderr
            assert asked.stdout == ""
    finally:
        folder.chmod(stat.S_IRWXU)
        shutil.rmtree(folder)
