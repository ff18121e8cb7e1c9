"""Characters, the char-CNN and n-grams: from the spelling of a token to its vector.

That the char-CNN computes what ELMo's does, a slow oracle shows in `elmo/test_published.py`.
"""

from pathlib import Path
from typing import Literal

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from pipeline.files.vocabulary import SPECIALS
from pipeline.lm.embed import Embedder
from pipeline.lm.encoders.charcnn import CharCnn
from pipeline.lm.encoders.chars import BEGIN_WORD, CHARACTERS, END_WORD, PAD, char_ids, vocabulary_char_ids
from pipeline.lm.encoders.encoder import CharInputs
from pipeline.lm.encoders.load import TABLE, load_encoder, make_encoder
from pipeline.lm.encoders.ngrams import BASE, PRIME, CharNgrams, find_ngrams, read_letters
from pipeline.lm.lemmas import spell
from pipeline.lm.settings import CHARS, CharCnnShape, NgramSettings, NgramShape, Reading
from pipeline.stages.charcnn import write_table
from tests.lm.conftest import small_charcnn
from tests.lm.world import run_charcnn, run_pretrain

BUCKETS = 1000
RUSVECTORES = """
2019 -> xxxx
7 -> x
2019-й -> 2019-й
3,5 -> 3,5
москва -> москва
санкт_петербург -> санктпетербург
«правда» -> правда
правда. -> правда
г.! -> г.
т.е. -> т.е
. -> .
… -> ...
« -> "
” -> "
— -> --
кто‑то -> кто-то
О’Нил -> о"нил
_ -> _
"""


@pytest.mark.parametrize("line", RUSVECTORES.strip().splitlines())
def test_rusvectores(line: str) -> None:
    lemma, expected = line.split(" -> ")
    assert spell(lemma, "rusvectores") == expected


@given(st.text(min_size=1))
def test_no_lemma_becomes_empty(lemma: str) -> None:
    assert spell(lemma, "rusvectores") and spell(lemma, "plain") == lemma


def test_the_characters_are_those_of_the_spelling() -> None:
    plain, theirs = (
        Reading(characters=50, marks=True, lemmas=lemmas, lowercase=False) for lemmas in ("plain", "rusvectores")
    )
    assert (char_ids(["12", "</S>"], theirs) == char_ids(["xx", "</S>"], plain)).all()


def test_character_ids_drawn_out() -> None:
    ids = char_ids(["да", ""])
    assert ids[0, :7].tolist() == [259, 209, 181, 209, 177, 260, 261]
    assert ids[1, :3].tolist() == [259, 260, 261]
    assert vocabulary_char_ids(SPECIALS)[:2, :4].tolist() == [[259, 257, 260, 261], [259, 258, 260, 261]]


@given(st.text(max_size=80))
def test_bytes_come_back(token: str) -> None:
    row = char_ids([token])[0]
    body = row[1 : list(row).index(260)] - 1
    encoded = token.encode("utf-8", "surrogatepass")
    assert bytes(body.astype(np.uint8)) == encoded[: CHARS - 2]
    assert (row[len(body) + 2 :] == PAD).all()


