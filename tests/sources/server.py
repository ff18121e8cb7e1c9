"""A server on the loopback that keeps the rules, or breaks one of them."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

CONTENT = ("0\tМосква\tB-LOC\n1\tспит\tO\n\n" * 50).encode()


class Handler(BaseHTTPRequestHandler):
    """Serves /a.conllu. The first `cuts` answers break off half-way; `tricks` come before all else."""

    content, cuts = CONTENT, 0
    tricks: ClassVar[list[Callable[["Handler"], None]]]
    paths: ClassVar[list[str]]
    url: ClassVar[str]

    def do_GET(self) -> None:
        cls = type(self)
        cls.paths.append(self.path)
        if cls.tricks:
            return cls.tricks.pop(0)(self)
        if not self.path.endswith("/a.conllu"):
            return self.send_error(404)
        self.head(200, len(cls.content))
        is_cut, cls.cuts = cls.cuts > 0, max(cls.cuts - 1, 0)
        self.wfile.write(cls.content[: len(cls.content) // 2] if is_cut else cls.content)

    def head(self, status: int, length: int | str, **headers: str) -> None:
        """Send the beginning of an answer."""
        self.send_response(status)
        for name, value in {"Content-Length": str(length), **headers}.items():
            self.send_header(name, value)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        pass


@contextmanager
def serving() -> Iterator[type[Handler]]:
    """A handler for the caller alone, which serves at its `url`."""

    class Own(Handler):
        tricks: ClassVar[list[Callable[[Handler], None]]] = []
        paths: ClassVar[list[str]] = []

    with ThreadingHTTPServer(("127.0.0.1", 0), Own) as server:
        server.daemon_threads = True
        server.block_on_close = False
        Own.url = f"http://127.0.0.1:{server.server_port}/a.conllu"
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield Own
        server.shutdown()
