"""The command `predict`."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Annotated, Literal

import typer

from pipeline.errors import UserError
from pipeline.machine.cpu import set_threads
from pipeline.machine.device import MOST_THREADS
from pipeline.paths import HERE

Device = Annotated[str, typer.Option(help="auto, or a torch device: cpu, cuda, cuda:1.")]
Threads = Annotated[
    int, typer.Option(min=1, max=MOST_THREADS, help="Threads of numpy or torch on a CPU (serve: for each request).")
]


def predict(
    text: Annotated[str | None, typer.Argument(help="A text; without it, --file is read.", show_default=False)] = None,
    file: Annotated[str, typer.Option(help="A file that is one text, UTF-8; `-` is standard input.")] = "-",
    jsonl: Annotated[bool, typer.Option("--jsonl", help='The file has a text a line: {"text": "..."}.')] = False,
    tokens: Annotated[
        bool, typer.Option("--tokens", help="Tokens are given: a sentence, and without --jsonl a text, a line.")
    ] = False,
    model: Annotated[
        list[Path] | None,
        typer.Option(
            help="A folder of stage export; several for jsonl, where entities may overlap.",
            show_default="the first set's",
        ),
    ] = None,
    format_: Annotated[
        Literal["terminal", "jsonl", "conll", "html", "brat", "doccano", "label-studio"],
        typer.Option("--format", help="How entities are written."),
    ] = "terminal",
    threshold: Annotated[
        float,
        typer.Option(min=0, max=1, help="Leave out entities of less confidence; the card says what that gives."),
    ] = 0,
    normal: Annotated[
        bool, typer.Option("--normal", help="Give names in the nominative too, on a terminal and in jsonl.")
    ] = False,
    jobs: Annotated[int, typer.Option(min=1, max=64, help="Processes that tag, for input of megabytes.")] = 1,
    udpipe: Annotated[Path | None, typer.Option(help="The UDPipe model, if it is not in the folder.")] = None,
    device: Device = "cpu",
    threads: Threads = 1,
) -> None:
    """Find entities in raw text. Offsets are characters of the text as it was given, the end not included.

    A line of a text is a paragraph. Memory does not grow with the input, but for its longest line. A line that cannot
    be read is named on standard error, keeps its place in the output, and makes the exit code 1.
    """
    if text is not None and (jsonl or file != "-"):
        raise UserError("found both a text and --file or --jsonl; give one of them")
    set_threads(threads)
    if normal and format_ not in ("terminal", "jsonl"):
        raise UserError(f"--normal: found --format {format_}, expected terminal or jsonl")
    if (several := len(model or []) > 1) and format_ != "jsonl":
        raise UserError(f"several --model: found --format {format_}, expected jsonl, where entities may overlap")
    from pipeline.predict.run import Source, run
    from pipeline.predict.tagger import PoolTagger, TextTagger

    source, folders = Source(None if text == "-" else text, file, jsonl, tokens), model or [first_tagger()]
    load: Callable[[], PoolTagger] = partial(TextTagger.load, folders[0], device, udpipe, normal=normal)
    if several:
        from pipeline.predict.several import Taggers

        load = partial(Taggers.load, folders, device, udpipe, normal)
    tagger = load()  # the first to say what is wrong with a folder
    if jobs == 1:
        raise typer.Exit(run(source, tagger, format_, threshold))
    from pipeline.predict.crew import Crew  # multiprocessing takes a while to import

    with Crew(jobs, load) as crew:
        raise typer.Exit(run(source, tagger, format_, threshold, crew))


def first_tagger() -> Path:
    """Return the folder of the tagger that is used where none is named."""
    return HERE.exported / read_sets()[0]


def read_sets() -> Sequence[str]:
    """Return `sets` of params.yaml; the wheel has no params.yaml, and a folder has to be named."""
    try:
        from pipeline.params import load_params
    except ModuleNotFoundError:
        raise UserError("found no --model; name the folder of a tagger: --model FOLDER") from None
    try:
        return load_params().sets
    except UserError as error:
        raise UserError(f"{error}; or name a folder of stage export: --model FOLDER") from None
