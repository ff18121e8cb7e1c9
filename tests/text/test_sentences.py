"""Sentences by razdel and by the pack's real UDPipe model; test_extend.py has another language's."""

from collections import Counter
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.files.shards import Counts, Document, read_documents, write_shards
from pipeline.paths import Paths
from pipeline.stages import sentences
from pipeline.text.sentences import Segmenter, UdpipeSegmenter, split_by_razdel, split_document
from pipeline.text.whitespace import fold
from tests.params import make_params
from tests.text.conftest import DEMO_MODEL, find_model
from tests.text.news import link_model

BOTH = ["razdel", "udpipe"]


@cache
def load_segmenter(name: str) -> Segmenter:
    return split_by_razdel if name == "razdel" else UdpipeSegmenter(find_model())


def split(segmenter: str, paragraphs: list[str]) -> tuple[list[str], Counts]:
    counts: Counts = Counter()
    result = split_document(load_segmenter(segmenter), Document("1", "", paragraphs), counts)
    return result.lines if result else [], counts


@pytest.mark.parametrize(
    "segmenter, case",
    [
        *((segmenter, "В Крыму тепло. | В Москве дождь.") for segmenter in BOTH),
        *((segmenter, "без знаков препинания") for segmenter in BOTH),
        ("razdel", "Об этом сообщил А. С. Иванов. | Других данных нет!"),
        ("razdel", "В г. Чебоксары, ул. Ленина, д. 5, прошёл митинг."),
        ("razdel", "«Мы готовы», — сказал он. | Так и было..."),
        ("razdel", "В 2012 г. рост составил 3.5 процента. | Что дальше?"),
        ("udpipe", "Банк открыл отделение. | Других данных нет! | Что дальше?"),
        ("udpipe", "Ура 😀! | Всё хорошо."),
        ("udpipe", ""),
    ],
)
def test_drawn_cases(segmenter: str, case: str) -> None:
    lines, _ = split(segmenter, [case.replace(" | ", " ")])
    assert " | ".join(lines) == case


def test_a_heading_is_a_sentence_of_its_own_because_paragraphs_are_split_one_by_one() -> None:
    lines, counts = split("razdel", ["Погода", "В Крыму тепло. В Москве дождь."])
    assert lines == ["Погода", "В Крыму тепло.", "В Москве дождь."]
    assert counts == {
        "documents_read": 1,
        "documents_kept": 1,
        "documents_dropped_empty": 0,
        "paragraphs_read": 2,
        "sentences": 3,
        "words_read": 7,
        "words": 7,
    }


TEXT = st.text(st.sampled_from("аБ1 .!?«»()-—…\u200b\"';:") | st.characters(exclude_categories=["Cs"]), max_size=60)


@pytest.mark.parametrize("segmenter", BOTH)
@given(paragraphs=st.lists(TEXT.map(fold).filter(bool)))
def test_no_word_is_lost_or_moved(segmenter: str, paragraphs: list[str]) -> None:
    lines, counts = split(segmenter, paragraphs)
    assert " ".join(lines) == " ".join(paragraphs)
    assert counts["words"] == counts["words_read"] == sum(len(paragraph.split()) for paragraph in paragraphs)
    assert counts["documents_read"] == counts["documents_kept"] + counts["documents_dropped_empty"] == 1


def test_the_stage_splits_by_the_model_it_is_given(tmp_path: Path) -> None:
    """The demo's model, unlike razdel, has never seen an abbreviation."""
    paths, lines = Paths(tmp_path), []
    paths.documents.mkdir(parents=True)
    write_shards([Document("1", "", ["В 2012 г. рост составил 3 процента."])], paths.documents, megabytes=1)
    link_model(paths, DEMO_MODEL)
    for segmenter in BOTH:
        sentences.run(paths, make_params({"text.segmenter": segmenter}))
        lines += [document.lines for document in read_documents(paths.sentences)]
    assert lines == [["В 2012 г. рост составил 3 процента."], ["В 2012 г.", "рост составил 3 процента."]]