def test_padding_that_is_left_out_changes_nothing(charcnn_shape: CharCnnShape) -> None:
    """All 50 positions for every word: short ones, long ones, cut ones. (A convolution of another shape may round.)"""
    torch.manual_seed(0)
    module = CharCnn(charcnn_shape)
    words = [*("б" * length for length in range(40)), "", "достопримечательностями", "x"] * 3
    ids = torch.from_numpy(char_ids(words))
    trimmed, whole = module(ids), module.whole(ids)
    torch.testing.assert_close(trimmed, whole, atol=1e-6, rtol=1e-5)
    torch.testing.assert_close(module(ids[:1]), whole[:1], atol=1e-6, rtol=1e-5)
    weights = torch.randn_like(whole)
    slopes = [torch.autograd.grad((x * weights).sum(), list(module.parameters())) for x in (trimmed, whole)]
    torch.testing.assert_close(slopes[0], slopes[1], atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("encoder", ["cnn", "ngrams"])
def test_one_pass_a_type_equals_one_pass_a_token(encoder: Literal["cnn", "ngrams"]) -> None:
    torch.manual_seed(0)
    module, chars = make_encoder(small_charcnn(encoder).shape()), char_ids(["а", "бы", "мэр"])
    ids = torch.tensor([[0, 1, 0], [2, 2, 1]])
    torch.testing.assert_close(CharInputs(module, chars)(ids), module(torch.from_numpy(chars))[ids])


def test_the_table_is_the_vectors_row_by_row(tmp_path: Path, charcnn_shape: CharCnnShape) -> None:
    module, chars = CharCnn(charcnn_shape).eval(), char_ids([f"слово{i}" for i in range(1100)])
    write_table(tmp_path / "vectors.npy", module, chars)
    table = np.load(tmp_path / "vectors.npy", mmap_mode="r")
    assert table.dtype == np.float16 and table.shape == (1100, charcnn_shape.projection)
    np.testing.assert_allclose(table, module.vectors(chars), atol=1e-3)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full on this system")
def test_a_table_on_a_full_disk_is_an_error_and_no_crash(charcnn_shape: CharCnnShape) -> None:
    with pytest.raises(OSError, match="No space left"):
        write_table(Path("/dev/full"), CharCnn(charcnn_shape).eval(), char_ids(["слово"] * 3000))


def test_standardised_outputs_have_mean_0_and_deviation_1(charcnn_shape: CharCnnShape) -> None:
    torch.manual_seed(0)
    module, chars = CharCnn(charcnn_shape), char_ids([f"слово{i}" for i in range(300)])
    module.standardise(chars)
    vectors = module.vectors(chars)
    np.testing.assert_allclose(vectors.mean(0), 0, atol=1e-4)
    np.testing.assert_allclose(vectors.std(0, ddof=1), 1, atol=1e-4)


def small_ngrams() -> CharNgrams:
    shape = small_charcnn("ngrams").shape()
    assert isinstance(shape, NgramShape)
    return CharNgrams(shape)


def letters_of(token: str) -> list[int]:
    """Begin, each letter's bytes as one number, end."""
    numbers = [sum((byte + 1) << 9 * index for index, byte in enumerate(letter.encode())) for letter in token]
    return [BEGIN_WORD, *numbers, END_WORD]


def slow_ngrams(token: str, lengths: list[int]) -> list[int]:
    """Rows of the n-grams, cut out one by one."""
    letters, rows = letters_of(token), []
    for n in sorted(lengths):
        for start in range(len(letters) - n + 1):
            value = 0
            for letter in letters[start : start + n]:
                value = (value * BASE + letter) % PRIME
            rows.append(value % BUCKETS)
    return rows


TOKENS = st.text(st.characters(exclude_categories=["Cs"]), max_size=(CHARS - 2) // 4)
"""Short enough that no letter is cut."""


@given(st.lists(TOKENS, min_size=1, max_size=5), st.lists(st.integers(1, 9), min_size=1, max_size=4, unique=True))
def test_ngrams_equal_a_slow_loop(tokens: list[str], lengths: list[int]) -> None:
    settings = NgramSettings(lengths=lengths, buckets=BUCKETS, width=1)
    rows, numbers = find_ngrams(torch.from_numpy(char_ids(tokens)), settings)
    assert [part.tolist() for part in rows.split(numbers.tolist())] == [slow_ngrams(t, lengths) for t in tokens]


def test_a_cut_token_and_the_boundaries_have_letters_too() -> None:
    chars = vocabulary_char_ids([*SPECIALS, "a" + "ы" * 40])
    letters, lengths = read_letters(torch.from_numpy(chars[[0, 1, 3]]))
    assert lengths.tolist() == [3, 3, 27]  # 48 bytes: a, 23 and a half of ы; and the marks
    assert letters[0, 1] != letters[1, 1]
    assert letters[:2, 3:].unique().tolist() == [0]


def test_a_vector_is_the_scaled_sum_of_rows() -> None:
    torch.manual_seed(0)
    module = small_ngrams()
    chars = torch.from_numpy(char_ids(["мэр", "x", "достопримечательность"]))
    settings = module.shape.ngrams
    for vector, row in zip(module(chars), chars, strict=True):
        rows, _ = find_ngrams(row[None], settings)
        expected = module.projection(module.table.weight[rows].sum(0) / len(rows) ** 0.5)
        torch.testing.assert_close(vector, expected)


def test_a_token_too_short_for_any_ngram_has_a_vector() -> None:
    module = small_ngrams()
    module.shape.ngrams.lengths[:] = [9]
    torch.testing.assert_close(module(torch.from_numpy(char_ids(["а"])))[0], module.projection.bias)


def test_every_id_is_a_letter_or_padding() -> None:
    """No byte of UTF-8 and no mark is lost: the rows of tokens that differ in one byte differ."""
    chars = torch.full((CHARACTERS - 1, CHARS), PAD)
    chars[:, 0], chars[:, 1] = BEGIN_WORD, torch.arange(1, CHARACTERS)
    letters, _ = read_letters(chars)
    assert len(letters.unique(dim=0)) == CHARACTERS - 1


def test_the_stages_train_it_and_unseen_words_have_vectors(tmp_path: Path, vocabulary_folder: Path) -> None:
    run_charcnn(vocabulary_folder, tmp_path / "charcnn", small_charcnn("ngrams"))
    module = load_encoder(tmp_path / "charcnn", torch.device("cpu"))
    assert isinstance(module, CharNgrams)
    table = np.load(tmp_path / "charcnn" / TABLE)
    np.testing.assert_allclose(table[4:6], module.vectors(char_ids(["слово1", "слово2"])), atol=2e-3)
    run_pretrain(vocabulary_folder, tmp_path / "charcnn", tmp_path / "lm", "sru", epochs=0.3)
    vectors, other = Embedder.load(tmp_path / "lm", torch.device("cpu")).embed([["неведомый"], ["невиданный"]])
    assert np.isfinite(vectors).all() and not np.allclose(vectors, other)
