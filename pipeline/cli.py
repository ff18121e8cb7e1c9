"""The commands: one a stage, each a line from params.yaml to the stage's `run`.

A command imports its stage when it is called, so that `--help` answers at once.
"""

import atexit
import errno
import gc
import os
import shutil
import sqlite3
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from pipeline.errors import TEXT, UserError, one_line, printable, reason
from pipeline.ner.settings import MOST_RESAMPLES
from pipeline.params import MOST_THREADS, Params, load_params
from pipeline.paths import HERE
from pipeline.work.interruption import Stopped
from pipeline.work.locks import hold
from pipeline.work.outputs import FULL
from pipeline.work.steady import Steady

if TYPE_CHECKING:
    from pipeline.text.udpipe import Normalization
    from pipeline.work.run import Run
    from pipeline.work.workers import Workers

OF_THE_FILE = {errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOENT, errno.EISDIR, errno.ENOTDIR, errno.ENAMETOOLONG}
OF_THE_FILE |= {errno.ELOOP}
"""Errors that say something about the file they name, and nothing about the program."""

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Stages of the pipeline, in order. Settings come from params.yaml; `dvc repro` runs them all.",
)

Revision = Annotated[str, typer.Argument(help="A branch, tag, commit, experiment, or `workspace`.")]
DataSet = Annotated[str, typer.Argument(help="One of `sets` in params.yaml, such as wikineural.")]


def stage(command: Callable[..., None]) -> Callable[..., None]:
    """Make a command of a stage, which one process at a time runs in a working copy.

    DVC deletes a stage's outputs before it starts the command; that of a dvc which was killed may still be at work.
    """

    @app.command()
    @wraps(command)
    def run(**arguments: str) -> None:
        name = "@".join([command.__name__, *arguments.values()])
        with hold(HERE.locks / name.replace("/", "-"), f"running stage {name}"):
            command(**arguments)

    return run


@stage
def check() -> None:
    """Check every name and value in params.yaml."""
    from pipeline.stages import check

    check.run(load_params(), HERE.choice, HERE.architecture, HERE.protocol, HERE.code)


@stage
def fetch() -> None:
    """Obtain and verify the inputs named in data/<scale>/manifest.yaml."""
    from pipeline.stages import fetch

    params = load_params()
    fetch.run(HERE.manifest(params.scale), HERE.raw, params.imports_elmo, params.sets)


@stage
def documents() -> None:
    """Read a MediaWiki dump or plain text into articles."""
    from pipeline.stages import documents

    params = load_params()
    documents.run(HERE.news, HERE.documents, params.chosen_scale.text, _workers(params))


@stage
def sentences() -> None:
    """Split paragraphs into sentences (razdel, or UDPipe)."""
    from pipeline.stages import sentences

    params = load_params()
    model = HERE.udpipe if params.chosen_scale.text.segmenter == "udpipe" else None
    sentences.run(HERE.documents, HERE.sentences, _workers(params), model)


@stage
def fragments() -> None:
    """Drop long sentences, pack short ones into fragments."""
    from pipeline.stages import fragments

    params = load_params()
    fragments.run(HERE.sentences, HERE.fragments, params.chosen_scale.text, _workers(params))


@stage
def lowercase() -> None:
    """Lower-case the fragments."""
    from pipeline.stages import lowercase

    params = load_params()
    lowercase.run(HERE.fragments, HERE.lowercase, params.chosen_protocol.lowercase, _workers(params))


@stage
def lemmas() -> None:
    """Lemmatise the fragments (UDPipe)."""
    from pipeline.stages import lemmas

    params = load_params()
    lemmas.run(HERE.lowercase, HERE.udpipe, HERE.lemmas, _normalization(params), _workers(params))


@stage
def vocabulary() -> None:
    """Count the types, encode the corpus as ids, hold out articles."""
    from pipeline.stages import vocabulary

    params = load_params()
    settings = params.chosen_scale.vocabulary
    vocabulary.run(HERE.lemmas, HERE.vocabulary, settings, params.seed, _workers(params))


