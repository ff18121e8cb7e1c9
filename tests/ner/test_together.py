"""A training split that is put together from files with formats and types of their own."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import UserError
from pipeline.ner.data.bio import bio_spans
from pipeline.ner.data.cleaning import add_counts, map_types
from pipeline.ner.data.corpus import read_labels, read_split
from pipeline.ner.data.lines import RawSentence
from pipeline.paths import Paths
from pipeline.stages import corpora
from tests.params import make_params

MAP = {"CORP": "ORG", "GRP": "ORG", "CW": "O"}
TAGS = ["O", *(f"{letter}-{type_}" for letter in "BIESLUMW" for type_ in ("ORG", "CORP", "GRP", "CW"))]


@given(st.lists(st.lists(st.sampled_from(TAGS), max_size=8), max_size=3))
def test_entities_of_any_scheme_get_their_types_and_no_other_borders(tags: list[list[str]]) -> None:
    sentences = [RawSentence([str(n) for n in range(len(of_one))], of_one) for of_one in tags]
    mapped, counts = map_types(sentences, MAP)
    left_out: Counter[str] = Counter()
    for before, after in zip(sentences, mapped, strict=True):
        expected = []
        for start, stop, type_ in bio_spans(before.tags):
            if type_ == "CW":
                left_out["CW"] += 1
            else:
                expected.append((start, stop, "ORG"))
        assert bio_spans(after.tags) == expected and after.tokens == before.tokens
        for old, new in zip(before.tags, after.tags, strict=True):
            assert new == "O" or new[0] in (old[0], "B")
    assert counts == {"left_out": left_out}


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ("B-CORP I-CORP B-GRP O", "B-ORG I-ORG B-ORG O"),
        ("I-CORP I-GRP I-GRP", "I-ORG B-ORG I-ORG"),  # IOB1 says so with neighbours of one type
        ("B-CW I-CW B-ORG", "O O B-ORG"),
        ("S-CORP B-PER E-PER", "S-ORG B-PER E-PER"),
    ],
)
def test_drawn_cases(tags: str, expected: str) -> None:
    ((_, mapped),), _ = map_types([RawSentence([], tags.split())], MAP)
    assert mapped == expected.split()


def test_counts_are_added_up() -> None:
    parts = [{"scheme": "BIO", "a": 1, "types": {"X": 1}}, {"scheme": "IOBES", "a": 2, "types": {"X": 2, "Y": 1}}]
    assert add_counts(parts) == {"scheme": "BIO and IOBES", "a": 3, "types": {"X": 3, "Y": 1}}


FILES = {
    "train.0.conll": "0\tМосква\tI-LOC\n1\t,\tO\n2\tЗаря\tB-ORG\n\n0\tИван\tB-PER\n1\tспит\tO\n\n",
    "train.1.conll": "# id 1\nтвери _ _ B-LOC\nнет _ _ O\n\nзаря _ _ B-CORP\nспартак _ _ B-GRP\nёлки _ _ B-CW\n\n",
    "train.2.conll": "Омск S-LOC\n! O\n\nиван O\nспит O\n",
    "test.conll": "0\tТвери\tB-LOC\n1\t—\tO\n2\tнет\tO\n3\t!\tO\n\n0\t!\tO\n\n",
    "test.0.conll": "0\tТвери\tB-LOC\n1\tнет\tB-MISC\n\n",
}
"""The second sentence of the last part is one of the first part; the first of `train.1` is one of test."""


def run(
    folder: Path, holdout: float | None, validation: str | None, test: object = "test.conll"
) -> tuple[Path, dict[str, Any]]:
    paths = Paths(folder)
    raw, model = paths.raw_ner / "news", Path(__file__).parents[2] / "data" / "demo" / "model.udpipe"
    raw.mkdir(parents=True)
    paths.udpipe.parent.mkdir()
    paths.udpipe.symlink_to(model)
    for name, text in FILES.items():
        (raw / name).write_text(text, encoding="utf-8")
    formats = [("wikineural", {}), ("multiconer", MAP), ("conll2003", {})]
    train = [{"file": f"train.{n}.conll", "format": form, "map": types} for n, (form, types) in enumerate(formats)]
    files = {"train": train, "validation": validation, "test": test}
    description = {"format": "wikineural", "files": files, "holdout": holdout, "types": ["PER", "LOC", "ORG"]}
    (raw / "set.json").write_text(json.dumps(description))
    corpora.run(paths, make_params({"sets": ["news"], "protocol.tokens": "all", "seed": 1}), "news")
    counts: dict[str, Any] = json.loads((paths.corpora / "news" / "counts.json").read_text())
    return paths.corpora / "news", counts


def test_a_train_is_put_together(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder, counts = run(tmp_path, None, "test.conll")
    assert [(" ".join(sentence.tokens), " ".join(sentence.tags)) for sentence in read_split(folder / "train.tsv")] == [
        ("Москва , Заря", "B-LOC O B-ORG"),
        ("Иван спит", "B-PER O"),
        ("заря спартак ёлки", "B-ORG B-ORG O"),
        ("Омск !", "B-LOC O"),
        ("иван спит", "O O"),
    ]
    assert read_labels(folder)[1::2] == ["B-PER", "B-LOC", "B-ORG"]
    train = counts["train"]
    assert train["parts"] == {"train.0": 2, "train.1": 1, "train.2": 2}
    assert (train["dropped_in_test"], train["left_out"]) == (1, {"CW": 1})
    assert (train["types"], train["sentences"]) == ({"LOC": 2, "ORG": 3, "PER": 1}, 5)
    assert (train["scheme"], train["repaired_orphans"], train["converted"]) == ("BIO and IOBES", 1, 1)
    assert "train.2: labels in IOBES are converted to BIO: 1 of them change" in capsys.readouterr().err
    assert not {"parts", "dropped_in_test", "left_out"} & counts["test"].keys()


def test_validation_is_held_out_of_all_parts(tmp_path: Path) -> None:
    _, counts = run(tmp_path, 0.5, None)
    sides = [counts[split] for split in ("train", "validation")]
    assert sum(side["sentences"] for side in sides) == 5 and sum(side["dropped_in_test"] for side in sides) == 1
    assert Counter(sides[0]["parts"]) + Counter(sides[1]["parts"]) == {"train.0": 2, "train.1": 1, "train.2": 2}
    assert all(side["sentences"] == sum(side["parts"].values()) for side in sides)
    assert add_counts(side["left_out"] for side in sides) == {"CW": 1}
    assert sides[1]["also_in_train"] == 0


def test_a_test_split_loses_the_types_that_the_set_does_not_have(tmp_path: Path) -> None:
    test = [{"file": "test.0.conll", "format": "wikineural", "map": {"MISC": "O"}}]
    folder, counts = run(tmp_path, 0.5, None, test)
    assert [" ".join(sentence.tags) for sentence in read_split(folder / "test.tsv")] == ["B-LOC O"]
    assert (counts["test"]["left_out"], counts["test"]["dropped_in_test"]) == ({"MISC": 1}, 0)
    assert counts["train"]["dropped_in_test"] + counts["validation"]["dropped_in_test"] == 1


def test_no_sentence_of_a_test_split_that_was_published_apart_is_trained_on(tmp_path: Path) -> None:
    """Though train and validation are plain files."""
    paths = write_plain(tmp_path, "0\tМосква\tB-LOC\n1\tстоит\tO\n\n0\tИван\tB-PER\n\n")
    corpora.run(paths, make_params({"sets": ["s"], "seed": 1}), "s")
    counts = json.loads((paths.corpora / "s" / "counts.json").read_text())
    assert (counts["test"]["also_in_train"], counts["train"]["dropped_in_test"]) == (0, 1)


def test_a_train_that_is_all_of_test_is_one_line(tmp_path: Path) -> None:
    paths = write_plain(tmp_path, "0\tМосква\tB-LOC\n1\tстоит\tO\n\n")
    with pytest.raises(UserError, match="train: found no sentence with tokens that are all but those of test, which"):
        corpora.run(paths, make_params({"sets": ["s"], "seed": 1, "protocol.tokens": "all"}), "s")


def write_plain(folder: Path, train: str) -> Paths:
    paths = Paths(folder)
    raw, model = paths.raw_ner / "s", Path(__file__).parents[2] / "data" / "demo" / "model.udpipe"
    raw.mkdir(parents=True)
    paths.udpipe.parent.mkdir()
    paths.udpipe.symlink_to(model)
    (raw / "train").write_text(train, encoding="utf-8")
    (raw / "validation").write_text("0\tОмск\tB-LOC\n\n", encoding="utf-8")
    (raw / "test").write_text("0\tМосква\tB-LOC\n1\tстоит\tO\n\n", encoding="utf-8")
    test = [{"file": "test", "format": "wikineural", "map": {}}]
    files = {"train": "train", "validation": "validation", "test": test}
    description = {"format": "wikineural", "files": files, "holdout": None, "types": ["PER", "LOC"]}
    (raw / "set.json").write_text(json.dumps(description))
    return paths
