"""The command `serve`: the application behind waitress, in which requests that never come to an end stop no others."""

import logging
import resource
import socket
import threading
import webbrowser
from collections.abc import Sequence
from pathlib import Path

import torch
from flask import Flask
from waitress.server import TcpWSGIServer

from pipeline.errors import UserError, reason
from pipeline.predict.serve.app import BODY, make_app
from pipeline.predict.serve.models import load_models

HOST = "127.0.0.1"
THREADS = 4
"""Requests answered at a time; others wait."""
PATIENCE = 5
"""Seconds that a request may take to arrive, and that a connection may be silent."""
CONNECTIONS = 4096
"""At most, where the system allows so many open files; further ones wait until others are closed."""
FILES = 64
"""Open files that are no connections, and some to spare."""


def run(folders: Sequence[Path], port: int, device: torch.device, browse: bool) -> None:
    """Serve the page until Ctrl-C; `browse` opens it in a browser."""
    with bind(port) as listening:
        models = load_models(folders, device)
        port = listening.getsockname()[1]
        server = make_server(make_app(models, port), listening)
        url = f"http://{HOST}:{port}/"
        print(f"{url} shows what is found by {', '.join(model.name for model in models)}; Ctrl-C ends it", flush=True)
        if browse:  # which may take as long as the browser is open
            threading.Thread(target=webbrowser.open, args=[url], daemon=True).start()
        server.run()
        server.close()


def bind(port: int) -> socket.socket:
    """A socket of this computer only, 0 for any free port; a `UserError` where the port is another program's."""
    listening = socket.socket()
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((HOST, port))
        listening.listen()  # or else a second server could bind it as well, and fail later
    except OSError as error:
        listening.close()
        raise UserError(
            f"port {port}: {reason(error)}; choose another one with --port, 0 for any that is free"
        ) from None
    return listening


class Server(TcpWSGIServer):  # type: ignore[misc]  # waitress is not typed
    """Waitress closes silent connections; this one closes also those whose request arrives a byte now and then."""

    def maintenance(self, now: float) -> None:
        super().maintenance(now)
        for channel in self.active_channels.values():
            if channel.request is not None:  # it has arrived in part
                since = vars(channel.request).setdefault("since", now)
                channel.will_close |= now - since > PATIENCE


def make_server(app: Flask, listening: socket.socket) -> Server:
    """Ready to `run()`, until Ctrl-C. It asks the system for as many open files as it needs."""
    for name in ("waitress", "waitress.queue"):  # that requests or connections wait is no fault
        logging.getLogger(name).setLevel(logging.ERROR)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    files = CONNECTIONS + FILES if hard == resource.RLIM_INFINITY else min(hard, CONNECTIONS + FILES)
    if soft != resource.RLIM_INFINITY and soft < files:
        resource.setrlimit(resource.RLIMIT_NOFILE, (files, hard))
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
        connection_limit=files - FILES,
        backlog=CONNECTIONS,
        asyncore_use_poll=True,  # select() knows no file beyond the 1024th
    )
