"""Published vectors of words, as their files have them: read back as a slow writer wrote them, or refused in a line."""

import bz2
import gzip
import io
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import UserError
from pipeline.lm.vectors.static import Format, iterate_vectors, read_vectors, standardise

Vectors = dict[str, list[float]]
WORDS = st.text(st.characters(exclude_categories=["Cs", "Z", "C"]), min_size=1, max_size=8)
NUMBERS = st.floats(-1000, 1000, width=32)


@st.composite
def drawn(draw: st.DrawFn) -> Vectors:
    """At most six words and their vectors, of one width; a word after the first may have a space in it."""
    width = draw(st.integers(2, 4))
    vectors = draw(st.lists(st.lists(NUMBERS, min_size=width, max_size=width), min_size=1, max_size=6))
    words = draw(st.lists(WORDS, min_size=len(vectors), max_size=len(vectors), unique=True))
    spaced = [f"{word} {word}" if number and draw(st.booleans()) else word for number, word in enumerate(words)]
    return dict(zip(spaced, vectors, strict=True))


def write_word2vec(vectors: Vectors, header: bool, end: str) -> bytes:
    width = len(next(iter(vectors.values())))
    lines = [f"{len(vectors)} {width}"] if header else []
    lines += [f"{word} {' '.join(repr(float(number)) for number in numbers)}" for word, numbers in vectors.items()]
    return "".join(line + end for line in lines).encode()


@given(drawn(), st.booleans(), st.sampled_from(["\n", " \n", "\r\n", " \r\n"]), st.sampled_from(["", ".gz", ".bz2"]))
def test_word2vec_is_read_as_it_was_written(
    tmp_path_factory: pytest.TempPathFactory, vectors: Vectors, header: bool, end: str, suffix: str
) -> None:
    """fastText ends each line with a space; some files have no header; Windows ends a line with two characters."""
    path = tmp_path_factory.getbasetemp() / f"vectors{suffix}"
    pack: dict[str, Callable[[bytes], bytes]] = {"": bytes, ".gz": gzip.compress, ".bz2": bz2.compress}
    path.write_bytes(pack[suffix](write_word2vec(vectors, header, end)))
    read = read_vectors(path, "word2vec")
    assert read.words == [*vectors] and read.repeated == 0
    np.testing.assert_array_equal(read.values, np.array([*vectors.values()], np.float32))
    assert read_vectors(path, "word2vec", most=2).words == [*vectors][:2]


def test_of_a_word_that_is_repeated_the_first_vector_counts(tmp_path: Path) -> None:
    path = tmp_path / "vectors"
    path.write_text("дом 1 2\nкот 3 4\nдом 5 6\nмир 7 8\n", encoding="utf-8")
    words, values, repeated = read_vectors(path, "word2vec", most=3)
    assert words == ["дом", "кот", "мир"] and values.tolist() == [[1, 2], [3, 4], [7, 8]] and repeated == 1


def pack_navec(words: bytes, counts: list[int], indices: npt.NDArray[Any], codes: npt.NDArray[Any]) -> dict[str, bytes]:
    """The members of a tar, the way navec packs them."""
    parts, centroids, width = codes.shape
    sizes = np.array([len(indices), parts * width, parts, centroids], "<u4").tobytes()
    return {
        "meta.json": b"{}",
        "vocab.bin": gzip.compress(np.array([len(counts), *counts], "<u4").tobytes() + words, mtime=0),
        "pq.bin": sizes + indices.astype(np.uint8).tobytes() + codes.astype("<f4").tobytes(),
    }


def write_tar(path: Path, members: dict[str, bytes]) -> None:
    with tarfile.open(path, "w") as archive:
        for name, data in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))


CHANCE = np.random.default_rng(1)
INDICES, CODES = CHANCE.integers(0, 7, (5, 3)), CHANCE.normal(size=(3, 7, 2))
COUNTS = [5, 90, 0, 0, 7]
MEMBERS = pack_navec("кот\nв\n<unk>\n<pad>\nдом".encode(), COUNTS, INDICES, CODES)


def test_navec_is_put_together_from_its_parts_the_most_frequent_word_first(tmp_path: Path) -> None:
    write_tar(tmp_path / "navec.tar", MEMBERS)
    words, values, _ = read_vectors(tmp_path / "navec.tar", "navec")
    assert words == ["в", "дом", "кот"]
    for row, vector in zip((1, 4, 0), values, strict=True):
        expected: list[float] = []
        for part in range(3):
            expected += [*CODES[part][INDICES[row][part]]]
        np.testing.assert_array_equal(vector, np.array(expected, np.float32))
    assert read_vectors(tmp_path / "navec.tar", "navec", most=2).words == ["в", "дом"]


