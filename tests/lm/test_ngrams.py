"""Hashed n-grams of letters instead of the char-CNN."""

from pathlib import Path

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st

from pipeline.files.vocabulary import SPECIALS
from pipeline.lm.embed import Embedder
from pipeline.lm.encoders.chars import BEGIN_WORD, CHARACTERS, END_WORD, PAD, char_ids, vocabulary_char_ids
from pipeline.lm.encoders.load import TABLE, load_encoder
from pipeline.lm.encoders.ngrams import BASE, PRIME, CharNgrams, find_ngrams, read_letters
from pipeline.lm.settings import CHARS, NgramSettings, NgramShape
from tests.lm.conftest import small_charcnn
from tests.lm.world import run_charcnn, run_pretrain

BUCKETS = 1000


def small_ngrams() -> CharNgrams:
    shape = small_charcnn("ngrams").shape
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
