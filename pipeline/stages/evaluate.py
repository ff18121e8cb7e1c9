"""Stage evaluate: scores of the taggers on the test split, with intervals and deviations (paper, step 4)."""

import numpy as np

from pipeline.files.csv import DIGITS, write_csv
from pipeline.files.json import write_metrics
from pipeline.lm.embed import Embedder
from pipeline.machine.describe import stamp
from pipeline.machine.device import choose_device
from pipeline.ner.data.corpus import read_split, split_path
from pipeline.ner.scoring.scores import (
    FURTHER,
    METRICS,
    SEEN,
    Counts,
    TypeScore,
    confusion_counts,
    deviation,
    estimate,
    estimate_entities,
    score_types,
)
from pipeline.ner.scoring.tested import prediction_path, write_predictions
from pipeline.ner.scoring.unseen import count_seen_and_unseen, entity_texts
from pipeline.ner.tagging.examples import Examples, in_lower_case, load_examples
from pipeline.ner.tagging.tagger import Tagger, load_taggers, predict
from pipeline.params import Params
from pipeline.paths import Paths
from pipeline.text.udpipe import Lemmatizer, Normalization
from pipeline.work.outputs import fresh_folder


def run(paths: Paths, params: Params, name: str) -> None:
    """Score every seed's tagger of the set, in `paths.taggers`, on the test split in `paths.corpora`, as it is and in
    lower case; the train split there says which of its entities are unseen.

    `paths.predictions` gets a folder with each tagger's labels, for `compare`. `paths.scores` gets <set>.json, means
    over the taggers, and standard deviations between them if there are several; <set>.scores.csv, each tagger's
    scores and their mean with 95 % intervals over resampled sentences; <set>.types.csv, means over the taggers; and
    <set>.confusion.csv, sums. `bootstrap` of the block `evaluate` is the number of draws; the seed decides them.
    `lowercase` and `lemmas` of the protocol decide how a split in lower case is read.
    """
    device = choose_device(params.compute.device)
    taggers = load_taggers(paths.taggers / name, device)
    kind = next(iter(taggers.values())).features
    embedder = Embedder.load(paths.lm, device)
    test = load_examples(paths, name, "test", embedder, kind)
    train_path, test_path = (split_path(paths.corpora / name, split) for split in ("train", "test"))
    seen, sentences = entity_texts(read_split(train_path)), [sentence.tokens for sentence in read_split(test_path)]
    predicted = {seed: predict(tagger, test.features) for seed, tagger in taggers.items()}
    counts = [test.count_tags(tags) for tags in predicted.values()]
    by_seen = [
        count_seen_and_unseen(test.tags, tags, test.features.lengths, test.labels, sentences, seen)
        for tags in predicted.values()
    ]
    lowercased = _count_lowercased(paths, params, test, sentences, taggers, embedder)

    draws = params.chosen_scale.evaluate.bootstrap, params.seed
    further = [  # in the order of FURTHER and SEEN, (sentences, 3, 3)
        np.stack([of_unseen.sum(-1), of_lowercased.entities.sum(-1), of_seen.sum(-1)], -1)
        for (of_seen, of_unseen), of_lowercased in zip(by_seen, lowercased or counts, strict=True)
    ]
    estimates = np.concatenate(  # (taggers + 1, metrics, 3)
        [estimate(counts, *draws)[:, : len(METRICS)], estimate_entities(further, *draws)], axis=1
    )
    metrics, score_rows = {}, []
    for index, metric in enumerate([*METRICS, *FURTHER, SEEN]):
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


def _count_lowercased(
    paths: Paths,
    params: Params,
    test: Examples,
    sentences: list[list[str]],
    taggers: dict[str, Tagger],
    embedder: Embedder,
) -> list[Counts] | None:
    """Count the predictions for the test split in lower case; None if the taggers read nothing of the case."""
    tagger, lemmatize = next(iter(taggers.values())), None
    if not params.protocol.lowercase:
        lemmatize = Lemmatizer(paths.udpipe, Normalization(False, params.protocol.lemmas)).lemmatize_tokens
    with in_lower_case(paths.features, test.features, sentences, lemmatize, embedder, tagger.sizes) as features:
        return [test.count_tags(predict(x, features)) for x in taggers.values()] if features else None
