"""metrics/report.html as a browser reads it, and its pictures."""

import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

from pipeline.ner.data.bio import bio_spans
from pipeline.ner.data.corpus import read_split
from pipeline.ner.scoring.scores import count, score_types, spread_types
from pipeline.ner.scoring.tested import read_tested
from pipeline.paths import Paths
from pipeline.report.colours import COLOURS
from pipeline.report.mistakes import RIGHT, WRONG
from pipeline.report.plots.curves import draw_epochs
from pipeline.report.plots.types import type_shares
from tests.browser import LAYOUTS, check_layout
from tests.pages import Page
from tests.report.conftest import DRAWN, copied, edited, make_report, read_all
from tests.report.world import BOOTSTRAP, SEEDS, TOKENS, TYPES

if TYPE_CHECKING:
    from selenium.webdriver import Chrome


def test_it_is_well_formed_and_needs_nothing_else(reported: Paths, page: Page) -> None:
    page.check()
    title = "Report of an experiment: named entities with architecture lstm, scale demo"
    assert page.titles[:2] == [title, "Named entities, test split"]
    assert len(page.pictures) == 1 + 4 * len(TYPES) and all(page.pictures)
    markdown = (reported.metrics / "report.md").read_text(encoding="utf-8")
    assert page.examples and "Sentence " not in markdown  # which has no test sentences
    links = re.findall(r"\((plots/[^)]+)\)", markdown)
    files = {f"plots/{path.name}" for path in (reported.metrics / "plots").iterdir()}
    assert {*links} == files and len(files) == 2 * len(page.pictures)


def test_hostile_text_is_text(page: Page) -> None:
    assert not {"script", "iframe", "link"} & {*page.tags}
    assert all(token in page.text for token in TOKENS)
    assert "{{ 7 * 7 }}" in page.text


def test_a_second_run_elsewhere_writes_the_same_bytes(reported: Paths, copy: Callable[[str], Paths]) -> None:
    """Neither the time nor the machine is in them."""
    paths = copy("lstm")
    path = paths.metrics / "pretrain.json"
    with edited(path) as pretrained:
        pretrained["machine"] = {"hardware": "Other", "software": "other"}
        pretrained["lm"] |= {"minutes": 987.6, "tokens_per_second": 98765, "peak_memory_mb": 87654, "device": "cuda"}
    make_report(paths, "lstm", "demo", drawn=DRAWN)
    path.write_bytes((reported.metrics / "pretrain.json").read_bytes())
    assert read_all(paths.metrics) == read_all(reported.metrics)
    assert b"<dc:date>" not in (reported.metrics / "plots" / "lm.svg").read_bytes()


def test_sentences_are_shown_as_they_are_with_mistakes_first(reported: Paths, page: Page) -> None:
    for name, shown in zip(TYPES, page.examples, strict=True):
        sentences = [*read_split(reported.data / "ner" / name / "test.tsv")]
        gold = [bio_spans(sentence.tags) for sentence in sentences]
        files = [reported.data / "predictions" / name / f"seed-{seed}.txt" for seed in SEEDS]
        answers = [[bio_spans(line.split(" ")) for line in file.read_text("utf-8").splitlines()] for file in files]
        wrong = {i for i, spans in enumerate(gold) if any(of_seed[i] != spans for of_seed in answers)}
        right = {i for i, spans in enumerate(gold) if spans and i not in wrong}
        most_wrong = min(WRONG, len(wrong))
        assert len(shown) == most_wrong + min(RIGHT, len(right))
        assert {number - 1 for number in shown[:most_wrong]} <= wrong
        assert {number - 1 for number in shown[most_wrong:]} <= right
        assert f"Of the {len(wrong)} of {len(sentences)} test sentences" in page.text


def test_sentences_are_folded_by_the_type_of_most_of_their_mistakes(reported: Paths) -> None:
    html = (reported.metrics / "report.html").read_text(encoding="utf-8").partition("Test sentences</h2>")[2]
    for name, part in zip(TYPES, re.split("<h3>", html)[1:], strict=True):
        sentences = [*read_split(reported.data / "ner" / name / "test.tsv")]
        gold = [bio_spans(sentence.tags) for sentence in sentences]
        files = [reported.data / "predictions" / name / f"seed-{seed}.txt" for seed in SEEDS]
        answers = [[bio_spans(line.split(" ")) for line in file.read_text("utf-8").splitlines()] for file in files]
        folds = re.findall(r"<details><summary>(.+?): (\d+) sentences?</summary>(.*?)</details>", part, re.DOTALL)
        assert [title for title, *_ in folds] == [*(type_ for type_ in TYPES[name] if type_ in part), "No mistake"]
        for title, number, examples in folds:
            shown = [int(n) - 1 for n in re.findall(r"Sentence (\d+)", examples)]
            assert len(shown) == int(number)
            for i in shown:
                wrong = Counter(span.type for of_seed in answers for span in {*gold[i]} ^ {*of_seed[i]})
                assert wrong[title] == max(wrong.values()) if wrong else title == "No mistake"


