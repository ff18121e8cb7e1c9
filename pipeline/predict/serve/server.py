"""The application behind a socket: waitress, in which requests that never come to an end stop no others."""

import logging
import resource
import socket

from flask import Flask
from waitress.server import TcpWSGIServer

from pipeline.errors import UserError, reason
from pipeline.predict.serve.request import BODY

HOST = "127.0.0.1"
THREADS = 4
"""Requests answered at a time; others wait."""
PATIENCE = 5
"""Seconds that a request may take to arrive, and that a connection may be silent."""
CONNECTIONS = 4096
"""At most, where the system allows so many open files; further ones wait until others are closed."""
FILES = 64
"""Open files that are no connections, and some to spare."""


class Server(TcpWSGIServer):  # type: ignore[misc]  # waitress is not typed
    """Waitress closes silent connections; this one closes also those whose request arrives a byte now and then."""

    def maintenance(self, now: float) -> None:
        super().maintenance(now)
        for channel in self.active_channels.values():
            if channel.request is not None:  # it has arrived in part
                since = vars(channel.request).setdefault("since", now)
                channel.will_close |= now - since > PATIENCE


def bind(port: int) -> socket.socket:
    """A socket of this computer only, 0 for any free port; a `UserError` where the port is another program's."""
    found = socket.socket()
    try:
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        found.bind((HOST, port))
        found.listen()  # or else a second server could bind it as well, and fail later
    except OSError as error:
        found.close()
        raise UserError(
            f"port {port}: {reason(error)}; choose another one with --port, 0 for any that is free"
        ) from None
    return found


def make_server(app: Flask, listening: socket.socket) -> Server:
    """Ready to `run()`, until Ctrl-C."""
    for name in ("waitress", "waitress.queue"):  # that requests or connections wait is no fault
        logging.getLogger(name).setLevel(logging.ERROR)
    return Server(
        app,
        _sock=listening,
        bind_socket=False,
        sockinfo=(listening.family, listening.type, listening.proto, listening.getsockname()),
        threads=THREADS,
        ident=None,
        max_request_body_size=BODY,
        inbuf_overflow=2 * BODY,  # or else a long text would lie in a file for a while
        log_socket_errors=False,
        channel_timeout=PATIENCE,
        cleanup_interval=1,
        connection_limit=_most_files() - FILES,
        backlog=CONNECTIONS,
        asyncore_use_poll=True,  # select() knows no file beyond the 1024th
    )


def _most_files() -> int:
    """How many files this process may have open, once it has asked the system for enough."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = CONNECTIONS + FILES if hard == resource.RLIM_INFINITY else min(hard, CONNECTIONS + FILES)
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
    return most
