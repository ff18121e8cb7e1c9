"""Stage evaluate: scores of the taggers on the test split, with what chance allows them (paper, step 4)."""

from collections.abc import Iterator

import numpy as np

from pipeline.files.csv import DIGITS, write_csv
from pipeline.files.metrics import write_metrics
from pipeline.lm.embed import Embedder
from pipeline.machine.describe import stamp
from pipeline.machine.device import choose_device
from pipeline.ner.data.corpus import read_labels
from pipeline.ner.scoring.predictions import prediction_path, write_predictions
from pipeline.ner.scoring.scores import (
    METRICS,
    Counts,
    Floats,
    Integers,
    TypeScore,
    bootstrap,
    confusion_counts,
    count,
    deviation,
    interval,
    score,
    score_types,
)
from pipeline.ner.tagging.examples import Examples, load_examples
from pipeline.ner.tagging.predict import predict
from pipeline.ner.tagging.tagger import load_taggers
from pipeline.params import Params
from pipeline.paths import Paths
from pipeline.work.outputs import fresh_folder


def run(paths: Paths, params: Params, name: str) -> None:
    """Score every seed's tagger of the set, in `paths.taggers`, on the test split in `paths.corpora`.

    `paths.predictions` gets a folder with each tagger's labels, for `compare`. `paths.scores` gets <set>.json, means
    over the taggers, and standard deviations between them where they are several; <set>.scores.csv, each tagger's
    scores and their mean with 95 % intervals over resampled sentences; <set>.types.csv, means over the taggers; and
    <set>.confusion.csv, sums. `bootstrap` of the block `evaluate` says how often is drawn, and the seed what.
    """
    device, corpus = choose_device(params.compute.device), paths.corpora / name
    labels = read_labels(corpus)
    trained = load_taggers(paths.taggers / name, device)
    features = next(iter(trained.values())).features
    test = load_examples(corpus, "test", labels, paths.features, paths.lm, Embedder.load(paths.lm, device), features)
    predicted = {seed: predict(tagger, test.features) for seed, tagger in trained.items()}
    counts = {seed: count(test.tags, tags, test.features.lengths, labels) for seed, tags in predicted.items()}

    values = {seed: score(c) for seed, c in counts.items()}
    by_metric = {metric: [v[metric] for v in values.values()] for metric in METRICS}
    draws = {seed: bootstrap(c, params.chosen_scale.evaluate.bootstrap, params.seed) for seed, c in counts.items()}
    score_rows = list(_score_rows(by_metric, draws))
    type_rows = list(_type_rows(list(counts.values()), labels))
    confusion_rows = list(_confusion_rows(test, list(predicted.values()), labels))

    # Nothing is written before all is known, and the metrics last: with them the set is whole.
    with fresh_folder(paths.predictions / name) as folder:
        for seed, tags in predicted.items():
            write_predictions(prediction_path(folder, seed), tags, test.features.lengths, labels)
    write_csv(paths.scores / f"{name}.scores.csv", ["metric", "seed", "value", "low", "high"], score_rows)
    write_csv(paths.scores / f"{name}.types.csv", TypeScore._fields, type_rows)
    write_csv(paths.scores / f"{name}.confusion.csv", ["gold", "predicted", "count"], confusion_rows)
    metrics = {metric: round(value, DIGITS) for metric, value in _metrics(by_metric)}
    write_metrics(paths.scores / f"{name}.json", {name: metrics}, stamp(device))


def _metrics(by_metric: dict[str, list[float]]) -> Iterator[tuple[str, float]]:
    """Of one tagger there is no deviation, and no name for it."""
    for metric, values in by_metric.items():
        yield metric, float(np.mean(values))
        between = deviation(values)
        if between is not None:
            yield f"{metric}_deviation", between


def _score_rows(by_metric: dict[str, list[float]], draws: dict[str, dict[str, Floats]]) -> Iterator[tuple[object, ...]]:
    """The mean's interval is of the mean over taggers: every tagger is scored on the same drawn sentences."""
    for metric, values in by_metric.items():
        for value, (name, draw) in zip(values, draws.items(), strict=True):
            yield metric, name, value, *interval(draw[metric])
        mean_draws = np.mean([draw[metric] for draw in draws.values()], axis=0)
        yield metric, "mean", float(np.mean(values)), *interval(mean_draws)


def _type_rows(counts: list[Counts], labels: list[str]) -> Iterator[tuple[object, ...]]:
    for of_type in zip(*(score_types(c, labels) for c in counts), strict=True):
        columns = [float(np.mean(column)) for column in zip(*(row[1:4] for row in of_type), strict=True)]
        yield of_type[0].type, *columns, of_type[0].support


def _confusion_rows(test: Examples, predicted: list[Integers], labels: list[str]) -> Iterator[tuple[str, str, int]]:
    """Every pair of labels, those never seen as well: a plot needs the whole square."""
    total = sum(confusion_counts(test.tags, tags, len(labels)) for tags in predicted)
    for gold, row in zip(labels, np.asarray(total).tolist(), strict=True):
        yield from ((gold, label, number) for label, number in zip(labels, row, strict=True))
