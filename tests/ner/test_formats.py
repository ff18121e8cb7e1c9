import gzip
import subprocess
from functools import partial
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.errors import UserError
from pipeline.files.yaml import read_yaml
from pipeline.ner.data.bio import find_scheme
from pipeline.ner.data.cleaning import describe, drop_tokens, repair_tags
from pipeline.ner.data.formats import FORMATS
from pipeline.ner.data.lines import RawSentence
from pipeline.ner.data.published import read_file
from tests.memory import traced_peak
from tests.ner.drawn import drawn
from tests.pack import PACK, needs_pack

CASES = read_yaml(Path(__file__).with_name("formats.yaml"))
ROWS = {"wikineural": "0\tа\tO\n1\tб\tO\n\n", "multiconer": "а _ _ O\nб _ _ O\n\n", "conll2003": "а X O\nб X O\n\n"}


def read(tmp_path: Path, name: str, text: str | bytes) -> list[RawSentence]:
    path = tmp_path / "file.conll"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return list(read_file(path, name))


@pytest.mark.parametrize("name", CASES["sets"])
def test_sets_of_any_types_need_no_reader_of_their_own(tmp_path: Path, name: str) -> None:
    layout, text, sentences = CASES["sets"][name]
    assert read(tmp_path, layout, text) == [drawn(sentence) for sentence in sentences.split(" / ")]


def test_a_multiconer_token_may_hold_a_space(tmp_path: Path) -> None:
    text = "# id 1\tdomain=train\nfriedrich_i _ _ _ O\n_jugend _ _ O\n\n"
    assert read(tmp_path, "multiconer", text)[0].tokens == ["friedrich_i _", "_jugend"]


@pytest.mark.parametrize("name", CASES["numbered"])
def test_a_running_number_is_no_token(tmp_path: Path, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    text = CASES["numbered"][name]
    assert read(tmp_path, "conll2003", text) == [drawn("Пётр|I-PER спит"), drawn("В Туле|I-LOC")]
    width, said = len(text.splitlines()[-1].split()), capsys.readouterr().err
    assert f"file.conll: token in column 2, label in column {width} of {width}: column 1 is a running number\n" in said
    assert ("lines of comments (#) left out: 3\n" in said) == (name == "CoNLL-U")


def test_numbers_that_are_tokens_stay_tokens(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A sentence may be numbers only, as in tables of results: the file as a whole says what its first column is."""
    text = "1 CD O\n\nТула NN B-LOC\n3 CD O\n\n1 CD O\n2 CD O\n\nКлин NN B-LOC\n"
    assert read(tmp_path, "conll2003", text) == [drawn("1"), drawn("Тула|B-LOC 3"), drawn("1 2"), drawn("Клин|B-LOC")]
    assert read(tmp_path, "conll2003", "1 O\n2 O\n") == [drawn("1 2")]
    assert not capsys.readouterr().err


NINE = "1 Пётр I-PER\n2 спит O\n\n" * 9
NO_COUNT = r"file.conll: found numbers in the first column, which do not count"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (NINE + "1 В O\n3 Туле I-LOC\n", ":29: found '3' in the first column, expected 2: it is a running number"),
        (NINE + "1 В O\n2-3 Туле I-LOC\n", ":29: found '2-3' in the first column, expected 2: it is a running"),
        ("1-2 вправо _ O\n1 в _ O\n2 право _ O\n3 Тверь _ B-LOC\n\n" * 3, ":1: found '1-2' in the first column, ex"),
        ("7 Пётр B-PER\n7 спит O\n\n8 В O\n8 Туле B-LOC\n", NO_COUNT),  # numbers of sentences
        ("1 Пётр B-PER\n2 спит O\n1 В O\n2 Туле B-LOC\n", NO_COUNT),  # no blank lines
        ("1-1 а _ O\n1-2 б _ O\n\n" * 3, NO_COUNT),
        ("s1.1 а _ O\ns1.2 б _ O\n\n" * 3, NO_COUNT),
        ("t1 а O\nt2 б O\n\n" * 3, NO_COUNT),
        ("1. а O\n5. б O\n\n" * 3, NO_COUNT),
    ],
)
def test_numbers_that_are_no_tokens_and_do_not_count_are_refused(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(UserError, match=message):
        read(tmp_path, "conll2003", text)


@pytest.mark.parametrize("inner", ["B-LOC", "O"])  # in a small file there may be no inner one
def test_of_entities_in_entities_the_outer_ones_are_read(
    tmp_path: Path, inner: str, capsys: pytest.CaptureFixture[str]
) -> None:
    header = "#\thttp://x.org/Clubs [2009-10-17]\n"  # of GermEval 2014
    text = f"{header}1\tSC\tB-ORG\tO\n2\tGera\tI-ORG\t{inner}\n3\tin\tO\tO\n4\tUlm\tB-LOC\tO\n"
    assert read(tmp_path, "conll2003", text) == [drawn("SC|B-ORG Gera|I-ORG in Ulm|B-LOC")]
    said = capsys.readouterr().err
    assert "token in column 2, label in column 3 of 4: column 1 is a running number; column 4 has entities" in said
    assert "lines of comments (#) left out: 1\n" in said


def test_phrases_are_no_entities(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """CoNLL's labels of phrases look like those of entities, also where there is hardly any of the latter."""
    assert read(tmp_path, "conll2003", "Eis NN I-NC O\nschmilzt VB B-VC O\n") == [drawn("Eis schmilzt")]
    text = "a X B-SN O\n\n" * 120 + "Roma X B-SN B-LOC\n"
    assert read(tmp_path, "conll2003", text)[-1] == drawn("Roma|B-LOC")
    assert not capsys.readouterr().err


tokens = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\t\n\r "), min_size=1).filter(
    lambda token: token != "-DOCSTART-" and token[0] not in "\ufeff01"  # a file of one row may begin with its number
)
rows = st.tuples(tokens, st.sampled_from(["O", "B-LOC", "I-LOC", "B-MISC"]))


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.lists(rows, min_size=1), min_size=1), st.sampled_from([" ", "\t", " \t "]), st.integers(0, 3))
def test_conll2003_is_read_back_as_written(
    tmp_path: Path, sentences: list[list[tuple[str, str]]], gap: str, between: int
) -> None:
    lines = ["\n".join(gap.join([token, *"x" * between, tag]) for token, tag in rows) for rows in sentences]
    expected = [RawSentence(*map(list, zip(*rows, strict=True))) for rows in sentences]
    assert read(tmp_path, "conll2003", "\n\n".join(lines)) == expected


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("token", ["\u200b", "\u2028", "\x85", "\u00a0", "\ufeff", "\x1c", "\u00ad", "а\u0301"])
def test_invisible_tokens_survive(tmp_path: Path, name: str, token: str) -> None:
    assert read(tmp_path, name, ROWS[name].replace("б", token)) == [RawSentence(["а", token], ["O", "O"])]


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("end", ["\r", "\r\r\n"])
def test_line_ends_of_the_classic_mac_are_named(tmp_path: Path, name: str, end: str) -> None:
    rows = ROWS[name].replace("\n", end)
    for text, line in {rows: 1, ROWS[name] + rows: 4, ROWS[name].replace("б", "б\rв"): 2}.items():
        with pytest.raises(UserError, match=rf"file.conll:{line}: found a carriage return inside a line"):
            read(tmp_path, name, text)


