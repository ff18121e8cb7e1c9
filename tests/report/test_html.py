"""metrics/report.html: what a browser would make of it."""

import json
import re
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from pipeline.ner.data.bio import bio_spans
from pipeline.ner.data.corpus import read_split
from pipeline.ner.scoring.scores import count, score_types, spread_types
from pipeline.ner.scoring.tested import read_tested
from pipeline.report.readings import RIGHT, WRONG
from tests.pages import Page
from tests.report.conftest import World
from tests.report.world import BOOTSTRAP, RATES, SEEDS, TOKENS, TYPES


@pytest.fixture(scope="module")
def page(reported: World) -> Page:
    return Page.parse(reported.html)


def _read(world: World, file: str) -> str:
    return (world.metrics / file).read_text(encoding="utf-8")


def test_it_is_well_formed_and_needs_nothing_else(page: Page) -> None:
    page.check()
    assert page.titles[:2] == ["lstm, scale demo", "Named entities, test split"]
    assert len(page.pictures) == 1 + 4 * len(TYPES) and all(page.pictures)


def test_every_figure_is_that_of_the_metrics(reported: World, page: Page) -> None:
    rows = page.rows("Named entities, test split")
    facts, of_types = " ".join(page.facts), iter(rows[len(TYPES) :])
    for (name, types), row in zip(TYPES.items(), rows, strict=False):
        metrics: dict[str, float] = json.loads(_read(reported, f"ner/{name}.json"))[name]
        entity = f"{metrics['entity_f1']:.3f} ± {metrics['entity_f1_deviation']:.3f}"
        assert row[1] == str(len(SEEDS)) and row[4] == entity and entity in facts
        assert row[2] == f"{metrics['token_f1']:.3f} ± {metrics['token_f1_deviation']:.3f}"
        table = pd.read_csv(reported.metrics / "ner" / f"{name}.types.csv").set_index("type")
        for type_ in types:
            title, support, precision, recall, f1, _ = next(of_types)
            scores = table.loc[[type_]].to_dict("records")[0]
            assert (title, int(support)) == (type_, scores["support"])
            assert [precision, recall] == [f"{scores[key]:.3f}" for key in ("precision", "recall")]
            assert f1.startswith(f"{scores['f1']:.3f} ± ")
    lm = json.loads(_read(reported, "pretrain.json"))["lm"]
    assert f"{lm['perplexity']:.1f}" in page.facts and f"{lm['parameters_m']:.2f} M" in page.facts
    typos = pd.read_csv(reported.metrics / "ner" / "multiconer.typos.csv")
    assert [row[4] for row in page.rows("Typos, test split")][len(RATES) :] == [f"{v:.3f}" for v in typos["entity_f1"]]
    size = dict(page.rows("Language model"))
    charcnn = (262 * 2 + 4 * 2 + 4 + 4 * 8 + 8) / 1e6  # embeddings, a convolution, the projection: tests.report.world
    assert size["The char-CNN's share of both"] == f"{100 * charcnn / (charcnn + lm['parameters_m']):.1f} %"


def test_types_have_the_intervals_of_a_slow_bootstrap(reported: World) -> None:
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


def test_sentences_are_shown_as_they_are_with_mistakes_first(reported: World, page: Page) -> None:
    for name in TYPES:
        corpus = reported.data / "ner" / name
        sentences = list(read_split(corpus / "test.tsv"))
        predicted = [
            (reported.data / "predictions" / name / f"seed-{seed}.txt").read_text(encoding="utf-8").splitlines()
            for seed in SEEDS
        ]
        gold = [bio_spans(sentence.tags) for sentence in sentences]
        answers = [[bio_spans(of_seed[index].split(" ")) for of_seed in predicted] for index in range(len(sentences))]
        wrong = {i for i, spans in enumerate(gold) if any(s != spans for s in answers[i])}
        right = {i for i, spans in enumerate(gold) if spans and i not in wrong}
        shown = page.examples.pop(0)
        assert len(shown) == min(WRONG, len(wrong)) + min(RIGHT, len(right))
        assert {number - 1 for number in shown[: min(WRONG, len(wrong))]} <= wrong
        assert {number - 1 for number in shown[min(WRONG, len(wrong)) :]} <= right
        assert f"Of the {len(wrong)} of {len(sentences)} test sentences" in page.text


def test_hostile_text_is_text(reported: World, page: Page) -> None:
    assert not {"script", "iframe", "link"} & {*page.tags}
    assert all(token in page.text for token in TOKENS)
    assert "{{ 7 * 7 }}" in page.text and "&lt;script&gt;" in reported.html


def test_what_stands_in_the_char_cnns_place_is_called_by_its_name(copy: Callable[[str], World]) -> None:
    world = copy("charcnn")
    reading = {"characters": 50, "marks": False, "lemmas": "plain"}
    shape = {
        "encoder": "ngrams",
        "ngrams": {"lengths": [3], "buckets": 8, "width": 4},
        "projection": 8,
        "reading": reading,
    }
    (world.lm / "charcnn.json").write_text(json.dumps(shape))
    world.report("charcnn", "local")
    page = Page.parse(world.html)
    assert dict(page.rows("Language model"))["The n-gram encoder's share of both"] == "100.0 %"
    assert "The bare n-gram encoder has no recurrent layers" in page.text


def test_an_architecture_without_a_language_model_has_no_empty_section(reported_charcnn: World) -> None:
    page = Page.parse(reported_charcnn.html)
    page.check()
    assert "Language model, perplexity" not in page.facts
    assert dict(page.rows("Language model"))["The char-CNN's share of both"] == "100.0 %"
    assert len(page.pictures) == 4 * len(TYPES)
    assert "The data of scale demo are generated" not in page.text
    assert not re.search(r"\bnan\b|None", page.text)
