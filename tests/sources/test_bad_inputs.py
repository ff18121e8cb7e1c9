"""Unsound inputs: one line names the file and the place, and the earlier data/raw stays as it was.

Each reader has its own tests of what it refuses; these show that fetch asks the reader of the next stage.
"""

import bz2
import gzip
import random

import pytest

from pipeline.files.utf8 import ADVICE, NEWS_ADVICE
from tests.sources.conftest import DUMP, FILES, MODEL, MULTICONER, NEWS, WIKINEURAL, Repository

ARTICLE = DUMP.splitlines()[1]
REDIRECT = ARTICLE.replace("<revision>", '<redirect title="Огонь"/><revision>')
TALK = ARTICLE.replace("<ns>0<", "<ns>1<").replace("<id>7<", "<id>8<")
NOISE = random.Random(1).randbytes(5000)
PACKED = gzip.compress(NOISE, mtime=0)

# name of the case -> content of dump.xml.bz2 before compression, message
EXPORTS = {
    "windows-1251": (DUMP.encode("cp1251"), "is not UTF-8; convert the file"),
    "no pages": (b"<mediawiki/>", "no article among 0 pages; expected at least one of namespace 0"),
    "no articles": (
        DUMP.replace(ARTICLE, REDIRECT + TALK).encode(),
        "no article among 2 pages; expected at least one of namespace 0 that is no redirect",
    ),
    "mark-up": (
        DUMP.replace("Сгорел ", "Сгорел<br/>").encode(),
        "no MediaWiki export: page 'Пожар' (id 7): found <br> in <text>, expected text, &lt;br>; correct that in",
    ),
    "cut XML": (DUMP.encode()[:150], "not a whole MediaWiki export (XML): page 'Пожар' (id 7): "),
}
# name of the case -> name of the file, its content, message
FILES_BY_CASE: dict[str, tuple[str, bytes | str, str]] = {
    "cut bz2": ("dump.xml.bz2", FILES["dump.xml.bz2"][:-9], "damaged, cut short or unreadable beyond"),
    "cut gz": ("more.txt.gz", PACKED[:-9], "(byte 5,014 of 5,014): Compressed file ended before the end"),
    "cut gz of a set": ("wiki.conllu.gz", FILES["wiki.conllu.gz"][:-9], "cut short or unreadable beyond"),
    "gz without its suffix": ("news.txt", PACKED, "found gzip data; expected plain, or gzip named .gz, or bzip2 named"),
    "windows-1251": ("news.txt", NEWS.encode("cp1251"), "byte 0 (0xc2) is not UTF-8; " + NEWS_ADVICE),
    "utf-16": ("news.txt", NEWS.encode("utf-16-le"), "byte 3 is 0, as in UTF-16"),
    "empty file": ("news.txt", "", "empty; expected text"),
    "empty gz": ("more.txt.gz", gzip.compress(b"", mtime=0), "no words; expected news text"),
    "text without words": ("news.txt", "\n\u00a0 — …\n", "no words; expected news text"),
    "text that is an export": (
        "news.txt",
        '\n<?xml version="1.0"?>\n' + DUMP,
        "begins with <mediawiki>; expected plain text (or write format: mediawiki)",
    ),
    "set in utf-16": ("multi.conll", MULTICONER.encode("utf-16"), "UTF-8 (for example: iconv -f UTF-16 -t UTF-8)"),
    "set in windows-1251": (
        "multi.conll",
        MULTICONER.encode("cp1251"),
        ":2: found byte 0xec at column 1, expected UTF-8 text; " + ADVICE,
    ),
    "set with control characters": ("multi.conll", MULTICONER + "\x1b[2J" * 500_000 + "\n", ":5: found a line of 16,"),
    "set of another format": ("multi.conll", WIKINEURAL, ":1: found '0\\tМосква\\tB-LOC', expected"),
    "set with an unknown label": ("wiki.conllu", WIKINEURAL + "0\tТула\tCITY\n", ":6: found label 'CITY'"),
    "empty set": ("multi.conll", "\n\n", "no sentences; expected the multiconer format"),
    "model that is noise": ("tiny.udpipe", NOISE, "not a UDPipe model"),
    "model that is empty": ("tiny.udpipe", "", "not a UDPipe model"),
    "model that is cut": ("tiny.udpipe", MODEL[: len(MODEL) // 2], "not a UDPipe model, or not a whole one"),
    **{f"export: {case}": ("dump.xml.bz2", bz2.compress(content), text) for case, (content, text) in EXPORTS.items()},
}


@pytest.mark.parametrize("case", FILES_BY_CASE)
def test_file(repository: Repository, case: str) -> None:
    name, content, expected = FILES_BY_CASE[case]
    path = repository.write(name, content)
    assert str(path) in (message := repository.refusal()) and expected in message


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("nowhere.txt", "news.1: nowhere.txt: not found (looked for {}/nowhere.txt); correct the path"),
        (".", "news.1: .: not a file"),
        ("a" * 5000, "a': file name too long; correct the path"),
    ],
)
def test_path_to_no_file_is_refused_before_anything_is_obtained(
    repository: Repository, source: str, expected: str, capsys: pytest.CaptureFixture[str]
) -> None:
    repository.entry("news.1")["source"] = source
    assert expected.format(repository.inputs) in repository.refusal()
    assert "news.0" not in capsys.readouterr().err


def test_wrong_sha256(repository: Repository) -> None:
    repository.entry("ner.wikineural.test")["sha256"] = "ab" * 32
    message = repository.refusal()
    assert f"ner.wikineural.test: {repository.inputs / 'wiki.conllu.gz'}: sha256 is " in message
    assert f"expected {'ab' * 32} (in the manifest)" in message


def test_no_article_in_the_namespaces_asked_for(repository: Repository) -> None:
    repository.entry("news.0")["namespaces"] = [102, 14]
    assert "no article among 1 pages; expected at least one of namespace 14 or 102" in repository.refusal()


def test_bzip2_set(repository: Repository) -> None:
    repository.write("wiki.conllu.bz2", bz2.compress(WIKINEURAL.encode()))
    repository.entry("ner.wikineural.train")["source"] = "wiki.conllu.bz2"
    assert "wiki.conllu.bz2: found bzip2 data; expected plain, or gzip named .gz; unpack" in repository.refusal()