def test_the_advice_about_line_ends_makes_a_file_that_is_read(tmp_path: Path) -> None:
    rows = "а X O\nб X O\n\nв X O\n"
    mac = rows.replace("\n", "\r")
    for text in (mac, rows.replace("\n", "\r\n") + "\n" + mac, rows.replace("\n", "\r\r\n")):
        with pytest.raises(UserError) as error:
            read(tmp_path, "conll2003", text)
        command = str(error.value).partition("convert the file: ")[2]
        converted = subprocess.run(command, shell=True, input=text.encode(), capture_output=True, check=True).stdout
        assert read(tmp_path, "conll2003", converted) == [drawn("а б"), drawn("в")] * text.count("в")


def refuse(path: Path, name: str, message: str) -> None:
    with pytest.raises(UserError, match=rf"bomb.gz:1: {message}") as error:
        list(read_file(path, name))
    assert len(str(error.value)) < len(str(path)) + 200


@pytest.mark.parametrize("name", FORMATS)
def test_neither_a_line_nor_a_sentence_without_end_costs_memory(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipeline.ner.data.lines.TOO_LONG", 1_000)
    path = tmp_path / "bomb.gz"
    path.write_bytes(gzip.compress(b"a" * 1_000_000, mtime=0) * 200)  # 200 kB that unpack to 200 MB
    assert traced_peak(partial(refuse, path, name, "found a line of 16,384 bytes or more")) < 8_000_000

    row = {"conll2003": "да O\n", "multiconer": "да _ _ O\n", "wikineural": "{}\tда\tO\n"}[name]
    path.write_bytes(gzip.compress("".join(row.format(number) for number in range(100_000)).encode(), mtime=0))
    message = "found more than 1,000 tokens from here on without a blank"
    assert traced_peak(partial(refuse, path, name, message)) < 4_000_000


@pytest.mark.parametrize(
    "line", ["{}", "0\t{}", "0\tа\t{}", "{}\tа\tб", "а _ _ {}", "а O\n{} б O", "1 а O\n\n1 б O\n\n1 в O\n{} г O"]
)
@pytest.mark.parametrize("name", FORMATS)
def test_no_message_repeats_a_long_line(tmp_path: Path, name: str, line: str) -> None:
    with pytest.raises(UserError) as error:
        read(tmp_path, name, line.format("ы" * 7_000) + "\n")
    assert len(str(error.value)) < len(str(tmp_path)) + 400


@pytest.mark.parametrize("name", FORMATS)
def test_a_long_token_is_refused(tmp_path: Path, name: str) -> None:
    assert read(tmp_path, name, ROWS[name].replace("б", "ы" * 1000))
    with pytest.raises(UserError, match="expected one of 1 to 1,000 characters"):
        read(tmp_path, name, ROWS[name].replace("б", "ы" * 1001))


def test_a_sentence_of_a_thousand_tokens_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert len(read(tmp_path, "conll2003", "да O\n\n" + "нет O\n" * 1_000)) == 2
    assert not capsys.readouterr().err
    assert len(read(tmp_path, "conll2003", "да O\n\n" + "нет O\n" * 1_001)[1].tokens) == 1_001
    assert "file.conll:3: a sentence of 1,001 tokens begins here; a blank line" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("wikineural", "0\tа\tO\n1\tб\n", r":2: found 2 fields in .*, expected 3"),
        ("wikineural", "0\tа\tO\nx\tб\tO\n", r":2: found index 'x', expected 1"),
        ("wikineural", "0\tа\tO\n0\tб\tO\n", r":2: found index '0', expected 1; is a line or a blank line missing"),
        ("wikineural", "0\tа\tPER\n", r":1: found label 'PER', expected O, or a prefix and a type as in B-PER"),
        ("wikineural", "0\tа\tB-\x1b[1m\n", r":1: found label 'B-\\x1b\[1m', expected O"),
        ("wikineural", b"0\ta\tO\n1\t\0b\tO\n", r":2: found byte 0x00, as in UTF-16, expected UTF-8 text; convert"),
        ("wikineural", b"0\tabcdefgh\0\tO\n", r":1: found byte 0x00, as in UTF-16, expected UTF-8 text; take it out"),
        ("wikineural", "0\t\tO\n", r":1: found token '', expected one"),
        ("wikineural", b"0\ta\tO\n1\t\xd0\tO\n", r":2: found byte 0xd0 at column 3, expected UTF-8"),
        ("conll2003", "a X X O\nb X O\n", r":2: found 3 columns in 'b X O', expected 4 with blanks between"),
        ("conll2003", "a\n", r":1: found 1 columns in 'a', expected 2"),
        ("conll2003", "1\ta\ta\tX\t_\t_\t0\troot\t_\t_\n", r":1: found label '_', expected O"),
        ("multiconer", "а _ O\n", r":1: found 'а _ O', expected `token _ _ tag`"),
        ("multiconer", "_ а O _\n", r":1: found '_ а O _', expected `token _ _ tag`"),
        ("multiconer", "а\tб _ _ O\n", r":1: found token 'а\\tб', expected one of 1 to 1,000 characters, no tab in it"),
        ("multiconer", "а _ _ D-ORG\n", r":1: found label 'D-ORG', expected O"),
    ],
)
def test_what_is_wrong_and_where(tmp_path: Path, name: str, text: str | bytes, message: str) -> None:
    with pytest.raises(UserError, match=message):
        read(tmp_path, name, text)


