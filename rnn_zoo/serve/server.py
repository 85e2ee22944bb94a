"""A process that serves an application."""

import asyncio
import contextlib
import socket
from typing import Any

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from rnn_zoo.errors import RunError

MAX_CONNECTIONS = 512


class ImpatientProtocol(H11Protocol):
    """HTTP/1.1 that closes a connection whose next request does not begin in time.

    uvicorn itself waits for the headers of a request for as long as they take.
    """

    seconds = 30.0
    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        """Begin to wait."""
        super().connection_made(transport)
        self._deadline = self.loop.call_later(self.seconds, self._close_if_idle)

    def data_received(self, data: bytes) -> None:
        """Begin to wait anew where these bytes are the first of a request."""
        is_between = self.cycle is None or self.cycle.response_complete
        if is_between and self._deadline is None:
            self._deadline = self.loop.call_later(self.seconds, self._close_if_idle)
        super().data_received(data)
        if self.cycle is not None and not self.cycle.response_complete:
            self._stop_waiting()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop waiting."""
        self._stop_waiting()
        super().connection_lost(exc)

    def _stop_waiting(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _close_if_idle(self) -> None:
        self._deadline = None
        if self.cycle is None or self.cycle.response_complete:
            self.transport.close()


def open_socket(host: str, port: int) -> socket.socket:
    """A socket that listens; port 0 takes a free one.

    Raises:
        RunError: the address is taken, or is none of this machine.
    """
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        return socket.create_server((host, port), family=family, backlog=1024)
    except OSError as error:
        raise RunError(f"{host}:{port} cannot be served: {error.strerror or error}.") from None


def run(app: Any, listening: socket.socket, timeout: float) -> None:
    """Serve an application until the process is told to end; see `make_server`."""
    with contextlib.suppress(KeyboardInterrupt):
        make_server(app, timeout).run(sockets=[listening])


def make_server(app: Any, timeout: float) -> uvicorn.Server:
    """A server that has yet to run.

    Args:
        app: an ASGI application.
        timeout: seconds in which the headers of a request have to arrive.
    """
    protocol = type("Protocol", (ImpatientProtocol,), {"seconds": timeout})
    config = uvicorn.Config(
        app,
        http=protocol,
        ws="none",
        log_level="warning",
        access_log=False,
        server_header=False,
        limit_concurrency=MAX_CONNECTIONS,
        timeout_graceful_shutdown=5,
    )
    return uvicorn.Server(config)
