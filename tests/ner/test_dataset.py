import json
from pathlib import Path
from typing import Any
from unicodedata import normalize

import pytest

from pipeline.errors import UserError
from pipeline.ner.data.dataset import read_dataset
from pipeline.ner.data.lines import RawSentence
from pipeline.ner.data.published import hold_out, read_published

FILES = {"train": "train.tsv", "validation": None, "test": "test.tsv"}
HELD_OUT = {"format": "wikineural", "files": FILES, "holdout": 0.3}
COMPLETE = {"format": "wikineural", "files": FILES | {"validation": "validation.tsv"}, "holdout": None}
WORDS = {"train": [str(number) for number in range(50)], "validation": ["ну"], "test": ["да", "нет"]}


def sentences(words: list[str]) -> list[RawSentence]:
    return [RawSentence([word], ["O"]) for word in words]


def read(
    folder: Path, description: dict[str, Any], words: dict[str, list[str]] = WORDS
) -> dict[str, list[RawSentence]]:
    (folder / "set.json").write_text(json.dumps(description))
    for split, tokens in words.items():
        (folder / f"{split}.tsv").write_text("".join(f"0\t{token}\tO\n\n" for token in tokens))
    (published,) = read_published(folder, read_dataset(folder), seed=1).values()
    return published.splits


def test_held_out_sentences_are_a_share_and_each_is_on_one_side() -> None:
    remaining, held = hold_out(sentences([str(number % 2000) for number in range(4000)]), 0.1, seed=1)
    assert len(remaining) + len(held) == 4000
    assert 300 < len(held) < 500
    assert not {tuple(s.tokens) for s in remaining} & {tuple(s.tokens) for s in held}


def test_the_held_out_depend_on_the_seed_alone() -> None:
    words = [f"й{number}" for number in range(50)]
    first, again, other = (hold_out(sentences(words), 0.5, seed)[1] for seed in (1, 1, 2))
    assert first == again != other
    assert hold_out(sentences(words[::-1]), 0.5, 1)[1] == first[::-1]
    decomposed = hold_out(sentences([normalize("NFD", word) for word in words]), 0.5, 1)[1]
    assert [normalize("NFC", sentence.tokens[0]) for sentence in decomposed] == [s.tokens[0] for s in first]


def test_validation_is_a_file_or_held_out(tmp_path: Path) -> None:
    assert read(tmp_path, COMPLETE) == {split: sentences(words) for split, words in WORDS.items()}
    splits = read(tmp_path, HELD_OUT)
    assert splits["test"] == sentences(WORDS["test"])
    assert [splits["train"], splits["validation"]] == [*hold_out(sentences(WORDS["train"]), 0.3, seed=1)]


def test_types_that_are_named_are_all_that_may_be_there(tmp_path: Path) -> None:
    words = WORDS | {"test": ["да", "Тула\tB-LOC\n1\tСпас\tS-WORK\n\n0\tда"]}  # the second sentence has two tokens
    message = r"test\.tsv: sentence 2: found an entity of type 'WORK', expected PER, LOC: correct the file, or types in"
    with pytest.raises(UserError, match=message):
        read(tmp_path, COMPLETE | {"types": ["PER", "LOC"]}, words)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"format": "conll"}, r"set\.json: found format 'conll', expected one of conll2003, multiconer, wikineural"),
        ({"holdout": 1.5}, "holdout: found 1.5: input should be less than 1"),
        ({"split": "x"}, "split: unknown key"),
    ],
)
def test_a_wrong_description_says_what_is_wrong(tmp_path: Path, changes: dict[str, Any], message: str) -> None:
    with pytest.raises(UserError, match=message):
        read(tmp_path, HELD_OUT | changes)


def test_an_empty_split_and_a_missing_description_are_errors(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"set\.json: not found; run the stage that makes it: dvc repro fetch"):
        read_dataset(tmp_path)
    with pytest.raises(UserError, match="found no sentences for the test split"):
        read(tmp_path, HELD_OUT, WORDS | {"test": []})
