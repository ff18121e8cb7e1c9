"""The command `serve`."""

import threading
import webbrowser
from collections.abc import Sequence
from pathlib import Path

import torch

from pipeline.predict.serve.app import make_app
from pipeline.predict.serve.models import load_models
from pipeline.predict.serve.server import HOST, bind, make_server


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
