"""The dashboard inside of a web application of the host's: as an ASGI and as a WSGI application."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, MutableMapping
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from .. import _viralnow as _native
from ..exceptions import InvalidInputError, UnavailableError
from ._system import ask

__all__ = ["dashboard_asgi", "dashboard_wsgi"]

_Message = MutableMapping[str, Any]
_LOOK = 0.1
"""Seconds between two looks for the next piece of a stream."""


async def dashboard_asgi(
    scope: Mapping[str, Any], receive: Callable[[], Awaitable[_Message]], send: Callable[[_Message], Awaitable[None]]
) -> None:
    """The dashboard as an ASGI application, for FastAPI, Starlette, Quart, Django and others::

        app.mount("/monitor", viralnow.monitoring.dashboard_asgi)

    It shows the monitor that `start` began in this process, and answers 503 while there is none: where a server forks
    its workers, each of them starts its own. It asks for no token: who may see it is the application's affair, as with
    its other pages.
    """
    if scope["type"] == "http":
        await _http(scope, receive, send)
    elif scope["type"] == "lifespan":
        for stage in ("startup", "shutdown"):
            await receive()
            await send({"type": f"lifespan.{stage}.complete"})
    else:
        await receive()
        await send({"type": "websocket.close", "code": 1000})


async def _http(
    scope: Mapping[str, Any], receive: Callable[[], Awaitable[_Message]], send: Callable[[_Message], Awaitable[None]]
) -> None:
    root, path = scope.get("root_path", "").rstrip("/"), scope["path"]
    # Some servers and frameworks have taken it away already.
    if path == root or path.startswith(f"{root}/"):
        path = path[len(root) :]
    headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]]
    query = scope.get("query_string", b"").decode("latin-1")
    # Searching the log may take a while.
    asking = asyncio.ensure_future(asyncio.to_thread(_answer, scope["method"], root, path, query, headers))
    try:
        answer = await asyncio.shield(asking)
    except asyncio.CancelledError:
        asking.add_done_callback(_abandoned)
        raise
    pairs = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in answer["headers"]]
    stream = answer["stream"]
    try:
        await send({"type": "http.response.start", "status": answer["status"], "headers": pairs})
        if stream is not None:
            await _pass_on(stream, receive, send)
        await send({"type": "http.response.body", "body": answer["body"].encode()})
    except OSError:
        pass  # The browser has left.
    finally:
        if stream is not None:
            _native.monitor_dashboard_leave(stream)


def _abandoned(asking: asyncio.Future[dict[str, Any]]) -> None:
    if not asking.cancelled() and asking.exception() is None and (stream := asking.result()["stream"]) is not None:
        _native.monitor_dashboard_leave(stream)


async def _pass_on(
    stream: int, receive: Callable[[], Awaitable[_Message]], send: Callable[[_Message], Awaitable[None]]
) -> None:
    async def left() -> None:
        while (await receive())["type"] != "http.disconnect":
            pass

    gone = asyncio.ensure_future(left())
    try:
        while not gone.done():
            # It takes what is there, and waits for nothing: the loop goes on.
            piece, ended = _native.monitor_dashboard_next(stream, 0.0)
            if piece is not None:
                await send({"type": "http.response.body", "body": piece.encode(), "more_body": True})
            elif ended:
                break
            else:
                await asyncio.wait({gone}, timeout=_LOOK)
    finally:
        gone.cancel()


def dashboard_wsgi(environ: Mapping[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """The dashboard as a WSGI application, for Flask, Django, Pyramid and others::

        app.wsgi_app = DispatcherMiddleware(app.wsgi_app, {"/monitor": viralnow.monitoring.dashboard_wsgi})

    It is `dashboard_asgi` in all but one thing: a stream would keep one of the server's threads to itself, so the
    browser gets one frame at a time and comes back after a second.
    """
    root = environ.get("SCRIPT_NAME", "").encode("latin-1").decode("utf-8", "replace")
    path = environ.get("PATH_INFO", "").encode("latin-1").decode("utf-8", "replace")
    headers = [(key[5:].replace("_", "-").lower(), value) for key, value in environ.items() if key.startswith("HTTP_")]
    answer = _answer(environ["REQUEST_METHOD"], root, path, environ.get("QUERY_STRING", ""), headers)
    body = answer["body"]
    if answer["stream"] is not None:
        piece, _ = _native.monitor_dashboard_next(answer["stream"], 5.0)
        _native.monitor_dashboard_leave(answer["stream"])
        body = f"retry: 1000\n\n{piece or ''}"
    status = answer["status"]
    start_response(f"{status} {HTTPStatus(status).phrase}", [(name, value) for name, value in answer["headers"]])
    return [body.encode()]


def _answer(method: str, root: str, path: str, query: str, headers: list[tuple[str, str]]) -> dict[str, Any]:
    if not path:
        # The page's own addresses begin where it is: a folder.
        folder = quote(f"{root}/") + (f"?{query}" if query else "")
        return _said(HTTPStatus.TEMPORARY_REDIRECT, "", ("location", folder))
    if not _native.monitor_running():
        return _said(HTTPStatus.SERVICE_UNAVAILABLE, "no monitor is running")
    target = quote(path) + (f"?{query}" if query else "")
    try:
        answer: dict[str, Any] = ask("dashboard_answer", method=method, target=target, headers=headers)
    except UnavailableError as error:
        # It was stopped meanwhile, or is that of the process which this one was forked from.
        return _said(HTTPStatus.SERVICE_UNAVAILABLE, str(error))
    except InvalidInputError as error:
        return _said(HTTPStatus.BAD_REQUEST, str(error))
    return answer


def _said(status: HTTPStatus, body: str, *headers: tuple[str, str]) -> dict[str, Any]:
    kind = ("content-type", "text/plain; charset=utf-8")
    return {"status": int(status), "headers": [kind, *headers], "body": body, "stream": None}