def refusal(path: Path, format_: Format) -> str:
    with pytest.raises(UserError) as raised:
        for _ in iterate_vectors(path, format_):
            pass
    message = str(raised.value)
    assert message.startswith(f"{path}: ") and len(message) < 500 and message.isprintable()
    return message


TEXTS: dict[str, tuple[bytes, str]] = {
    "too few numbers": (b"2 2\na 1 2\nb 1\n", "line 3: found 1 numbers, expected 2"),
    "a header of other vectors": (b"2 2\na 1 2 3\nb 1 2 3\n", "line 2: found 3 numbers, expected 2"),
    "no numbers": (b"a\nb\n", "line 1: found 0 numbers, expected some"),
    "an empty line": (b"a 1 2\n\nb 1 2\n", "line 2: found 0 numbers, expected 2"),
    "a word for a number": (b"a 1 2\nb 1 x\n", "line 2: could not convert"),
    "no word": (b"a 1 2\n1 2\n", "line 2: found 1 numbers, expected 2"),
    "not UTF-8": ("а 1 2\n".encode("cp1251"), "line 1: 'utf-8' codec can't decode byte 0xe0"),
    "NaN": (b"a 1 2\nb 1 nan\n", "word 'b': found NaN or a number beyond 65,504, expected those of a vector"),
    "infinity": (b"a 1 inf\n", "word 'a': found NaN or a number beyond"),
    "too large a number": (b"a 1 -1e30\n", "word 'a': found NaN or a number beyond"),
    "cut": (b"3 2\na 1 2\nb 1 2\n", "found 2 words, expected 3, as its header says; get the whole file"),
    "too long": (b"1 2\na 1 2\nb 1 2\n", "found 2 words, expected 1, as its header says"),
    "no words": (b"0 2\n", "found 0 words, expected 0, as its header says"),
    "nothing but a header": (b"3 2\n", "found 0 words, expected 3"),
    "empty": (b"", "empty; expected text"),
    "packed": (gzip.compress(b"a 1 2\n"), "found gzip data; expected plain, or gzip named .gz, or bzip2 named .bz2"),
    "a web page": (b"<!DOCTYPE html>\n<p>404</p>\n", "line 1: could not convert string to float: b'html>'"),
}


@pytest.mark.parametrize("fault", TEXTS)
def test_word2vec_that_is_none(tmp_path: Path, fault: str) -> None:
    content, message = TEXTS[fault]
    (tmp_path / "vectors").write_bytes(content)
    assert message in refusal(tmp_path / "vectors", "word2vec")


def test_word2vec_whose_packed_file_is_cut(tmp_path: Path) -> None:
    text = b"".join(b"word%d %f %f\n" % (number, number, number) for number in range(20_000))
    (tmp_path / "vectors.gz").write_bytes(gzip.compress(text)[:-9])
    assert "damaged, cut short or unreadable beyond" in refusal(tmp_path / "vectors.gz", "word2vec")


def other_words(words: str, counts: list[int] = COUNTS) -> dict[str, bytes]:
    return MEMBERS | {"vocab.bin": pack_navec(words.encode(), counts, INDICES, CODES)["vocab.bin"]}


def other_codes(edit: Callable[[bytes], bytes]) -> dict[str, bytes]:
    return MEMBERS | {"pq.bin": edit(MEMBERS["pq.bin"])}


def resized(row: int, size: int) -> dict[str, bytes]:
    """Another size in the head of pq.bin."""
    return other_codes(lambda data: data[: 4 * row] + np.array(size, "<u4").tobytes() + data[4 * row + 4 :])


TARS: dict[str, tuple[dict[str, bytes], str]] = {
    "no codes": ({name: data for name, data in MEMBERS.items() if name != "pq.bin"}, "filename 'pq.bin' not found"),
    "no words": ({"pq.bin": MEMBERS["pq.bin"]}, "filename 'vocab.bin' not found"),
    "words that are not packed": (MEMBERS | {"vocab.bin": b"text"}, "Not a gzipped file"),
    "words that are cut": (MEMBERS | {"vocab.bin": MEMBERS["vocab.bin"][:-9]}, "Compressed file ended before"),
    "words without counts": (MEMBERS | {"vocab.bin": gzip.compress(b"\5\0\0\0")}, "buffer is smaller than requested"),
    "nothing packed": (MEMBERS | {"vocab.bin": gzip.compress(b"")}, "found "),
    "a word too few": (other_words("кот\nв\n<unk>\n<pad>"), "5 counts and 4 words in vocab.bin"),
    "words of other vectors": (other_words("кот\nв", [1, 2]), "2 words and 5 vectors"),
    "codes that are cut": (other_codes(lambda data: data[:-1]), "198 bytes of pq.bin (5 words, width 6, 3 parts, 7"),
    "codes that are longer": (other_codes(lambda data: data + b"x"), "200 bytes of pq.bin"),
    "no head": (other_codes(lambda data: data[:9]), "buffer is smaller than requested size"),
    "another number of words": (resized(0, 6), "bytes of pq.bin (6 words"),
    "millions of words": (resized(0, 2**32 - 1), "bytes of pq.bin (4,294,967,295 words"),
    "no width": (resized(1, 0), "bytes of pq.bin (5 words, width 0"),
    "no parts": (resized(2, 0), "bytes of pq.bin (5 words, width 6, 0 parts"),
    "a part that does not divide": (resized(2, 4), "bytes of pq.bin (5 words, width 6, 4 parts"),
    "a centroid that is none": (
        pack_navec("кот\nв\n<unk>\n<pad>\nдом".encode(), COUNTS, np.full((5, 3), 7), CODES),
        "centroid 7 of 7 in pq.bin",
    ),
}


