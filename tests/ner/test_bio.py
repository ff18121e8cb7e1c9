import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.ner.bio import Span, bio_labels, bio_spans, repair
from tests.ner.drawn import drawn

LABELS = bio_labels(["PER", "LOC"])
TAGS = st.lists(st.sampled_from(LABELS), max_size=12)


def spans_bio(spans: list[Span], length: int) -> list[str]:
    """The way back: the tags of a sentence of `length` tokens."""
    tags = ["O"] * length
    for start, stop, type_ in spans:
        tags[start:stop] = [f"B-{type_}"] + [f"I-{type_}"] * (stop - start - 1)
    return tags


@pytest.mark.parametrize(
    ("sentence", "spans"),
    [
        ("Москва|B-LOC , столица|O", [(0, 1, "LOC")]),
        ("Нижний|B-LOC Новгород|I-LOC стоит", [(0, 2, "LOC")]),
        ("Иван|B-PER Пётр|B-PER", [(0, 1, "PER"), (1, 2, "PER")]),
        ("Иван|B-PER Москва|I-LOC", [(0, 1, "PER"), (1, 2, "LOC")]),
        ("в Нижнем|I-LOC Новгороде|I-LOC", [(1, 3, "LOC")]),
        ("дождь", []),
    ],
)
def test_spans_of_a_sentence(sentence: str, spans: list[tuple[int, int, str]]) -> None:
    assert bio_spans(drawn(sentence).tags) == [Span(*span) for span in spans]


@pytest.mark.parametrize(
    ("before", "after", "orphans", "type_changes"),
    [
        ("B-LOC I-LOC O", "B-LOC I-LOC O", 0, 0),
        ("I-LOC I-LOC O", "B-LOC I-LOC O", 1, 0),
        ("O I-PER I-PER", "O B-PER I-PER", 1, 0),
        ("B-PER I-LOC I-LOC", "B-PER B-LOC I-LOC", 0, 1),
        ("I-PER I-LOC I-PER", "B-PER B-LOC B-PER", 1, 2),
    ],
)
def test_repair_counts_what_it_repairs(before: str, after: str, orphans: int, type_changes: int) -> None:
    assert repair(before.split()) == (after.split(), orphans, type_changes)


@given(TAGS)
def test_repair_keeps_the_entities_and_is_done_once(tags: list[str]) -> None:
    repaired = repair(tags)
    assert bio_spans(repaired.tags) == bio_spans(tags)
    assert repair(repaired.tags) == (repaired.tags, 0, 0)


@given(TAGS)
def test_tags_to_spans_and_back(tags: list[str]) -> None:
    legal = repair(tags).tags
    assert spans_bio(bio_spans(legal), len(legal)) == legal


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(1, 3), st.sampled_from(["PER", "LOC"])), max_size=5))
def test_spans_to_tags_and_back(gaps: list[tuple[int, int, str]]) -> None:
    spans, end = [], 0
    for gap, length, type_ in gaps:
        spans.append(Span(end + gap, end + gap + length, type_))
        end += gap + length
    assert bio_spans(spans_bio(spans, end + 1)) == spans
