from pathlib import Path

from ufal import udpipe

from demo import DemoSettings
from demo.records import Sentence
from demo.treebank import block, conllu, treebank


def test_treebank_has_every_sentence_in_both_cases(settings: DemoSettings) -> None:
    sentences = list(treebank(settings))
    assert len(sentences) == 2 * settings.treebank
    for written, lower in zip(sentences[::2], sentences[1::2], strict=True):
        assert [token.form.lower() for token in written] == [token.form for token in lower]


def test_rows_have_ten_columns_and_spacing(settings: DemoSettings) -> None:
    for number, sentence in enumerate(treebank(settings), 1):
        _, title, *rows = block(number, sentence).strip("\n").split("\n")
        columns = [row.split("\t") for row in rows]
        assert {len(row) for row in columns} == {10}
        spaced = "".join(row[1] + " " * (row[9] == "_") for row in columns)
        assert f"# text = {spaced.strip()}" == title


def test_the_model_tokenises_and_lemmatises(model: Path, settings: DemoSettings) -> None:
    loaded = udpipe.Model.load(str(model))
    assert loaded is not None
    error = udpipe.ProcessingError()
    default, none = udpipe.Pipeline.DEFAULT, udpipe.Pipeline.NONE
    raw = udpipe.Pipeline(loaded, "tokenize", default, none, "vertical")
    assert raw.process("суд города оштрафовал рыбака, сообщил министр.", error).split() == [
        "суд", "города", "оштрафовал", "рыбака", ",", "сообщил", "министр", ".",
    ]  # fmt: skip
    given = udpipe.Pipeline(loaded, "vertical", default, none, "conllu")
    sentences = list(treebank(settings))[1:40:2]
    words = [token for sentence in sentences for token in sentence]
    lines = given.process(vertical(sentences), error).splitlines()
    rows = [line.split("\t") for line in lines if line[:1].isdigit()]
    assert [row[1] for row in rows] == [token.form for token in words]
    right = sum(row[2] == token.lemma for row, token in zip(rows, words, strict=True))
    assert right / len(words) > 0.9
    assert conllu(sentences).count("\n\n") == len(sentences)


def vertical(sentences: list[Sentence]) -> str:
    return "".join("".join(f"{token.form}\n" for token in sentence) + "\n" for sentence in sentences)
