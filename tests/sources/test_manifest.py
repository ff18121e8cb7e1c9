"""A manifest that is not right: one line that names it, the key, what was found and what is valid."""

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from pipeline.errors import UserError
from pipeline.sources.manifest import read_manifest
from tests.sources.conftest import Repository

GONE = object()
"""In place of the value of a key that is taken out."""
WIKI = "ner.wikineural"
TWO = {"options": {"source": "a"}, "weights": {"source": "a"}}
PART = {"source": "wiki.conllu"}
# name of the case -> block, what is put into it, message
FAULTS: dict[str, tuple[str, dict[str, Any], str]] = {
    "section": ("", {"udpipe": GONE}, "udpipe: missing; required here: news, udpipe, ner"),
    "set": (
        "ner",
        {"multiconer": GONE},
        "ner: found wikineural, expected multiconer as well, of sets in params.yaml; name its files here, or take",
    ),
    "no sets": ("", {"ner": {}}, "ner: found {}: dictionary should have at least 1 item"),
    "no news": ("", {"news": []}, "news: found []: list should have at least 1 item"),
    "key of a set": (f"{WIKI}.test", {"sum": "1"}, f"{WIKI}.test.sum: unknown key; valid keys here: source, sha256"),
    "split": (WIKI, {"test": GONE}, f"{WIKI}.test: missing"),
    "source": ("news.1", {"source": GONE}, "news.1.source: missing; required here: source, format"),
    "format of news": ("news.0", {"format": "xml"}, "news.0.format: found 'xml': input should be 'mediawiki' or"),
    "namespaces of a text": ("news.1", {"namespaces": [0]}, "namespaces go with format mediawiki"),
    "no namespaces": ("news.0", {"namespaces": []}, "news.0.namespaces: found []: list should"),
    "namespace": ("news.0", {"namespaces": [True]}, "namespaces.0: found True: input should be a valid integer"),
    "policy": ("news.1", {"invalid_utf8": "ignore"}, "news.1.invalid_utf8: found 'ignore': input should be 'error'"),
    "format of a set": (
        WIKI,
        {"format": "conll"},
        f"{WIKI}.format: found 'conll': expected one of conll2003, multiconer, wikineural, layouts that",
    ),
    "types": (WIKI, {"types": ["LOC", "two words"]}, f"{WIKI}.types.1: found 'two words': expected the name of a type"),
    "no types": (WIKI, {"types": []}, "types: found []: list should have"),
    "a type twice": (WIKI, {"types": ["A", "A"]}, "expected each of them once"),
    "one part": (
        f"{WIKI}.train",
        {"sum": "1"},
        f"{WIKI}.train.sum: unknown key; valid keys here: source, sha256, format",
    ),
    "no file of train": (
        f"{WIKI}.train",
        {"source": 7},
        f"{WIKI}.train.source: found 7: input should be a valid string",
    ),
    "no parts": (WIKI, {"train": []}, f"{WIKI}.train: found []: list should have at least 1 item"),
    "part": (
        WIKI,
        {"types": ["A"], "train": [{"source": "a"}, {}]},
        f"{WIKI}.train.1.source: missing; required here: s",
    ),
    "format of a part": (
        WIKI,
        {"train": [PART | {"format": "conll"}]},
        f"{WIKI}.train.0.format: found 'conll': expected",
    ),
    "parts without types": (WIKI, {"train": [PART, PART]}, "a set that is put together needs types: all that its"),
    "a map without types": (f"{WIKI}.train", {"map": {"A": "O"}}, "a set that is put together needs types"),
    "a type of a map": (
        WIKI,
        {"train": PART | {"map": {"A": "B C"}}},
        f"{WIKI}.train.map.A: found 'B C': expected the",
    ),
    "O in a map": (
        WIKI,
        {"train": [PART | {"map": {"O": "A"}}]},
        f"{WIKI}.train.0.map.O: found 'O': expected the",
    ),
    "a type that a map makes": (
        WIKI,
        {"types": ["PER", "LOC"], "train": [PART, PART | {"map": {"A": "O", "B": "ORG"}}]},
        "train.1.map: found 'ORG', expected O or one of types, PER, LOC",
    ),
    "sum": ("udpipe", {"sha256": "12"}, "udpipe.sha256: found '12': string should match"),
    "share": (f"{WIKI}.validation", {"holdout": 10}, "validation.holdout: found 10: input should be less than 1"),
    "file and share": (f"{WIKI}.validation", {"source": "a"}, "expected either source or holdout"),
    "sum of a share": (f"{WIKI}.validation", {"sha256": "0" * 64}, "sha256 goes with source, not with holdout"),
    "scheme": (
        "udpipe",
        {"source": "s3://bucket/model"},
        "udpipe.source: found 's3://bucket/model'; expected http:// or https://HOST/PATH, or a path",
    ),
    "address": ("news.0", {"source": "http://[::1/x"}, "news.0.source: found 'http://[::1/x'; expected http://"),
    "port": ("udpipe", {"source": "http://a:b/x"}, "udpipe.source: found 'http://a:b/x'; exp"),
    "misspelt": ("udpipe", {"source": "https:/me:secret@host/x"}, "udpipe.source: found a URL that is misspelt; exp"),
    "host": ("udpipe", {"source": "https:///x"}, "udpipe.source: found 'https:///x'; expected"),
    "one file of an ELMo": (
        "",
        {"elmo": {"options": {"source": "a"}}},
        "elmo: found {'options': {'source': 'a'}}: expected either source, a zip archive, or both options and weights",
    ),
    "three files of an ELMo": ("", {"elmo": {"source": "a", **TWO}}, "expected either source, a zip archive, or both"),
    "sum of two files": ("", {"elmo": {"sha256": "0" * 64, **TWO}}, "sha256 goes with source; options and weights"),
    "lemmas of an ELMo": ("", {"elmo": {"source": "a", "lemmas": "taiga"}}, "elmo.lemmas: found 'taiga': input should"),
    "key of an ELMo": ("", {"elmo": {"options": {"url": "a"}}}, "elmo.options.url: unknown key; valid keys here: sou"),
    "no file of vectors": ("", {"vectors": {"format": "navec"}}, "expected either source or package"),
    "file and package": (
        "",
        {"vectors": {"source": "a", "package": "natasha", "format": "navec"}},
        "expected either source or package",
    ),
    "format of a package": (
        "",
        {"vectors": {"package": "natasha", "format": "word2vec"}},
        "package natasha goes with format navec, and needs no sha256",
    ),
    "package": (
        "",
        {"vectors": {"package": "gensim", "format": "navec"}},
        "vectors.package: found 'gensim': input should be 'natasha'",
    ),
    "format of vectors": (
        "",
        {"vectors": {"source": "a", "format": "bin"}},
        "vectors.format: found 'bin': input should be 'word2vec' or 'navec'",
    ),
    "scheme of vectors": ("", {"vectors": {"source": "s3://a/b", "format": "navec"}}, "vectors.source: found 's3://a"),
    "scheme of an ELMo": ("", {"elmo": {"source": "s3://a/199.zip"}}, "elmo.source: found 's3://a/199.zip'; expected"),
}