def test_an_entity_has_the_colour_of_its_type(reported: Paths) -> None:
    html = (reported.metrics / "report.html").read_text(encoding="utf-8")
    entity = r'<strong class="entity(?: wrong)?" style="--type: (#\w+)">[^<]*</strong>(?:</em>)? <em>(\w+)(?: ✗)?</em>'
    shown = {type_: colour for colour, type_ in re.findall(entity, html)}
    assert shown == {type_: COLOURS[type_] for types in TYPES.values() for type_ in types}
    bars = (reported.metrics / "plots" / "wikineural.types.svg").read_text(encoding="utf-8")
    assert all(f"fill: {COLOURS[type_]}; opacity: 0.6" in bars for type_ in TYPES["wikineural"])


def test_types_have_the_intervals_of_a_slow_bootstrap(reported: Paths) -> None:
    split, taggers = read_tested(*(reported.data / kind / "multiconer" for kind in ("ner", "predictions")))
    random, names = np.random.default_rng(1), TYPES["multiconer"]
    draws = []
    for _ in range(BOOTSTRAP):
        drawn = random.integers(len(split.lengths), size=len(split.lengths))
        tokens = np.concatenate([np.arange(len(split.gold))[split.tokens(index)] for index in drawn])
        gold, lengths = split.gold[tokens], split.lengths[drawn]
        scores = [score_types(count(gold, tags[tokens], lengths, split.labels), split.labels) for tags in taggers.tags]
        draws.append([np.mean([of_seed[number].f1 for of_seed in scores]) for number in range(len(names))])
    spread = spread_types(taggers.counts, split.labels, BOOTSTRAP, seed=1)
    assert spread["type"] == names
    low, high = np.percentile(draws, [2.5, 97.5], axis=0)
    assert spread["low"] == pytest.approx(low) and spread["high"] == pytest.approx(high)
    f1 = [[row.f1 for row in score_types(counts, split.labels)] for counts in taggers.counts]
    assert spread["deviation"] == pytest.approx(np.std(f1, axis=0, ddof=1))


def test_the_kept_epochs_are_the_ringed_ones() -> None:
    rows = [(1, 1, 0.5, 0), (1, 2, 0.7, 0), (1, 3, 0.6, 1), (2, 1, 0.9, 0), (2, 2, 0.8, 0), (2, 3, 0.1, 1)]
    curves = pd.DataFrame(rows, columns=["seed", "epoch", "validation_entity_f1", "kept"])
    figure = draw_epochs(curves.assign(validation_token_f1=0.5), "Toy")
    (rings,) = [line for line in figure.axes[0].lines if line.get_color() == "white"]
    assert np.asarray(rings.get_xydata()).tolist() == [[3, 0.6], [3, 0.1]]
    assert "kept epochs: 3, 3" in figure.axes[0].get_xlabel()


def test_confusion_joins_b_and_i_and_shares_out_the_gold_tokens() -> None:
    labels = ["O", "B-PER", "I-PER", "B-LOC", "I-LOC"]
    counts = {("B-PER", "I-PER"): 2, ("I-PER", "B-LOC"): 1, ("I-PER", "O"): 1, ("O", "O"): 5}
    rows = [(gold, predicted, counts.get((gold, predicted), 0)) for gold in labels for predicted in labels]
    shares = type_shares(pd.DataFrame(rows, columns=["gold", "predicted", "count"]))
    assert list(shares.index) == list(shares.columns) == ["PER", "LOC", "O"]
    assert shares.to_numpy().tolist() == [[0.5, 0.25, 0.25], [0, 0, 0], [0, 0, 1]]


@pytest.mark.parametrize(("widths", "schemes"), LAYOUTS)
def test_it_fits_its_window(
    built: dict[str, Paths], reported: Paths, tmp_path: Path, browser: "Chrome", widths: Any, schemes: list[str]
) -> None:
    """At length, with all pictures."""
    paths = reported
    if len(schemes) > 1:
        paths = copied(built["lstm"], tmp_path)
        make_report(paths, "lstm", drawn=("",))
    browser.get((paths.metrics / "report.html").as_uri())
    check_layout(browser, widths, schemes)
