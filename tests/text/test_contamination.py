"""Sentences of a text that are in a test set, against a slow loop, on sentences written otherwise, and on real data."""

import re
from collections import Counter
from itertools import islice
from pathlib import Path
from unicodedata import normalize

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.files.json import read_json, write_json
from pipeline.files.shards import COUNTS, Document, read_documents, write_shards
from pipeline.ner.data.published import read_file
from pipeline.paths import Paths
from pipeline.stages import fragments
from pipeline.text.contamination import SentenceIndex, plain_words
from pipeline.text.plaintext import read_plaintext
from pipeline.text.sentences import split_by_razdel
from tests.pack import PACK, needs_pack
from tests.params import make_params

TEST = "«Ёлки» — российский фильм 2010 года, снятый Тимуром Бекмамбетовым."
LONG = "Снятый в Перми фильм «Ёлки» вышел на экраны в декабре 2010 года и собрал больше других."


@pytest.mark.parametrize(
    "sentence",
    [
        TEST.upper(),
        " ".join(re.findall(r"\w+|\S", TEST)),
        TEST.replace("Ё", "Е").strip("."),
        normalize("NFD", TEST).replace("фильм", "фи\u0301ль\u00adм"),
        f"Как известно, {LONG.lower()}",
        LONG.removesuffix(" и собрал больше других."),
    ],
)
def test_a_sentence_is_known_however_it_is_written(sentence: str) -> None:
    assert SentenceIndex([TEST, LONG]).find(["Другое предложение.", sentence]) == {1}


@pytest.mark.parametrize(
    "sentence", [f"{TEST} Да", "Российский фильм 2010 года", "Снятый в Перми фильм «Ёлки» вышел на экраны 5 января."]
)
def test_what_is_the_same_by_chance_is_not_known(sentence: str) -> None:
    assert SentenceIndex([TEST, LONG, "Да!", "", "Российский фильм 2010 года"]).find([sentence, "", "да"]) == set()


SLICE = st.tuples(st.integers(0, 24), st.integers(0, 14)).map(lambda x: [*range(x[0], x[0] + x[1])])
SENTENCES = st.lists(
    st.lists(SLICE, min_size=1, max_size=2).map(lambda x: " ".join(str(n) for part in x for n in part)), max_size=4
)
"""Sentences of one or two pieces of the same long one, so that many have runs of about ten words in common."""


@given(SENTENCES, SENTENCES)
def test_what_is_known_is_what_a_slow_loop_finds(tests: list[str], sentences: list[str]) -> None:
    def share_a_run(a: str, b: str) -> bool:
        starts = range(len(a.split()) - 9)
        return any(f" {' '.join(a.split()[start : start + 10])} " in f" {b} " for start in starts)

    def are_same(a: str, b: str) -> bool:
        return (a == b and len(a.split()) >= 6) or share_a_run(a, b)

    expected = {number for number, sentence in enumerate(sentences) if any(are_same(sentence, x) for x in tests)}
    assert SentenceIndex(tests).find(sentences) == expected


@pytest.mark.parametrize("leave_out", [True, False])
def test_the_stage_counts_test_sentences_and_leaves_them_out_if_asked(leave_out: bool, tmp_path: Path) -> None:
    paths = Paths(tmp_path)
    write_set(paths.raw_ner / "films", TEST)
    paths.sentences.mkdir(parents=True)
    lines = ["Начало.", TEST.lower(), "Конец.", "длинно " * 30 + "."]
    write_shards([Document("1", "", lines), Document("2", "", [TEST])], paths.sentences, 1)
    fragments.run(paths, make_params({"text.fragment_words": 20, "text.leave_out_tests": leave_out}))
    counts, written = (
        read_json(paths.fragments / COUNTS),
        [document.lines for document in read_documents(paths.fragments)],
    )
    assert (counts["sentences_read"], counts["sentences_dropped_long"]) == (5, 1)
    if leave_out:
        assert written == [["Начало. Конец."]]
        assert (counts["sentences_dropped_in_tests"], counts["sentences_in_tests"]) == (2, 0)
        assert (counts["words_dropped_in_tests"], counts["documents_dropped_empty"]) == (18, 1)
    else:
        assert written == [[f"Начало. {TEST.lower()} Конец."], [TEST]]
        assert (counts["sentences_dropped_in_tests"], counts["sentences_in_tests"]) == (0, 2)
        assert counts["words_dropped_in_tests"] == 0
    assert counts["words_read"] == sum(value for key, value in counts.items() if re.match("words_(kept|dropped)", key))


def write_set(folder: Path, sentence: str) -> None:
    folder.mkdir(parents=True)
    rows = "".join(f"{number}\t{token}\tO\n" for number, token in enumerate(re.findall(r"\w+|\S", sentence)))
    (folder / "test.conll").write_text(f"{rows}\n", encoding="utf-8")
    files = {"train": "train.conll", "validation": None, "test": "test.conll"}
    write_json(folder / "set.json", {"format": "wikineural", "files": files, "holdout": 0.1, "types": None})


@needs_pack
def test_real_news_has_no_test_sentence_until_one_is_put_in() -> None:
    path = PACK / "ner" / "wikineural_ru" / "test.conllu.gz"
    tests = [" ".join(sentence.tokens) for sentence in islice(read_file(path, "wikineural"), 4000)]
    index = SentenceIndex(tests)
    documents = islice(read_plaintext(PACK / "corpus" / "nerel_wikinews.txt.gz", Counter()), 100)
    news = [sentence for document in documents for line in document.lines for sentence in split_by_razdel(line)]
    assert len(news) > 1000 and index.find(news) == set()
    comparable = [n for n, test in enumerate(tests) if len(plain_words(test)) >= 6]
    assert len(comparable) > 3500
    assert index.find([test.replace(" ,", ",").replace(" .", ".").title() for test in tests]) == {*comparable}
