"""The three stages in a row, with a made-up language model and lemmatizer."""

import csv
import json
import os
import shutil
import signal
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar
from unicodedata import normalize

import numpy as np
import pytest
import torch

from pipeline.errors import UserError
from pipeline.ner.data.corpus import read_split
from pipeline.ner.scoring.scores import METRICS
from pipeline.ner.settings import NerSettings
from pipeline.ner.tagging import examples, train
from pipeline.ner.tagging.examples import Examples
from pipeline.ner.tagging.train import Trained, train_step, train_tagger
from pipeline.params import Params
from pipeline.paths import Paths
from pipeline.stages import corpora, evaluate, ner, typos
from pipeline.text.udpipe import Normalization
from pipeline.work.checkpoint import Checkpoint
from tests.ner.drawn import make_settings
from tests.params import FULL, make_params

RAW = {  # the splits differ, so that the embedder shows which it was given
    "train": "0\tМосква\tI-LOC\n1\tцветёт\tO\n\n0\tИван\tB-PER\n1\tОрёл\tI-LOC\n\n0\tдождь\tO\n\n",
    "validation": "0\tКазань\tB-LOC\n1\tрастёт\tO\n\n",
    "test": "0\tТверь\tI-LOC\n1\tстоит\tO\n\n0\tПётр\tB-PER\n1\tОмск\tI-LOC\n\n0\tдождь\tO\n\n",
}
LEMMAS = {  # the longest sentences first
    "train": [["моск", "цвет"], ["иван", "орёл"], ["дожд"]],
    "validation": [["каза", "раст"]],
    "test": [["твер", "стои"], ["пётр", "омск"], ["дожд"]],
}
SETTINGS = make_settings(seeds=[1, 10, 2])


class FakeLemmatizer:
    def __init__(self, model: Path, normalization: Normalization) -> None: ...

    def lemmatize_tokens(self, tokens: list[str]) -> list[str]:
        return [token.lower()[:4] for token in tokens]


class FakeEmbedder:
    width = 8
    given: ClassVar[list[list[list[str]]]] = []

    @classmethod
    def load(cls, folder: Path, device: torch.device) -> "FakeEmbedder":
        return cls()

    def embed(self, sentences: list[list[str]]) -> list[np.ndarray]:
        self.given.append(sentences)
        rows = [[np.random.default_rng(list(w.encode())).normal(size=8) for w in s] for s in sentences]
        return [np.array(row, dtype=np.float32) for row in rows]

    def layers(self, sentences: list[list[str]]) -> list[np.ndarray]:
        return [np.stack([vectors + layer for layer in range(3)]) for vectors in self.embed(sentences)]

    def states(self, sentences: list[list[str]]) -> list[np.ndarray]:
        return [np.concatenate([vectors[:, :4], vectors], 1) for vectors in self.embed(sentences)]


@pytest.fixture(scope="module", autouse=True)
def _fakes() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as monkeypatch:
        for stage in (corpora, typos):
            monkeypatch.setattr(stage, "Lemmatizer", FakeLemmatizer)
        for stage in (ner, evaluate, typos):
            monkeypatch.setattr(stage, "Embedder", FakeEmbedder)
        for module in (examples, ner):  # reading it takes most of the time; see test_examples.py
            monkeypatch.setattr(module, "embedding_code", dict)
        yield


@pytest.fixture
def given() -> list[list[list[str]]]:
    """The calls of the embedder in this test."""
    FakeEmbedder.given.clear()
    return FakeEmbedder.given


@pytest.fixture
def work(tmp_path: Path) -> Paths:
    """A folder with a raw set and a language model, to be read by fakes."""
    return write_inputs(tmp_path)


def write_inputs(folder: Path) -> Paths:
    raw, lm = Paths(folder).raw_ner / "toy", Paths(folder).lm
    raw.mkdir(parents=True)
    lm.mkdir(parents=True)
    (lm / "config.json").write_text("{}")
    for split, text in RAW.items():
        (raw / f"{split}.conllu").write_text(text)
    files = {split: f"{split}.conllu" for split in RAW}
    description = {"format": "wikineural", "files": files, "holdout": None, "types": ["PER", "ORG", "LOC", "MISC"]}
    (raw / "set.json").write_text(json.dumps(description))
    return Paths(folder)


