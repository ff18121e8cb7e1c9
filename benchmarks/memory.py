"""The most memory that each text stage takes, at several sizes of the corpus.

    python -m benchmarks.memory --news corpus.txt.gz --model russian.udpipe --words 10000000,100000000

A corpus of any size is the news over and over, perturbed, so that no two copies are alike: every tenth word is replaced
by one drawn from the same news by a seeded generator. Types do not grow with it, as they would in other news: the first
size already has the memory for all types, if it is the news as a whole. Each stage is its command, with
one job, in a process of its own (Linux: the peak is read from /proc). UDPipe needs hours for 100 million words:
`--words-as-lemmas` leaves stage lemmas out and counts lower-cased words, which have more types.
"""

import os
import random
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from itertools import chain, count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any

import typer
import yaml

from benchmarks.rounds import report
from pipeline.files.json import write_json
from pipeline.paths import HERE
from pipeline.text.plaintext import read_plaintext

Row = dict[str, Any]
ROOT = Path(__file__).parents[1]
STAGES = ("documents", "sentences", "fragments", "lowercase", "lemmas", "vocabulary")
SHARE = 0.1
"""The share of words that are replaced."""
STAGE = """
import atexit, pathlib, re
from pipeline.cli import main
atexit.register(lambda: print(*re.findall("VmHWM:(.*) kB", pathlib.Path("/proc/self/status").read_text())))
main()
"""
"""Runs the command and prints its peak. What getrusage says is at least what the parent had when it forked."""


def main(
    news: Annotated[Path, typer.Option(help="Plain text, an empty line between documents.")],
    model: Annotated[Path, typer.Option(help="A UDPipe 1 model.")] = HERE.udpipe,
    words: Annotated[str, typer.Option(help="Sizes of the corpus.")] = "100000,1000000",
    stages: Annotated[str, typer.Option(help="Of the six, in order; those left out at the end take no time.")] = "",
    megabytes: Annotated[float, typer.Option(help="Of a shard.")] = 1,
    words_as_lemmas: Annotated[bool, typer.Option(help="Without stage lemmas: a vocabulary of words.")] = False,
    scratch: Annotated[Path | None, typer.Option(help="A folder with room for a few copies of the corpus.")] = None,
    json: Annotated[str, typer.Option(help="A file for the results.", metavar="PATH")] = "",
) -> None:
    """Run every stage at every size, and print its peak of resident memory in MB."""
    sizes = [int(size) for size in words.split(",")]
    names = stages.split(",") if stages else [name for name in STAGES if not (words_as_lemmas and name == "lemmas")]
    peaks = []
    for size in sizes:
        with TemporaryDirectory(dir=scratch) as folder:
            _prepare(Path(folder), news, model, size, megabytes)
            peaks.append([_peak(Path(folder), name) for name in _in_order(names, Path(folder), words_as_lemmas)])
    rows: list[Row] = []
    for number, name in enumerate(names):
        of_sizes = {f"{size:,} words": peak[number] for size, peak in zip(sizes, peaks, strict=True)}
        rows.append({"stage": name, **of_sizes, "last over first": peaks[-1][number] / peaks[0][number]})
    report("Memory", {"Peak of resident memory, MB": rows}, {"shard_megabytes": megabytes}, json)


def repeat(news: Path, words: int) -> Iterator[str]:
    """Yield documents of the news as text, in order, over and over, until there are that many words."""
    documents = [document.lines for document in read_plaintext(news, Counter())]
    vocabulary = list(chain.from_iterable(line.split(" ") for lines in documents for line in lines))
    chance = random.Random(1)
    for number in count():
        for lines in documents:
            if words <= 0:
                return
            words -= sum(line.count(" ") + 1 for line in lines)
            yield "\n".join(lines if number == 0 else [_perturb(line, vocabulary, chance) for line in lines])


def _perturb(line: str, vocabulary: list[str], chance: random.Random) -> str:
    return " ".join(chance.choice(vocabulary) if chance.random() < SHARE else word for word in line.split(" "))


def _prepare(folder: Path, news: Path, model: Path, words: int, megabytes: float) -> None:
    """Make a folder in which the stages can run."""
    raw = folder / HERE.news
    raw.mkdir(parents=True)
    with (raw / "news.txt").open("w", encoding="utf-8", newline="\n") as file:
        for document in repeat(news, words):
            file.write(document + "\n\n")
    write_json(raw / "sources.json", {"files": [{"file": "news.txt", "format": "text"}]})
    (folder / HERE.raw_ner).mkdir()
    (folder / HERE.udpipe).parent.mkdir()
    (folder / HERE.udpipe).symlink_to(model.resolve())
    shutil.copy(ROOT / "dvc.yaml", folder)
    params = yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8"))
    params["compute"] |= {"jobs": 1, "backend": "sequential"}
    params["scales"][params["scale"]]["text"]["shard_megabytes"] = megabytes
    (folder / "params.yaml").write_text(yaml.safe_dump(params), encoding="utf-8")


def _in_order(names: list[str], folder: Path, words_as_lemmas: bool) -> Iterator[str]:
    """Yield the stages one by one; before vocabulary, words take the place of lemmas if `words_as_lemmas`."""
    for name in names:
        if name == "vocabulary" and words_as_lemmas:
            shutil.copytree(folder / HERE.lowercase, folder / HERE.lemmas, copy_function=os.link)
        yield name


def _peak(folder: Path, stage: str) -> float:
    """Run a stage there; return the peak of its resident memory in MB."""
    environment = {key: value for key, value in os.environ.items() if key != "DVC_ROOT"} | {"PYTHONPATH": str(ROOT)}
    result = subprocess.run([sys.executable, "-c", STAGE, stage], cwd=folder, env=environment, stdout=subprocess.PIPE)
    if result.returncode:
        sys.exit(result.returncode)
    return int(result.stdout) * 1024 / 1e6


if __name__ == "__main__":
    typer.run(main)
