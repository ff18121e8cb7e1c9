"""Unseen entities, after Augenstein et al. (2017): a tagger cannot have learned them by heart.

The text of an entity is its tokens in lower case, joined by a space. It is seen if the training split has it as an
entity, of any type. Gold and predicted entities with a seen text are left out, and the others are scored as entity F1
scores all: a hit has exact borders and type.
"""

from collections.abc import Collection, Iterable, Sequence

import numpy as np

from pipeline.ner.data.bio import bio_spans
from pipeline.ner.data.corpus import Sentence
from pipeline.ner.scoring.scores import Integers, Spans, count_entities, find_spans


def entity_texts(sentences: Iterable[Sentence]) -> set[str]:
    """Return the text of every gold entity."""
    return {_text(tokens, start, stop) for tokens, _, tags in sentences for start, stop, _ in bio_spans(tags)}


def count_unseen(
    gold: Integers,
    predicted: Integers,
    lengths: Integers,
    labels: list[str],
    sentences: Sequence[Sequence[str]],
    seen: Collection[str],
) -> Integers:
    """Count hits, gold and predicted entities whose text is not among the `seen`, int64 (sentences, 3, types).

    The first four arguments are those of `count`; `sentences` are the tokens that they label.
    """

    def leave_unseen(tags: Integers) -> Spans:
        spans = find_spans(tags, lengths, labels)
        rows = zip(*(column.tolist() for column in spans[:3]), strict=True)
        unseen = [_text(sentences[number], start, stop) not in seen for number, start, stop in rows]
        return spans.select(np.array(unseen, dtype=np.bool_))

    return count_entities(leave_unseen(gold), leave_unseen(predicted), len(lengths), labels)


def _text(tokens: Sequence[str], start: int, stop: int) -> str:
    return " ".join(tokens[start:stop]).lower()