@pytest.fixture(scope="module")
def trained_once(tmp_path_factory: pytest.TempPathFactory) -> Paths:
    paths = write_inputs(tmp_path_factory.mktemp("trained"))
    run_corpora(paths)
    run_ner(paths)
    return paths


@pytest.fixture
def trained(trained_once: Paths, tmp_path: Path) -> Paths:
    """The same after stages corpora and ner."""
    return Paths(shutil.copytree(trained_once.root, tmp_path / "trained"))


def run_corpora(work: Paths, tokens: str = "all") -> None:
    corpora.run(work, params({"protocol.tokens": tokens}), "toy")


def run_ner(work: Paths, settings: NerSettings = SETTINGS, epoch: str = "best") -> None:
    ner.run(work, params({"ner": settings, "protocol.epoch": epoch}), "toy")


def run_evaluate(work: Paths) -> Path:
    """Return the folder of its tables."""
    evaluate.run(work, params(), "toy")
    return work.scores


def run_typos(work: Paths, rates: list[float]) -> list[dict[str, str]]:
    typos.run(work, params({"typos.rates": rates}), "toy")
    return [row for row in table(work.scores / "toy.typos.csv") if row["seed"] == "mean"]


def params(values: dict[str, Any] | None = None) -> Params:
    fixed = {"sets": ["toy"], "evaluate.bootstrap": 20, "seed": 1, "protocol.lowercase": True, "protocol.lemmas": True}
    return make_params(fixed | (values or {}))


def read_counts(work: Paths, split: str) -> dict[str, Any]:
    counts: dict[str, Any] = json.loads((work.corpora / "toy" / "counts.json").read_text())[split]
    return counts


def read_tags(work: Paths, split: str) -> list[str]:
    return (work.corpora / "toy" / f"{split}.tsv").read_text().split()[2::3]


def table(path: Path) -> list[dict[str, str]]:
    with path.open() as file:
        return list(csv.DictReader(file))


def test_corpora(work: Paths) -> None:
    run_corpora(work)
    toy = work.corpora / "toy"
    assert sorted(path.name for path in toy.iterdir()) == [
        "counts.json", "labels.json", "test.tsv", "train.tsv", "validation.tsv",
    ]  # fmt: skip
    assert (toy / "train.tsv").read_text().startswith("Москва\tмоск\tB-LOC\nцветёт\tцвет\tO\n\nИван\tиван\tB-PER\nОрёл")
    assert {key: value for key, value in read_counts(work, "test").items() if value != 0} == {
        "sentences": 3,
        "tokens": 5,
        "longest": 2,
        "entities": 3,
        "types": {"LOC": 2, "PER": 1},
        "scheme": "BIO",
        "repaired_orphans": 1,
        "repaired_type_changes": 1,
        "also_in_train": 1,
    }
    assert [read_counts(work, split)["sentences"] for split in RAW] == [3, 1, 3]
    assert [read_counts(work, split)["also_in_train"] for split in RAW] == [0, 0, 1]


def test_tokens_are_put_into_nfc_and_keep_their_stress(work: Paths) -> None:
    raw = normalize("NFD", "0\tКо\u0301сткой\tB-PER\n1\tёлка\tO\n2\tк\tO\n\n")
    (work.raw_ner / "toy" / "test.conllu").write_text(raw, encoding="utf-8")
    run_corpora(work)
    (sentence,) = read_split(work.corpora / "toy" / "test.tsv")
    assert sentence.tokens == ["Ко\u0301сткой", "ёлка", "к"]
    counts = read_counts(work, "test")
    assert (counts["composed_tokens"], counts["stressed_tokens"]) == (2, 1)


