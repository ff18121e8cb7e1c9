"""What the text stages cost compared with UDPipe's own loop on the same text, and how much a second process saves.

The machine limits what a second process saves: UDPipe's own loop in two processes at once, each with half of the
shards and its model loaded, is compared with stage lemmas with two workers, whose start is counted too.

    python -m benchmarks.text --news corpus.txt.gz --model russian.udpipe --json text.json

The floor is UDPipe in a bare loop: it tokenises every lower-cased fragment, as stage lemmas does, and tags it; no word
is looked at, nothing is parsed. Stages are called as the commands call them, files included. Without options the news
and the model that `dvc repro fetch` has put into `data/raw` are read.
"""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, wait
from contextlib import ExitStack
from functools import lru_cache, partial
from importlib.metadata import version
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any

import typer
from ufal.udpipe import Model, ProcessingError, Sentence

from benchmarks.rounds import medians, report, take_turns
from pipeline.files.json import read_json, write_json
from pipeline.files.shards import COUNTS, Document, format_document, read_documents, read_shard
from pipeline.files.yaml import read_yaml
from pipeline.params import PARAMS, Params, complete_scales
from pipeline.paths import HERE, Paths
from pipeline.stages import documents, fragments, lemmas, lowercase, sentences, vocabulary
from pipeline.text.mapping import LIBRARIES
from pipeline.text.whitespace import count_words

Row = dict[str, Any]
TEXT = {"segmenter": "razdel", "fragment_words": 200, "leave_out_tests": True, "shard_megabytes": 1}
VOCABULARY = {"size": 200_000, "min_count": 3, "validation_share": 0.03}
FLOOR, LEMMAS, OTHERS = "UDPipe's loop", "lemmas", "sentences, fragments, lowercase, vocabulary"


def main(
    news: Annotated[Path | None, typer.Option(help="Plain text, an empty line between documents.")] = None,
    model: Annotated[Path, typer.Option(help="A UDPipe 1 model.")] = HERE.udpipe,
    words: Annotated[int, typer.Option(help="Of the text that the stages are timed on.")] = 30_000,
    shared: Annotated[int, typer.Option(help="Words that one process and several are timed on; 0: none.")] = 300_000,
    jobs: Annotated[int, typer.Option(help="The several.")] = 2,
    rounds: Annotated[int, typer.Option(help="Runs of each case.")] = 5,
    cpu_time: Annotated[bool, typer.Option(help="CPU time, where other work disturbs the machine.")] = False,
    json: Annotated[str, typer.Option(help="A file for the results.", metavar="PATH")] = "",
) -> None:
    """Time the stages and UDPipe, side by side."""
    with TemporaryDirectory() as scratch:
        paths = Paths(Path(scratch))
        if news:
            _write_raw(news, paths.news)
        else:
            paths.raw.mkdir(parents=True)
            paths.news.symlink_to(HERE.news.resolve())
        documents.run(paths, _params(1))
        tables = {"Text stages, one process": compare(paths, model, words, rounds, cpu_time)}
        if shared:
            tables["Stage lemmas, processes shared"] = scale(paths, model, shared, rounds, jobs)
    report(
        "Text",
        tables,
        {**{name: version(name) for name in LIBRARIES}, "rounds": rounds, "time": "CPU" if cpu_time else "wall"},
        json,
    )


def _params(jobs: int) -> Params:
    """params.yaml with the settings of this benchmark."""
    params = complete_scales(read_yaml(PARAMS))
    params["seed"] = 1
    params["scales"][params["scale"]] |= {"text": TEXT, "vocabulary": VOCABULARY}
    params["compute"] |= {"jobs": jobs, "backend": "sequential" if jobs == 1 else "loky"}
    return Params.model_validate(params)


def compare(paths: Paths, model: Path, words: int, rounds: int, cpu_time: bool) -> list[Row]:
    """Return a row for each case: microseconds per token, over UDPipe's, and the share of UDPipe's speed."""
    at, params = prepare(paths, model, words), _params(1)

    def others() -> None:
        for stage in (sentences, fragments, lowercase, vocabulary):
            stage.run(at, params)

    def ours() -> None:
        lemmas.run(at, params)

    for stage in (sentences, fragments, lowercase, lemmas):
        stage.run(at, params)
    floor = Floor(model, sorted(at.lowercase.glob("*.txt")))
    clock = time.process_time if cpu_time else time.perf_counter
    seconds = medians(take_turns({FLOOR: floor.run, LEMMAS: ours, OTHERS: others}, rounds, clock))
    tokens = read_json(at.lemmas / COUNTS)["tokens"]
    return [
        {
            "case": name,
            "µs a token": 1e6 * value / tokens,
            "tokens/s": tokens / value,
            "over UDPipe": value / seconds[FLOOR],
            "of UDPipe's speed, %": 100 * seconds[FLOOR] / value,
        }
        for name, value in seconds.items()
    ]


