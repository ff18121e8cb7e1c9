"""The commands: first a table of the stages and what all stages share, then the other commands.

Commands import what they need when they run, so that `--help` answers at once.
"""

import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from importlib import import_module
from pathlib import Path
from typing import Annotated

import typer

from pipeline.commands.predict import Device, predict
from pipeline.commands.program import run_program
from pipeline.commands.serve import serve
from pipeline.errors import TEXT, UserError, printable
from pipeline.machine.cpu import set_up_torch
from pipeline.paths import HERE

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # boxes of rich take as long to import as all of the rest
    context_settings={"max_content_width": 120},
    help="Stages of the pipeline, in order. Settings come from params.yaml; `dvc repro` runs them all.",
)

Revision = Annotated[str, typer.Argument(help="A branch, tag, commit, experiment, or `workspace`.")]
DataSet = Annotated[str, typer.Argument(help="One of `sets` in params.yaml, such as wikineural.")]

STAGES = {
    "check": "Check every name and value in params.yaml.",
    "fetch": "Fetch and verify the inputs that the manifest names.",
    "documents": "Read a MediaWiki dump or plain text into articles.",
    "sentences": "Split paragraphs into sentences (razdel, or UDPipe).",
    "fragments": "Drop long and test sentences, pack the rest in fragments.",
    "lowercase": "Lower-case the fragments.",
    "lemmas": "Lemmatise the fragments (UDPipe).",
    "vocabulary": "Count types, encode the corpus as ids, hold out articles.",
    "data": "Describe the news text: metrics/data.html and data.md.",
    "charcnn": "Train or import the encoder of words, embed every type.",
    "pretrain": "Pretrain the language model of the chosen architecture.",
    "corpora": "Read an NER set, repair its BIO, lower-case, lemmatise.",
    "ner": "Train the tagger on frozen embeddings.",
    "evaluate": "Score the taggers on the test split.",
    "typos": "Score the taggers on the test split with typos in its words.",
    "export": "Put the best tagger into a folder of its own, calibrated.",
    "report": "Write metrics/report.html, report.md and its pictures.",
}
"""The stages in order, each a file of `pipeline/stages`, with the help of their commands."""
OF_A_SET = ("corpora", "ner", "evaluate", "typos", "export")  # stages with an instance for each NER set
TRAIN = ("charcnn", "pretrain")  # stages that `compute.processes` shares out
TORCH = (*TRAIN, "ner", "evaluate", "typos", "export")  # stages that compute with torch


def run_stage(name: str, *sets: str) -> None:
    """Run a stage, for an NER set if it has an instance for each; a working copy runs it once at a time.

    The command of a killed dvc may still be at work when the next dvc deletes the stage's outputs and starts it again.
    """
    from pipeline.experiments.steady import steady
    from pipeline.params import load_params
    from pipeline.work.locks import hold

    params = load_params()
    for data_set in sets:
        params.need_set(data_set)
    if name in TRAIN and params.compute.processes > 1:
        from pipeline.work.processes import check_number, launch, started_by_torchrun

        if not started_by_torchrun():  # this process only starts the others
            check_number(params.compute.processes, params.compute.device)
            launch(params.compute.processes, ["-m", "pipeline", *sys.argv[1:]])
            return
    # Of several processes the first one holds the stage, and not their launcher, which may die before them.
    leads, instance = os.environ.get("RANK", "0") == "0", "@".join([name, *sets])
    lock = hold(HERE.locks / instance, f"running stage {instance}") if leads else nullcontext()
    with lock, steady(name, *sets):
        if name in TORCH:
            set_up_torch(params.compute.threads, params.compute.instructions)
        import_module(f"pipeline.stages.{name}").run(HERE, params, *sets)


def _run(command: typer.Context) -> None:
    run_stage(command.info_name or "")


def _run_for_set(command: typer.Context, data_set: DataSet) -> None:
    run_stage(command.info_name or "", data_set)


for _stage, _help in STAGES.items():
    app.command(_stage, help=_help)(_run_for_set if _stage in OF_A_SET else _run)