def test_from_raw_files_to_scores(trained: Paths) -> None:
    epochs = table(trained.scores / "toy.epochs.csv")
    assert [row["seed"] for row in epochs] == ["1"] * 3 + ["10"] * 3 + ["2"] * 3
    assert list(epochs[0]) == ["seed", "epoch", "train_loss", "validation_entity_f1", "validation_token_f1", "kept"]
    assert [sum(row["kept"] == "1" for row in epochs if row["seed"] == seed) for seed in ("1", "10", "2")] == [1, 1, 1]

    out = run_evaluate(trained)
    scores = table(out / "toy.scores.csv")
    assert [row["seed"] for row in scores] == ["1", "2", "10", "mean"] * 6
    assert all(float(row["low"]) <= float(row["high"]) for row in scores)
    metrics = json.loads((out / "toy.json").read_text())["toy"]
    means = {row["metric"]: float(row["value"]) for row in scores if row["seed"] == "mean"}
    seeds = {name: [float(row["value"]) for row in scores if row["metric"] == name][:-1] for name in means}
    deviations = {f"{name}_deviation": np.std(values, ddof=1) for name, values in seeds.items()}
    assert metrics == pytest.approx(means | deviations, abs=2e-6)

    types = table(out / "toy.types.csv")
    supports = [("PER", "1"), ("ORG", "0"), ("LOC", "2"), ("MISC", "0")]
    assert [(row["type"], row["support"]) for row in types] == supports
    confusion = table(out / "toy.confusion.csv")
    assert len(confusion) == 9 * 9
    assert sum(int(row["count"]) for row in confusion) == 3 * 5

    said = [(trained.predictions / "toy" / f"seed-{seed}.txt").read_text() for seed in (1, 2, 10)]
    assert all([len(line.split(" ")) for line in text.splitlines()] == [2, 2, 1] for text in said)
    predicted = Counter({row["predicted"]: 0 for row in confusion})
    for row in confusion:
        predicted[row["predicted"]] += int(row["count"])
    assert Counter(" ".join(said).split()) == +predicted


def write_columns(work: Paths, **texts: str) -> None:
    """Another set, in two columns, whose types are in the files alone."""
    for split in RAW:
        (work.raw_ner / "toy" / f"{split}.conllu").write_text(texts[split])
    description = {"format": "conll2003", "files": {split: f"{split}.conllu" for split in RAW}, "holdout": None}
    (work.raw_ner / "toy" / "set.json").write_text(json.dumps(description))


def test_types_come_from_train_and_what_only_others_have_is_said_and_missed(
    work: Paths, capsys: pytest.CaptureFixture[str]
) -> None:
    train = "Лист B-product\nпадает O\n\nСпас B-creative-work\nна I-creative-work\n\nЧайник B-product\n"
    test = "Чайник B-product\nв O\nТуле B-locus\n\nТула B-locus\n"
    write_columns(work, train=train, validation=train, test=test)
    run_corpora(work)
    said = f"{work.raw_ner}/toy: test: entities of types that train lacks, which will all count as missed: locus 2\n"
    assert said in capsys.readouterr().err
    labels = json.loads((work.corpora / "toy" / "labels.json").read_text())["labels"]
    assert labels == ["O", "B-product", "I-product", "B-creative-work", "I-creative-work", "B-locus", "I-locus"]
    run_ner(work)
    rows = {row["type"]: row for row in table(run_evaluate(work) / "toy.types.csv")}
    assert (rows["locus"]["support"], float(rows["locus"]["recall"])) == ("2", 0)
    assert rows["product"]["support"] == "1"


def test_a_set_in_another_scheme_becomes_bio_and_is_counted(work: Paths, capsys: pytest.CaptureFixture[str]) -> None:
    """Over all splits: this validation has no label that tells."""
    iobes = "Лев B-PER\nТолстой E-PER\nи O\nТула S-LOC\n\nОка E-LOC\n"
    write_columns(work, train=iobes, validation="Лев B-PER\nТолстой I-PER\n", test=iobes)
    run_corpora(work)
    assert read_tags(work, "test") == ["B-PER", "I-PER", "O", "B-LOC", "B-LOC"]
    assert f"{work.raw_ner}/toy: labels in IOBES are converted to BIO: 4 of them change\n" in capsys.readouterr().err
    assert read_counts(work, "train").items() >= {"scheme": "IOBES", "converted": 2, "repaired_orphans": 1}.items()


