"""The command `recurrent-ner`: `predict` of the pipeline, for the folder of a tagger."""

import typer

from pipeline.commands.predict import predict
from pipeline.commands.program import run_program

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)
app.command(context_settings={"max_content_width": 120})(predict)


def main() -> None:
    """Run the command."""
    run_program(app)
