import copy
import os
import signal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from pipeline.errors import UserError
from pipeline.ner.data.bio import bio_labels, bio_spans
from pipeline.ner.tagging import train as training
from pipeline.ner.tagging.examples import Examples
from pipeline.ner.tagging.features import build_features
from pipeline.ner.tagging.surface import RARE, lower_letters, read_letters
from pipeline.ner.tagging.tagger import Tagger, predict
from pipeline.ner.tagging.train import Epoch, kept_epoch, step_size, train_step, train_tagger
from pipeline.protocol import EpochRule
from pipeline.work.checkpoint import Checkpoint, State
from pipeline.work.interruption import Stopped
from tests.ner.drawn import drawn, make_settings, make_tagger
from tests.params import FULL

CPU = torch.device("cpu")
LABELS = bio_labels(["PER", "LOC"])
WIDTH = 16
SENTENCES = [
    drawn("Москва|B-LOC , столица|O"),
    drawn("Иван|B-PER Петрович|I-PER уехал в Нижний|B-LOC Новгород|I-LOC"),
    drawn("Пётр|B-PER Анна|B-PER и Ольга|B-PER"),
    drawn("дождь"),
    drawn("он живёт в городе Орёл|B-LOC"),
]
RULES: list[EpochRule] = ["best", "last"]


def vectors(sentence: list[str]) -> np.ndarray:
    """Random, but the same for the same word."""
    rows = [np.random.default_rng(list(word.encode())).normal(size=WIDTH) for word in sentence]
    return np.array(rows, dtype=np.float32)


def make_examples(cache: Path, copies: int = 1) -> Examples:
    """Of several layers, which are the same vectors turned by a column each."""

    def embed(batch: list[list[str]]) -> list[np.ndarray]:
        return [np.concatenate([np.roll(vectors(s), turn, axis=1) for turn in range(copies)], axis=1) for s in batch]

    tokens = [sentence.tokens for sentence in SENTENCES]
    features = build_features(cache, "key", tokens, embed, read_letters(token for words in tokens for token in words))
    tags = np.array([LABELS.index(tag) for sentence in SENTENCES for tag in sentence.tags])
    return Examples(features, tags, LABELS, copies)


@pytest.fixture(scope="module")
def examples(tmp_path_factory: pytest.TempPathFactory) -> Examples:
    return make_examples(tmp_path_factory.mktemp("features"))


def train(examples: Examples, seed: int = 1, rule: EpochRule = "best", **changes: object) -> tuple[Tagger, list[float]]:
    settings = make_settings(**{"hidden": 12, "layers": 2, "epochs": 25, "learning_rate": 0.02, **changes})
    lowered = examples.features.in_lower_case() if settings.lowercased else None
    tagger, epochs, _ = train_tagger(examples, examples, settings, seed, CPU, rule, lowered=lowered)
    return tagger, [epoch.validation_entity_f1 for epoch in epochs]


@pytest.fixture(scope="module")
def trained(examples: Examples) -> tuple[Tagger, list[float]]:
    return train(examples)


def test_five_sentences_are_memorised(examples: Examples, trained: tuple[Tagger, list[float]]) -> None:
    tagger, scores = trained
    assert scores[0] < 1.0 == scores[-1]
    tags = [LABELS[tag] for tag in predict(tagger, examples.features)]
    assert tags == [tag for sentence in SENTENCES for tag in sentence.tags]
    assert len(bio_spans(tags)) == 7


def test_the_tagger_of_the_first_best_epoch_is_returned(
    examples: Examples, trained: tuple[Tagger, list[float]]
) -> None:
    tagger, scores = trained
    assert scores.count(max(scores)) > 1
    best = scores.index(max(scores))
    stopped, _ = train(examples, epochs=best + 1)
    assert all(torch.equal(a, b) for a, b in zip(tagger.parameters(), stopped.parameters(), strict=True))