@stage
def data() -> None:
    """Write metrics/data.html and data.md: what the news text is like."""
    from pipeline.stages import data

    params = load_params()
    data.run(HERE.data, HERE.metrics, params.scale, params.seed)


@app.command()
def charcnn() -> None:
    """Train and freeze the char-CNN, or import a published one; compute every type's vector."""
    from pipeline.stages import charcnn

    def settings() -> object:
        now = load_params()
        return now.seed, now.imports_elmo, now.chosen_scale.charcnn, charcnn.code()

    params = load_params()
    if params.imports_elmo:
        with _training("charcnn", params, Steady(settings, HERE.vocabulary, HERE.elmo)) as how:
            charcnn.import_published(HERE.vocabulary, HERE.elmo, HERE.charcnn, how)
        return
    if _is_launcher(params):
        return
    with _training("charcnn", params, Steady(settings, HERE.vocabulary)) as how:
        charcnn.run(HERE.vocabulary, HERE.charcnn, params.chosen_scale.charcnn, params.seed, how)


@app.command()
def pretrain() -> None:
    """Pretrain the bidirectional language model of the chosen architecture."""
    from pipeline.provenance.code import training_code
    from pipeline.stages.pretrain import Choice, Sources, Targets, run

    def settings() -> object:
        now = load_params()
        code = training_code("pretrain", now.chosen_arch.cell)
        return now.seed, now.arch, now.chosen_arch, now.chosen_scale.lm, code

    params = load_params()
    if _is_launcher(params):
        return
    sources = Sources(HERE.vocabulary, HERE.charcnn)
    targets = Targets(HERE.lm, HERE.pretrain, HERE.pretrain_curve)
    choice = Choice(params.arch, params.chosen_arch, params.chosen_scale.lm, params.seed)
    with _training("pretrain", params, Steady(settings, *sources)) as how:
        run(sources, targets, choice, how)


@stage
def corpora(name: DataSet) -> None:
    """Read an NER set in its published format; repair BIO, lower-case, lemmatise."""
    from pipeline.stages import corpora

    params = load_params()
    params.need_set(name)
    corpora.run(
        source=HERE.raw / "ner" / name,
        model=HERE.udpipe,
        target=HERE.corpora / name,
        tokens=params.chosen_protocol.tokens,
        normalization=_normalization(params),
        seed=params.seed,
    )


@stage
def ner(name: DataSet) -> None:
    """Train the tagger on frozen embeddings."""
    from pipeline.stages import ner

    def settings() -> object:
        now = load_params()
        return now.chosen_scale.ner, now.chosen_protocol.epoch

    params = load_params()
    params.need_set(name)
    steady = Steady(settings, HERE.lm, HERE.corpora / name)
    ner.run(
        lm=HERE.lm,
        corpus=HERE.corpora / name,
        target=HERE.taggers / name,
        log=HERE.scores / f"{name}.epochs.csv",
        cache=HERE.features,
        settings=params.chosen_scale.ner,
        epoch=params.chosen_protocol.epoch,
        device=_device(params),
        confirm=steady.confirm,
    )


@stage
def evaluate(name: DataSet) -> None:
    """Score the taggers on the test split."""
    from pipeline.stages import evaluate

    params = load_params()
    params.need_set(name)
    evaluate.run(
        lm=HERE.lm,
        corpus=HERE.corpora / name,
        taggers=HERE.taggers / name,
        predictions=HERE.predictions / name,
        metrics=HERE.scores / f"{name}.json",
        scores=HERE.scores / f"{name}.scores.csv",
        types=HERE.scores / f"{name}.types.csv",
        confusion=HERE.scores / f"{name}.confusion.csv",
        cache=HERE.features,
        settings=params.chosen_scale.evaluate,
        seed=params.seed,
        device=_device(params),
    )