class Floor:
    """UDPipe's loop and nothing else."""

    def __init__(self, model: Path, shards: Sequence[Path]) -> None:
        self._model = Model.load(str(model))
        self._lines = [line for shard in shards for document in read_shard(shard) for line in document.lines]

    def run(self) -> None:
        sentence, error = Sentence(), ProcessingError()
        for line in self._lines:
            tokenizer = self._model.newTokenizer(self._model.DEFAULT)
            tokenizer.setText(line)
            while tokenizer.nextSentence(sentence, error):
                self._model.tag(sentence, self._model.DEFAULT)


@lru_cache(maxsize=1)
def _floor(model: Path, shards: tuple[Path, ...]) -> Floor:
    return Floor(model, shards)


def scale(paths: Paths, model: Path, words: int, rounds: int, jobs: int) -> list[Row]:
    """Return a row for each case: seconds of wall time, and how much faster it is than in one process."""
    at = prepare(paths, model, words, shards=4 * jobs)
    shards = sorted(at.documents.iterdir())
    at.lowercase.symlink_to(at.documents.resolve())
    with ExitStack() as stack:
        cases: dict[tuple[str, int], Callable[[], object]] = {
            (FLOOR, 1): _at_once(stack, model, [shards]),
            (FLOOR, jobs): _at_once(stack, model, [shards[number::jobs] for number in range(jobs)]),
            (LEMMAS, 1): partial(lemmas.run, at, _params(1)),
            (LEMMAS, jobs): partial(lemmas.run, at, _params(jobs)),
        }
        seconds = medians(take_turns(cases, rounds))
    return [
        {"case": name, "processes": number, "s": value, "faster by": seconds[name, 1] / value}
        for (name, number), value in seconds.items()
    ]


def _at_once(stack: ExitStack, model: Path, parts: list[list[Path]]) -> Callable[[], None]:
    """Make UDPipe's loop over every part, each in a process of its own that is up and has read everything."""
    pools = [stack.enter_context(ProcessPoolExecutor(1, get_context("spawn"))) for _ in parts]

    def run(function: Callable[[Path, tuple[Path, ...]], object]) -> None:
        futures = [pool.submit(function, model, tuple(part)) for pool, part in zip(pools, parts, strict=True)]
        wait(futures)
        for future in futures:
            future.result()

    run(_read_floor)
    return partial(run, _run_floor)


def _read_floor(model: Path, shards: tuple[Path, ...]) -> None:
    _floor(model, shards)


def _run_floor(model: Path, shards: tuple[Path, ...]) -> None:
    _floor(model, shards).run()


def prepare(paths: Paths, model: Path, words: int, shards: int = 1) -> Paths:
    """Make a project from the first documents of another: about that many words, in shards of similar size."""
    at = Paths(paths.root / f"{words}-words")
    for folder in (at.documents, at.raw_ner, at.udpipe.parent):
        folder.mkdir(parents=True)
    at.udpipe.symlink_to(model.resolve())
    groups: list[list[Document]] = [[] for _ in range(shards)]
    taken = 0
    for number, document in enumerate(read_documents(paths.documents)):
        if taken >= words:
            break
        groups[number % shards].append(document)
        taken += sum(map(count_words, document.lines))
    for number, group in enumerate(groups):
        text = "".join(map(format_document, group))
        (at.documents / f"{number:05d}.txt").write_text(text, encoding="utf-8")
    return at


def _write_raw(news: Path, raw: Path) -> None:
    """Make a folder such as stage fetch makes."""
    raw.mkdir(parents=True)
    (raw / news.name).symlink_to(news.resolve())
    write_json(raw / "sources.json", {"files": [{"file": news.name, "format": "text"}]})


if __name__ == "__main__":
    typer.run(main)
