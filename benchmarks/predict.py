"""What `predict` costs and finds compared with natasha (slovnet), from raw text: speed, start, memory, size, entity F1.

Ours runs on numpy, and once more on torch; a table says how far the two are from finding the same.

    python -m benchmarks.predict --model models/tagger/wikineural --test wikineural:test.conllu.gz \\
        --test wikineural:wikiann.conllu.gz --natasha other/bin/python --picture f1

Several models are compared in one run; the picture has F1 over speed.

Every tagger is a process of its own with one thread, and they take turns. Speed: texts of ten test sentences each, to
entities, with everything in between (ours: razdel, UDPipe's lemmas, language model, tagger); a token is razdel's. It
is measured in a process that has not seen the texts, and again in the same one: ours remembers the vectors of words.
Start: from the start of the process to the first answer. Memory: the peak of a process that has tagged all of the
texts. Packages: the files of all packages that it imports, without the model. Where the time goes is measured in
further processes, whose clocks cost a little.

Entity F1: exact borders and types of PER, LOC and ORG; MISC is taken out of the gold and the predicted tags, as natasha
has none. Both are given the tokens with spaces between them; found entities are widened to whole tokens. Case and
typos: the same sentences in lower case, and with a typo in 20 % of the words (`pipeline.ner.typos`).

natasha is an extra, `pip install '.[natasha]'`, in this environment or in that of another Python, `--natasha PYTHON`.
Without it there are only our rows.
"""

import json as jsons
import os
import random
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import numpy as np
import typer
from matplotlib.figure import Figure
from tqdm import tqdm

from benchmarks.rounds import report
from benchmarks.tagging import BATCHES, NATASHA, OURS, PARTS, TORCH, Spans
from pipeline.errors import UserError
from pipeline.files.settings import read_settings
from pipeline.ner.data.bio import OUTSIDE, bio_labels, repair, tag_type
from pipeline.ner.data.formats import FORMATS
from pipeline.ner.data.lines import RawSentence
from pipeline.ner.data.published import read_file
from pipeline.ner.exported import SETTINGS, Exported
from pipeline.ner.scoring.scores import METRICS, count, estimate, score_types
from pipeline.ner.typos import apply_typos, draw_typos
from pipeline.paths import HERE
from pipeline.predict.several import name_folders
from pipeline.report.colours import BLUE, ORANGE
from pipeline.report.licences import DEMO
from pipeline.report.plots.style import new_figure, save
from pipeline.text.offsets import split_text

Row = dict[str, Any]
Command = list[str]
TYPES = ["PER", "LOC", "ORG"]
CASED = "as published"
ON_TORCH = ", on torch"
LABELS = bio_labels(TYPES)
TYPO_RATE = 0.2
RESAMPLES = 1_000
SENTENCES_A_TEXT = 10
SCRIPT = str(Path(__file__).with_name("tagging.py"))
FIRST = ["Владимир Иванов приехал в Москву."]
ONE_THREAD = {f"{name}_NUM_THREADS": "1" for name in ("OMP", "OPENBLAS", "MKL")} | {"OMP_WAIT_POLICY": "PASSIVE"}
INSTALL = "natasha: not found by {}; pip install '.[natasha]', or name a Python that has it: --natasha PYTHON"


