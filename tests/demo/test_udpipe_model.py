from itertools import islice
from pathlib import Path

from ufal import udpipe

from demo import COMMITTED, DemoSettings
from demo.treebank import block, treebank

MODEL = Path(__file__).parents[2] / "data" / "demo" / "model.udpipe"
"""The committed model; training one takes seconds, and the slow tests of `test_generate.py` do it."""


def test_treebank_has_every_sentence_in_both_cases_in_rows_of_ten_columns(settings: DemoSettings) -> None:
    sentences = list(treebank(settings))
    assert len(sentences) == 2 * settings.treebank
    for written, lower in zip(sentences[::2], sentences[1::2], strict=True):
        assert [token.form.lower() for token in written] == [token.form for token in lower]
    for number, sentence in enumerate(sentences, 1):
        _, title, *rows = block(number, sentence).strip("\n").split("\n")
        columns = [row.split("\t") for row in rows]
        assert {len(row) for row in columns} == {10}
        spaced = "".join(row[1] + " " * (row[9] == "_") for row in columns)
        assert f"# text = {spaced.strip()}" == title


def test_the_model_tokenises_and_lemmatises() -> None:
    model, error = udpipe.Model.load(str(MODEL)), udpipe.ProcessingError()
    default, none = udpipe.Pipeline.DEFAULT, udpipe.Pipeline.NONE
    tokenizer = udpipe.Pipeline(model, "tokenize", default, none, "vertical")
    assert tokenizer.process("суд города оштрафовал рыбака, сообщил министр.", error).split() == [
        "суд", "города", "оштрафовал", "рыбака", ",", "сообщил", "министр", ".",
    ]  # fmt: skip

    sentences = list(islice(treebank(COMMITTED), 1, 40, 2))
    vertical = "\n".join("".join(f"{token.form}\n" for token in sentence) for sentence in sentences)
    lines = udpipe.Pipeline(model, "vertical", default, none, "conllu").process(vertical, error).splitlines()
    rows = [line.split("\t") for line in lines if line[:1].isdigit()]
    words = [token for sentence in sentences for token in sentence]
    assert [row[1] for row in rows] == [token.form for token in words]
    assert sum(row[2] == token.lemma for row, token in zip(rows, words, strict=True)) > 0.9 * len(words)
