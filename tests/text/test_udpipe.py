"""The pack's real model; a case draws the lemmas."""

from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ufal.udpipe import InputFormat, ProcessingError, Sentence

from pipeline.errors import UserError
from pipeline.files.shards import Counts, Document
from pipeline.stages.lemmas import lemmatize_document
from pipeline.text.udpipe import Lemmatizer, _clean
from tests.text.conftest import OURS, normalizing


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


@pytest.mark.parametrize("lemmas", [True, False])
def test_odd_tokens_give_one_word_each_in_any_protocol(lemmas: bool, lemmatizer: Lemmatizer) -> None:
    words = normalizing(lemmatizer, False, lemmas).lemmatize_tokens(ODD)
    assert len(words) == len(ODD)
    assert all(word and word.split() == [word] for word in words)


ODD = ["\u200b", "\u200c", "при\u00adвет", "friedrich_i _", "😀", "ы" * 10_000, "_", "", " ", "\u00a0", "а\tб", "а\nб"]
ODD += ["\0", "а\0б", "\ud800", "\u0301", "<S>", "</S>", "<UNK>", "<root>", "#", "\ufeff", "\u2028", "İ", "__"]


def test_odd_tokens_give_one_lemma_each(lemmatizer: Lemmatizer) -> None:
    lemmas = lemmatizer.lemmatize_tokens(ODD)
    assert len(lemmas) == len(ODD)
    assert all(lemma and lemma == lemma.lower() and lemma.split() == [lemma] for lemma in lemmas)
    by_token = dict(zip(ODD, lemmas, strict=True))
    for token in ("\u200b", "\u200c", "😀", "_", "__", "#", "\u0301", "\ufeff"):
        assert by_token[token] == token
    assert (by_token["friedrich_i _"], by_token[""], by_token["\u00a0"]) == ("friedrich_i__", "_", "_")


@given(tokens=st.lists(st.text(max_size=8)))
@settings(deadline=None, max_examples=60)
def test_any_tokens_give_one_lemma_each(tokens: list[str], lemmatizer: Lemmatizer) -> None:
    lemmas = lemmatizer.lemmatize_tokens(tokens)
    assert len(lemmas) == len(tokens)
    assert all(lemma.split() == [lemma] for lemma in lemmas)


@given(text=st.text(max_size=40))
@settings(deadline=None, max_examples=60)
def test_any_text_gives_clean_lemmas(text: str, lemmatizer: Lemmatizer) -> None:
    assert all(lemma.split() == [lemma] for lemma in lemmatizer.lemmatize_text(text))


def test_text_goes_on_after_a_nul(lemmatizer: Lemmatizer) -> None:
    assert lemmatizer.lemmatize_text("россия \0 москва")[-1] == "москва"


def test_given_tokens_equal_the_vertical_format(lemmatizer: Lemmatizer) -> None:
    tokens = [
        "в",
        "москве",
        ",",
        "friedrich_i _",
        "\u200b",
        "при\u00adвет",
        "_",
        "2012",
        "ёлки",
        "мама",
        "мыла",
        "раму",
    ]
    model, sentence = lemmatizer._model, Sentence()
    reader = InputFormat.newVerticalInputFormat()
    reader.setText("\n".join(tokens) + "\n\n")
    assert reader.nextSentence(sentence, ProcessingError())
    model.tag(sentence, model.DEFAULT)
    words = [sentence.words[i] for i in range(1, len(sentence.words))]
    assert [word.form for word in words] == tokens
    assert [_clean(word.lemma, word.form).lower() for word in words] == lemmatizer.lemmatize_tokens(tokens)


@pytest.mark.parametrize(
    "lemma, form, expected",
    [
        ("Россия", "россии", "Россия"),
        ("", "Неведомое", "Неведомое"),
        ("_", "неведомое", "неведомое"),
        ("_", "_", "_"),
        ("", "", "_"),
        ("а\u00a0б  в", "", "а_б_в"),
        (" ", "\u3000", "_"),
    ],
)
def test_lemmas_are_cleaned(lemma: str, form: str, expected: str) -> None:
    assert _clean(lemma, form) == expected


def test_what_is_no_model_is_said(tmp_path: Path) -> None:
    (tmp_path / "model.udpipe").write_bytes(b"<html>404</html>")
    with pytest.raises(UserError, match=r"model\.udpipe: not a UDPipe 1 model"):
        Lemmatizer(tmp_path / "model.udpipe", OURS)
    with pytest.raises(UserError, match="not found"):
        Lemmatizer(tmp_path / "nothing.udpipe", OURS)


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