UNREPAIRED = {"scheme": "BIO", "converted": 0, "also_in_train": 0, "repaired_orphans": 0, "repaired_type_changes": 0}


def read_published(file: str) -> list[RawSentence]:
    name = "multiconer" if file.startswith("multiconer") else "wikineural"
    return list(read_file(PACK / "ner" / file, name))


@needs_pack
@pytest.mark.parametrize(
    "file", [pytest.param(file, marks=[pytest.mark.slow] * file.endswith(".gz")) for file in CASES["published"]]
)
def test_counts_of_the_published_files(file: str) -> None:
    published = read_published(file)
    scheme = find_scheme(file, (sentence.tags for sentence in published))
    assert describe(published, []) | repair_tags(published, scheme)[1] == UNREPAIRED | CASES["published"][file]


@needs_pack
@pytest.mark.slow
def test_sentences_in_two_splits_are_counted() -> None:
    train, validation = map(read_published, ("multiconer_ru/train.conll.gz", "multiconer_ru/val.conll"))
    assert describe(validation, train)["also_in_train"] == 4
    assert len({tuple(s.tokens) for s in validation} & {tuple(s.tokens) for s in train}) == 3  # one of them twice


@needs_pack
@pytest.mark.slow
def test_the_paper_drops_a_fifth_of_wikineural() -> None:
    # paper.md, defect 8: 19.9 % of tokens, 10.4 % of entity tokens, 6.4 % of entities.
    assert drop_tokens(read_published("wikineural_ru/test.conllu.gz"), "alphanumeric")[1] == {
        "dropped_sentences": 5,
        "dropped_tokens": 43234,
        "dropped_entity_tokens": 2555,
        "dropped_entities": 1163,
    }
