"""The pack's real model; a case draws the lemmas."""

from collections import Counter
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ufal.udpipe import InputFormat, ProcessingError, Sentence

from pipeline.errors import UserError
from pipeline.files.shards import Counts, Document
from pipeline.stages.lemmas import lemmatize_document
from pipeline.text.udpipe import Lemmatizer, Normalization
from tests.text.conftest import normalizing


@pytest.mark.parametrize(
    "case",
    [
        "в москве прошли выборы -> в москва пройти выборы",
        "россия и сша подписали договор. -> россия и сша подписать договор .",
        "<S> </S> <UNK> _ -> <s> </s> <unk> _",
    ],
)
def test_running_text(case: str, lemmatizer: Lemmatizer) -> None:
    text, lemmas = case.split(" -> ")
    assert lemmatizer.lemmatize_text(text) == lemmas.split(" ")


TEXT = "Банки России вели Дела в Москве"
NORMALIZED = {
    (True, True): "банк россия вести дело в москва",
    (True, False): "банки россии вели дела в москве",
    (False, True): "банк Россия вести дело в Москва",
    (False, False): "Банки России вели Дела в Москве",
}


@pytest.mark.parametrize(("lowercase", "lemmas"), NORMALIZED)
def test_what_a_protocol_makes_of_running_text_and_of_given_tokens(
    lowercase: bool, lemmas: bool, lemmatizer: Lemmatizer
) -> None:
    ours = normalizing(lemmatizer, lowercase, lemmas)
    expected = NORMALIZED[lowercase, lemmas].split(" ")
    assert ours.lemmatize_text(TEXT.lower() if lowercase else TEXT) == expected  # the stage before it lowers text
    assert ours.lemmatize_tokens(TEXT.split(" ")) == expected


LIKE_THEMSELVES = "\u200b|\u200c|😀|_|\u0301|#|<root>|\ufeff|__"
ODD = {"friedrich_i _": "friedrich_i__", "": "_", " ": "_", "\u00a0": "_", "а\tб": "а_б", "а\nб": "а_б", "\u2028": "_"}
ODD |= {"\0": "\ufffd", "а\0б": "а\ufffdб", "\ud800": "\ufffd", "<S>": "<S>", "</S>": "</S>", "<UNK>": "<UNK>"}


@pytest.mark.parametrize(("lowercase", "lemmas"), NORMALIZED)
def test_odd_tokens_give_one_word_each_in_any_protocol(lowercase: bool, lemmas: bool, lemmatizer: Lemmatizer) -> None:
    expected = ODD | {token: token for token in LIKE_THEMSELVES.split("|")}
    words = normalizing(lemmatizer, lowercase, lemmas).lemmatize_tokens([*expected])
    assert words == [word.lower() if lowercase else word for word in expected.values()]


@given(tokens=st.lists(st.text(max_size=8)))
@settings(max_examples=60)
def test_any_tokens_give_one_lemma_each(tokens: list[str], lemmatizer: Lemmatizer) -> None:
    lemmas = lemmatizer.lemmatize_tokens(["при\u00adвет", "İ", "ы" * 10_000, *tokens])
    assert len(lemmas) == 3 + len(tokens)
    assert all(lemma.split() == [lemma] for lemma in lemmas)
    assert all(lemma.split() == [lemma] for lemma in lemmatizer.lemmatize_text(" ".join(tokens)))


@pytest.mark.parametrize("lemma", ["", "_"])
def test_a_word_stands_in_for_a_lemma_that_the_model_leaves_out(lemma: str, lemmatizer: Lemmatizer) -> None:
    def tag(sentence: Sentence, _: str) -> None:
        sentence.words[1].lemma = lemma

    ours = normalizing(lemmatizer, lowercase=False, lemmas=True)
    ours._model = SimpleNamespace(DEFAULT="", tag=tag)
    assert ours.lemmatize_tokens(["Неведомое"]) == ["Неведомое"]


def test_text_goes_on_after_a_nul(lemmatizer: Lemmatizer) -> None:
    assert lemmatizer.lemmatize_text("россия \0 москва")[-1] == "москва"


def test_given_tokens_equal_the_vertical_format(lemmatizer: Lemmatizer) -> None:
    tokens = ["при\u00adвет", "\u200b", "2012", *["в", "москве", ",", "ёлки", "мама", "мыла", "раму"]]
    model, sentence = lemmatizer._model, Sentence()
    reader = InputFormat.newVerticalInputFormat()
    reader.setText("\n".join(tokens) + "\n\n")
    assert reader.nextSentence(sentence, ProcessingError())
    model.tag(sentence, model.DEFAULT)
    words = [sentence.words[i] for i in range(1, len(sentence.words))]
    assert [word.form for word in words] == tokens
    assert [word.lemma.lower() for word in words] == lemmatizer.lemmatize_tokens(tokens)


def test_what_is_no_model_is_said(tmp_path: Path) -> None:
    (tmp_path / "model.udpipe").write_bytes(b"<html>404</html>")
    for name, message in {"model.udpipe": "not a UDPipe 1 model", "nothing.udpipe": "not found"}.items():
        with pytest.raises(UserError, match=rf"{name}: {message}; expected a file such"):
            Lemmatizer(tmp_path / name, Normalization(lowercase=True, lemmas=True))


def test_a_fragment_is_a_line_and_what_yields_nothing_is_counted(lemmatizer: Lemmatizer) -> None:
    counts: Counts = Counter()
    document = Document("1", "", ["ма\u0301ма мыла раму , папа спал .", "", "в москве"])
    result = lemmatize_document(lemmatizer, document, counts)
    assert result and result.lines == ["мама мыть рама , папа спать .", "в москва"]
    assert counts == {
        "documents_read": 1,
        "documents_kept": 1,
        "documents_dropped_empty": 0,
        "fragments_read": 3,
        "fragments_kept": 2,
        "fragments_dropped_empty": 1,
        "words_read": 9,
        "words_stressed": 1,
        "words_dropped_empty": 0,
        "tokens": 9,
    }
