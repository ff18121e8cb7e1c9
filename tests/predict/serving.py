"""The page's server on a free port, for tests."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from pipeline.predict.serve.app import make_app
from pipeline.predict.serve.models import Model
from pipeline.predict.serve.run import bind, make_server


@contextmanager
def serving(models: list[Model]) -> Iterator[str]:
    """The server's address, while it answers."""
    listening = bind(0)
    port = listening.getsockname()[1]
    server = make_server(make_app(models, port), listening)
    threading.Thread(target=server.run, daemon=True).start()
    yield f"http://127.0.0.1:{port}"
    server.close()
