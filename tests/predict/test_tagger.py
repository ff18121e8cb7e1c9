"""Texts to spans: in order, the same in any company and in any pieces, by several threads, in little memory."""

import io
import random
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.predict import Span, TextTagger, load
from pipeline.predict import pieces as cutting
from pipeline.predict import tagger as tagging
from pipeline.predict.pieces import Piece, cut
from pipeline.predict.read import read_text
from tests.predict.conftest import World

WORDS = ["Анна", "Смирнова", "уехала", "в", "Москву", ".", ",", "«", "Заря", "»", "город", "Иван", "Казани", "и", "\n"]
PIECES = [*WORDS, " ", "\u00a0", "\r\n", "\u2028", "\x85", "\x1c", "İ", "при\u00adвет", "\u0301", "\u200b", "\ufeff"]
PIECES += ["😀", "👩\u200d👧", "\0", "\ud800", "<S>", "</S>", "a" * 60, "1,5", "Санкт-Петербург", "...", "\t"]


def drawn(seed: int, words: int) -> str:
    return " ".join(random.Random(seed).choices(WORDS, k=words))


def facts(spans: list[Span]) -> list[tuple[int, int, str, str]]:
    return [(span.start, span.stop, span.type, span.text) for span in spans]


@given(st.lists(st.sampled_from(PIECES) | st.text(max_size=4), max_size=30).map("".join))
@settings(max_examples=40)
def test_whatever_the_text_spans_are_pieces_of_it_in_order(tagger: TextTagger, text: str) -> None:
    last = 0
    for span in tagger(text):
        assert last <= span.start < span.stop and text[span.start : span.stop] == span.text == span.text.strip()
        assert span.type in tagger.types and 0 <= span.confidence <= 1
        last = span.stop


def test_texts_are_answered_in_order_and_as_each_alone(tagger: TextTagger) -> None:
    texts = ["", *(drawn(seed, words) for seed, words in enumerate([1, 40, 3, 0, 200, 7, 1, 12])), " \n "]
    together = list(tagger(iter(texts)))
    assert len(together) == len(texts) and sum(map(len, together)) > 5
    for text, spans in zip(texts, together, strict=True):
        alone = tagger(text)
        assert facts(spans) == facts(alone)
        assert [span.confidence for span in spans] == pytest.approx([span.confidence for span in alone], abs=1e-4)


def check_pieces(pieces: list[Piece], text: str, longest: int) -> None:
    """Joined, the pieces are the text; each starts where it says, and only the last one is marked as such."""
    assert "".join(piece.text for piece in pieces) == text and max(len(piece.text) for piece in pieces) <= longest
    assert [piece.start for piece in pieces] == list(np.cumsum([0, *(len(p.text) for p in pieces)])[:-1])
    assert [piece.last for piece in pieces] == [False] * (len(pieces) - 1) + [True]
    assert all(piece.start for piece in pieces[1:])


@given(st.lists(st.sampled_from([*PIECES, "а" * 40]), max_size=40).map("".join), st.integers(1, 30))
@settings(max_examples=50)
def test_pieces_are_the_text_given_or_read(text: str, longest: int) -> None:
    readable = text.replace("\ud800", "").replace("\0", "")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cutting, "LONGEST", longest)
        check_pieces([*cut(text)], text, longest)
        file = io.BytesIO(readable.encode())
        pieces = [*read_text(file, "file", pytest.fail)]
        check_pieces(pieces, readable.removeprefix("\ufeff"), longest)


@pytest.mark.parametrize(
    "text",
    [
        "Вчера суд посёлка оштрафовал Лидию Шумян и пока не решил. ",
        "Вчера суд посёлка оштрафовал Л. Шумян и пока не решил, ",
        "вчера суд посёлка оштрафовал Лидию Шумян и пока не решил ",
    ],
)
def test_a_long_line_is_cut_between_sentences_or_where_no_name_goes_on(text: str) -> None:
    for shift in range(len(text)):
        pieces = [*cut("ы" * shift + " " + text * (3 * cutting.LONGEST // len(text)))]
        assert len(pieces) > 2 and all(len(piece.text) > cutting.LONGEST - cutting.TAIL for piece in pieces[:-1])
        assert not any(re.match("Шумян|Лидию|Л\\.", piece.text) for piece in pieces[1:])


def test_texts_are_read_as_they_are_asked_for(tagger: TextTagger, monkeypatch: pytest.MonkeyPatch) -> None:
    """An endless stream is answered, after as much of it as one pool holds."""
    monkeypatch.setattr(tagging, "POOL_PIECES", 50)
    taken = 0

    def endless() -> Iterator[str]:
        nonlocal taken
        while True:
            taken += 1
            yield f"Анна уехала в город {taken}."

    first = list(islice(tagger(endless()), 5))
    assert len(first) == 5 and taken <= 50


def test_threads_may_share_it(world: World, tagger: TextTagger) -> None:
    texts = [drawn(seed, 40) + f" слово{seed}" for seed in range(6)]
    expected = [facts(tagger(text)) for text in texts]
    shared = load(world.exported)  # whose table of types is empty
    with ThreadPoolExecutor(4) as threads:
        spans = list(threads.map(lambda text: facts(shared(text)), texts * 2))
    assert spans == expected * 2


def test_a_sentence_of_any_length_is_read_in_parts(tagger: TextTagger) -> None:
    text = "Анна уехала в Москву, " * 500
    spans = tagger(text)
    assert spans and spans[-1].stop > len(text) * 0.9
