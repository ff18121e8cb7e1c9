"""A server on the loopback that keeps the rules, or breaks one of them."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

CONTENT = ("0\tМосква\tB-LOC\n1\tспит\tO\n\n" * 50).encode()


class Handler(BaseHTTPRequestHandler):
    """Serves /a.conllu with ranges. The first `cuts` answers break off half-way; `tricks` come before all else."""

    content, tag = CONTENT, '"1"'
    cuts = 0
    tricks: ClassVar[list[Callable[["Handler"], None]]]
    ranges: ClassVar[list[str | None]]
    """Of every request, if it was for the version that is served."""
    paths: ClassVar[list[str]]
    url: ClassVar[str]

    def do_GET(self) -> None:
        cls = type(self)
        asked = self.headers["Range"] if self.headers["If-Range"] == cls.tag else None
        cls.ranges.append(asked)
        cls.paths.append(self.path)
        if cls.tricks:
            return cls.tricks.pop(0)(self)
        if not self.path.endswith("/a.conllu"):
            return self.send_error(404)
        start = int(asked.removeprefix("bytes=").removesuffix("-")) if asked else 0
        rest = cls.content[start:]
        self.head(206 if asked else 200, len(rest), **({"Content-Range": _content_range(cls, start)} if asked else {}))
        if cls.cuts:
            cls.cuts -= 1
            rest = rest[: len(rest) // 2]
        self.wfile.write(rest)

    def head(self, status: int, length: int | str, **headers: str) -> None:
        """Send the beginning of an answer."""
        self.send_response(status)
        for name, value in {"Content-Length": str(length), "ETag": type(self).tag, **headers}.items():
            self.send_header(name, value)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        pass


def _content_range(handler: type[Handler], start: int) -> str:
    return f"bytes {start}-{len(handler.content) - 1}/{len(handler.content)}"


@contextmanager
def serving() -> Iterator[type[Handler]]:
    """A handler of the caller's own; its `url` is where it serves."""

    class Own(Handler):
        tricks: ClassVar[list[Callable[[Handler], None]]] = []
        ranges: ClassVar[list[str | None]] = []
        paths: ClassVar[list[str]] = []

    with ThreadingHTTPServer(("127.0.0.1", 0), Own) as server:
        server.daemon_threads = True
        server.block_on_close = False
        Own.url = f"http://127.0.0.1:{server.server_port}/a.conllu"
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield Own
        server.shutdown()
