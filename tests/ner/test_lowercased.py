"""F1 of a test split in lower case, as stage `evaluate` gives it, is that of a test split published in lower case."""

import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pipeline.ner.data.corpus import read_split
from pipeline.ner.tagging import examples
from pipeline.params import Params
from pipeline.paths import Paths
from pipeline.stages import corpora, evaluate, ner
from pipeline.text.udpipe import Normalization
from tests.ner.drawn import make_settings
from tests.ner.test_stages import FakeEmbedder, params, table, write_inputs
from tests.ner.test_unseen import entities

WORDS = ["роза", "надежда", "лев", "вера", "орёл", "слава"]
"""Names where they have a capital."""
TRAINING = {"batch_sentences": 10, "epochs": 12, "learning_rate": 0.02}
SIZES = {"train": 60, "validation": 20, "test": 30}


class CasedLemmatizer:
    """Cuts words, and follows the protocol."""

    def __init__(self, model: Path, normalization: Normalization) -> None:
        self.normalization = normalization

    def lemmatize_tokens(self, tokens: list[str]) -> list[str]:
        lemmas = [token[:4] for token in tokens] if self.normalization.lemmas else tokens
        return [lemma.lower() for lemma in lemmas] if self.normalization.lowercase else lemmas


@pytest.fixture(scope="module", autouse=True)
def _fakes() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for stage in (corpora, ner, evaluate):
            patch.setattr(stage, "Lemmatizer", CasedLemmatizer)
        for stage in (ner, evaluate):
            patch.setattr(stage, "Embedder", FakeEmbedder)
        patch.setattr(examples, "embedding_code", dict)
        yield


def write_raw(paths: Paths, lowered: bool) -> None:
    """The set; the test split in lower case if asked for. It alone has `Слава`."""
    chance = random.Random(1)
    for split, number in SIZES.items():
        lines = []
        for _ in range(number):
            for index in range(chance.randint(1, 4)):
                word = chance.choice(WORDS if split == "test" else WORDS[:-1])
                capital = chance.random() < 0.5
                token = word.title() if capital and not (lowered and split == "test") else word
                lines.append(f"{index}\t{token}\t{'B-PER' if capital else 'O'}")
            lines.append("")
        (paths.raw_ner / "toy" / f"{split}.conllu").write_text("\n".join(lines) + "\n", encoding="utf-8")


def evaluated(paths: Paths, settings: Params, lowered: bool) -> dict[tuple[str, str], list[str]]:
    """Value, low and high by metric and seed."""
    write_raw(paths, lowered)
    corpora.run(paths, settings, "toy")
    if not lowered:
        ner.run(paths, settings, "toy")
    FakeEmbedder.given.clear()
    evaluate.run(paths, settings, "toy")
    rows = table(paths.scores / "toy.scores.csv")
    return {(row["metric"], row["seed"]): [row["value"], row["low"], row["high"]] for row in rows}


@pytest.mark.parametrize(
    ("lowercase", "lemmas", "surface", "embedded"),
    [(True, True, 0, 1), (True, True, 32, 1), (False, True, 0, 2), (False, False, 32, 2)],
)
def test_it_is_that_of_a_test_split_in_lower_case(
    tmp_path: Path, lowercase: bool, lemmas: bool, surface: int, embedded: int
) -> None:
    """`embedded` is how often the language model reads the test split: again only where it reads something else.

    Without a surface and in a protocol in lower case, nothing is read or predicted again, and the score is entity F1.
    """
    paths = write_inputs(tmp_path)
    tagger = make_settings(surface=surface, seeds=[1, 2], **TRAINING)
    protocol: dict[str, Any] = {"protocol.lowercase": lowercase, "protocol.lemmas": lemmas, "ner": tagger}
    scores = evaluated(paths, params(protocol), lowered=False)
    assert len(FakeEmbedder.given) == embedded
    metrics = json.loads((paths.scores / "toy.json").read_text(encoding="utf-8"))["toy"]
    assert metrics["entity_f1_lowercased"] == pytest.approx(float(scores["entity_f1_lowercased", "mean"][0]), abs=2e-6)
    assert not list(paths.features.glob(".*"))

    expected = evaluated(paths, params(protocol), lowered=True)
    for seed in ("1", "2", "mean"):
        assert scores["entity_f1_lowercased", seed] == expected["entity_f1", seed]
        assert expected["entity_f1_lowercased", seed] == expected["entity_f1", seed]
        reads_case = bool(surface) or not lowercase
        assert (scores["entity_f1_lowercased", seed] != scores["entity_f1", seed]) == reads_case


def test_the_unseen_entities_are_those_that_train_lacks(tmp_path: Path) -> None:
    paths = write_inputs(tmp_path)
    scores = evaluated(
        paths, params({"ner": make_settings(surface=32, **TRAINING | {"seeds": [1, 2, 3, 4]})}), lowered=False
    )
    train, test = (list(read_split(paths.corpora / "toy" / f"{split}.tsv")) for split in ("train", "test"))
    known = {text for sentence in train for *_, text in entities(sentence.tokens, sentence.tags)}
    all_hits = 0
    for seed in "1234":
        lines = (paths.predictions / "toy" / f"seed-{seed}.txt").read_text(encoding="utf-8").splitlines()
        hits = both = 0
        for sentence, line in zip(test, lines, strict=True):
            gold, predicted = (
                {entity for entity in entities(sentence.tokens, tags) if entity[-1] not in known}
                for tags in (sentence.tags, line.split(" "))
            )
            hits, both = hits + len(gold & predicted), both + len(gold) + len(predicted)
        all_hits += hits
        assert 2 * hits < both
        assert float(scores["entity_f1_unseen", seed][0]) == pytest.approx(2 * hits / both, abs=2e-6)
    assert all_hits


@pytest.mark.parametrize(("lowercase", "surface", "reads"), [(False, 0, 1), (False, 32, 1), (True, 32, 0)])
def test_the_encoder_too_reads_the_training_in_lower_case_if_it_sees_the_case(
    lowercase: bool, surface: int, reads: int, tmp_path: Path
) -> None:
    paths = write_inputs(tmp_path)
    write_raw(paths, False)
    settings = {"protocol.lowercase": lowercase, "ner": make_settings(surface=surface, lowercased=0.5, **TRAINING)}
    corpora.run(paths, params(settings), "toy")
    FakeEmbedder.given.clear()
    ner.run(paths, params(settings), "toy")
    tokens = sorted(" ".join(sentence.tokens).lower() for sentence in read_split(paths.corpora / "toy" / "train.tsv"))
    lowered = sorted("".join(word[:4] + " " for word in line.split()).strip() for line in tokens)
    given = [sorted(" ".join(sentence) for sentence in batch) for batch in FakeEmbedder.given]
    assert given.count(lowered) == reads + lowercase  # once as the training itself, where that is in lower case
    assert not list(paths.features.glob(".*"))
