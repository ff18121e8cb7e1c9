"""The tagger in numpy gives what torch gives, whatever its settings: scores, tags, confidences."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from pipeline.light.marginals import span_probabilities
from pipeline.light.packed import Packed
from pipeline.light.spans import find_spans
from pipeline.light.tagger import Tagger
from pipeline.ner.data.bio import bio_labels
from pipeline.ner.scoring import scores
from pipeline.ner.tagging.marginals import scale_scores, span_log_probabilities
from pipeline.ner.tagging.surface import read_letters
from tests.ner.drawn import make_tagger

LABELS = bio_labels(["PER", "LOC", "ORG"])
WIDTH = 12
LENGTHS = np.array([30, 9, 9, 4, 1, 1])
WORDS = ["Вера", "вера", "ВЕРА", ".", "", "2019", "Нижегородско-Владимирская", "йcк", "a\0b", "\ud800", "x" * 22]
SURFACE = {"surface": 7, "characters": "\x02\x03АВЕРаверс"}
SETTINGS: dict[str, dict[str, Any]] = {
    "paper": {"layers": 2},
    "features alone": {"layers": 0},
    "bottleneck": {"layers": 1, "bottleneck": 5},
    "full": {"layers": 1, "bottleneck": 5, "standardise": True, "features": "states"} | SURFACE,
    "mix": {"layers": 1, "features": "mix", "lm_layers": 3, "standardise": True} | SURFACE,
    "all": {"layers": 0, "features": "all", "lm_layers": 3, "bottleneck": 4} | SURFACE,
}


@pytest.mark.parametrize("settings", SETTINGS)
def test_scores_tags_and_confidences_are_those_of_torch(tmp_path: Path, settings: str) -> None:
    torch.manual_seed(1)
    module = make_tagger(LABELS, WIDTH, **SETTINGS[settings]).eval()
    for parameter in module.parameters():
        parameter.data += 0.5 * torch.randn_like(parameter)
    if module.sizes.standardise:
        module.mean.normal_()
        module.deviation.uniform_(0.1, 2)
    module.save(tmp_path)
    light, places = Tagger(tmp_path), Packed(LENGTHS)
    random, tokens = np.random.default_rng(1), int(LENGTHS.sum())
    vectors, words = random.normal(size=(tokens, WIDTH)).astype(np.float32), random.choice(WORDS, tokens).tolist()

    lengths = torch.from_numpy(LENGTHS)
    with torch.no_grad():
        emissions = module.emissions(torch.from_numpy(vectors), lengths, torch.from_numpy(read_letters(words)))
        tags = module.best(emissions, lengths).numpy()  # (tokens,)
    computed = light(vectors[places.order], words, places)  # (tokens, labels)
    np.testing.assert_allclose(computed, emissions.numpy()[places.sentence, places.time], atol=1e-5, rtol=1e-5)
    np.testing.assert_array_equal(light.crf.best(computed, places), tags[places.order])

    spans = scores.find_spans(tags, LENGTHS, LABELS)
    expected = span_log_probabilities(scale_scores(module.crf, emissions.double(), lengths, 1.7), spans).exp().numpy()
    probabilities = span_probabilities(light.crf, computed, 1.7, places, find_spans(tags, LENGTHS, LABELS))
    assert probabilities.tolist() == pytest.approx(expected.tolist(), abs=1e-5) and len(expected) > 2


@given(st.data())
def test_spans_of_any_tags_are_those_of_the_scores(data: st.DataObject) -> None:
    lengths = np.array(data.draw(st.lists(st.integers(1, 5), min_size=1, max_size=4)))
    size = int(lengths.sum())
    tags = np.array(data.draw(st.lists(st.integers(0, len(LABELS) - 1), min_size=size, max_size=size)))
    for ours, theirs in zip(find_spans(tags, lengths, LABELS), scores.find_spans(tags, lengths, LABELS), strict=True):
        np.testing.assert_array_equal(ours, theirs)
