"""Stage evaluate: scores of the taggers on the test split, with intervals and deviations (paper, step 4)."""

import numpy as np

from pipeline.files.csv import DIGITS, write_csv
from pipeline.files.json import write_metrics
from pipeline.lm.embed import Embedder
from pipeline.machine.describe import stamp
from pipeline.machine.device import choose_device
from pipeline.ner.scoring.scores import METRICS, TypeScore, confusion_counts, deviation, estimate, score_types
from pipeline.ner.scoring.tested import prediction_path, write_predictions
from pipeline.ner.tagging.examples import load_examples
from pipeline.ner.tagging.tagger import load_taggers, predict
from pipeline.params import Params
from pipeline.paths import Paths
from pipeline.work.outputs import fresh_folder


def run(paths: Paths, params: Params, name: str) -> None:
    """Score every seed's tagger of the set, in `paths.taggers`, on the test split in `paths.corpora`.

    `paths.predictions` gets a folder with each tagger's labels, for `compare`. `paths.scores` gets <set>.json, means
    over the taggers, and standard deviations between them if there are several; <set>.scores.csv, each tagger's
    scores and their mean with 95 % intervals over resampled sentences; <set>.types.csv, means over the taggers; and
    <set>.confusion.csv, sums. `bootstrap` of the block `evaluate` is the number of draws; the seed decides them.
    """
    device = choose_device(params.compute.device)
    taggers = load_taggers(paths.taggers / name, device)
    kind = next(iter(taggers.values())).features
    test = load_examples(paths, name, "test", Embedder.load(paths.lm, device), kind)
    predicted = {seed: predict(tagger, test.features) for seed, tagger in taggers.items()}
    counts = [test.count_tags(tags) for tags in predicted.values()]

    estimates = estimate(counts, params.chosen_scale.evaluate.bootstrap, params.seed)  # (taggers + 1, measures, 3)
    metrics, score_rows = {}, []
    for index, metric in enumerate(METRICS):
        rows = estimates[:, index].tolist()
        score_rows += [(metric, seed, *row) for seed, row in zip([*predicted, "mean"], rows, strict=True)]
        metrics[metric] = round(rows[-1][0], DIGITS)
        between = deviation([value for value, _, _ in rows[:-1]])
        if between is not None:
            metrics[f"{metric}_deviation"] = round(between, DIGITS)
    type_rows = [
        (rows[0].type, *np.mean([row[1:4] for row in rows], axis=0).tolist(), rows[0].support)
        for rows in zip(*(score_types(c, test.labels) for c in counts), strict=True)
    ]
    confusion = np.sum([confusion_counts(test.tags, tags, len(test.labels)) for tags in predicted.values()], axis=0)
    confusion_rows = [  # includes pairs of labels that never occur: a plot needs the whole square
        (gold, label, number)
        for gold, row in zip(test.labels, confusion.tolist(), strict=True)
        for label, number in zip(test.labels, row, strict=True)
    ]

    # Nothing is written before all is known. The metrics are written last: they show that the set is complete.
    with fresh_folder(paths.predictions / name) as folder:
        for seed, tags in predicted.items():
            write_predictions(prediction_path(folder, seed), tags, test.features.lengths, test.labels)
    write_csv(paths.scores / f"{name}.scores.csv", ["metric", "seed", "value", "low", "high"], score_rows)
    write_csv(paths.scores / f"{name}.types.csv", TypeScore._fields, type_rows)
    write_csv(paths.scores / f"{name}.confusion.csv", ["gold", "predicted", "count"], confusion_rows)
    write_metrics(paths.scores / f"{name}.json", {name: metrics}, stamp(device))
