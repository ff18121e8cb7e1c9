import json
from pathlib import Path
from typing import Any

import pytest

from pipeline.errors import UserError
from pipeline.ner.data.dataset import read_dataset
from pipeline.ner.data.lines import RawSentence
from pipeline.ner.data.published import hold_out, read_splits

FILES = {"train": "train.tsv", "validation": None, "test": "test.tsv"}
GOOD = {"format": "wikineural", "files": FILES, "holdout": 0.3}


def describe(folder: Path, **changes: Any) -> None:
    (folder / "set.json").write_text(json.dumps(GOOD | changes))


def write(folder: Path, split: str, words: list[str]) -> None:
    (folder / f"{split}.tsv").write_text("".join(f"0\t{word}\tO\n\n" for word in words))


def sentences(words: list[str]) -> list[RawSentence]:
    return [RawSentence([word], ["O"]) for word in words]


def test_held_out_sentences_are_a_share_and_each_is_on_one_side() -> None:
    words = [str(number % 2000) for number in range(4000)]
    kept, held = hold_out(sentences(words), 0.1, seed=1)
    assert len(kept) + len(held) == 4000
    assert 300 < len(held) < 500
    assert not {tuple(s.tokens) for s in kept} & {tuple(s.tokens) for s in held}


def test_the_held_out_depend_on_the_seed_alone() -> None:
    words = [str(number) for number in range(100)]
    first, again, other = (hold_out(sentences(words), 0.5, seed)[1] for seed in (1, 1, 2))
    assert first == again != other
    backwards = hold_out(sentences(words[::-1]), 0.5, 1)[1]
    assert backwards == first[::-1]


def test_splits_without_a_validation_file(tmp_path: Path) -> None:
    describe(tmp_path)
    write(tmp_path, "train", [str(number) for number in range(50)])
    write(tmp_path, "test", ["да"])
    splits = read_splits(tmp_path, read_dataset(tmp_path), seed=1)
    assert len(splits["train"]) + len(splits["validation"]) == 50
    assert splits["test"] == sentences(["да"])


def test_splits_with_a_validation_file(tmp_path: Path) -> None:
    describe(tmp_path, files=FILES | {"validation": "validation.tsv"}, holdout=None)
    for split in ("train", "validation", "test"):
        write(tmp_path, split, [split])
    splits = read_splits(tmp_path, read_dataset(tmp_path), seed=1)
    assert splits == {split: sentences([split]) for split in splits}


def test_types_that_are_named_are_all_that_may_be_there(tmp_path: Path) -> None:
    describe(tmp_path, files=FILES | {"validation": "test.tsv"}, holdout=None, types=["PER", "LOC"])
    write(tmp_path, "train", ["да"])
    (tmp_path / "test.tsv").write_text("0\tда\tO\n\n0\tТула\tB-LOC\n1\tСпас\tS-WORK\n")
    found = r"test\.tsv: sentence 2: found an entity of type 'WORK', expected PER, LOC: correct the file, or types in"
    with pytest.raises(UserError, match=found):
        read_splits(tmp_path, read_dataset(tmp_path), seed=1)


def test_an_empty_split_is_an_error(tmp_path: Path) -> None:
    describe(tmp_path)
    write(tmp_path, "train", [str(number) for number in range(50)])
    write(tmp_path, "test", [])
    with pytest.raises(UserError, match="found no sentences for the test split"):
        read_splits(tmp_path, read_dataset(tmp_path), seed=1)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"format": "conll"}, r"set\.json: found format 'conll', expected one of conll2003, multiconer, wikineural"),
        ({"holdout": 1.5}, "holdout: found 1.5: input should be less than 1"),
        ({"split": "x"}, "split: unknown key"),
    ],
)
def test_a_wrong_description_says_what_is_wrong(tmp_path: Path, changes: dict[str, Any], message: str) -> None:
    describe(tmp_path, **changes)
    with pytest.raises(UserError, match=message):
        read_splits(tmp_path, read_dataset(tmp_path), seed=1)


def test_a_missing_description_names_the_stage(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"set\.json: not found; run the stage that makes it: dvc repro fetch"):
        read_dataset(tmp_path)
