"""The probability of an entity against the slow and obvious: all label sequences, one by one."""

import numpy as np
import pytest
import torch
from torch import Tensor

from pipeline.ner.data.bio import bio_spans
from pipeline.ner.scoring.scores import Spans, find_spans
from pipeline.ner.tagging.crf import BioCrf
from pipeline.ner.tagging.marginals import scale_scores, span_log_probabilities
from tests.ner.test_crf import LABELS, draw_crf, path_score, paths

BEGIN = {type_: LABELS.index(f"B-{type_}") for type_ in ("PER", "LOC")}


@pytest.fixture
def crf() -> BioCrf:
    return draw_crf(3).double()


def every_span(length: int, sentence: int = 0) -> Spans:
    """All borders and types."""
    borders = [(start, stop) for start in range(length) for stop in range(start + 1, length + 1)]
    spans = [(sentence, *pair, begin, begin + 1) for pair in borders for begin in BEGIN.values()]
    return Spans(*np.array(spans, dtype=np.int64).T)


def rows(spans: Spans) -> list[tuple[int, ...]]:
    return list(zip(*(column.tolist() for column in spans), strict=True))


def counted(crf: BioCrf, emissions: Tensor, length: int, temperature: float) -> dict[tuple[int, ...], float]:
    """The probability of each entity, by the sequences that have it."""
    every = paths(length)
    weights = torch.stack([path_score(crf, emissions, path) / temperature for path in every]).softmax(0).tolist()
    sums: dict[tuple[int, ...], float] = {}
    for path, weight in zip(every, weights, strict=True):
        for span in bio_spans([LABELS[tag] for tag in path]):
            key = span.start, span.stop, BEGIN[span.type]
            sums[key] = sums.get(key, 0) + weight
    return sums


@pytest.mark.parametrize("temperature", [1.0, 0.5, 3.0])
@pytest.mark.parametrize("length", [1, 2, 3, 5])
def test_it_is_that_of_all_sequences_with_the_entity(crf: BioCrf, length: int, temperature: float) -> None:
    emissions = 2 * torch.randn(1, length, len(LABELS), dtype=torch.float64)
    spans = every_span(length)
    scores = scale_scores(crf, emissions, torch.tensor([length]), temperature)
    probabilities = span_log_probabilities(scores, spans).exp().tolist()
    expected = counted(crf, emissions[0], length, temperature)
    keys = [row[1:4] for row in rows(spans)]
    assert dict(zip(keys, probabilities, strict=True)) == pytest.approx(expected, abs=1e-12)


def test_a_sentence_is_the_same_in_any_company(crf: BioCrf) -> None:
    crf, lengths = crf.float(), [9, 2, 5, 1]
    emissions = 5 * torch.randn(4, 9, len(LABELS))
    together = scale_scores(crf, emissions, torch.tensor(lengths))
    for sentence, length in enumerate(lengths):
        alone = scale_scores(crf, emissions[sentence : sentence + 1, :length], torch.tensor([length]))
        in_company = span_log_probabilities(together, every_span(length, sentence))
        assert torch.allclose(in_company.exp(), span_log_probabilities(alone, every_span(length)).exp(), atol=1e-5)


def test_entities_of_certain_and_of_absurd_scores_are_probabilities(crf: BioCrf) -> None:
    emissions = 300 * torch.randn(50, 40, len(LABELS))
    lengths = torch.randint(1, 41, (50,))
    mask = torch.arange(40) < lengths.unsqueeze(1)
    tags = crf.float().best(emissions, mask)[mask].numpy()
    spans = find_spans(tags, lengths.numpy(), LABELS)
    log_p = span_log_probabilities(scale_scores(crf, emissions, lengths), spans)
    assert len(log_p) > 100 and log_p.isfinite().all() and (log_p <= 0).all()
    assert log_p.exp().median() > 0.99  # such scores leave no doubt


def test_spans_are_those_of_the_tags() -> None:
    random = np.random.default_rng(1)
    lengths = random.integers(1, 9, size=60)
    tags = random.integers(len(LABELS), size=lengths.sum())  # illegal moves among them
    spans = find_spans(tags, lengths, LABELS)
    expected = [
        (number, start, stop, BEGIN[type_], BEGIN[type_] + 1)
        for number, sentence in enumerate(np.split(tags, lengths.cumsum()[:-1]))
        for start, stop, type_ in bio_spans([LABELS[tag] for tag in sentence])
    ]
    assert rows(spans) == expected
    assert spans.are_in(spans).all() and not spans.are_in(spans._replace(stop=spans.stop + 1)).any()
    chosen = [3, 10, 11]
    renumbered = [(chosen.index(row[0]), *row[1:]) for row in expected if row[0] in chosen]
    assert rows(spans.of_sentences(np.array(chosen))) == renumbered