@pytest.mark.parametrize("case", FAULTS)
def test_fault(repository: Repository, case: str) -> None:
    key, changes, expected = FAULTS[case]
    block = repository.entry(key) if key else repository.content
    block.update(changes)
    for name in [name for name, value in changes.items() if value is GONE]:
        del block[name]
    assert expected in repository.refusal()


PARTS: dict[str, Any] = {
    "format": "wikineural",
    "types": ["PER", "LOC"],
    "train": [{"source": "a", "format": "conll2003", "map": {"MISC": "O"}}, {"source": "b", "sha256": "0" * 64}],
    "validation": {"holdout": 0.1},
    "test": {"source": "t", "map": {"X": "LOC"}},
}
WRONG: list[Any] = [None, -1, True, "", [], {}, [None], {"a": 1}, {1: 2}, ["a", "a"], "x\0", {"A": ["x"]}]


def keys_of(value: Any, key: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """All keys of all blocks and lists in a block."""
    for name, inner in (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    ):
        yield (*key, name)
        yield from keys_of(inner, (*key, name))


@pytest.mark.parametrize("block", ["set", "vectors"])
def test_whatever_stands_in_a_place_it_is_read_or_refused_in_a_line(tmp_path: Path, block: str) -> None:
    whole = {"set": PARTS, "vectors": {"source": "v", "format": "word2vec"}}[block]
    path, refused = tmp_path / "demo" / "manifest.yaml", 0
    path.parent.mkdir()
    for key in keys_of(whole):
        for value in WRONG:
            changed = copy.deepcopy(whole)
            inner: Any = changed
            for part in key[:-1]:
                inner = inner[part]
            inner[key[-1]] = value
            content: dict[str, Any] = {
                "news": [{"source": "n", "format": "text"}],
                "udpipe": {"source": "u"},
                "ner": {"s": PARTS},
            }
            content |= {"ner": {"s": changed}} if block == "set" else {"vectors": changed}
            path.write_text(yaml.safe_dump(content))
            try:
                read_manifest(path)
            except UserError as error:
                refused += 1
                assert str(error).startswith(f"{path}: {'ner' if block == 'set' else 'vectors'}"), (key, value)
    assert refused > 8 * sum(1 for _ in keys_of(whole))


def test_an_alias_is_what_it_stands_for(repository: Repository) -> None:
    multi = repository.content["ner"]["multiconer"]
    multi["test"] = multi["train"]
    repository.fetch()
    assert "train: *id" in repository.manifest.read_text(encoding="utf-8")


def refusal(path: Path) -> str:
    with pytest.raises(UserError) as caught:
        read_manifest(path)
    message = str(caught.value)
    assert message.isprintable() and len(message) <= 1000 and "secret" not in message
    return message


def test_missing_manifest(tmp_path: Path) -> None:
    path = tmp_path / "mine" / "manifest.yaml"
    expected = f"{path}: not found; copy {tmp_path}/local/manifest.example.yaml to {path} and edit it"
    assert refusal(path) == expected


BOMB = b"a0: &a0 [x]\n" + b"".join(b"a%d: &a%d [%b]\n" % (n, n, b"*a%d, " % (n - 1) * 9) for n in range(1, 20))


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"news: [", "not valid YAML"),
        (b"", "top level: found nothing"),
        (b"[" * 500, "not valid YAML: nested too deeply"),
        (b"news: 2024-13-01", "not valid YAML: month must be in 1..12"),
        (b"news: [1]\nudpipe: {}\nnews: [2]", "line 3: key 'news' stands twice; keep one of the two"),
        (b"ner:\n  a:\n    train: {source: a}\n    train: {source: b}", "line 4: key 'train' stands twice"),
        ("news: новости".encode("cp1251"), "byte 6 (0xed) is not UTF-8"),
        (b"news: &a [x, *a]", "line 1: aliases unfold to more than 10,000,000 characters; write it out"),
        (BOMB, "line 8: aliases unfold"),
        (b"udpipe: &a '%b'\nnews: [%b]" % (b"x" * 9_000, b"*a," * 2_000), "line 2: aliases unfold"),
        (b"news: " + b"x" * 2_000_000, "found 2,000,006 bytes, expected settings of at most 1,000,000"),
        (b"news: '" + b"x" * 9_000 + b"'", "news: found 'xxx"),
        (b"news: !!int x", "not valid YAML: invalid literal for int"),
        (b"news: !!bool x", "not valid YAML: "),
        (b"news: !!timestamp x", "not valid YAML: "),
        (b"news: x\nudpipe: https://me:secret@host/a?secret: b", "not valid YAML: line 2: mapping values are not"),
    ],
)
def test_unreadable_manifest(tmp_path: Path, content: bytes, expected: str) -> None:
    path = tmp_path / "manifest.yaml"
    path.write_bytes(content)
    assert f"{path}: {expected}" in refusal(path)
