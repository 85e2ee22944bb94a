"""What every request passes first: limits of size and time, and headers of the answer."""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse

from rnn_zoo.serve.limits import Limits

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[MutableMapping[str, Any], Receive, Send], Awaitable[None]]

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-cache",
}
"""Of every answer. A browser then fetches nothing from elsewhere, whatever the page says."""
DRAINED = 16
"""Times the limit that is read of a body which is too large, so that its sender hears why."""


class Guard:
    """An ASGI application that reads bodies within limits, and hands them to another.

    Args:
        app: the application behind it.
        limits: see `Limits`.
    """

    def __init__(self, app: App, limits: Limits):
        self.app = app
        self.limits = limits

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(HEADERS)
            await send(message)

        try:
            body = await asyncio.wait_for(self._read(scope, receive), self.limits.timeout)
        except TimeoutError:
            message = f"The request did not arrive within {self.limits.timeout:g} seconds."
            await _refusal(408, message)(scope, receive, send_with_headers)
            return
        if body is None:
            message = f"The body of a request has at most {self.limits.max_bytes:,} bytes."
            await _refusal(413, message)(scope, receive, send_with_headers)
            return
        await self.app(scope, _replay(body, receive), send_with_headers)

    async def _read(self, scope: MutableMapping[str, Any], receive: Receive) -> bytes | None:
        """The body; None where it is too large."""
        limit = self.limits.max_bytes
        declared = Headers(scope=scope).get("content-length", "")
        most = int(declared) if declared.isdecimal() and len(declared) < 16 else 0
        if most > DRAINED * limit:
            return None
        parts, size = [], 0
        while True:
            message = await receive()
            part = message.get("body", b"")  # nothing of a client that has gone
            size += len(part)
            if size <= limit:
                parts.append(part)
            elif size > DRAINED * limit:
                return None
            if not message.get("more_body", False):
                return b"".join(parts) if size <= limit else None


def _refusal(status: int, message: str) -> JSONResponse:
    return JSONResponse({"error": message}, status, headers={"Connection": "close"})


def _replay(body: bytes, receive: Receive) -> Receive:
    """A `receive` that gives the body first, and then what comes after it."""
    is_given = False

    async def replay() -> Message:
        nonlocal is_given
        if is_given:
            return await receive()
        is_given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replay
