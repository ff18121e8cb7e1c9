import errno
import os
from pathlib import Path

import numpy as np
import pytest

from pipeline.errors import UserError
from pipeline.ner.tagging.features import Features, build_features

WIDTH = 3
SENTENCES = [["раз"], ["два", "три", "четыре"], ["пять", "шесть"]]


def vectors(sentence: list[str]) -> np.ndarray:
    return np.array([[len(word), ord(word[0]) / 1000, position] for position, word in enumerate(sentence)], np.float32)


def embed(sentences: list[list[str]]) -> list[np.ndarray]:
    return [vectors(sentence) for sentence in sentences]


def build(cache: Path, key: str = "key") -> Features:
    return build_features(cache, key, SENTENCES, embed)


def refuse(sentences: list[list[str]]) -> list[np.ndarray]:
    raise AssertionError("embedded again")


def test_each_sentence_has_its_vectors(tmp_path: Path) -> None:
    features = build(tmp_path)
    assert (len(features.lengths), features.width, features.values.dtype) == (3, WIDTH, np.dtype(np.float16))
    for index, sentence in enumerate(SENTENCES):
        assert np.array_equal(features.values[features.rows(np.array([index]))], vectors(sentence).astype(np.float16))


def test_rows_gather_sentences_in_any_order(tmp_path: Path) -> None:
    features = build(tmp_path)
    rows = features.rows(np.array([2, 0, 2, 1]))
    assert rows.tolist() == [4, 5, 0, 4, 5, 1, 2, 3]


def test_a_second_time_nothing_is_computed(tmp_path: Path) -> None:
    first = build(tmp_path)
    again = build_features(tmp_path, "key", SENTENCES, refuse)
    assert np.array_equal(first.values, again.values)
    assert not again.values.flags.writeable
    with pytest.raises(AssertionError, match="embedded again"):
        build_features(tmp_path, "another key", SENTENCES, refuse)


def test_a_failure_leaves_nothing_behind(tmp_path: Path) -> None:
    with pytest.raises(AssertionError):
        build_features(tmp_path, "key", SENTENCES, refuse)
    assert not list(tmp_path.iterdir())


def test_two_builders_of_one_key_do_not_disturb_each_other(tmp_path: Path) -> None:
    second: list[Features] = []

    def interrupted(sentences: list[list[str]]) -> list[np.ndarray]:
        second.append(build(tmp_path))
        return embed(sentences)

    first = build_features(tmp_path, "key", SENTENCES, interrupted)
    assert np.array_equal(first.values, second[0].values)
    assert np.array_equal(first.values, np.concatenate(embed(SENTENCES)).astype(np.float16))
    assert [path.name for path in tmp_path.iterdir()] == ["key"]


def test_a_failing_builder_leaves_the_other_ones_alone(tmp_path: Path) -> None:
    def fails(sentences: list[list[str]]) -> list[np.ndarray]:
        build(tmp_path)
        raise AssertionError

    with pytest.raises(AssertionError):
        build_features(tmp_path, "key", SENTENCES, fails)
    assert [path.name for path in tmp_path.iterdir()] == ["key"]
    assert np.array_equal(build(tmp_path).values, np.concatenate(embed(SENTENCES)).astype(np.float16))


def test_a_full_disk_is_explained_before_the_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(descriptor: int, offset: int, length: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "posix_fallocate", full)
    with pytest.raises(UserError, match=r"key: 36 bytes of features do not fit .* free some space, or delete"):
        build_features(tmp_path, "key", SENTENCES, embed)
    assert not list(tmp_path.iterdir())


def test_values_beyond_float16_are_an_error(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"sentence 1: found 6e[+]06 as the largest value, expected at most 65504"):
        build_features(tmp_path, "key", SENTENCES, lambda batch: [vectors(s) * np.float32(1e6) for s in batch])