def main(
    test: Annotated[list[str], typer.Option(help="A file to score; may be repeated.", metavar="FORMAT:FILE")],
    model: Annotated[list[Path] | None, typer.Option(help="A folder of stage export; may be repeated.")] = None,
    natasha: Annotated[str, typer.Option(help="A Python that has natasha.", metavar="PYTHON")] = sys.executable,
    sentences: Annotated[int, typer.Option(help="Of each test file, drawn; 0: all.")] = 2_000,
    rounds: Annotated[int, typer.Option(help="Runs of each case.")] = 5,
    cpu_time: Annotated[bool, typer.Option(help="CPU time, where other work disturbs the machine.")] = False,
    json: Annotated[str, typer.Option(help="A file for the results.", metavar="PATH")] = "",
    picture: Annotated[
        str, typer.Option(help="Where to draw F1 over speed, without .png and .svg.", metavar="PATH")
    ] = "",
) -> None:
    """Measure them side by side; the first test file has the texts that are timed."""
    folders = model or [HERE.exported / "wikineural"]
    models = {f"{OURS}, {name}": folder for name, folder in zip(name_folders(folders), folders, strict=True)}
    forms, files = zip(*map(parse_test, test), strict=True)
    sets = [draw(list(read_file(path, form)), sentences) for form, path in zip(forms, files, strict=True)]
    gold = dict(zip(name_folders(files), sets, strict=True))
    commands = find_commands(models, natasha)
    texts = [" ".join(x.tokens) for x in next(iter(gold.values()))]
    texts = [" ".join(texts[i : i + SENTENCES_A_TEXT]) for i in range(0, len(texts), SENTENCES_A_TEXT)]
    clock = "cpu" if cpu_time else "wall"
    seconds = time_them(commands, texts, rounds, clock)
    with ExitStack() as stack:
        children = {name: stack.enter_context(Child.start(command)) for name, command in commands.items()}
        costs = compare_costs(children, texts, seconds)
        scores = [row for name, sentences in gold.items() for row in compare_scores(children, name, sentences)]
        tables = {
            "Cost": costs,
            "Where the time goes, words new": [
                row for name, path in models.items() for row in time_parts(name, path, texts, rounds)
            ],
            "Entity F1 on the same sentences, 95 % bootstrap intervals": scores,
            "numpy and torch": [compare_runtimes(children, x, name, gold[name]) for x in models for name in gold],
        }
    if picture:
        save(Path(picture).parent, Path(picture).name, draw_speeds, costs, scores)
    circumstances = {
        **{f"model {name}": describe_model(path) for name, path in models.items()},
        **{f"test {name}": f"{len(sentences):,} sentences" for name, sentences in gold.items()},
        "rounds": rounds,
        "time": "CPU" if cpu_time else "wall",
    }
    report("predict", tables, circumstances, json)


def parse_test(test: str) -> tuple[str, Path]:
    """Return the format and the path of FORMAT:FILE."""
    form, colon, path = test.partition(":")
    if not colon or form not in FORMATS:
        raise UserError(f"--test: found {test}, expected FORMAT:FILE, the format one of {', '.join(FORMATS)}")
    return form, Path(path)


def describe_model(folder: Path) -> str:
    """Return the data set of a model, and whether its F1 says anything."""
    exported = read_settings(Exported, folder / SETTINGS, "export")
    demo = exported.udpipe.source.startswith(DEMO)
    return f"{exported.set}, trained for the demo: its F1 says nothing" if demo else exported.set


def find_commands(models: Mapping[str, Path], natasha: str) -> dict[str, Command]:
    """Return what starts each tagger. If natasha is not in this environment, a message says so and it is left out.

    If another Python was named and does not have it, that is a `UserError`.
    """
    commands: dict[str, Command] = {}
    for name, model in models.items():
        commands |= {name: our_command(OURS, model), f"{name}{ON_TORCH}": our_command(TORCH, model)}
    try:
        has = subprocess.run([natasha, "-c", "import natasha"], capture_output=True).returncode == 0
    except OSError:
        has = False
    if not has:
        if natasha != sys.executable:
            raise UserError(INSTALL.format(natasha))
        print(INSTALL.format(natasha), file=sys.stderr)
        return commands
    return commands | {name: [natasha, SCRIPT, name] for name in (NATASHA, BATCHES)}


def our_command(kind: str, model: Path) -> Command:
    """Return what starts our tagger, as one of `OURS`, `TORCH` and `PARTS`."""
    return [sys.executable, SCRIPT, kind, str(model)]


class Child:
    """A running tagger."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    @classmethod
    @contextmanager
    def start(cls, command: Command) -> Iterator["Child"]:
        """Start it; it ends with the block."""
        with subprocess.Popen(
            command, env=os.environ | ONE_THREAD, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as process:
            yield cls(process)

    def ask(self, texts: list[str]) -> dict[str, Any]:
        """Return spans and seconds; without texts, sizes."""
        assert self._process.stdin and self._process.stdout
        self._process.stdin.write(jsons.dumps(texts) + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        if not answer:  # the process has said why
            sys.exit(self._process.wait() or 1)
        return jsons.loads(answer)


class Seconds(NamedTuple):
    """Medians of a tagger's times, in seconds."""

    start: float
    """From the start of the process to the first answer; the files have been read before."""
    first: float
    """All texts, in a process that has not seen their words."""
    again: float
    """All texts, in one that has."""


