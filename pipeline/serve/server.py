"""The application behind a socket: waitress, which refuses what is no HTTP in the same words."""

import json
import logging
import socket

from flask import Flask
from waitress.channel import HTTPChannel
from waitress.server import TcpWSGIServer, create_server
from waitress.task import ErrorTask

from pipeline.errors import UserError, reason
from pipeline.serve.app import HEADERS, SAID
from pipeline.serve.request import BODY, JSON

HOST = "127.0.0.1"
THREADS = 4
"""Requests answered at a time; others wait."""


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


def make_server(app: Flask, listening: socket.socket) -> TcpWSGIServer:
    """Ready to `run()`, until Ctrl-C."""
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)  # that requests wait is no fault
    server = create_server(
        app,
        sockets=[listening],
        threads=THREADS,
        ident=None,
        max_request_body_size=BODY,
        inbuf_overflow=2 * BODY,  # or else a long text would lie in a file for a while
        log_socket_errors=False,
    )
    server.channel_class = _Channel
    return server


class _Refusal(ErrorTask):  # type: ignore[misc]  # waitress is not typed
    """An answer to what never reaches the application."""

    def execute(self) -> None:
        error = self.request.error
        message = SAID.get(error.code) or f"not HTTP that can be read: {error.body}"
        body = json.dumps({"error": " ".join(message.split())}).encode()
        self.status = f"{error.code} {error.reason}"
        self.response_headers.extend([("Content-Type", JSON), *HEADERS.items()])
        self.set_close_on_finish()
        self.content_length = len(body)
        self.write(body)


class _Channel(HTTPChannel):  # type: ignore[misc]  # waitress is not typed
    error_task_class = _Refusal