@stage
def typos(name: DataSet) -> None:
    """Score the taggers on the test split with typos in its words."""
    from pipeline.stages import typos

    params = load_params()
    params.need_set(name)
    typos.run(
        lm=HERE.lm,
        corpus=HERE.corpora / name,
        taggers=HERE.taggers / name,
        udpipe=HERE.udpipe,
        target=HERE.scores / f"{name}.typos.csv",
        cache=HERE.features,
        rates=params.chosen_scale.typos.rates,
        normalization=_normalization(params),
        bootstrap=params.chosen_scale.evaluate.bootstrap,
        seed=params.seed,
        device=_device(params),
    )


@stage
def export(name: DataSet) -> None:
    """Put the best tagger with all it needs into one folder; calibrate its confidences."""
    from pipeline.stages import export

    params = load_params()
    params.need_set(name)
    export.run(
        export.Sources(
            lm=HERE.lm,
            corpus=HERE.corpora / name,
            taggers=HERE.taggers / name,
            raw=HERE.raw,
            scores=HERE.scores / f"{name}.scores.csv",
            types=HERE.scores / f"{name}.types.csv",
        ),
        target=HERE.exported / name,
        metrics=HERE.scores / f"{name}.calibration.json",
        cache=HERE.features,
        protocol=params.chosen_protocol,
        device=_device(params),
    )


@stage
def report() -> None:
    """Write metrics/report.html, report.md and its pictures."""
    from pipeline.stages import report

    params = load_params()
    _device(params)  # instructions and threads of torch, which the metrics name
    scale = params.chosen_scale
    blocks = {f"archs.{params.arch}": params.chosen_arch, f"scales.{params.scale}": scale}
    settings = {"seed": params.seed, **{key: block.model_dump(mode="json") for key, block in blocks.items()}}
    report.run(
        report.Sources(HERE.data, HERE.metrics, HERE.lm),
        report.Choice(params.arch, params.scale, params.sets, settings, scale.evaluate.bootstrap, params.seed),
    )


@app.command()
def embed(
    model: Annotated[Path, typer.Argument(help="A folder: a published ELMo (options.json, model.hdf5), or models/lm.")],
    sentences: Annotated[Path, typer.Argument(help="UTF-8, a sentence a line, tokens separated by spaces.")],
    out: Annotated[Path, typer.Argument(help="The .npz to write: n_sentences, and s0_layers, s1_layers ...")],
    device: Annotated[str, typer.Option(help="auto, or a torch device: cpu, cuda, cuda:1.")] = "auto",
) -> None:
    """Write all layers of every token of some sentences, float32 (layers + 1, tokens, width) a sentence."""
    from pipeline.lm.export import export
    from pipeline.machine.device import choose_device
    from pipeline.machine.memory import keep_buffers

    keep_buffers()
    export(model, sentences, out, choose_device(device, "--device"))


@app.command()
def predict(
    text: Annotated[
        str | None, typer.Argument(help="One text; without it, --file is read.", show_default=False)
    ] = None,
    file: Annotated[str, typer.Option(help="A file that is one text, UTF-8; `-` is standard input.")] = "-",
    jsonl: Annotated[bool, typer.Option("--jsonl", help='The file has a text a line: {"text": "..."}.')] = False,
    tokens: Annotated[
        bool, typer.Option("--tokens", help="Tokens are given: a sentence, and without --jsonl a text, a line.")
    ] = False,
    model: Annotated[
        Path | None, typer.Option(help="A folder of stage export; by default that of the first set.")
    ] = None,
    format_: Annotated[
        Literal["terminal", "jsonl", "conll", "html"], typer.Option("--format", help="How entities are shown.")
    ] = "terminal",
    udpipe: Annotated[Path | None, typer.Option(help="The UDPipe model, if it is not in the folder.")] = None,
    device: Annotated[str, typer.Option(help="auto, or a torch device: cpu, cuda, cuda:1.")] = "cpu",
    threads: Annotated[int, typer.Option(min=1, max=MOST_THREADS, help="Of torch, on a CPU.")] = 1,
) -> None:
    """Find entities in raw text. Offsets are characters of the text as it was given, the end not included.

    A line of a text is a paragraph. Memory does not grow with the input, but for the longest line of --jsonl or
    --tokens. A line that cannot be read is named on standard error, keeps its place in the output, and makes the exit
    code 1.
    """
    import torch

    from pipeline.machine.memory import keep_buffers
    from pipeline.predict import load
    from pipeline.predict.run import Source, run

    if text is not None and (jsonl or file != "-"):
        raise UserError("found both a text and --file or --jsonl; give one of them")
    keep_buffers()
    torch.set_num_threads(threads)
    source = Source(None if text == "-" else text, file, jsonl, tokens)
    raise typer.Exit(run(source, load(model or _first_tagger(), device, udpipe), format_))