def test_the_last_epoch_is_returned_where_the_protocol_says_so(examples: Examples) -> None:
    """Steps so small that no score changes: the first epoch is then the best."""
    best, last = (train(examples, rule=rule, epochs=2, learning_rate=1e-6)[0].linear.weight for rule in RULES)
    first = train(examples, epochs=1, learning_rate=1e-6)[0].linear.weight
    assert torch.equal(first, best)
    assert not torch.equal(first, last)


@pytest.mark.parametrize(
    ("rule", "patience", "epochs"),
    [("best", 0, 9), ("best", 1, 3), ("best", 2, 4), ("best", 3, 8), ("best", 9, 9), ("last", 2, 9)],
)
def test_patience_counts_epochs_without_a_better_one(
    rule: EpochRule, patience: int, epochs: int, examples: Examples, monkeypatch: pytest.MonkeyPatch
) -> None:
    scores = iter([0.1, 0.3, 0.2, 0.3, 0.4, 0.1, 0.1, 0.2, 0.9])
    monkeypatch.setattr(training, "score", lambda _: {"entity_f1": next(scores), "token_f1": 0.0})
    assert len(train(examples, rule=rule, epochs=9, patience=patience)[1]) == epochs


def test_patience_changes_no_step_that_is_taken(examples: Examples) -> None:
    """The cosine is that of all epochs. So small are the steps that the first epoch stays the best."""
    runs = [train(examples, epochs=8, learning_rate=1e-6, decay=True, patience=patience) for patience in (0, 1)]
    assert [len(scores) for _, scores in runs] == [8, 2]
    assert torch.equal(*(tagger.linear.weight for tagger, _ in runs))


EVERYTHING = FULL | {"lowercased": 0.5, "epochs": 4, "patience": 3, "hidden": 6, "layers": 1}


