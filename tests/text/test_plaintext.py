import bz2
import gzip
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.errors import UserError
from pipeline.files.shards import Counts, Document, format_document, read_shard
from pipeline.text.plaintext import read_plaintext
from pipeline.text.whitespace import fold

TEXT = "\ufeff\r\n\nПогода\r\nВ\xa0Крыму\u2028тепло.\n \t\n\n\nВторая\n"
EXPECTED = [Document("0000-my.news:1", "", ["Погода", "В Крыму тепло."]), Document("0000-my.news:2", "", ["Вторая"])]


@pytest.mark.parametrize("name, data", [("txt", TEXT.encode()), ("txt.gz", gzip.compress(TEXT.encode(), mtime=0))])
def test_documents_and_paragraphs(name: str, data: bytes, tmp_path: Path) -> None:
    path = tmp_path / f"0000-my.news.{name}"
    path.write_bytes(data)
    counts: Counts = Counter()
    assert list(read_plaintext(path, counts)) == EXPECTED
    assert {key: number for key, number in counts.items() if number} == {"documents_read": 2, "words_read": 5}


@pytest.mark.parametrize(
    "data, message",
    [
        ("а\nб".encode() + b"\n\n" + "мир".encode("cp1251"), r"byte 7 \(0xec\) is not UTF-8; .*iconv"),
        ("привет".encode("utf-16"), r"byte 0 \(0xff\) is not UTF-8"),
        (gzip.compress(TEXT.encode() * 999, mtime=0)[:-20], "damaged, cut short"),
        (gzip.compress(TEXT.encode(), mtime=0) + b"junk", "damaged"),
        (None, "no such file"),
        (
            bz2.compress(TEXT.encode()) + b"junk",
            r"damaged, .* beyond 67 bytes of content \(byte \d+ of \d+\): Invalid data stream",
        ),
    ],
)
def test_damage_is_said_in_one_line(data: bytes | None, message: str, tmp_path: Path) -> None:
    path = tmp_path / "news.txt"
    if data:
        path.write_bytes(data)
    with pytest.raises(UserError, match=message) as caught:
        list(read_plaintext(path, Counter()))
    assert "news.txt" in str(caught.value) and "\n" not in str(caught.value)


HOSTILE = st.text(st.characters(exclude_categories=["Cs"])) | st.sampled_from(
    ["#doc\t1\tа", "#doc", "\n\n", "а\u2028б\x85в\x1cг\r\nд", "\ufeff", "\x00", "\u200b", "<S>"]
)


@settings(max_examples=50)
@given(st.lists(st.tuples(HOSTILE, HOSTILE, st.lists(HOSTILE))))
def test_hostile_text_survives_a_shard_once_it_is_folded(
    tmp_path_factory: pytest.TempPathFactory, raw: list[tuple[str, str, list[str]]]
) -> None:
    documents = [Document(fold(i), fold(t), list(filter(None, map(fold, lines)))) for i, t, lines in raw]
    path = tmp_path_factory.getbasetemp() / "00000.txt"
    path.write_text("".join(map(format_document, documents)), encoding="utf-8", newline="\n")
    assert list(read_shard(path)) == documents
