import bz2
import gzip
from collections import Counter
from pathlib import Path

import pytest

from pipeline.errors import UserError
from pipeline.files.shards import Counts, Document
from pipeline.text.dump.mediawiki import DROPPED
from pipeline.text.dump.wikitext import DROPPED as DROPPED_MARKUP
from pipeline.text.whitespace import fold
from tests.pack import PACK, needs_pack
from tests.text.news import export, page, read_mediawiki, revision


def read(path: Path, data: str | bytes) -> tuple[list[Document], Counts]:
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    counts: Counts = Counter()
    return list(read_mediawiki(path, counts)), counts


def test_every_page_is_kept_or_dropped_under_its_reason(tmp_path: Path) -> None:
    pages = [
        page(1, revision("Текст [[Москва|Москвы]].")),
        page(2, revision("Обсуждение"), namespace=1),
        page(3, revision("#перенаправление [[Статья 1]]"), extra='<redirect title="Статья 1" />'),
        page(4, revision("#ПЕРЕНАПРАВЛЕНИЕ [[Статья 1]]")),
        page(5, revision(" #redirect: [[Статья 1]]")),
        page(6, revision("")),
        page(7, revision(" \n ")),
        page(8),
        page(9, '<revision><id>1</id><timestamp>2019-05-01T10:00:00Z</timestamp><text deleted="deleted" /></revision>'),
        page(10, revision("local p = {}", model="Scribunto")),
        page(11, revision("{{дата}}")),
        page(12, revision("#REDIRECTED это не перенаправление")),
    ]
    documents, counts = read(tmp_path / "a.xml", export(*pages))
    assert [document.id for document in documents] == ["1", "12"]
    assert documents[0] == Document("1", "Статья 1", ["Текст Москвы."])
    assert counts == {
        "documents_read": 12,
        "documents_dropped_other_namespace": 1,
        "documents_dropped_redirect": 3,
        "documents_dropped_empty": 3,
        "documents_dropped_deleted": 1,
        "documents_dropped_not_wikitext": 1,
        "documents_dropped_only_markup": 1,
        "documents_dropped_too_long": 0,
        "words_dropped_other_namespace": 1,
        "words_dropped_redirect": 9,
        "words_dropped_empty": 0,
        "words_dropped_deleted": 0,
        "words_dropped_not_wikitext": 4,
        "words_dropped_too_long": 0,
        **{f"{unit}dropped_{kind}": 0 for kind in DROPPED_MARKUP for unit in ("", "words_")},
        "dropped_templates": 1,
        "words_dropped_templates": 1,
        "words_read": 21,
        "document_cuts": 0,
        "paragraph_cuts": 0,
        "word_cuts": 0,
        "characters_replaced": 0,
    }


def test_only_the_newest_revision_counts_whatever_the_order(tmp_path: Path) -> None:
    new, old = revision("новая", "2020-01-01T00:00:00Z", 5), revision("старая", "2019-01-01T00:00:00Z", 9)
    documents, _ = read(tmp_path / "a.xml", export(page(1, old, new), page(2, new, old)))
    assert [document.lines for document in documents] == [["новая"], ["новая"]]


WHOLE = export(*(page(n, revision(f"Статья номер {n}. " * 50)) for n in range(200))).encode()


@pytest.mark.parametrize(
    "data, message",
    [
        (bz2.compress(WHOLE)[:-500], "damaged, cut short"),
        (gzip.compress(WHOLE, mtime=0)[:-500], "damaged, cut short"),
        (bz2.compress(WHOLE)[:100] + b"\0" * 100 + bz2.compress(WHOLE)[200:], "damaged"),
        (bz2.compress(WHOLE[: WHOLE.index(b"<text", len(WHOLE) // 2)]), "not a whole MediaWiki export"),
        (WHOLE[:5000] + b"\xff" + WHOLE[5000:], r"byte 4,999 \(0xd1\) is not UTF-8"),
        (WHOLE[: WHOLE.index("т".encode()) + 1], "is not UTF-8"),
        (b"", "not a whole MediaWiki export"),
        (b"<html><body>404</body></html>", "expected <mediawiki>, found <html>"),
        ("новости".encode(), "not a whole MediaWiki export"),
    ],
)
def test_damage_is_said_in_one_line(data: bytes, message: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=message) as caught:
        read(tmp_path / "news.xml", data)
    assert "news.xml" in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "spoil, message",
    [
        (("<id>2</id>", ""), "page 'Статья 2': expected a number in <id>, found nothing"),
        (("<ns>0</ns><id>2", "<ns>q</ns><id>2"), "page 'Статья 2' (id 2): expected a number in <ns>, found 'q'"),
        (("<id>4</id><time", "<id>x</id><time"), "page 'Статья 2' (id 2): expected a number in <id>, found 'x'"),
    ],
)
def test_a_malformed_page_is_named(spoil: tuple[str, str], message: str, tmp_path: Path) -> None:
    pages = (page(n, revision("Текст", number=2 * n)) for n in (1, 2, 3))
    with pytest.raises(UserError) as caught:
        read(tmp_path / "news.xml", export(*pages).replace(*spoil))
    said = f"{tmp_path / 'news.xml'}: no MediaWiki export: {message}; correct that in the source, or name another"
    assert str(caught.value).startswith(said)


@needs_pack
def test_real_articles_are_reproduced() -> None:
    counts: Counts = Counter()
    path = PACK / "wikinews/ruwikinews-sample.xml.bz2"
    documents = {document.id: document.lines for document in read_mediawiki(path, counts)}
    assert counts["documents_read"] == len(documents) + sum(counts[f"documents_dropped_{r}"] for r in DROPPED) == 62
    assert documents.pop("62") == ["Президент России прибыл в Казань с визитом, сообщает пресс-служба."]
    expected = sorted((PACK / "wikinews/expected").glob("*.txt"))
    assert len(expected) == 5
    for file in expected:
        paragraphs = list(filter(None, map(fold, file.read_text(encoding="utf-8").split("\n"))))
        assert documents[file.stem] == paragraphs, file.stem

    with gzip.open(PACK / "corpus/nerel_wikinews.txt.gz", "rt", encoding="utf-8", newline="\n") as text:
        known = set(map(fold, text))  # the corpus that all forty articles come from
    lines = [line for document in documents.values() for line in document]
    assert len(documents) == 40 and len(lines) > 300
    assert [line for line in lines if line not in known] == []