def time_them(commands: Mapping[str, Command], texts: list[str], rounds: int, clock: str) -> dict[str, Seconds]:
    """Time each tagger in turn, in a new process a round; one more round comes first and is not counted."""
    timings: dict[str, list[Seconds]] = {name: [] for name in commands}
    for turn in tqdm(range(rounds + 1), "rounds", disable=None, leave=False):
        for name, command in commands.items():
            started = time.perf_counter()
            with Child.start(command) as child:
                answer = child.ask(FIRST)
                start = answer["process"] if clock == "cpu" else time.perf_counter() - started
                seconds = Seconds(start, *(child.ask(texts)[clock] for _ in range(2)))
            if turn:
                timings[name].append(seconds)
    return {name: Seconds(*map(statistics.median, zip(*rows, strict=True))) for name, rows in timings.items()}


def compare_costs(children: Mapping[str, Child], texts: list[str], seconds: Mapping[str, Seconds]) -> list[Row]:
    """Return a row for each tagger."""
    tokens = sum(len(sentence) for text in texts for sentence in split_text(text))
    for child in children.values():
        child.ask(texts)
    sizes = {name: child.ask([]) for name, child in children.items()}
    return [
        {
            "tagger": name,
            "tokens/s": tokens / seconds[name].first,
            "over natasha": seconds[NATASHA].first / seconds[name].first if NATASHA in seconds else None,
            "words seen before, tokens/s": tokens / seconds[name].again,
            "start, s": seconds[name].start,
            "peak memory, MB": sizes[name]["peak"] / 1e6,
            "model, MB": sizes[name]["model"] / 1e6,
            "packages it imports, MB": sizes[name]["packages"] / 1e6,
        }
        for name in children
    ]


def time_parts(name: str, model: Path, texts: list[str], rounds: int) -> list[Row]:
    """Return a row for each part of one of our taggers: medians of CPU time, and the share of the part."""
    tokens = sum(len(sentence) for text in texts for sentence in split_text(text))
    timings: list[dict[str, float]] = []
    for _ in range(rounds):
        with Child.start(our_command(PARTS, model)) as child:
            all_of_it = child.ask(texts)["cpu"]
            parts = child.ask([])
            timings.append(parts | {"everything else": all_of_it - sum(parts.values())})
    medians = {part: statistics.median(timing[part] for timing in timings) for part in timings[0]}
    total = sum(medians.values())
    return [
        {"tagger": name, "part": part, "CPU µs a token": 1e6 * seconds / tokens, "share": seconds / total}
        for part, seconds in medians.items()
    ]


def compare_scores(children: Mapping[str, Child], test: str, gold: Sequence[RawSentence]) -> list[Row]:
    """Return a row for each tagger and kind of text of a test; both ways of ours, and of natasha, find the same."""
    cased = [sentence.tokens for sentence in gold]
    [typos] = draw_typos(cased, [TYPO_RATE], seed=1)
    kinds = {
        CASED: cased,
        "lower case": [[token.lower() for token in tokens] for tokens in cased],
        f"typos in {TYPO_RATE:.0%} of words": apply_typos(cased, typos),
    }
    lengths = np.array([len(tokens) for tokens in cased])
    right = number([keep_types(sentence.tags) for sentence in gold])
    rows = []
    for kind, sentences in kinds.items():
        for name in (x for x in children if x != BATCHES and not x.endswith(ON_TORCH)):
            spans = children[name].ask([" ".join(tokens) for tokens in sentences])["spans"]
            tags = number([tag_tokens(tokens, entities) for tokens, entities in zip(sentences, spans, strict=True)])
            counts = count(right, tags, lengths, LABELS)
            value, low, high = estimate([counts], RESAMPLES, seed=1)[-1, METRICS.index("entity_f1")].tolist()
            by_type = {x.type: x.f1 for x in score_types(counts, LABELS)}
            rows.append(
                {"test": test, "text": kind, "tagger": name, "entity F1": value, "from": low, "to": high, **by_type}
            )
    return rows


