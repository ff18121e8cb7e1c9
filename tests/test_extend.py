"""docs/extend.md is done as it says: its blocks are put into a copy of the repository, and the stages run there.

A block belongs to the file that is named last before it: YAML is merged into it, Python is the whole of it.
"""

import gzip
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml

from demo import DemoSettings, generate
from pipeline.errors import UserError
from pipeline.ner.data.bio import bio_labels
from pipeline.ner.data.lines import group

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "extend.md"
STAGES = "import sys; from pipeline import cli; [cli.app(s.split(), standalone_mode=False) for s in sys.argv[1:]]"
TEXT = ["check", "fetch", "documents", "sentences", "fragments", "lowercase", "lemmas", "vocabulary"]
SMALL = DemoSettings(
    seed=1, articles=20, train=20, validation=10, test=10, treebank=30, tokenizer_epochs=1, tagger_iterations=1
)
TRAINING = {"epochs": 0.5, "batch_tokens": 200, "cutoffs": [100]}
TINY = {
    "vocabulary": {"size": 500, "validation_share": 0.2},
    "charcnn": {"cnn": {"filters": [4]}, "projection": 8, "training": TRAINING},
    "lm": {"hidden": 8, "training": TRAINING},
    "ner": {"hidden": 8, "epochs": 1, "seeds": [1]},
}


class Block(NamedTuple):
    """A block of code and the file it goes to, None for what is typed."""

    file: str | None
    code: str


def blocks(title: str) -> list[Block]:
    """The blocks of a section, in order."""
    section = PAGE.read_text(encoding="utf-8").split(f"## {title}:")[1].split("\n## ")[0]
    result, file = [], None
    for name, language, code in re.findall(r"`([\w/]+\.(?:py|yaml))`|```(\w+)\n(.*?)```", section, re.DOTALL):
        file = name or file
        if language:
            result.append(Block(None if language == "sh" else file, code))
    return result


