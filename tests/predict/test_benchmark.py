"""benchmarks/predict.py: what is found in characters is scored in tokens; a tagger in another process says the same."""

from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from benchmarks.predict import (
    LABELS,
    ON_TORCH,
    Child,
    find_commands,
    keep_types,
    our_command,
    parse_test,
    tag_tokens,
)
from benchmarks.tagging import PARTS
from pipeline.errors import UserError
from pipeline.ner.data.bio import bio_spans, repair
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


@pytest.mark.slow
def test_ours_says_in_a_process_of_its_own_what_it_says_here(
    world: World, tagger: TextTagger, capsys: pytest.CaptureFixture[str]
) -> None:
    name = "ours"
    commands = find_commands({name: world.exported}, "/nowhere/python")
    assert list(commands) == [name, f"{name}{ON_TORCH}"]
    assert capsys.readouterr().err.startswith("natasha: not found by /nowhere/python; pip install '.[natasha]', or")
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
