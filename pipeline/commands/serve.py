"""The command `serve`."""

from pathlib import Path
from typing import Annotated

import typer

from pipeline.commands.predict import Device, Threads, read_sets
from pipeline.errors import UserError
from pipeline.machine.cpu import set_threads
from pipeline.paths import HERE


def serve(
    model: Annotated[
        list[Path] | None,
        typer.Option(help="A folder of stage export; may be repeated.", show_default="all of models/tagger"),
    ] = None,
    port: Annotated[int, typer.Option(min=0, max=65535, help="0: any that is free.")] = 8765,
    host: Annotated[str, typer.Option(help="The address to listen on; 0.0.0.0: all of them.")] = "127.0.0.1",
    name: Annotated[
        list[str] | None,
        typer.Option(help="A name, besides localhost, under which it may be asked; may be repeated."),
    ] = None,
    browse: Annotated[bool, typer.Option("--open/--no-open", help="Open the page in a browser.")] = True,
    device: Device = "cpu",
    threads: Threads = 1,
) -> None:
    """Try taggers in a browser.

    The page is served from this computer, by default to this computer only, and keeps nothing.
    """
    set_threads(threads)
    try:
        from pipeline.predict.serve.run import run
    except ModuleNotFoundError as error:  # in the wheel, where the server is an extra
        fault = f"the page needs the package {error.name}, which is not installed"
        raise UserError(f"{fault}; install the wheel again with its extra: pip install 'FILE.whl[serve]'") from None
    if "" in (name or []):
        raise UserError("--name: found an empty one, expected a name such as tagger.example.org")
    run(model or _taggers(), (host, port), name or [], device, browse)


def _taggers() -> list[Path]:
    """Return the folders of models/tagger, those of `sets` first and in their order, where params.yaml names them."""
    from pipeline.predict.serve.models import find_folders

    folders, sets = find_folders(HERE.exported), read_sets() if Path("params.yaml").exists() else []
    return sorted(folders, key=lambda folder: sets.index(folder.name) if folder.name in sets else len(sets))