class Copy:
    """A copy of the repository at a very small scale."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for package in ("pipeline", "demo"):
            shutil.copytree(ROOT / package, folder / package, ignore=shutil.ignore_patterns("__pycache__"))
        for name in ("params.yaml", "dvc.yaml"):
            shutil.copyfile(ROOT / name, folder / name)
        self.merge("params.yaml", {"compute": {"jobs": 1, "backend": "sequential"}, "scales": {"local": TINY}})

    def put(self, block: Block) -> None:
        """Write it to its file."""
        assert block.file
        if block.file.endswith(".yaml"):
            self.merge(block.file, yaml.safe_load(block.code))
        else:
            (self.folder / block.file).write_text(block.code, encoding="utf-8")

    def type(self, command: str) -> None:
        """Set what `-S` sets in a dvc command, whose stages `run` runs; run any other command as it is."""
        if not command.startswith("dvc "):
            subprocess.run(command, cwd=self.folder, shell=True, check=True, capture_output=True)
        for key, value in re.findall(r"-S (\S+)=(\S+)", command):
            self.merge("params.yaml", {key: value})

    def merge(self, name: str, block: dict[str, Any]) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        value = yaml.safe_load(path.read_text(encoding="utf-8")) if path.is_file() else {}
        path.write_text(yaml.safe_dump(merged(value, block), allow_unicode=True), encoding="utf-8")

    def run(self, *stages: str) -> None:
        """Run stages in one process."""
        command = [sys.executable, "-c", STAGES, *stages]
        result = subprocess.run(command, cwd=self.folder, capture_output=True, text=True)
        assert result.returncode == 0, result.stderr

    def read(self, name: str) -> Any:
        return json.loads((self.folder / name).read_text(encoding="utf-8"))

    def text(self, pattern: str) -> str:
        return "".join(path.read_text(encoding="utf-8") for path in sorted(self.folder.glob(pattern)))


def merged(value: Any, block: Any) -> Any:
    """Merge tables key by key; anything else is replaced."""
    if not (isinstance(value, dict) and isinstance(block, dict)):
        return block
    return value | {key: merged(value.get(key), part) for key, part in block.items()}


@pytest.mark.slow
def test_an_architecture_and_a_data_set(tmp_path: Path) -> None:
    copy = Copy(tmp_path)
    layer, line, question = blocks("An architecture")
    sets, manifest, start = blocks("A data set")
    generate(tmp_path / "data/local", SMALL)
    shutil.copyfile(ROOT / "data/demo/manifest.yaml", tmp_path / "data/local/manifest.yaml")
    write_wikiann(tmp_path / "data/local/wikiann")
    for block in (layer, line, sets, manifest):
        copy.put(block)
    for block in (question, start):
        copy.type(block.code)
    of_set = [f"{stage} wikiann" for stage in ("corpora", "ner", "evaluate")]
    copy.run(*TEXT, "charcnn", "pretrain", *of_set)

    assert copy.read("metrics/pretrain.json")["lm"]["arch"] == "gconv"
    assert copy.read("metrics/pretrain.json")["lm"]["perplexity"] > 1
    types = copy.read("data/ner/wikiann/counts.json")["train"]["types"]
    labels = copy.read("data/ner/wikiann/labels.json")["labels"]
    assert len(types) > 1 and labels == bio_labels(sorted(types, key=lambda type_: (-types[type_], type_)))
    assert set(copy.read("metrics/ner/wikiann.json")) == {"machine", "wikiann"}
    assert copy.read("data/choice.json")["sets"] == ["wikineural", "multiconer", "wikiann"]


def test_the_architecture_reads_what_it_says() -> None:
    """It reads `taps` tokens, and none after its own."""
    import torch

    (layer, *_) = blocks("An architecture")
    module: dict[str, Any] = {}
    exec(layer.code, module)
    cell = module["Layer"](4, 6, taps=3)
    inputs = torch.randn(7, 1, 4)
    changed = inputs.clone()
    changed[2] += 1
    differs = (cell(inputs) != cell(changed)).any(dim=2).flatten()
    assert cell(inputs).shape == (7, 1, 6) and differs.tolist() == [number in (2, 3, 4) for number in range(7)]
    assert sum(p.numel() for p in cell.parameters()) == 2 * (3 * 4 * 6 + 6)


def test_the_layout_is_read(tmp_path: Path) -> None:
    layout, table = blocks("A layout")
    assert layout.file == "pipeline/ner/data/formats/jsonl.py" and table.file
    without = table.code.replace(" jsonl,", "").replace('    "jsonl": jsonl.rows,\n', "")
    assert (ROOT / table.file).read_text(encoding="utf-8").endswith(without) and len(without) < len(table.code)
    module: dict[str, Any] = {}
    exec(layout.code, module)
    path = tmp_path / "train.jsonl"
    path.write_text('{"tokens": ["Лось", "спит"], "tags": ["S-ANIM", "O"]}\n{"tokens": ["да"], "tags": ["O"]}\n')
    assert list(group(module["rows"](path))) == [(["Лось", "спит"], ["S-ANIM", "O"]), (["да"], ["O"])]
    for line in ("{", "[]", '{"tokens": ["да"], "tags": []}', '{"tokens": [7], "tags": ["ANIM"]}'):
        path.write_text(f'{{"tokens": ["да"], "tags": ["O"]}}\n{line}\n')
        with pytest.raises(UserError, match=r"train\.jsonl:2: "):
            list(group(module["rows"](path)))


@pytest.mark.slow
def test_a_language(tmp_path: Path) -> None:
    copy = Copy(tmp_path)
    manifest, settings, repro, training, train = blocks("A language")
    assert repro.code == "dvc repro\n"
    write_ukrainian(tmp_path / "data/local")
    quick = training.code.replace("tokenizer_epochs=100", "tokenizer_epochs=1")
    assert quick != training.code
    for block in (manifest, settings, training._replace(code=quick)):
        copy.put(block)
    copy.type(train.code)
    copy.run(*TEXT, "corpora ukrainian")

    lines = copy.text("data/sentences/*.txt").splitlines()
    assert [line for line in lines if line and not line.startswith("#doc")] == SENTENCES
    assert "олена жити у київ ." in copy.text("data/lemmas/*.txt")
    corpus = copy.text("data/ner/ukrainian/*.tsv")
    assert "Олена\tолена\tB-PER\nживе\tжити\tO\nу\tу\tO\nКиєві\tкиїв\tB-LOC\n.\t.\tO\n\n" in corpus
    counts = copy.read("data/ner/ukrainian/counts.json")
    assert sum(counts[split]["sentences"] for split in ("train", "validation")) == len(SENTENCES)
    assert counts["test"]["types"] == {"PER": 4, "LOC": 4}


def write_wikiann(folder: Path) -> None:
    """Sentences in the form of the published files."""
    folder.mkdir(parents=True)
    for split, size in {"train": 30, "val": 10, "test": 10}.items():
        text = "".join(f"0\tВ\tO\n1\tТуле\tB-LOC\n2\tговорит\tO\n3\tМарков\tB-PER\n4\t{n}\tO\n\n" for n in range(size))
        (folder / f"{split}.conllu.gz").write_bytes(gzip.compress(text.encode()))


PEOPLE = {"Олена": "Олена", "Тарас": "Тарас", "Марія": "Марія", "Остап": "Остап"}
VERBS = {"живе": "жити", "працює": "працювати", "мешкає": "мешкати"}
CITIES = {"Києві": "Київ", "Львові": "Львів", "Одесі": "Одеса", "Полтаві": "Полтава"}
CASES = list(product(PEOPLE, VERBS, CITIES))
SENTENCES = [f"{person} {verb} у {city}." for person, verb, city in CASES]


def write_ukrainian(folder: Path) -> None:
    """News, a treebank and a data set of simple sentences, the treebank in lower case as well."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "treebank.conllu").write_text("".join(treebank()), encoding="utf-8")
    (folder / "news.txt").write_text("\n\n".join(" ".join(SENTENCES[n : n + 2]) for n in range(0, 48, 2)), "utf-8")
    sentences = [f"{p} NN _ B-PER\n{v} VB _ O\nу IN _ O\n{c} NN _ B-LOC\n. . _ O\n\n" for p, v, c in CASES]
    (folder / "train.conll").write_text("-DOCSTART- -X- _ O\n\n" + "".join(sentences), encoding="utf-8")
    (folder / "test.conll").write_text("".join(sentences[:4]), encoding="utf-8")


def treebank() -> Iterator[str]:
    for person, verb, city in CASES:
        lemmas = [PEOPLE[person], VERBS[verb], "у", CITIES[city], "."]
        for forms in ([person, verb, "у", city, "."], [person.lower(), verb, "у", city.lower(), "."]):
            tags = ["PROPN", "VERB", "ADP", "PROPN", "PUNCT"]
            yield f"# text = {' '.join(forms[:-1])}.\n"
            for number, (form, lemma, tag) in enumerate(zip(forms, lemmas, tags, strict=True), 1):
                space = "SpaceAfter=No" if number == 4 else "_"
                yield f"{number}\t{form}\t{lemma}\t{tag}\t_\t_\t0\troot\t_\t{space}\n"
            yield "\n"