def test_iob1_is_legal_and_nothing_of_it_is_repaired(work: Paths) -> None:
    write_columns(work, **dict.fromkeys(RAW, "Лев I-PER\nТолстой I-PER\nТула I-LOC\nОрёл B-LOC\n"))
    run_corpora(work)
    assert read_tags(work, "test") == ["B-PER", "I-PER", "B-LOC", "B-LOC"]
    counts = {"scheme": "IOB1", "converted": 2, "repaired_orphans": 0, "repaired_type_changes": 0}
    assert read_counts(work, "train").items() >= counts.items()


def test_a_set_that_cannot_be_used_is_an_error_that_leaves_nothing(work: Paths) -> None:
    for texts, message in (
        (["да O\n"] * 3, "train: found no entity, expected some; are the labels in another column"),
        (["а S-X\n", "а B-X\n", "а U-X\n"], "toy: found labels that begin with B, S, U, expected those of one scheme"),
        (["а B-X\n", "! O\n", "а B-X\n"], "validation: found no token that is alphanumeric, expected some"),
    ):
        write_columns(work, **dict(zip(RAW, texts, strict=True)))
        with pytest.raises(UserError, match=message):
            run_corpora(work, tokens="alphanumeric")
        assert not (work.corpora / "toy").exists()


def test_a_protocol_may_drop_tokens_and_what_is_dropped_is_counted(work: Paths) -> None:
    path = work.raw_ner / "toy" / "train.conllu"
    path.write_text("0\t«\tB-ORG\n1\tЗаря\tI-ORG\n2\t!\tO\n\n0\t...\tO\n\n" + path.read_text())
    run_corpora(work, tokens="alphanumeric")
    assert (work.corpora / "toy" / "train.tsv").read_text().startswith("Заря\tзаря\tB-ORG\n\nМосква\tмоск\tB-LOC\n")
    counts = read_counts(work, "train")
    assert (counts["sentences"], counts["tokens"], counts["entities"]) == (4, 6, 4)
    dropped = ("dropped_sentences", "dropped_tokens", "dropped_entity_tokens", "dropped_entities")
    assert [counts[key] for key in dropped] == [1, 3, 1, 0]


@pytest.mark.parametrize(
    ("settings", "width"),
    [({"features": "mix"}, 24), ({"features": "all", "layers": 0}, 24), (FULL, 12)],
    ids=["a mix", "no recurrence", "full"],
)
def test_every_kind_of_tagger_and_the_last_epoch_go_all_the_way(
    work: Paths, settings: dict[str, Any], width: int
) -> None:
    run_corpora(work)
    run_ner(work, make_settings(**settings), epoch="last")
    assert [row["kept"] for row in table(work.scores / "toy.epochs.csv")] == ["0", "0", "1"]
    config = json.loads((work.taggers / "toy" / "seed-1" / "config.json").read_text())
    assert (
        config["width"] == width and config.items() >= {key: settings[key] for key in settings.keys() & config}.items()
    )
    metrics = json.loads((run_evaluate(work) / "toy.json").read_text())["toy"]
    assert float(run_typos(work, [0, 0.5])[0]["entity_f1"]) == metrics["entity_f1"]


def test_without_typos_the_scores_are_those_of_evaluate_and_rates_do_not_matter_to_each_other(trained: Paths) -> None:
    scores = table(run_evaluate(trained) / "toy.scores.csv")
    first = run_typos(trained, [0, 0.4, 1])
    assert [first[0][key] for key in ("rate", "words", "misspelt")] == ["0.0", "5", "0"]
    rows = {row["seed"]: row for row in table(trained.scores / "toy.typos.csv") if row["rate"] == "0.0"}
    assert list(rows) == ["1", "2", "10", "mean"]
    for score in (score for score in scores if score["metric"] in METRICS):
        columns = [rows[score["seed"]][score["metric"] + end] for end in ("", "_low", "_high")]
        assert columns == [score["value"], score["low"], score["high"]]
    assert run_typos(trained, [0.4, 1]) == first[1:]


