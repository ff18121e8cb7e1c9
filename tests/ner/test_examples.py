from pathlib import Path

import numpy as np
import pytest

from pipeline.errors import UserError
from pipeline.ner.data.corpus import write_labels
from pipeline.ner.settings import FeatureKind
from pipeline.ner.tagging import examples
from pipeline.ner.tagging.examples import embedding_code, encode_tags, load_examples
from pipeline.paths import Paths


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    """A language model without a file, and a data set with labels and no split."""
    paths = Paths(tmp_path)
    paths.lm.mkdir(parents=True)
    (paths.corpora / "toy").mkdir(parents=True)
    write_labels(paths.corpora / "toy", ["O"])
    return paths


def write(paths: Paths, text: str) -> None:
    (paths.corpora / "toy" / "train.tsv").write_text(text)


def test_the_cache_key_knows_the_code_that_embeds_and_no_other() -> None:
    files = {path.removeprefix("pipeline/lm/") for path in embedding_code()}
    assert {"embed.py", "encoders/charcnn.py", "elmo/stacks.py", "rnn/gru.py", "rnn/sru/recurrence.py"} <= files
    assert not {"training/train.py", "training/history.py"} & files


def test_other_code_embeds_again(paths: Paths, monkeypatch: pytest.MonkeyPatch) -> None:
    write(paths, "Да\tда\tO\n\n")
    calls = []

    class Embedder:
        width = 2

        def embed(self, sentences: list[list[str]]) -> list[np.ndarray]:
            calls.append(sentences)
            return [np.zeros((len(sentence), 2), np.float32) for sentence in sentences]

        def layers(self, sentences: list[list[str]]) -> list[np.ndarray]:
            raise AssertionError("only the top layer was asked for")

    for text, expected in (("1", 1), ("1", 1), ("2", 2)):
        monkeypatch.setattr(examples, "embedding_code", lambda text=text: {"embed.py": text})
        load_examples(paths, "toy", "train", Embedder(), "top")
        assert len(calls) == expected


def test_a_split_without_a_sentence_is_said(paths: Paths) -> None:
    write(paths, "\n")
    with pytest.raises(UserError, match=r"train\.tsv: found no sentence; make it again: dvc repro corpora"):
        load_examples(paths, "toy", "train", Layers(1), "top")


class Layers:
    """Layer l of a token is its number plus 10 l, in both of two columns."""

    width = 2

    def __init__(self, number: int) -> None:
        self.number = number

    def embed(self, sentences: list[list[str]]) -> list[np.ndarray]:
        return [layers[-1] for layers in self.layers(sentences)]

    def layers(self, sentences: list[list[str]]) -> list[np.ndarray]:
        tokens = [np.array([[int(word)] * 2 for word in sentence], np.float32) for sentence in sentences]
        return [np.stack([vectors + 10 * layer for layer in range(self.number)]) for vectors in tokens]


@pytest.mark.parametrize("kind", ["top", "mix", "all"])
def test_layers_stand_side_by_side_apart_from_the_top_layer_in_the_cache(paths: Paths, kind: FeatureKind) -> None:
    write(paths, "а\t1\tO\nб\t2\tO\n\nв\t3\tO\n\n")
    load_examples(paths, "toy", "train", Layers(3), "all" if kind == "top" else "top")
    found = load_examples(paths, "toy", "train", Layers(3), kind)
    side_by_side = [[t, t, 10 + t, 10 + t, 20 + t, 20 + t] for t in (1, 2, 3)]
    assert found.features.values.tolist() == ([[21, 21], [22, 22], [23, 23]] if kind == "top" else side_by_side)
    assert found.layers == (1 if kind == "top" else 3)


def test_an_unknown_label_names_the_file() -> None:
    with pytest.raises(UserError, match=r"a\.tsv: found label 'B-X', expected one of O B-PER; make it again: dvc"):
        encode_tags("a.tsv", [["O", "B-X"]], ["O", "B-PER"], "corpora")
