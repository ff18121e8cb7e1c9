"""A small experiment in the exact formats: the stages themselves write it; only what needs a trained model is faked."""

import random
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from pipeline.files.csv import write_csv
from pipeline.files.json import write_json
from pipeline.lm.encoders.load import TABLE, make_encoder
from pipeline.lm.settings import CharCnnSettings
from pipeline.ner.data.bio import bio_labels, repair
from pipeline.ner.data.cleaning import describe, drop_tokens, repair_tags
from pipeline.ner.data.corpus import Sentence, read_labels, read_split, write_labels, write_split
from pipeline.ner.data.lines import RawSentence
from pipeline.ner.scoring.scores import METRICS
from pipeline.ner.tagging.examples import Examples, encode_tags
from pipeline.ner.tagging.train import Epoch, kept_epoch
from pipeline.params import Params
from pipeline.paths import Paths
from pipeline.report.data import MEAN
from pipeline.stages import documents, evaluate, fragments, lemmas, lowercase, pretrain, sentences, typos, vocabulary
from tests.params import make_params

TYPES = {"wikineural": ["PER", "ORG", "LOC", "MISC"], "multiconer": ["PER", "LOC", "CORP", "GRP", "PROD", "CW"]}
SEEDS = [1, 2]
Json = dict[str, Any]
PROTOCOL: Json = {"lowercase": True, "lemmas": True, "tokens": "all", "epoch": "best"}
RATES = [0, 0.05, 0.2]
BOOTSTRAP = 50
TOKENS = ["а", "<script>alert(1)</script>", "&", "\"'>", "שלום", "`д`", "</mark>", "{{ 7 * 7 }}"]
"""Tokens of NER sentences, as hostile as they can be."""

TRAINING = {"batch_tokens": 60, "epochs": 2, "learning_rate": 0.01, "warmup": 0.1, "weight_decay": 0.01, "clip": 1.5}
LM = {
    "hidden": 8,
    "softmax_from_vectors": True,
    "training": TRAINING | {"dropout": 0.0, "accumulation": 1, "cutoffs": [10]},
}
CHARCNN = {
    "source": "train",
    "encoder": "cnn",
    "cnn": {"embedding": 2, "filters": [4], "highway": 0, "activation": "relu"},
    "ngrams": {"lengths": [2], "buckets": 8, "width": 2},
    "projection": 8,
    "training": LM["training"],
    "spelling": {"words": 9, "batch_words": 4, "epochs": 1, "learning_rate": 0.01, "held_out": 0.5, "known": 0},
}


def params_of(arch: str, scale: str = "demo", sets: Sequence[str] = tuple(TYPES), protocol: Json = PROTOCOL) -> Params:
    """params.yaml of an experiment with one of the committed architectures."""
    values: Json = {f"protocol.{key}": value for key, value in protocol.items()}
    values |= {
        "arch": arch,
        "scale": scale,
        "sets": [*sets],
        "seed": 1,
        "text": {"segmenter": "razdel", "fragment_words": 6, "leave_out_tests": True, "shard_megabytes": 1},
        "vocabulary": {"size": 30, "min_count": 2, "validation_share": 0.3},
        "lm": LM,
        "evaluate.bootstrap": BOOTSTRAP,
        "ner.seeds": SEEDS,
    }
    return make_params(values)


def build(folder: Path, arch: str, patch: pytest.MonkeyPatch) -> Paths:
    """Make `data`, `metrics` and `models` of an experiment."""
    paths, params = Paths(folder), params_of(arch)
    _write_text_stages(paths, params, patch)
    _pretrain(paths, params)
    for name, types in TYPES.items():
        _write_corpus(paths.corpora / name, types)
        _write_scores(paths, params, name, patch)
    return paths


def _write_text_stages(paths: Paths, params: Params, patch: pytest.MonkeyPatch) -> None:
    patch.setattr(lemmas, "Lemmatizer", lambda *_: SimpleNamespace(lemmatize_text=str.split))
    for folder in (paths.news, paths.raw_ner, paths.udpipe.parent):
        folder.mkdir(parents=True)
    paths.udpipe.touch()
    (paths.news / "news.txt").write_text("\n\n".join(_articles()), encoding="utf-8")
    write_json(paths.news / "sources.json", {"files": [{"file": "news.txt", "format": "text"}]})
    for stage in (documents, sentences, fragments, lowercase, lemmas, vocabulary):
        stage.run(paths, params)


