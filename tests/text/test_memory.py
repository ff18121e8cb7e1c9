"""More text takes no more memory: what grows is compared with what was read."""

import random
from collections import Counter
from functools import partial
from pathlib import Path

import pytest

from pipeline.paths import Paths
from pipeline.stages import documents, lemmas
from pipeline.text import cuts
from pipeline.text.plaintext import read_plaintext
from tests.memory import traced_peak
from tests.params import make_params
from tests.text.news import STAGES, Words, export, link_model, page, read_mediawiki, revision, write_news

PARAMS = make_params(
    {
        "text": {"segmenter": "razdel", "fragment_words": 5, "leave_out_tests": True, "shard_megabytes": 0.05},
        "vocabulary": {"size": 50, "min_count": 2, "validation_share": 0.3},
    }
)


def write_articles(folder: Path, number: int) -> int:
    """Write news of articles of about 1.3 kB; return their size in bytes."""
    chance = random.Random(1)
    words = [f"слово{n}" for n in range(40)]
    lines = [[" ".join(chance.choices(words, k=4)).capitalize() + "." for _ in range(25)] for _ in range(number)]
    text = "\n\n".join(map(" ".join, lines))
    write_news(Paths(folder), {"a.txt": text})
    link_model(Paths(folder))
    return len(text.encode())


def test_no_stage_holds_what_it_has_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lemmas, "Lemmatizer", Words)
    monkeypatch.setattr(documents, "BATCH", 5_000)
    write_articles(tmp_path / "warm", 10)
    for stage in STAGES.values():
        stage.run(Paths(tmp_path / "warm"), PARAMS)  # what is loaded at first use is not counted
    sizes, peaks = [], []
    for number in (40, 140):
        paths = Paths(tmp_path / str(number))
        sizes.append(write_articles(paths.root, number))
        peaks.append({name: traced_peak(partial(stage.run, paths, PARAMS)) for name, stage in STAGES.items()})
    growth = {name: (peaks[1][name] - peaks[0][name]) / (sizes[1] - sizes[0]) for name in STAGES}
    assert max(growth.values()) < 0.25, growth  # garbage waits for its collection, so it is not zero


WORDS = "слово и дело \u00a0 ещё. пол\u200bслова " + "ы" * 10_000 + " "
PATTERNS = {"words": WORDS, "one word": "ы", "no full stop": "слово ", "white space": " \u00a0\t", "full stops": "."}


@pytest.mark.parametrize("pattern", PATTERNS.values(), ids=PATTERNS)
def test_a_long_line_is_not_held(pattern: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cuts, "DOCUMENT", 100_000)
    path = tmp_path / "line.txt"

    def peak(characters: int) -> int:
        path.write_text(pattern * (characters // len(pattern)), encoding="utf-8")
        return traced_peak(partial(read, characters))

    def read(characters: int) -> None:
        counts: Counter[str] = Counter()
        length = sum(len(line) for document in read_plaintext(path, counts) for line in document.lines)
        assert pattern.isspace() or (length > characters * 0.8 and counts["document_cuts"] > 0)

    short, long = peak(300_000), peak(900_000)
    assert long < short * 1.2


def test_an_export_is_not_held(tmp_path: Path) -> None:
    path = tmp_path / "a.xml"

    def peak(pages: int) -> int:
        path.write_text(export(*(page(n, revision("а")) for n in range(pages))), encoding="utf-8")
        return traced_peak(lambda: sum(1 for _ in read_mediawiki(path, Counter())))

    peak(10)  # what the first call allocates once is not counted
    short, long = peak(150), peak(500)
    assert long < short * 1.2