@app.command()
def serve(
    model: Annotated[
        list[Path] | None,
        typer.Option(help="A folder of stage export; may be repeated.", show_default="all of models/tagger"),
    ] = None,
    port: Annotated[int, typer.Option(min=0, max=65535, help="0: any that is free.")] = 8765,
    browse: Annotated[bool, typer.Option("--open/--no-open", help="Open the page in a browser.")] = True,
    device: Annotated[str, typer.Option(help="auto, or a torch device: cpu, cuda, cuda:1.")] = "cpu",
    threads: Annotated[int, typer.Option(min=1, max=MOST_THREADS, help="Of torch, on a CPU, for each request.")] = 1,
) -> None:
    """Try taggers in a browser: a page on this computer, for this computer only, which keeps nothing."""
    import torch

    from pipeline.machine.device import choose_device
    from pipeline.machine.memory import keep_buffers
    from pipeline.predict.serve.models import find_folders
    from pipeline.predict.serve.run import run

    keep_buffers()
    torch.set_num_threads(threads)
    run(model or find_folders(HERE.exported), port, choose_device(device, "--device"), browse)


@app.command()
def show(
    article: Annotated[str, typer.Argument(metavar="ID", help="An article; metrics/data.html names some.")] = "",
) -> None:
    """Print the scores of the last run, or an article at every stage."""
    if article:
        from pipeline.report.corpus.terminal import WIDEST, show

        print(show(HERE.data, article, min(WIDEST, shutil.get_terminal_size((WIDEST, 0)).columns)))
        return
    from pipeline.report.summary import summary

    print(printable(summary(HERE.metrics), TEXT))


@app.command()
def compare(
    a: Revision,
    b: Revision,
    sets: Annotated[list[str] | None, typer.Argument(help="Data sets; all, if none is named.")] = None,
    resamples: Annotated[
        int, typer.Option(min=1, max=MOST_RESAMPLES, help="Of the bootstrap, and of the randomisation test.")
    ] = 10_000,
    seed: Annotated[int, typer.Option(min=0, help="Of the draws.")] = 1,
) -> None:
    """Say whether the scores of two revisions differ by more than chance, and in which sentences."""
    from pipeline.experiments.compare.run import run

    print(printable(run(a, b, sets or [], HERE.comparisons, resamples, seed), TEXT))


@app.command()
def tables(
    revisions: Annotated[list[str] | None, typer.Argument(help="Branches, experiments ...: a row each.")] = None,
    archs: Annotated[str, typer.Option(help="Names with commas; all of params.yaml, if none is named.")] = "",
    compute: Annotated[bool, typer.Option(help="Run what has not been run.")] = True,
) -> None:
    """Set all architectures beside the paper's tables; run those that have not been run."""
    from pipeline.experiments.tables.run import run

    params = load_params()
    if revisions and archs:
        raise UserError(f"found both {revisions[0]!r} and --archs {archs!r}; give revisions, or architectures")
    names = [name.strip() for name in archs.split(",")] if archs else list(params.archs)
    page = run(params, names, revisions or [], compute, HERE.manifest(params.scale).parent, HERE.metrics)
    print(printable(page, TEXT))


@app.command()
def mend() -> None:
    """Remove what a kill has left half-written: DVC's own lock, and outputs. `make repro` does so first."""
    from pipeline.experiments.mend import mend

    mend()