@pytest.mark.parametrize("signum", [signal.SIGTERM, signal.SIGINT])
def test_stopped_after_every_step_it_is_the_same_to_the_bit(
    signum: signal.Signals, examples: Examples, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever is drawn, in whichever part of an epoch, is drawn as if nothing had happened."""
    settings, lowered = make_settings(**EVERYTHING), examples.features.in_lower_case()
    undisturbed, epochs, _ = train_tagger(examples, examples, settings, 1, CPU, "best", None, lowered)
    taken: list[float] = []
    checkpoint = Checkpoint(tmp_path, 1000)

    def stopped_in_a_step(*arguments: Any) -> float:
        os.kill(os.getpid(), signum)
        taken.append(train_step(*arguments))
        return taken[-1]

    monkeypatch.setattr(training, "train_step", stopped_in_a_step)
    for number in range(1, 4 * 3 + 1):
        with pytest.raises(
            Stopped, match=f"seed 1: stopped after step {number} of 12; what is done is saved"
        ) as raised:
            train_tagger(examples, examples, settings, 1, CPU, "best", checkpoint, lowered)
        assert raised.value.exit_code == 128 + signum
    for _ in range(2):  # the second time, nothing is left to do
        tagger, resumed, _ = train_tagger(examples, examples, settings, 1, CPU, "best", checkpoint, lowered)
        assert resumed == epochs and len(taken) == 12
        for name, value in undisturbed.state_dict().items():
            assert torch.equal(tagger.state_dict()[name], value), name


def test_a_checkpoint_of_another_run_is_one_line(examples: Examples, tmp_path: Path) -> None:
    Checkpoint(tmp_path, 1).save(State({"weight": torch.zeros(2)}, {"step": 1}))
    with pytest.raises(
        UserError, match=r"state\.safetensors: not of this run .* delete it to train from the beginning"
    ):
        train_tagger(examples, examples, make_settings(), 1, CPU, "best", Checkpoint(tmp_path, 1))


def test_which_epoch_is_kept() -> None:
    epochs = [Epoch(n, 1.0, f1, 0.5) for n, f1 in enumerate([0.3, 0.8, 0.8, 0.1], 1)]
    assert [kept_epoch(epochs, rule).epoch for rule in RULES] == [2, 4]


@pytest.mark.parametrize(("features", "layers"), [("mix", 0), ("all", 1)])
def test_a_tagger_of_all_layers_learns(features: str, layers: int, tmp_path: Path) -> None:
    tagger, scores = train(make_examples(tmp_path, 2), features=features, layers=layers)
    assert scores[-1] == 1.0
    assert tagger.linear.in_features == (2 * 12 if layers else WIDTH if features == "mix" else 2 * WIDTH)


def cased(tmp_path: Path) -> Examples:
    """Names, and the same words in lower case that are none; the language model does not see the difference."""
    names = ("Вера", "Роман", "Лев", "Роза")
    sentences = [drawn(text) for name in names for text in (f"{name}|B-PER", name.lower())] * RARE
    tokens, texts = [s.tokens for s in sentences], [[t.lower() for t in s.tokens] for s in sentences]
    letters = read_letters(token for words in tokens for token in words)
    features = build_features(tmp_path, "key", texts, lambda batch: [vectors(s) for s in batch], letters)
    return Examples(features, np.array([LABELS.index(tag) for s in sentences for tag in s.tags]), LABELS)


@pytest.mark.parametrize("surface", [0, 16])
def test_only_a_surface_tells_a_name_from_the_word_in_lower_case(surface: int, tmp_path: Path) -> None:
    examples = cased(tmp_path)
    tagger, scores = train(examples, surface=surface, epochs=15, batch_sentences=10)
    assert (max(scores) == 1.0) == bool(surface)
    assert len(tagger.sizes.characters) > 2 if surface else not tagger.sizes.characters


def test_a_tagger_that_has_read_lower_case_gives_the_same_tags_in_any_case(examples: Examples) -> None:
    """Or else it has learned the capitals of names, and not the names alone."""
    lowered = copy.copy(examples.features)
    lowered.letters = lower_letters(lowered.letters)
    for share, as_well in ((0.0, False), (0.5, True)):
        tagger, scores = train(examples, surface=32, lowercased=share, word_dropout=0.5, epochs=40)
        assert max(scores) == 1.0
        same = np.array_equal(predict(tagger, examples.features), predict(tagger, lowered))
        assert same == as_well


def test_the_step_size_rises_and_falls_as_a_cosine() -> None:
    """torch's schedule is the oracle of the fall; the paper's tagger has neither."""
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(()))], lr=1.0)
    cosine = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=40, eta_min=0.01)
    fall = []
    for _ in range(40):
        fall += cosine.get_last_lr()
        optimizer.step()
        cosine.step()
    rise = [(step + 1) / 10 for step in range(10)] + [1.0] * 30
    for changes, expected in (
        ({}, [1.0] * 40),
        ({"warmup": 0.25}, rise),
        ({"decay": True}, fall),
        ({"warmup": 0.25, "decay": True}, [a * b for a, b in zip(rise, fall, strict=True)]),
    ):
        sizes = [step_size(step, 40, make_settings(**changes)) for step in range(40)]
        assert sizes == pytest.approx(expected)


def test_a_seed_decides_everything(examples: Examples) -> None:
    runs = [train(examples, seed, epochs=2, dropout=0.3)[0].linear.weight for seed in (1, 1, 2)]
    clipped = train(examples, 1, epochs=2, dropout=0.3, clip=1e-9)[0].linear.weight  # less than what Adam adds to it
    assert torch.equal(runs[0], runs[1]) and not torch.equal(runs[0], clipped)
    assert not torch.equal(runs[0], runs[2])


def test_a_loss_that_is_not_a_number_names_epoch_and_step(examples: Examples) -> None:
    with pytest.raises(UserError, match="found a loss of nan in epoch 1, step 2 of 3, expected a number; lower"):
        train(examples, learning_rate=1e38)


def test_features_of_another_width_are_refused(examples: Examples) -> None:
    with pytest.raises(UserError, match="reads vectors of width 3, found features of width 16"):
        predict(make_tagger(LABELS, 3), examples.features)
