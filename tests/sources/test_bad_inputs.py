"""Inputs that are not sound: one line that names the file and the place; the earlier data/raw stays as it was."""

import bz2
import gzip
import random
from collections.abc import Callable

import pytest

from pipeline.files.utf8 import ADVICE, NEWS_ADVICE
from tests.sources.conftest import DUMP, MULTICONER, NEWS, WIKINEURAL, Repository

ARTICLE = DUMP.splitlines()[1]
REDIRECT = ARTICLE.replace("<revision>", '<redirect title="Огонь"/><revision>')
TALK = ARTICLE.replace("<ns>0<", "<ns>1<").replace("<id>7<", "<id>8<")
NOISE = random.Random(1).randbytes(5000)


def dump(before: str, after: str) -> bytes:
    """The good export with something else in it."""
    assert before in DUMP
    return bz2.compress(DUMP.replace(before, after).encode())


# name of the file -> what stands in it, and what is said of it
FAULTS: dict[str, tuple[str, Callable[[bytes], str | bytes], str]] = {
    "truncated bz2": ("dump.xml.bz2", lambda good: good[:-9], "damaged, cut short or unreadable beyond"),
    "truncated gz": (
        "more.txt.gz",
        lambda _: gzip.compress(NOISE, mtime=0)[:-9],
        "of content (byte 5,014 of 5,014): Compressed file ended before the end",
    ),
    "truncated gz of a set": ("wiki.conllu.gz", lambda good: good[:-9], "cut short or unreadable beyond"),
    "corrupt bz2": (
        "dump.xml.bz2",
        lambda good: good[:40] + b"xxxxxx" + good[46:],
        "damaged, cut short or unreadable beyond 0 ",
    ),
    "bz2 with a damaged second stream": (
        "dump.xml.bz2",
        lambda good: good + b"xxx" + good[3:],
        f"unreadable beyond {len(DUMP.encode())} bytes of content (byte {2 * len(bz2.compress(DUMP.encode()))} of",
    ),
    "corrupt gz": (
        "more.txt.gz",
        lambda good: good[:-6] + b"\0\0" + good[-4:],
        "damaged, cut short or unreadable beyond",
    ),
    "gz that is none": ("more.txt.gz", lambda _: NEWS, "found plain data; expected plain, or gzip named .gz"),
    "gz without its suffix": (
        "news.txt",
        lambda _: gzip.compress(NEWS.encode(), mtime=0),
        "found gzip data; expected plain, or gzip named .gz, or bzip2 named .bz2; unpack or rename it",
    ),
    "windows-1251": (
        "news.txt",
        lambda _: NEWS.encode("cp1251"),
        "byte 0 (0xc2) is not UTF-8; " + NEWS_ADVICE,
    ),
    "utf-16": ("news.txt", lambda _: NEWS.encode("utf-16-le"), "byte 3 is 0, as in UTF-16"),
    "windows-1251 in a dump": (
        "dump.xml.bz2",
        lambda _: bz2.compress(DUMP.encode("cp1251")),
        "is not UTF-8; convert the file",
    ),
    "empty file": ("news.txt", lambda _: b"", "empty; expected text"),
    "empty gz": ("more.txt.gz", lambda _: gzip.compress(b"", mtime=0), "no words; expected news text"),
    "text without words": ("news.txt", lambda _: "\n\u00a0 — …\n", "no words; expected news text"),
    "text that is an export": (
        "news.txt",
        lambda _: '\n<?xml version="1.0"?>\n' + DUMP,
        "begins with <mediawiki>; expected plain text (or write format: mediawiki)",
    ),
    "dump without pages": (
        "dump.xml.bz2",
        lambda _: bz2.compress(b"<mediawiki/>"),
        "no article among 0 pages; expected at least one of namespace 0",
    ),
    "dump without articles": (
        "dump.xml.bz2",
        lambda _: bz2.compress((REDIRECT + TALK).join(DUMP.split(ARTICLE)).encode()),
        "no article among 2 pages; expected at least one of namespace 0 that is no redirect",
    ),
    "other XML": (
        "dump.xml.bz2",
        lambda _: bz2.compress(b"<rss/>"),
        "no MediaWiki export: expected <mediawiki>, found <rss>",
    ),
    "page without an id": (
        "dump.xml.bz2",
        lambda good: dump("<id>7</id>", ""),
        "no MediaWiki export: page 'Пожар': expected a number in <id>, found nothing",
    ),
    "id that is no number": (
        "dump.xml.bz2",
        lambda good: dump("<id>7<", "<id>семь<"),
        "page 'Пожар' (id семь): expected a number in <id>, found 'семь'",
    ),
    "namespace that is no number": (
        "dump.xml.bz2",
        lambda good: dump("<ns>0<", "<ns>main<"),
        "page 'Пожар' (id 7): expected a number in <ns>, found 'main'",
    ),
    "two pages of one id": (
        "dump.xml.bz2",
        lambda good: dump(ARTICLE, ARTICLE + ARTICLE.replace("Пожар", "Мост")),
        "page 'Мост' (id 7): an earlier page has this id too; correct that in the source, or name another",
    ),
    "mark-up in a text": (
        "dump.xml.bz2",
        lambda good: dump("Сгорел ", "Сгорел<br/>"),
        "no MediaWiki export: page 'Пожар' (id 7): found <br> in <text>, expected text, &lt;br>; correct that in",
    ),
    "tag without an end in a text": (
        "dump.xml.bz2",
        lambda good: dump("Сгорел ", "Сгорел<br>"),
        "not a whole MediaWiki export (XML): page 'Пожар' (id 7): mismatched tag: line 2",
    ),
    "XML that says its encoding": (
        "dump.xml.bz2",
        lambda good: bz2.compress(('<?xml version="1.0" encoding="koi8-r"?>' + DUMP).encode("koi8-r")),
        "is not UTF-8; convert the file to UTF-8 (for example: iconv -f KOI8-R -t UTF-8)",
    ),
    "utf-16 in a set": (
        "multi.conll",
        lambda _: MULTICONER.encode("utf-16"),
        "expected UTF-8 text; convert the file to UTF-8 (for example: iconv -f UTF-16 -t UTF-8)",
    ),
    "line of 2 MB": (
        "multi.conll",
        lambda _: MULTICONER + "\x1b[2J" * 500_000 + "\n\n",
        ":5: found a line of 16,384 bytes or more",
    ),
    "control characters in a set": (
        "multi.conll",
        lambda _: MULTICONER + "\x1b[2J" * 9 + "\n\n",
        ":5: found '\\x1b[2J",
    ),
    "no XML": ("dump.xml.bz2", lambda _: bz2.compress(NEWS.encode()), "does not begin with <mediawiki>"),
    "cut XML": (
        "dump.xml.bz2",
        lambda _: bz2.compress(DUMP.encode()[:150]),
        "not a whole MediaWiki export (XML): page 'Пожар' (id 7): ",
    ),
    "conll line with too few fields": (
        "wiki.conllu",
        lambda _: WIKINEURAL + "0\tТула\n\n",
        ":6: found 2 fields in '0\\tТула', expected 3",
    ),
    "conll line of another format": ("multi.conll", lambda _: WIKINEURAL, ":1: found '0\\tМосква\\tB-LOC', expected"),
    "unknown label": ("wiki.conllu", lambda _: WIKINEURAL + "0\tТула\tCITY\n\n", ":6: found label 'CITY'"),
    "conll in windows-1251": (
        "multi.conll",
        lambda _: MULTICONER.encode("cp1251"),
        ":2: found byte 0xec at column 1, expected UTF-8 text; " + ADVICE,
    ),
    "empty set": ("multi.conll", lambda _: "\n\n", "no sentences; expected the multiconer format"),
    "model that is text": ("tiny.udpipe", lambda _: NEWS, "not a UDPipe model"),
    "model that is noise": ("tiny.udpipe", lambda _: NOISE, "not a UDPipe model"),
    "model that is empty": ("tiny.udpipe", lambda _: b"", "not a UDPipe model"),
    "model that is cut": ("tiny.udpipe", lambda good: good[: len(good) // 2], "not a UDPipe model, or not a whole one"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_fault(repository: Repository, fault: str) -> None:
    name, spoil, expected = FAULTS[fault]
    path = repository.inputs / name
    repository.write(name, spoil(path.read_bytes()))
    message = repository.refusal()
    assert str(path) in message
    assert expected in message


def test_missing_file(repository: Repository) -> None:
    path = repository.inputs / "news.txt"
    path.unlink()
    assert f"news.1: news.txt: not found (looked for {path}); correct the path" in repository.refusal()


def test_folder_instead_of_a_file(repository: Repository) -> None:
    repository.entry("news.1")["source"] = "."
    assert "news.1: .: not a file" in repository.refusal()


def test_a_path_that_is_too_long(repository: Repository) -> None:
    repository.entry("news.1")["source"] = "a" * 5000
    assert repository.refusal().endswith("a': file name too long; correct the path")


def test_missing_file_is_said_before_anything_is_obtained(
    repository: Repository, capsys: pytest.CaptureFixture[str]
) -> None:
    (repository.inputs / "multi.conll").unlink()
    assert "ner.multiconer.train: multi.conll: not found" in repository.refusal()
    assert "news.0" not in capsys.readouterr().err


def test_wrong_sha256(repository: Repository) -> None:
    repository.entry("ner.wikineural.test")["sha256"] = "ab" * 32
    message = repository.refusal()
    assert "ner.wikineural.test: " in message
    assert str(repository.inputs / "wiki.conllu.gz") in message
    assert f"expected {'ab' * 32} (in the manifest)" in message


def test_no_article_in_the_namespaces_asked_for(repository: Repository) -> None:
    repository.entry("news.0")["namespaces"] = [102, 14]
    assert "no article among 1 pages; expected at least one of namespace 14 or 102" in repository.refusal()


def test_bzip2_set(repository: Repository) -> None:
    repository.write("wiki.conllu.bz2", bz2.compress(WIKINEURAL.encode()))
    repository.entry("ner.wikineural.train")["source"] = "wiki.conllu.bz2"
    assert "wiki.conllu.bz2: found bzip2 data; expected plain, or gzip named .gz; unpack" in repository.refusal()
