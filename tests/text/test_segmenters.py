"""Sentences by the pack's real UDPipe model; test_extend.py has another language's."""

from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.errors import UserError
from pipeline.files.shards import Document, read_documents, write_shards
from pipeline.paths import Paths
from pipeline.stages import sentences
from pipeline.text.sentences import UdpipeSegmenter, split_document
from pipeline.text.whitespace import fold
from tests.pack import PACK, needs_pack
from tests.params import make_params

MODEL = PACK / "udpipe/russian-small.udpipe"


@pytest.fixture(scope="session")
def segmenter() -> UdpipeSegmenter:
    return UdpipeSegmenter(MODEL)


@needs_pack
@pytest.mark.parametrize(
    "case",
    [
        "В Крыму тепло. | В Москве дождь.",
        "Банк открыл отделение. | Других данных нет! | Что дальше?",
        "без знаков препинания",
        "Ура 😀! | Всё хорошо.",
        "",
    ],
)
def test_drawn_cases(case: str, segmenter: UdpipeSegmenter) -> None:
    result = split_document(segmenter, Document("1", "", [case.replace(" | ", " ")]), Counter())
    assert (result.lines if result else []) == [part for part in case.split(" | ") if part]


@needs_pack
@settings(deadline=None, max_examples=100)
@given(st.lists(st.text(max_size=60).map(fold).filter(bool)))
def test_no_word_is_lost_or_moved(segmenter: UdpipeSegmenter, paragraphs: list[str]) -> None:
    counts: Counter[str] = Counter()
    result = split_document(segmenter, Document("1", "", paragraphs), counts)
    assert " ".join(result.lines if result else []) == " ".join(paragraphs)


@needs_pack
def test_the_stage_splits_by_the_model_it_is_given(tmp_path: Path) -> None:
    """A headline without a full stop: razdel ends no sentence in it, this model takes a capital for a beginning."""
    article = Document("1", "", ["Нургалиев уволил начальника УВД Томской области"])
    paths = Paths(tmp_path)
    for folder in (paths.documents, paths.udpipe.parent):
        folder.mkdir(parents=True)
    write_shards([article], paths.documents, megabytes=1)
    paths.udpipe.symlink_to(MODEL)
    lines = {}
    for segmenter in ("razdel", "udpipe"):
        sentences.run(paths, make_params({"text.segmenter": segmenter}))
        (document,) = read_documents(paths.sentences)
        lines[segmenter] = document.lines
    assert lines["razdel"] == article.lines
    assert len(lines["udpipe"]) == 2 and " ".join(lines["udpipe"]) == article.lines[0]


@needs_pack
@pytest.mark.parametrize("content", [None, b"not a model"])
def test_what_is_no_model_is_named(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "model.udpipe"
    if content:
        path.write_bytes(content)
    with pytest.raises(UserError, match=r"model\.udpipe: not (found|a UDPipe 1 model); expected a file such"):
        UdpipeSegmenter(path)