@pytest.mark.parametrize("fault", TARS)
def test_navec_that_is_none(tmp_path: Path, fault: str) -> None:
    members, message = TARS[fault]
    write_tar(tmp_path / "navec.tar", members)
    assert message in refusal(tmp_path / "navec.tar", "navec")


@pytest.mark.parametrize("content", [b"", b"text" * 1000, gzip.compress(b"a 1 2\n")], ids=["empty", "text", "gzip"])
def test_a_file_that_is_no_tar(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "navec.tar").write_bytes(content)
    assert "expected navec's tar of vocab.bin and pq.bin" in refusal(tmp_path / "navec.tar", "navec")


def test_a_tar_that_is_cut(tmp_path: Path) -> None:
    """Anywhere: in a head, in a member, or between two."""
    write_tar(tmp_path / "whole.tar", MEMBERS)
    whole = (tmp_path / "whole.tar").read_bytes()
    end = whole.index(MEMBERS["pq.bin"]) + len(MEMBERS["pq.bin"])
    for size in range(0, end, 100):
        (tmp_path / "navec.tar").write_bytes(whole[:size])
        assert "expected navec's tar" in refusal(tmp_path / "navec.tar", "navec")


def test_a_tar_with_bytes_that_are_wrong(tmp_path: Path) -> None:
    """In a head or in a member: some change words or numbers, and any other is a line that says so."""
    write_tar(tmp_path / "whole.tar", MEMBERS)
    whole, chance, refused = (tmp_path / "whole.tar").read_bytes(), np.random.default_rng(1), 0
    end = whole.index(MEMBERS["pq.bin"]) + len(MEMBERS["pq.bin"])
    for _ in range(300):
        spoilt = bytearray(whole)
        for position in chance.integers(0, end, 2):
            spoilt[position] = chance.integers(256)
        (tmp_path / "navec.tar").write_bytes(spoilt)
        try:
            values = read_vectors(tmp_path / "navec.tar", "navec").values
        except UserError:
            refused += 1
        else:
            assert np.isfinite(values).all()
    assert 0 < refused < 300


def test_standardised_dimensions_have_mean_0_and_deviation_1() -> None:
    values = np.random.default_rng(1).normal(3, 5, (500, 4)).astype(np.float32)
    values[:, 2] = 0.25
    standardise(values)
    np.testing.assert_allclose(values.mean(0), 0, atol=1e-5)
    np.testing.assert_allclose(values.std(0), [1, 1, 0, 1], atol=1e-5)


@pytest.mark.parametrize(("words", "lowercase"), [("дом ёж 7 .", True), ("дом Ёж", False), ("a iPhone", False)])
def test_whether_a_file_is_in_lower_case(tmp_path: Path, words: str, lowercase: bool) -> None:
    (tmp_path / "vectors").write_text("".join(f"{word} 1 2\n" for word in words.split()), encoding="utf-8")
    assert read_vectors(tmp_path / "vectors", "word2vec").lowercase == lowercase


def test_a_constant_dimension_becomes_0() -> None:
    values = np.full((1000, 1), 0.37, np.float32)
    standardise(values)
    assert np.abs(values).max() < 0.01


def test_a_navec_of_nothing_but_specials_is_one_line(tmp_path: Path) -> None:
    write_tar(tmp_path / "navec.tar", pack_navec(b"<unk>\n<pad>", [0, 0], np.zeros((2, 3)), CODES))
    assert "found no word, expected some" in refusal(tmp_path / "navec.tar", "navec")


def test_a_byte_order_mark_is_no_part_of_the_header_or_of_a_word(tmp_path: Path) -> None:
    for name, text in {"header": "1 2\nдом 1 2\n", "no header": "дом 1 2\n"}.items():
        (tmp_path / name).write_text(text, encoding="utf-8-sig")
        assert read_vectors(tmp_path / name, "word2vec").words == ["дом"]
