"""A server on the loopback that keeps the rules, or breaks one of them."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

CONTENT = ("0\tМосква\tB-LOC\n1\tспит\tO\n\n" * 50).encode()
Trick = Callable[["Handler"], None]
"""Answers one request in its own way."""


class Handler(BaseHTTPRequestHandler):
    """Serves the content at every path; `tricks` answer the first requests."""

    content = CONTENT
    tricks: ClassVar[list[Trick]]
    paths: ClassVar[list[str]]
    url: ClassVar[str]

    def do_GET(self) -> None:
        cls = type(self)
        cls.paths.append(self.path)
        if cls.tricks:
            cls.tricks.pop(0)(self)
        else:
            answer(200, len(cls.content), cls.content)(self)

    def log_message(self, format: str, *args: object) -> None:
        pass


def answer(status: int, length: int | str = 0, body: bytes = b"", **headers: str) -> Trick:
    """A trick that announces so many bytes and sends these; in the names of headers, `_` stands for `-`."""

    def trick(handler: Handler) -> None:
        handler.send_response(status)
        for name, value in {"Content-Length": str(length), **headers}.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        handler.wfile.write(body)

    return trick


@contextmanager
def serving() -> Iterator[type[Handler]]:
    """A handler for the caller alone, which serves at its `url`."""

    class Own(Handler):
        tricks: ClassVar[list[Trick]] = []
        paths: ClassVar[list[str]] = []

    with ThreadingHTTPServer(("127.0.0.1", 0), Own) as server:
        server.daemon_threads = True
        server.block_on_close = False
        Own.url = f"http://127.0.0.1:{server.server_port}/a.conllu"
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield Own
        server.shutdown()