app.command()(predict)
app.command()(serve)


@app.command()
def embed(
    model: Annotated[Path, typer.Argument(help="A folder: a published ELMo (options.json, model.hdf5), or models/lm.")],
    sentences: Annotated[Path, typer.Argument(help="UTF-8, a sentence a line, tokens separated by spaces.")],
    out: Annotated[Path, typer.Argument(help="The .npz to write: n_sentences, and s0_layers, s1_layers ...")],
    device: Device = "auto",
) -> None:
    """Write all layers of the tokens of sentences.

    A sentence has float32 (layers + 1, tokens, width).
    """
    from pipeline.lm.export import export
    from pipeline.machine.device import choose_device

    set_up_torch()
    with _at_work("embed"):
        export(model, sentences, out, choose_device(device, "--device"))


@app.command()
def show(
    article: Annotated[str, typer.Argument(metavar="ID", help="An article; metrics/data.html names some.")] = "",
) -> None:
    """Print the last scores, or an article at every stage."""
    if article:
        from pipeline.report.corpus.article import WIDEST, show

        print(show(HERE.data, article, _columns(WIDEST)))
        return
    from pipeline.report.summary import summary

    print(printable(summary(HERE.metrics), TEXT))


@app.command()
def compare(
    a: Revision,
    b: Revision,
    sets: Annotated[list[str] | None, typer.Argument(help="Data sets; all, if none is named.")] = None,
    resamples: Annotated[int, typer.Option(min=1, help="Of the bootstrap, and of the randomisation test.")] = 10_000,
    seed: Annotated[int, typer.Option(min=0, help="Of the draws.")] = 1,
) -> None:
    """Say whether two revisions differ by more than chance.

    A page has the sentences on which they differ most.
    """
    from pipeline.experiments.compare.run import run
    from pipeline.ner.settings import MOST_RESAMPLES

    if resamples > MOST_RESAMPLES:
        raise UserError(f"--resamples: found {resamples:,}, expected at most {MOST_RESAMPLES:,}")
    with _at_work("compare"):
        print(printable(run(a, b, sets or [], HERE.comparisons, resamples, seed), TEXT))


@app.command()
def study(
    name: Annotated[str, typer.Argument(help="A file of studies/, without .yaml; without it, they are listed.")] = "",
    compute: Annotated[bool, typer.Option(help="Run what has not been run.")] = True,
    jobs: Annotated[int, typer.Option(min=1, help="Experiments at a time.")] = 1,
) -> None:
    """Run a study: what has not been run yet, in DVC's queue.

    Tables and pictures go to results/<name>, with a page, page.html.
    """
    from pipeline.experiments.studies.run import run
    from pipeline.experiments.studies.study import list_studies, read_study

    if not name:
        print(printable("\n".join(f"{each}: {read_study(each).question}" for each in list_studies()), TEXT))
        return
    with _at_work("study"):
        pages = [HERE.results_page, HERE.readme]
        scores, missing = run(name, compute, jobs, HERE.results / name, pages, _columns(100))
        print(printable(scores, TEXT))
        if compute and missing:
            advice = "see above, or dvc queue logs, for why; the same command runs them again"
            raise UserError(f"experiments that have failed: {len(missing)}; {advice}")


@app.command()
def mend() -> None:
    """Remove half-written outputs of a killed run, and DVC's lock.

    `make repro` does so first.
    """
    from pipeline.experiments.mend import mend

    mend()


@contextmanager
def _at_work(command: str) -> Iterator[None]:
    """Have `mend` leave alone what the command is writing; several commands may be at work."""
    from pipeline.work.locks import hold

    with hold(HERE.locks / f"{command}-{os.getpid()}", f"running {command}"):
        yield


def _columns(most: int) -> int:
    """Return the width of the terminal, or `most` if it is wider or does not say."""
    return min(most, shutil.get_terminal_size((most, 0)).columns)


def main() -> None:
    """Run a command."""
    run_program(app)
