"""A manifest that is not right: one line that names it, the key, what was found and what is valid."""

from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.errors import UserError
from pipeline.sources.manifest import read_manifest
from tests.sources.conftest import Repository

Spoil = Callable[[Repository], object]

FAULTS: dict[str, tuple[Spoil, str]] = {
    "section": (lambda r: r.content.pop("udpipe"), "udpipe: missing; required here: news, udpipe, ner"),
    "set": (
        lambda r: r.entry("ner").pop("multiconer"),
        "ner: found wikineural, expected multiconer as well, of sets in params.yaml; name its files here, or take",
    ),
    "no sets": (lambda r: r.content.update(ner={}), "ner: found {}: dictionary should have at least 1 item"),
    "key of a set": (
        lambda r: r.entry("ner.wikineural.test").update(sum="1"),
        "ner.wikineural.test.sum: unknown key; valid keys here: source, sha256",
    ),
    "split": (lambda r: r.entry("ner.wikineural").pop("test"), "ner.wikineural.test: missing"),
    "source": (lambda r: r.entry("news.1").pop("source"), "news.1.source: missing; required here: source, format"),
    "news": (lambda r: r.content.update(news=[]), "news: found []: list should have at least 1 item"),
    "empty": (lambda r: r.content.update(news=None), "news: found nothing: input should be a valid list"),
    "key": (
        lambda r: r.entry("udpipe").update(sha265="0"),
        "udpipe.sha265: unknown key; valid keys here: source, sha256",
    ),
    "format of news": (
        lambda r: r.entry("news.0").update(format="xml"),
        "news.0.format: found 'xml': input should be 'mediawiki' or 'text'",
    ),
    "namespaces of a text": (
        lambda r: r.entry("news.1").update(namespaces=[0]),
        "namespaces go with format mediawiki",
    ),
    "no namespaces": (lambda r: r.entry("news.0").update(namespaces=[]), "news.0.namespaces: found []: list should"),
    "policy": (
        lambda r: r.entry("news.1").update(invalid_utf8="ignore"),
        "news.1.invalid_utf8: found 'ignore': input should be 'error' or 'replace'",
    ),
    "format of a set": (
        lambda r: r.entry("ner.wikineural").update(format="conll"),
        "ner.wikineural.format: found 'conll': expected one of conll2003, multiconer, wikineural, layouts that",
    ),
    "types": (
        lambda r: r.entry("ner.wikineural").update(types=["LOC", "two words"]),
        "ner.wikineural.types.1: found 'two words': expected the name of a type without a prefix, as in PER",
    ),
    "types that are none": (lambda r: r.entry("ner.wikineural").update(types=[]), "types: found []: list should have"),
    "a type twice": (lambda r: r.entry("ner.wikineural").update(types=["A", "A"]), "expected each of them once"),
    "sum": (lambda r: r.entry("udpipe").update(sha256="12"), "udpipe.sha256: found '12': string should match"),
    "share": (
        lambda r: r.entry("ner.wikineural.validation").update(holdout=10),
        "ner.wikineural.validation.holdout: found 10: input should be less than 1",
    ),
    "file and share": (
        lambda r: r.entry("ner.wikineural.validation").update(source="a"),
        "expected either source or holdout",
    ),
    "scheme": (
        lambda r: r.entry("udpipe").update(source="s3://bucket/model"),
        "udpipe.source: found 's3://bucket/model'; expected http:// or https://HOST/PATH, or a path",
    ),
    "address": (
        lambda r: r.entry("news.0").update(source="http://[::1/x"),
        "news.0.source: found 'http://[::1/x'; expected http:// or https://HOST/PATH",
    ),
    "port": (lambda r: r.entry("udpipe").update(source="http://a:b/x"), "udpipe.source: found 'http://a:b/x'; exp"),
    "misspelt": (
        lambda r: r.entry("udpipe").update(source="https:/me:secret@host/x"),
        "udpipe.source: found a URL that is misspelt; expected http",
    ),
    "host": (lambda r: r.entry("udpipe").update(source="https:///x"), "udpipe.source: found 'https:///x'; expected"),
    "namespace": (
        lambda r: r.entry("news.0").update(namespaces=[True]),
        "news.0.namespaces.0: found True: input should be a valid integer",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_fault(repository: Repository, fault: str) -> None:
    spoil, expected = FAULTS[fault]
    spoil(repository)
    assert expected in repository.refusal()


BOMB = b"a0: &a0 [x]\n" + b"".join(b"a%d: &a%d [%b]\n" % (n, n, b"*a%d, " % (n - 1) * 9) for n in range(1, 20))


def refusal(path: Path) -> str:
    with pytest.raises(UserError) as caught:
        read_manifest(path)
    message = str(caught.value)
    assert message.isprintable() and len(message) <= 1000 and "secret" not in message
    return message


def test_an_alias_is_what_it_stands_for(repository: Repository) -> None:
    multi = repository.content["ner"]["multiconer"]
    multi["test"] = multi["train"]
    repository.fetch()
    assert "train: *id" in repository.manifest.read_text(encoding="utf-8")


def test_missing_manifest(tmp_path: Path) -> None:
    path = tmp_path / "mine" / "manifest.yaml"
    expected = f"{path}: not found; copy {tmp_path}/local/manifest.example.yaml to {path} and edit it"
    assert refusal(path) == expected


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
        (b"udpipe: &a '%b'\nnews: [%b]" % (b"x" * 900_000, b"*a," * 20_000), "line 2: aliases unfold"),
        (b"news: " + b"x" * 2_000_000, "found 2,000,006 bytes, expected settings of at most 1,000,000"),
        (b"news: '" + b"x" * 900_000 + b"'", "news: found 'xxx"),
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
