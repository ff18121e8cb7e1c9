import gzip
import re
from dataclasses import replace
from pathlib import Path

import pytest

from demo import ARTEFACTS, DemoSettings
from demo.entities import PARTS
from pipeline.ner.data.bio import bio_spans
from pipeline.ner.data.lines import RawSentence
from pipeline.ner.data.published import read_file

HEADER = r"# id [0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\tdomain=(train|dev|test)"


def read(corpus: str, part: str, folder: Path, settings: DemoSettings) -> list[RawSentence]:
    ARTEFACTS[f"{corpus}/{part}.conll.gz"](folder / "set.gz", settings)
    return list(read_file(folder / "set.gz", corpus))


@pytest.mark.parametrize("part", PARTS)
def test_wikineural(part: str, tmp_path: Path, settings: DemoSettings) -> None:
    sentences = read("wikineural", part, tmp_path, settings)
    assert len(sentences) == getattr(settings, part)
    assert {tag[2:] for _, tags in sentences for tag in tags} <= {"", "PER", "ORG", "LOC", "MISC"}
    assert any(form[0].isupper() for forms, _ in sentences for form in forms)
    orphans = [tags for _, tags in sentences if next((tag for tag in tags if tag != "O"), "")[:2] == "I-"]
    assert 0 < len(orphans) <= 2


@pytest.mark.parametrize("part", PARTS)
def test_multiconer(part: str, tmp_path: Path, settings: DemoSettings) -> None:
    sentences = read("multiconer", part, tmp_path, settings)
    blocks = gzip.decompress((tmp_path / "set.gz").read_bytes()).decode().removesuffix("\n\n").split("\n\n")
    assert len(blocks) == len(sentences) == getattr(settings, part)
    assert all(re.fullmatch(HEADER, block.split("\n")[0]) for block in blocks)
    rows = [row for sentence in sentences for row in zip(*sentence, strict=True)]
    assert {tag[2:] for _, tag in rows} == {"", "PER", "LOC", "CORP", "GRP", "PROD", "CW"}
    assert all(form == form.lower() for form, _ in rows)
    assert ("#", "O") in rows
    assert (("ivan_i _", "O") in rows) == (part == "train")


@pytest.mark.parametrize("corpus", ["wikineural", "multiconer"])
def test_entities_of_test_are_unseen_in_train(corpus: str, tmp_path: Path, settings: DemoSettings) -> None:
    train, test = (
        {
            (type_, " ".join(sentence.tokens[start:stop]).lower())
            for sentence in read(corpus, part, tmp_path, replace(settings, train=400, test=200))
            for start, stop, type_ in bio_spans(sentence.tags)
        }
        for part in ("train", "test")
    )
    assert len(test) > 150
    assert not train & test
