"""The command `serve`: the application in a waitress server, where a request that never ends holds up no others."""

import errno
import logging
import os
import resource
import socket
import threading
import webbrowser
from collections.abc import Sequence
from pathlib import Path

from flask import Flask
from waitress.server import TcpWSGIServer

from pipeline.errors import UserError, shown
from pipeline.predict.serve.app import BODY, make_app
from pipeline.predict.serve.models import load_models

LOCAL, EVERY = "127.0.0.1", "0.0.0.0"
THREADS = 4
"""How many requests are answered at a time; others wait."""
PATIENCE = 5
"""Seconds that a request may take to arrive, and that a connection may stay silent."""
CONNECTIONS = 4096
"""The most connections, if the system allows so many open files; further ones wait until others are closed."""
FILES = 64
"""Open files in addition to connections, with a few to spare."""


def run(folders: Sequence[Path], address: tuple[str, int], names: Sequence[str], device: str, browse: bool) -> None:
    """Serve the page at an address, a host and a port, until Ctrl-C; `browse` opens it in a browser.

    It answers to its own address, to the names of this computer and to `names`.
    """
    with bind(address) as listening:
        models = load_models(folders, device)
        host, port = listening.getsockname()
        server = make_server(make_app(models, (host, port), names), listening)
        url = f"http://{host if host != EVERY else LOCAL}:{port}/"
        print(f"{url} shows what is found by {', '.join(model.name for model in models)}; Ctrl-C ends it", flush=True)
        if browse:  # in a thread, as it may take as long as the browser is open
            threading.Thread(target=webbrowser.open, args=[url], daemon=True).start()
        server.run()
        server.close()


def bind(address: tuple[str, int]) -> socket.socket:
    """Listen on an address of this computer, on any free port if it is 0; a `UserError` says why that cannot be."""
    host, port = address
    try:
        if not host:  # would be every address
            raise OSError
        return socket.create_server(address)
    except (OSError, UnicodeError, TypeError) as error:  # TypeError: a host that is not UTF-8
        if isinstance(error, OSError) and error.errno in (errno.EADDRINUSE, errno.EACCES):
            fault, advice = os.strerror(error.errno).lower(), "choose another one with --port, 0 for any that is free"
            raise UserError(f"port {port}: {fault}; {advice}") from None
        raise UserError(f"--host: found {shown(host)}, expected an IPv4 address of this computer") from None


class Server(TcpWSGIServer):  # type: ignore[misc]  # waitress is not typed
    """Waitress closes silent connections; this server also closes those whose request arrives too slowly."""

    def maintenance(self, now: float) -> None:
        super().maintenance(now)
        for channel in self.active_channels.values():
            if channel.request is not None:  # a part of it has arrived
                since = vars(channel.request).setdefault("since", now)
                channel.will_close |= now - since > PATIENCE


def make_server(app: Flask, listening: socket.socket) -> Server:
    """Make a server whose `run()` lasts until Ctrl-C, and ask the system for as many open files as it needs."""
    for name in ("waitress", "waitress.queue"):  # they warn of requests and connections that wait
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
        inbuf_overflow=2 * BODY,  # otherwise a long text would be kept in a file for a while
        log_socket_errors=False,
        channel_timeout=PATIENCE,
        cleanup_interval=1,
        connection_limit=files - FILES,
        backlog=CONNECTIONS,
        asyncore_use_poll=True,  # select() knows no file beyond the 1024th
    )
