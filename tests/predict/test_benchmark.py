"""benchmarks/predict.py: what is found in characters is scored in tokens; a tagger in another process says the same."""

import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from benchmarks.predict import (
    LABELS,
    ON_TORCH,
    Child,
    compare_runtimes,
    compare_scores,
    draw_speeds,
    find_commands,
    keep_types,
    our_command,
    parse_test,
    tag_tokens,
)
from benchmarks.tagging import BATCHES, NATASHA, PARTS, Spans
from pipeline.errors import UserError
from pipeline.ner.data.bio import bio_spans, repair
from pipeline.ner.data.lines import RawSentence
from pipeline.predict import TextTagger
from tests.predict.conftest import World

TOKENS = st.text(st.characters(exclude_characters=" ", exclude_categories=["Cs"]), min_size=1, max_size=5)


@given(st.lists(st.tuples(TOKENS, st.sampled_from(LABELS)), max_size=12))
@settings(max_examples=40)
def test_tags_come_back_from_their_characters(drawn: list[tuple[str, str]]) -> None:
    tokens, tags = [token for token, _ in drawn], repair([tag for _, tag in drawn]).tags
    starts = [len(" ".join(tokens[:i])) + bool(i) for i in range(len(tokens))]
    spans = [(starts[x.start], starts[x.stop - 1] + len(tokens[x.stop - 1]), x.type, 1.0) for x in bio_spans(tags)]
    assert tag_tokens(tokens, spans) == tags


@given(st.lists(TOKENS, min_size=1, max_size=6), st.data())
@settings(max_examples=40)
def test_a_span_has_the_tokens_that_it_touches(tokens: list[str], data: st.DataObject) -> None:
    text = " ".join(tokens)
    start, stop = sorted(data.draw(st.tuples(st.integers(0, len(text)), st.integers(0, len(text)))))
    assume(text[start:stop].strip(" ") and text[start] != " " and text[stop - 1] != " ")
    ends = [-1, *(len(" ".join(tokens[: i + 1])) for i in range(len(tokens)))]
    touched = [a + 1 < stop and start < b for a, b in pairwise(ends)]
    tags = tag_tokens(tokens, [(start, stop, "LOC", 1.0)])
    assert [tag != "O" for tag in tags] == touched and next(tag for tag in tags if tag != "O") == "B-LOC"


def test_types_that_are_not_compared_are_left_out() -> None:
    assert keep_types(["I-PER", "B-MISC", "I-MISC", "I-LOC"]) == ["B-PER", "O", "O", "B-LOC"]
    assert tag_tokens(["а", "б"], [(0, 1, "MISC", 1.0), (0, 3, "ORG", 1.0)]) == ["B-ORG", "I-ORG"]


def test_a_test_file_has_a_format() -> None:
    assert parse_test("wikineural:a:b.conll") == ("wikineural", Path("a:b.conll"))
    with pytest.raises(UserError, match=r"--test: found b.conll, expected FORMAT:FILE, the format one of conll2003, "):
        parse_test("b.conll")


class Says(Child):
    """A tagger that finds the same in every list of texts."""

    def __init__(self, *spans: Spans) -> None:
        self._spans = spans

    def ask(self, texts: list[str]) -> dict[str, Any]:
        return {"spans": self._spans[: len(texts)]}


GOLD = [
    RawSentence(["Анна", "Орлова", "здесь"], ["B-PER", "I-PER", "O"]),
    RawSentence(["Омск"], ["B-LOC"]),
]


def test_numpy_and_torch_are_compared_by_entity() -> None:
    light = Says([(0, 11, "PER", 0.9), (12, 17, "LOC", 0.5)], [(0, 4, "LOC", 0.75)])
    torch = Says([(0, 11, "PER", 0.9)], [(0, 4, "LOC", 0.5)])
    row = compare_runtimes({"ours": light, f"ours{ON_TORCH}": torch}, "ours", "test", GOLD)
    assert row["sentences"] == 2 and row["entities"] == 3 and row["found by one only"] == 1
    assert row["largest difference of a confidence"] == 0.25
    nothing = Says([], [])
    row = compare_runtimes({"ours": nothing, f"ours{ON_TORCH}": torch}, "ours", "test", GOLD)
    assert row["found by one only"] == 2 and row["largest difference of a confidence"] == 0


def test_the_picture_has_every_tagger_at_its_speed_and_score() -> None:
    """natasha in batches finds what it finds one by one; torch is in the tables only."""
    half = Says([(0, 11, "PER", 0.9), (12, 17, "LOC", 0.5)], [])
    right = Says([(0, 11, "PER", 0.9)], [(0, 4, "LOC", 0.5)])
    children = {"ours": half, f"ours{ON_TORCH}": half, NATASHA: right, BATCHES: right}
    scores = [row for test in ("first", "second") for row in compare_scores(children, test, GOLD)]
    costs = [{"tagger": name, "tokens/s": speed} for speed, name in enumerate(children, start=1)]
    [axes] = draw_speeds(costs, scores).axes
    points = [[float(np.ravel(x)[0]) for x in line.get_data()] for line in axes.lines]
    assert points == [[1, pytest.approx(0.5)], [3, 1], [4, 1]]
    assert [text.get_text().replace("\n", " ") for text in axes.texts] == ["ours", NATASHA, BATCHES]
    assert axes.get_title() == "Entity F1 on first, 95 % intervals"


@pytest.mark.slow
def test_ours_says_in_a_process_of_its_own_what_it_says_here(world: World, tagger: TextTagger) -> None:
    name = "ours"
    with pytest.raises(UserError, match=r"natasha: not found by /nowhere/python; pip install '.\[natasha\]', or"):
        find_commands({name: world.exported}, "/nowhere/python")
    commands = find_commands({name: world.exported}, sys.executable)
    assert list(commands)[:2] == [name, f"{name}{ON_TORCH}"]
    texts = ["Анна Смирнова уехала в Москву.", "", "Иван Петров живёт в Казани."]
    with Child.start(commands[name]) as child:
        answer, sizes = child.ask(texts), child.ask([])
    with Child.start(our_command(PARTS, world.exported)) as child:
        again, parts = child.ask(texts), child.ask([])
    assert again["spans"] == answer["spans"] and len(parts) == 6 and sum(parts.values()) < again["cpu"]
    spans = [[[x.start, x.stop, x.type, x.confidence] for x in entities] for entities in tagger(iter(texts))]
    assert answer["spans"] == spans and any(spans) and answer["cpu"] > 0 < answer["wall"]
    files = [path for path in world.exported.rglob("*") if path.is_file()]
    assert sizes["model"] == sum(path.stat().st_size for path in files) < sizes["packages"]
    assert sizes["peak"] > 50e6
