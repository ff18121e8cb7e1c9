"""The commands of the pipeline that need no more than the folder of a tagger."""

from collections.abc import Callable

import typer

from pipeline.commands.predict import predict
from pipeline.commands.program import run_program
from pipeline.commands.serve import serve


def main() -> None:
    """Run the command `recurrent-ner`, which is `predict`."""
    _run(predict)


def main_serve() -> None:
    """Run the command `recurrent-ner-serve`, which is `serve`."""
    _run(serve)


def _run(command: Callable[..., None]) -> None:
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)
    app.command(context_settings={"max_content_width": 120})(command)
    run_program(app)