def _articles() -> Iterator[str]:
    """Every fifth article has nothing but a sentence that is too long."""
    for number in range(40):
        if number % 5:
            yield f"Река течёт на север.\nГород номер {number} стоит у реки. Река течёт на юг."
        else:
            yield "Очень длинное предложение об очень длинной реке на далёком севере."


def _pretrain(paths: Paths, params: Params) -> None:
    paths.charcnn.mkdir(parents=True)
    make_encoder(CharCnnSettings.model_validate(CHARCNN).shape()).save(paths.charcnn)
    types = len((paths.vocabulary / "vocabulary.txt").read_text(encoding="utf-8").splitlines()) + 3
    np.save(paths.charcnn / TABLE, np.random.default_rng(1).normal(size=(types, 8)).astype(np.float16))
    pretrain.run(paths, params)


def _write_corpus(folder: Path, types: list[str]) -> None:
    folder.mkdir(parents=True)
    write_labels(folder, bio_labels(types))
    chance = random.Random(folder.name)
    splits = {
        split: [_sentence(types, chance) for _ in range(number)]
        for split, number in [("train", 60), ("validation", 20), ("test", 40)]
    }
    train = splits["train"]
    counts = {split: describe(of_split, [] if split == "train" else train) for split, of_split in splits.items()}
    for split, of_split in splits.items():
        counts[split] |= repair_tags(of_split, "BIO")[1] | drop_tokens(of_split, "all")[1]
        counts[split] |= {"composed_tokens": 3, "stressed_tokens": 4}
    write_json(folder / "counts.json", counts)
    for split in ("train", "test"):
        repaired = [Sentence(tokens, tokens, repair(tags).tags) for tokens, tags in splits[split]]
        write_split(folder / f"{split}.tsv", repaired)


def _sentence(types: list[str], chance: random.Random) -> RawSentence:
    """Tags are drawn freely, so that many need repair."""
    length = chance.randint(1, 8)
    return RawSentence(
        [chance.choice(TOKENS) for _ in range(length)],
        chance.choices(bio_labels(types), k=length) if chance.random() < 0.7 else ["O"] * length,
    )


def _write_scores(paths: Paths, params: Params, name: str, patch: pytest.MonkeyPatch) -> None:
    corpus, scores, generator = paths.corpora / name, paths.scores, np.random.default_rng(len(name))
    curves = {seed: list(_epochs(generator)) for seed in SEEDS}
    rows = [(seed, *e, int(e == kept_epoch(epochs, "best"))) for seed, epochs in curves.items() for e in epochs]
    write_csv(scores / f"{name}.epochs.csv", ["seed", *Epoch._fields, "kept"], rows)
    write_csv(scores / f"{name}.typos.csv", typos.HEADER, _typos())
    _fake_predictions(corpus, generator, patch)
    evaluate.run(paths, params, name)


def _epochs(generator: np.random.Generator) -> Iterator[Epoch]:
    for number in range(1, 7):
        f1 = 0.8 * (1 - 2.0**-number) + float(generator.normal(0, 0.02))
        yield Epoch(number, 20.0 / number, f1, f1 + 0.04)


def _typos() -> Iterator[tuple[float | str, ...]]:
    """The mean over seeds is between them."""
    for rate in RATES:
        for seed, above in ((SEEDS[0], 0.01), (SEEDS[1], -0.01), (MEAN, 0.0)):
            f1 = 0.8 - rate + above
            yield rate, 400, 400 * rate, seed, *([f1, f1 - 0.05, f1 + 0.05] * len(METRICS))


def _fake_predictions(corpus: Path, generator: np.random.Generator, patch: pytest.MonkeyPatch) -> None:
    """In place of taggers: the gold tags with a quarter of them drawn anew."""
    labels = read_labels(corpus)
    sentences = list(read_split(corpus / "test.tsv"))
    gold = encode_tags("test", (sentence.tags for sentence in sentences), labels, "corpora")
    features: Any = SimpleNamespace(lengths=np.array([len(sentence.tokens) for sentence in sentences]))
    embedder = SimpleNamespace(embed=None, width=0)
    patch.setattr(evaluate, "Embedder", SimpleNamespace(load=lambda *_: embedder))
    trained: Any = dict.fromkeys(map(str, SEEDS), SimpleNamespace(features="top", sizes=SimpleNamespace(surface=0)))
    patch.setattr(evaluate, "load_taggers", lambda *_: trained)
    patch.setattr(evaluate, "load_examples", lambda *_: Examples(features, gold, labels))
    noise = (generator.integers(len(labels), size=len(gold)) for _ in SEEDS)
    patch.setattr(evaluate, "predict", lambda *_: np.where(generator.random(len(gold)) < 0.25, next(noise), gold))
