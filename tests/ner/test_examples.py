from pathlib import Path

import numpy as np
import pytest

import pipeline
from pipeline.errors import UserError
from pipeline.ner import examples
from pipeline.ner.examples import embedding_code, encode_tags, load_examples
from pipeline.ner.sentence import Sentence
from tests.test_architecture import reached

LM = Path(pipeline.__file__).parent / "lm"


def test_the_cache_key_knows_the_code_that_embeds_and_no_other() -> None:
    embeds = {file for file in reached(LM / "embed.py") if file.is_relative_to(LM)}
    assert set(embedding_code()) == embeds | {LM / "rnn"}  # stack.py imports the cells by name
    assert all(path.exists() for path in embedding_code())


def test_other_code_embeds_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "lm").mkdir()
    (tmp_path / "train.tsv").write_text("Да\tда\tO\n\n")
    code, calls = tmp_path / "embed.py", []

    class Embedder:
        width = 2

        def embed(self, sentences: list[list[str]]) -> list[np.ndarray]:
            calls.append(sentences)
            return [np.zeros((len(sentence), 2), np.float32) for sentence in sentences]

    monkeypatch.setattr(examples, "embedding_code", lambda: [code])
    for text, expected in (("1", 1), ("1", 1), ("2", 2)):
        code.write_text(text)
        load_examples(tmp_path, "train", ["O"], tmp_path / "cache", tmp_path / "lm", Embedder())
        assert len(calls) == expected


def test_an_unknown_label_names_the_file() -> None:
    with pytest.raises(UserError, match=r"a\.tsv: found label 'B-X', expected one of O B-PER"):
        encode_tags("a.tsv", [Sentence(["a"], ["a"], ["B-X"])], ["O", "B-PER"])
