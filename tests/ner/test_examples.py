from pathlib import Path

import numpy as np
import pytest

from pipeline.errors import UserError
from pipeline.ner.data.corpus import write_labels
from pipeline.ner.settings import FeatureKind
from pipeline.ner.tagging import examples
from pipeline.ner.tagging.examples import Examples, embedding_code, encode_tags, load_examples
from pipeline.paths import Paths


class Embedder:
    """Layer l of a token is its number plus 10 l, in both of two columns."""

    width = 2

    def __init__(self) -> None:
        self.calls = 0

    def embed(self, sentences: list[list[str]]) -> list[np.ndarray]:
        return [layers[-1] for layers in self.layers(sentences)]

    def layers(self, sentences: list[list[str]]) -> list[np.ndarray]:
        self.calls += 1
        tokens = [np.array([[int(word)] * 2 for word in sentence], np.float32) for sentence in sentences]
        return [np.stack([vectors, vectors + 10, vectors + 20]) for vectors in tokens]

    def states(self, sentences: list[list[str]]) -> list[np.ndarray]:
        return [np.concatenate([layers[0, :, :1], layers[-1] + 100], 1) for layers in self.layers(sentences)]


def load(folder: Path, text: str, kind: FeatureKind, embedder: Embedder | None = None, model: str = "{}") -> Examples:
    paths = Paths(folder)
    paths.lm.mkdir(parents=True, exist_ok=True)
    (paths.lm / "config.json").write_text(model)
    (paths.corpora / "toy").mkdir(parents=True, exist_ok=True)
    write_labels(paths.corpora / "toy", ["O"])
    (paths.corpora / "toy" / "train.tsv").write_text(text)
    return load_examples(paths, "toy", "train", embedder or Embedder(), kind)


def test_the_cache_key_knows_the_code_that_embeds_and_no_other() -> None:
    files = {path.removeprefix("pipeline/lm/") for path in embedding_code()}
    assert {"embed.py", "encoders/charcnn.py", "elmo/stacks.py", "rnn/gru.py", "rnn/sru/recurrence.py"} <= files
    assert not {"training/train.py", "training/history.py"} & files


def test_other_code_or_another_language_model_embeds_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    embedder = Embedder()
    for code, model, calls in (("1", "{}", 1), ("1", "{}", 1), ("2", "{}", 2), ("2", "{ }", 3)):
        monkeypatch.setattr(examples, "embedding_code", lambda code=code: {"embed.py": code})
        load(tmp_path, "Да\t1\tO\n\n", "top", embedder=embedder, model=model)
        assert embedder.calls == calls


def test_each_kind_of_features_is_another_in_the_cache(tmp_path: Path) -> None:
    text = "а\t1\tO\nб\t2\tO\n\nв\t3\tO\n\n"
    side_by_side = [[t, t, 10 + t, 10 + t, 20 + t, 20 + t] for t in (1, 2, 3)]
    expected: dict[FeatureKind, tuple[list[list[int]], int]] = {
        "top": ([[21, 21], [22, 22], [23, 23]], 1),
        "mix": (side_by_side, 3),
        "all": (side_by_side, 3),
        "states": ([[1, 121, 121], [2, 122, 122], [3, 123, 123]], 1),
    }
    embedder = Embedder()
    for kind in (*expected, *expected):
        loaded = load(tmp_path, text, kind, embedder=embedder)
        assert (loaded.features.values.tolist(), loaded.layers) == expected[kind]
    assert embedder.calls == 3  # `mix` reads what `all` does


def test_no_sentence_and_an_unknown_label_are_errors(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"train\.tsv: found no sentence; make it again: dvc repro corpora"):
        load(tmp_path, "\n", "top")
    with pytest.raises(UserError, match=r"a\.tsv: found label 'B-X', expected one of O B-PER; make it again: dvc"):
        encode_tags("a.tsv", [["O", "B-X"]], ["O", "B-PER"], "corpora")