def main() -> None:
    """Run a command; bad input is one line on standard error and exit code 1."""
    # Threads that wait must sleep: on a shared machine OpenMP's spinning slows a training step tenfold and more.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    collect_rarely()
    try:
        app()
    except UserError as error:
        _fail(str(error))
    except Stopped as stopped:
        _fail(str(stopped), stopped.exit_code)
    except KeyboardInterrupt:
        _fail("interrupted", code=130)
    except (MemoryError, RuntimeError) as error:
        if not _is_memory(error):
            raise
        what = str(error).strip().partition("\n")[0].rpartition("] ")[2]
        _fail(f"out of memory{f' ({what})' if what else ''}; make what it is for smaller, or use a machine with more")
    except sqlite3.OperationalError as error:
        _fail(f"DVC's own database, in core.site_cache_dir or /var/tmp/dvc: {error}; make room there and run again")
    except OSError as error:
        if error.errno in FULL:
            # Of a copy, the second is the one that is written; what is printed has no name.
            full = error.filename2 or error.filename or "standard output"
            _fail(f"{full}: no space left on the device; free some and run again")
        if error.errno not in OF_THE_FILE or not error.filename:
            raise
        _fail(f"{error.filename}: {reason(error)}; mend that and run again")


def _is_memory(error: Exception) -> bool:
    """numpy has a kind of error for it, and so has torch on a GPU; on a CPU torch only says so."""
    said = ("can't allocate memory", "out of memory", "not enough memory")
    return isinstance(error, MemoryError) or any(words in str(error) for words in said)


def collect_rarely() -> None:
    """A quarter of a stage's start and end went into looking for garbage in libraries that live as long as it does."""
    gc.set_threshold(100_000)
    atexit.register(gc.freeze)


def _first_tagger() -> Path:
    try:
        return HERE.exported / load_params().sets[0]
    except UserError as error:
        raise UserError(f"{error}; or name a folder of stage export: --model FOLDER") from None


def _fail(message: str, code: int = 1) -> None:
    print(one_line(f"error: {message}"), file=sys.stderr)
    sys.exit(code)


def _workers(params: Params) -> "Workers":
    """How the text stages are done."""
    from pipeline.work.workers import Workers

    return Workers(params.compute.jobs or os.cpu_count() or 1, params.compute.backend, HERE.shards)


def _normalization(params: Params) -> "Normalization":
    from pipeline.text.udpipe import Normalization

    return Normalization(params.chosen_protocol.lowercase, params.chosen_protocol.lemmas)


def _device(params: Params) -> str:
    """The device of the torch stages, once torch has been told which instructions, threads and memory it may use."""
    import torch

    from pipeline.machine.cpu import use_avx2
    from pipeline.machine.memory import keep_buffers

    if params.compute.instructions == "avx2":
        use_avx2()
    keep_buffers()
    if params.compute.threads:
        torch.set_num_threads(params.compute.threads)
    return params.compute.device


@contextmanager
def _training(name: str, params: Params, steady: Steady) -> Iterator["Run"]:
    """How a language model is trained: on which device, by which processes, with what checkpoints.

    The stage is held as by `stage`, by rank 0 and not by its launcher, which may die first.
    """
    from pipeline.machine.device import choose_device
    from pipeline.work.processes import join
    from pipeline.work.run import Run

    leads = os.environ.get("RANK", "0") == "0"
    with hold(HERE.locks / name, f"running stage {name}") if leads else nullcontext():
        device = choose_device(_device(params))
        with join(device) as world:
            yield Run(device, HERE.checkpoints, params.compute.checkpoint_minutes, steady.confirm, world)


def _is_launcher(params: Params) -> bool:
    """Whether this process has started the several that are to train, which is then done: it trains nothing itself."""
    from pipeline.work.processes import check_number, launch, started_by_torchrun

    if params.compute.processes == 1 or started_by_torchrun():
        return False
    check_number(params.compute.processes, params.compute.device)
    launch(params.compute.processes, ["-m", "pipeline", *sys.argv[1:]])
    return True
