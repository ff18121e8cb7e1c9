import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.ner.tagging.batches import PLACES, WINDOW, inference_batches, training_batches

LENGTHS = st.lists(st.integers(1, 50), max_size=60).map(lambda lengths: np.array(lengths, dtype=np.int64))


@given(LENGTHS, st.integers(1, 7))
def test_every_sentence_comes_once(lengths: np.ndarray, size: int) -> None:
    for batches in (training_batches(lengths, size, np.random.default_rng(1)), inference_batches(lengths, size)):
        assert all(0 < len(batch) <= size for batch in batches)
        assert sorted(index for batch in batches for index in batch) == list(range(len(lengths)))


def test_batches_differ_by_epoch_and_agree_by_seed() -> None:
    lengths = np.random.default_rng(1).integers(1, 50, 200)
    first, second = np.random.default_rng(2), np.random.default_rng(2)
    epochs = [[batch.tolist() for batch in training_batches(lengths, 8, random)] for random in (first, first, second)]
    assert epochs[0] != epochs[1]
    assert epochs[0] == epochs[2]
    assert np.diff([lengths[batch].max() for batch in epochs[0]]).max() > 0, "the longest do not come first"


@pytest.mark.parametrize("sentences", [16 * WINDOW, 5000])
def test_batches_hardly_need_padding(sentences: int) -> None:
    lengths = np.random.default_rng(1).geometric(1 / 18, sentences)
    batches = training_batches(lengths, 16, np.random.default_rng(1))
    padded = sum(len(batch) * lengths[batch].max() for batch in batches)
    assert padded < 1.1 * lengths.sum()


def test_inference_begins_with_the_longest() -> None:
    assert [batch.tolist() for batch in inference_batches(np.array([2, 5, 2, 9]), 2)] == [[3, 1], [0, 2]]


def test_short_sentences_are_not_padded_to_the_length_of_a_very_long_one() -> None:
    lengths = np.array([20] * 500 + [PLACES // 4, 2 * PLACES])
    batches = inference_batches(lengths, 256)
    assert [batch.tolist()[:2] for batch in batches[:2]] == [[501], [500, 0]]
    assert all(len(batch) * lengths[batch].max() <= PLACES for batch in batches[1:])
    assert len(batches) < 6