def test_typos_are_read_as_the_words_are_and_their_features_are_not_kept(
    trained: Paths, given: list[list[list[str]]]
) -> None:
    run_evaluate(trained)
    assert given == [LEMMAS["test"]]
    before = sorted(path.name for path in trained.features.iterdir())
    given.clear()
    assert [row["misspelt"] for row in run_typos(trained, [0, 0.4, 1])] == ["0", "2", "5"]
    two, every = ([word for sentence in batch for word in sentence] for batch in given)
    words = [word for sentence in LEMMAS["test"] for word in sentence]
    assert sum(a != b for a, b in zip(two, words, strict=True)) <= 2  # beyond the fourth letter nothing shows
    assert all(word == word.lower() and len(word) <= 4 for word in every) and every != words
    assert sorted(path.name for path in trained.features.iterdir()) == before


@pytest.mark.parametrize("taken", [2, 7, 14], ids=["in the first epoch", "in the second tagger", "in the last epoch"])
def test_a_kill_leaves_no_trace_and_what_was_trained_is_not_trained_again(
    work: Paths, taken: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process is killed by itself before the step after so many. Each of three taggers takes six."""
    run_corpora(work)
    undisturbed = Paths(shutil.copytree(work.root, work.root / "undisturbed"))
    settings = make_settings(seeds=SETTINGS.seeds, **FULL)
    run_ner(undisturbed, settings)
    steps = work.root / "steps"

    def step(*arguments: Any) -> float:
        with steps.open("ab") as file:
            file.write(b".")
        if steps.stat().st_size == taken + 1:
            os.kill(os.getpid(), signal.SIGKILL)
        return train_step(*arguments)

    monkeypatch.setattr(train, "train_step", step)
    monkeypatch.setattr(Checkpoint, "due", lambda _: True)
    if not (child := os.fork()):
        try:
            run_ner(work, settings)
        finally:
            os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
    assert not (work.taggers / "toy").exists()
    run_ner(work, settings)
    assert steps.stat().st_size == 3 * 6 + 1, "a step was taken again that was saved"
    assert not list(work.checkpoints.iterdir())
    for folder in ("models/ner", "metrics"):
        files = [path for path in (undisturbed.root / folder).rglob("*") if path.is_file()]
        files = [path for path in files if not path.name.endswith(".cost.json")]  # no two runs take the same time
        assert files and all(
            path.read_bytes() == (work.root / path.relative_to(undisturbed.root)).read_bytes() for path in files
        )


def test_taggers_are_chosen_on_validation_and_one_that_fails_leaves_nothing(
    work: Paths, given: list[list[list[str]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails_at_last(train: Examples, validation: Examples, *others: Any) -> Trained:
        assert (len(train.tags), len(validation.tags)) == (5, 2)
        if others[1] == SETTINGS.seeds[-1]:
            raise UserError("no")
        return train_tagger(train, validation, *others)

    monkeypatch.setattr(ner, "train_tagger", fails_at_last)
    run_corpora(work)
    with pytest.raises(UserError, match="no"):
        run_ner(work)
    assert given == [LEMMAS["train"], LEMMAS["validation"]]
    assert not (work.taggers / "toy").exists() and not work.scores.exists()


def test_scores_that_fail_leave_no_file_and_the_metrics_are_written_last(
    trained: Paths, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(evaluate, "confusion_counts", lambda *_: pytest.fail("no"))
        with pytest.raises(pytest.fail.Exception):
            run_evaluate(trained)
    assert [path.name for path in trained.scores.glob("*.csv")] == [
        "toy.epochs.csv"
    ] and not trained.predictions.exists()
    (trained.scores / "toy.confusion.csv").mkdir(parents=True)  # in the way
    with pytest.raises(IsADirectoryError):
        run_evaluate(trained)
    assert not (trained.scores / "toy.json").exists()


def test_the_same_again_is_the_same_bytes_without_embedding(trained: Paths, given: list[list[list[str]]]) -> None:
    def written() -> dict[Path, bytes]:
        folders = (trained.scores, trained.predictions, trained.taggers)
        files = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
        return {path: path.read_bytes() for path in files if not path.name.endswith(".cost.json")}

    run_evaluate(trained)
    first = written()
    assert len(first) == 5 + 3 * len(SETTINGS.seeds)
    given.clear()
    for folder in (trained.metrics, trained.predictions, trained.taggers):
        shutil.rmtree(folder)
    run_ner(trained)
    run_evaluate(trained)
    assert not given
    assert written() == first
