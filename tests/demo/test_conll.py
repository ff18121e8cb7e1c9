import gzip
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from demo import ARTEFACTS, DemoSettings
from demo.entities import PARTS

Rows = list[tuple[str, str]]


def blocks(name: str, folder: Path, settings: DemoSettings) -> list[list[str]]:
    path = folder / "set"
    ARTEFACTS[f"{name}.conll.gz"](path, settings)
    content = gzip.decompress(path.read_bytes()).decode()
    assert content.endswith("\n\n")
    return [block.split("\n") for block in content[:-2].split("\n\n")]


def wikineural(name: str, folder: Path, settings: DemoSettings) -> list[Rows]:
    sentences = []
    for block in blocks(name, folder, settings):
        rows = [row.split("\t") for row in block]
        assert [row[0] for row in rows] == [str(index) for index in range(len(rows))]
        sentences.append([(form, tag) for _, form, tag in rows])
    return sentences


def multiconer(name: str, folder: Path, settings: DemoSettings) -> list[Rows]:
    sentences = []
    for header, *rows in blocks(name, folder, settings):
        assert re.fullmatch(r"# id [0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\tdomain=(train|dev|test)", header)
        matches = [re.fullmatch(r"(.+) _ _ (\S+)", row) for row in rows]
        sentences.append([(match[1], match[2]) for match in matches if match])
        assert len(sentences[-1]) == len(rows)
    return sentences


def entities(rows: Rows) -> Iterator[tuple[str, str]]:
    """(type, forms); an I- that continues nothing begins an entity."""
    current: list[str] = []
    label = "O"
    for form, tag in [*rows, ("", "O")]:
        if current and (tag[:2] != "I-" or tag[2:] != label):
            yield label, " ".join(current).lower()
            current = []
        if tag != "O":
            current, label = [*current, form], tag[2:]


@pytest.mark.parametrize("part", PARTS)
def test_wikineural(part: str, tmp_path: Path, settings: DemoSettings) -> None:
    sentences = wikineural(f"wikineural/{part}", tmp_path, settings)
    assert len(sentences) == getattr(settings, part)
    assert {tag[2:] for rows in sentences for _, tag in rows} <= {"", "PER", "ORG", "LOC", "MISC"}
    assert any(form[0].isupper() for rows in sentences for form, _ in rows)
    orphans = [rows for rows in sentences if next((tag for _, tag in rows if tag != "O"), "")[:2] == "I-"]
    assert 0 < len(orphans) <= 2


@pytest.mark.parametrize("part", PARTS)
def test_multiconer(part: str, tmp_path: Path, settings: DemoSettings) -> None:
    sentences = multiconer(f"multiconer/{part}", tmp_path, settings)
    assert len(sentences) == getattr(settings, part)
    rows = [row for sentence in sentences for row in sentence]
    assert {tag[2:] for _, tag in rows} == {"", "PER", "LOC", "CORP", "GRP", "PROD", "CW"}
    assert all(form == form.lower() for form, _ in rows)
    assert ("#", "O") in rows
    assert (("ivan_i _", "O") in rows) == (part == "train")


@pytest.mark.parametrize("corpus, read", [("wikineural", wikineural), ("multiconer", multiconer)])
def test_entities_of_test_are_unseen_in_train(
    corpus: str, read: Callable[[str, Path, DemoSettings], list[Rows]], tmp_path: Path, settings: DemoSettings
) -> None:
    larger = replace(settings, train=400, test=200)
    train, test = (
        {entity for rows in read(f"{corpus}/{part}", tmp_path, larger) for entity in entities(rows)}
        for part in ("train", "test")
    )
    assert len(test) > 150
    assert not train & test