def compare_runtimes(children: Mapping[str, Child], model: str, test: str, gold: Sequence[RawSentence]) -> Row:
    """Return a row that says in what numpy and torch differ on a test file as published."""
    texts = [" ".join(sentence.tokens) for sentence in gold]
    light, torch = (children[name].ask(texts)["spans"] for name in (model, f"{model}{ON_TORCH}"))
    confidences = [{(i, *span[:3]): span[3] for i, spans in enumerate(x) for span in spans} for x in (light, torch)]
    both = confidences[0].keys() & confidences[1].keys()
    return {
        "model": model,
        "test": test,
        "sentences": len(gold),
        "entities": len(confidences[0]),
        "found by one only": len(confidences[0].keys() ^ confidences[1].keys()),
        "largest difference of a confidence": max(
            (abs(confidences[0][x] - confidences[1][x]) for x in both), default=0
        ),
    }


def draw_speeds(costs: Sequence[Row], scores: Sequence[Row]) -> Figure:
    """Draw entity F1 on the first test file, as published, over tokens a second."""
    first = {row["tagger"]: row for row in scores if row["test"] == scores[0]["test"] and row["text"] == CASED}
    figure, axes = new_figure(4)
    fastest = max(cost["tokens/s"] for cost in costs)
    for cost in costs:
        if not cost["tagger"].endswith(ON_TORCH):
            row = first[NATASHA if cost["tagger"] == BATCHES else cost["tagger"]]
            bars = [[row["entity F1"] - row["from"]], [row["to"] - row["entity F1"]]]
            axes.errorbar(
                [cost["tokens/s"]],
                [row["entity F1"]],
                bars,
                fmt="o",
                color=BLUE if cost["tagger"].startswith(OURS) else ORANGE,
            )
            name, place = cost["tagger"].replace(", ", ",\n", 1), (cost["tokens/s"], row["to"])
            axes.annotate(name, place, (0, 4), ha="center", textcoords="offset points", fontsize=8)
    axes.set_xlabel("tokens a second from raw text, one thread")
    axes.set_title(f"Entity F1 on {scores[0]['test']}, 95 % intervals")
    axes.set_xlim(0, 1.2 * fastest)
    axes.margins(y=0.2)
    axes.grid()
    return figure


def draw(sentences: list[RawSentence], number: int) -> list[RawSentence]:
    """Draw so many of them, or all if it is 0, in their order."""
    if not number or number >= len(sentences):
        return sentences
    return [sentences[i] for i in sorted(random.Random(1).sample(range(len(sentences)), number))]


def keep_types(tags: list[str]) -> list[str]:
    """Repair tags, and leave out the types that are not compared."""
    return [tag if tag != OUTSIDE and tag_type(tag) in TYPES else OUTSIDE for tag in repair(tags).tags]


def tag_tokens(tokens: Sequence[str], spans: Spans) -> list[str]:
    """Return the tags of tokens joined by spaces, from spans of characters: a token that a span touches is in it.

    If two spans touch a token, the first has it.
    """
    starts = np.cumsum([0, *(len(token) + 1 for token in tokens)])
    tags = [OUTSIDE] * len(tokens)
    for start, stop, type_, *_ in spans:
        first, last = (int(np.searchsorted(starts, x, "right")) - 1 for x in (start, stop - 1))
        free = [i for i in range(first, last + 1) if tags[i] == OUTSIDE]
        for i in free if type_ in TYPES else []:
            tags[i] = f"{'B' if i == free[0] else 'I'}-{type_}"
    return tags


def number(sentences: Sequence[Sequence[str]]) -> np.ndarray:
    """Return tags as numbers of `LABELS`, one sentence after the other, int64 (tokens,)."""
    return np.array([LABELS.index(tag) for tags in sentences for tag in tags], dtype=np.int64)


if __name__ == "__main__":
    try:
        typer.run(main)
    except UserError as error:
        sys.exit(f"error: {error}")
