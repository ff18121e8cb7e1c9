"""Unseen entities, after Augenstein et al. (2017): a tagger cannot have learned them by heart.

The text of an entity is its tokens in lower case, joined by a space. It is seen if the training split has it as an
entity, of any type. Seen and unseen entities, gold and predicted, are scored apart, as entity F1 scores all: a hit has
exact borders and type.
"""

from collections.abc import Collection, Iterable, Sequence

import numpy as np

from pipeline.ner.data.bio import bio_spans
from pipeline.ner.data.corpus import Sentence
from pipeline.ner.scoring.scores import Integers, Spans, count_entities, find_spans


def entity_texts(sentences: Iterable[Sentence]) -> set[str]:
    """Return the text of every gold entity."""
    return {_text(tokens, start, stop) for tokens, _, tags in sentences for start, stop, _ in bio_spans(tags)}


def count_seen_and_unseen(
    gold: Integers,
    predicted: Integers,
    lengths: Integers,
    labels: list[str],
    sentences: Sequence[Sequence[str]],
    seen: Collection[str],
) -> tuple[Integers, Integers]:
    """Count hits, gold and predicted entities, each int64 (sentences, 3, types): those whose text is among the `seen`,
    and the others.

    The first four arguments are those of `count`; `sentences` are the tokens that they label.
    """

    def divide(tags: Integers) -> tuple[Spans, Spans]:
        spans = find_spans(tags, lengths, labels)
        rows = zip(*(column.tolist() for column in spans[:3]), strict=True)
        known = np.array(
            [_text(sentences[number], start, stop) in seen for number, start, stop in rows], dtype=np.bool_
        )
        return spans.select(known), spans.select(~known)

    of_gold, of_predicted = divide(gold), divide(predicted)
    of_seen, of_unseen = (
        count_entities(*pair, len(lengths), labels) for pair in zip(of_gold, of_predicted, strict=True)
    )
    return of_seen, of_unseen


def _text(tokens: Sequence[str], start: int, stop: int) -> str:
    return " ".join(tokens[start:stop]).lower()
