"""Temperatures that are known beforehand, and figures counted by hand."""

import numpy as np
import pytest
import torch

from pipeline.ner.data.bio import bio_labels
from pipeline.ner.scoring.calibration import COLDEST, HOTTEST, Judged, choose, fit_temperature, log_loss, reliability
from pipeline.ner.scoring.scores import find_spans
from pipeline.ner.tagging.crf import BioCrf

LABELS = bio_labels(["PER", "LOC"])
LENGTH = 6


def judged_at(temperature: float, sentences: int = 2000) -> Judged:
    """The best entities of random sentences, right as often as a CRF of that temperature says."""
    torch.manual_seed(5)
    crf = BioCrf(LABELS)
    for parameter in crf.parameters():
        torch.nn.init.normal_(parameter)
    crf.double().forbid()
    emissions = 2 * torch.randn(sentences, LENGTH, len(LABELS), dtype=torch.float64)
    tags = crf.best(emissions, torch.ones(sentences, LENGTH, dtype=torch.bool)).flatten().numpy()
    lengths = np.full(sentences, LENGTH)
    spans = find_spans(tags, lengths, LABELS)
    judged = Judged(crf, [(emissions, torch.from_numpy(lengths), spans)], np.zeros(0, dtype=bool), 0)
    chance = np.random.default_rng(2).random(len(spans.sentence))
    return judged._replace(right=chance < judged.confidences(temperature))


@pytest.mark.parametrize("temperature", [0.6, 1.0, 2.5])
def test_the_temperature_is_found_and_calibrates(temperature: float) -> None:
    judged = judged_at(temperature)
    fitted = fit_temperature(judged)
    assert fitted == pytest.approx(temperature, rel=0.05)
    assert reliability(judged.confidences(fitted), judged.right)["ece"] < 0.02
    if temperature != 1:
        before, after = (reliability(judged.confidences(degrees), judged.right) for degrees in (1.0, fitted))
        assert before["ece"] > 3 * after["ece"] and before["log_loss"] > after["log_loss"]


def test_where_all_are_right_or_wrong_the_search_ends_somewhere() -> None:
    judged = judged_at(1.0, sentences=50)
    for value, border in ((True, COLDEST), (False, HOTTEST)):
        same = judged._replace(right=np.full(len(judged.right), value))
        assert fit_temperature(same) == pytest.approx(border, rel=0.01)


def test_without_entities_there_is_nothing_to_calibrate() -> None:
    nothing = Judged(BioCrf(LABELS), [], np.zeros(0, dtype=bool), 0)
    assert fit_temperature(nothing) == 1
    assert reliability(nothing.confidences(1.0), nothing.right) == {
        "entities": 0, "right": 0.0, "confidence": 0.0, "log_loss": 0.0, "ece": 0.0, "bins": [],
    }  # fmt: skip


def test_figures_are_those_counted_by_hand() -> None:
    confidences = np.array([0.05, 0.95, 1.0, 0.92])
    right = np.array([False, True, True, False])
    figures = reliability(confidences, right)
    assert [(b["low"], b["high"], b["entities"]) for b in figures["bins"]] == [(0.0, 0.1, 1), (0.9, 1.0, 3)]
    assert figures["bins"][1]["right"] == pytest.approx(2 / 3)
    assert figures["ece"] == pytest.approx((1 * 0.05 + 3 * abs(2 / 3 - 2.87 / 3)) / 4)
    assert log_loss(confidences, right) == pytest.approx(-np.log([0.95, 0.95, 1, 0.08]).mean())
    assert np.isfinite(log_loss(np.array([0.0, 1.0]), np.array([True, False])))


def test_thresholds_are_those_of_a_loop() -> None:
    confidences, right = np.array([0.45, 0.5, 0.9, 0.95, 0.7]), np.array([False, True, True, False, True])
    for row in (rows := choose(confidences, right, 8)):
        kept = [hit for confidence, hit in zip(confidences, right, strict=True) if confidence >= row["threshold"]]
        assert (row["precision"], row["recall"]) == (sum(kept) / len(kept), sum(kept) / 8)
    assert [row["threshold"] for row in rows] == [0, 0.5, 0.6, 0.7, 0.8, 0.9] and rows[0]["precision"] == 3 / 5
    assert choose(np.zeros(0), np.zeros(0, dtype=bool), 0)[-1] == {"threshold": 0.9, "precision": 0, "recall": 0}
