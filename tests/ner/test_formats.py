import gzip
import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.errors import UserError
from pipeline.ner.data.bio import bio_spans, find_scheme
from pipeline.ner.data.cleaning import describe, drop_tokens, repair_tags
from pipeline.ner.data.formats import FORMATS
from pipeline.ner.data.lines import RawSentence
from pipeline.ner.data.published import read_file
from tests.memory import traced_peak
from tests.ner.drawn import drawn
from tests.pack import PACK, needs_pack

ROWS = {"wikineural": "0\tа\tO\n1\tб\tO\n\n", "multiconer": "а _ _ O\nб _ _ O\n\n", "conll2003": "а X O\nб X O\n\n"}


def read(tmp_path: Path, name: str, text: str | bytes) -> list[RawSentence]:
    path = tmp_path / "file.conll"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return list(read_file(path, name))


def test_wikineural(tmp_path: Path) -> None:
    text = "0\tМосква\tB-LOC\n1\t,\tO\n2\tстолица\tO\n\n0\tДа\tO\n\n"
    assert read(tmp_path, "wikineural", text) == [drawn("Москва|B-LOC , столица|O"), drawn("Да")]


def test_multiconer(tmp_path: Path) -> None:
    text = "# id 11b1\tdomain=train\nмосква _ _ B-LOC\n, _ _ O\n\n# id 22\tdomain=train\nда _ _ O\n\n"
    assert read(tmp_path, "multiconer", text) == [drawn("москва|B-LOC ,"), drawn("да")]


def test_a_hash_is_a_token(tmp_path: Path) -> None:
    text = "# id 1\tdomain=train\n# _ _ O\n#4 _ _ B-CW\n# _ _ I-CW\n\n"
    assert read(tmp_path, "multiconer", text) == [drawn("# #4|B-CW #|I-CW")]


def test_a_multiconer_token_may_hold_a_space(tmp_path: Path) -> None:
    text = "# id 1\tdomain=train\nfriedrich_i _ _ _ O\n_jugend _ _ O\n\n"
    assert read(tmp_path, "multiconer", text)[0].tokens == ["friedrich_i _", "_jugend"]


SETS = {
    "MultiCoNER v2": (
        "multiconer",
        "# id 5d1a\tdomain=dev\nмаяковский _ _ B-OtherPER\nродился _ _ O\nв _ _ O\nбагдати _ _ B-HumanSettlement\n\n",
        "маяковский|B-OtherPER родился в багдати|B-HumanSettlement",
    ),
    "MultiNERD": ("wikineural", "0\tЛось\tB-ANIM\n1\tбежит\tO\n\n", "Лось|B-ANIM бежит"),
    "ner-uk": (
        "conll2003",
        "Леся B-PERS\nУкраїнка I-PERS\n, O\n1871 B-DATE\n\n",
        "Леся|B-PERS Українка|I-PERS , 1871|B-DATE",
    ),
    "LeNER-Br": (
        "conll2003",
        "Art B-LEGISLACAO\n. I-LEGISLACAO\nem O\n2018 B-TEMPO\n",
        "Art|B-LEGISLACAO .|I-LEGISLACAO em 2018|B-TEMPO",
    ),
    "WNUT17": (
        "conll2003",
        "Dune\tB-creative-work\n2\tI-creative-work\n#fun\tO\n\t\n",
        "Dune|B-creative-work 2|I-creative-work #fun",
    ),
    "RDRS": ("conll2003", "Нурофен S B-Drugname\nпомог V O\n", "Нурофен|B-Drugname помог"),
    "CoNLL-2002": ("conll2003", "Sevilla NC B-LOC\n( Fpa O\nEFE NC B-ORG\n", "Sevilla|B-LOC ( EFE|B-ORG"),
    "a type in Cyrillic, with signs": ("conll2003", "Тверь O\nГОСТ B-норм.акт/РФ\n", "Тверь ГОСТ|B-норм.акт/РФ"),
}


@pytest.mark.parametrize("name", SETS)
def test_sets_of_any_types_need_no_reader_of_their_own(tmp_path: Path, name: str) -> None:
    layout, text, sentence = SETS[name]
    assert read(tmp_path, layout, text) == [drawn(sentence)]


NUMBERED = {
    "from 1": "1 Пётр N I-NP I-PER\n2 спит V I-VP O\n\n1 В P I-PP O\n2 Туле N I-NP I-LOC\n",
    "from 0, tabs": "0\tПётр\tI-PER\n1\tспит\tO\n\n0\tВ\tO\n1\tТуле\tI-LOC\n",
    "through the file": "1 Пётр I-PER\n2 спит O\n\n3 В O\n4 Туле I-LOC\n",
    "documents": "-DOCSTART- -X- O\n\n1 Пётр I-PER\n2 спит O\n\n1 -DOCSTART- O\n1 В O\n2 Туле I-LOC\n",
    "CoNLL-U": "# newdoc\n# text = Пётр спит\n"
    + "1\tПётр\tПётр\tPROPN\t_\t_\t2\tnsubj\t_\tI-PER\n2\tспит\tспать\tVERB\t_\t_\t0\troot\t_\tO\n\n# text = В Туле\n"
    + "1\tВ\tв\tADP\t_\t_\t2\tcase\t_\tO\n2\tТуле\tТула\tPROPN\t_\t_\t0\troot\t_\tI-LOC\n",
}


@pytest.mark.parametrize("name", NUMBERED)
def test_a_running_number_is_no_token(tmp_path: Path, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert read(tmp_path, "conll2003", NUMBERED[name]) == [drawn("Пётр|I-PER спит"), drawn("В Туле|I-LOC")]
    width = len(NUMBERED[name].splitlines()[-1].split())
    said = f"file.conll: token in column 2, label in column {width} of {width}: column 1 is a running number\n"
    comments = "lines of comments (#) left out: 3\n" in capsys.readouterr().err
    read(tmp_path, "conll2003", NUMBERED[name])
    assert said in capsys.readouterr().err and comments == (name == "CoNLL-U")


def test_numbers_that_are_tokens_stay_tokens(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Whole sentences of them, as in tables of results; what the first column is, is decided for the file."""
    text = "1 CD O\n\nТула NN B-LOC\n3 CD O\n\n1 CD O\n2 CD O\n\nКлин NN B-LOC\n"
    assert read(tmp_path, "conll2003", text) == [drawn("1"), drawn("Тула|B-LOC 3"), drawn("1 2"), drawn("Клин|B-LOC")]
    assert read(tmp_path, "conll2003", "1 O\n2 O\n") == [drawn("1 2")]
    assert not capsys.readouterr().err


def test_a_number_that_does_not_go_on_is_named(tmp_path: Path) -> None:
    good = "1 Пётр I-PER\n2 спит O\n\n" * 9
    for bad, found in {"1 В O\n3 Туле I-LOC\n": "'3'", "1 В O\n2-3 Туле I-LOC\n": "'2-3'"}.items():
        with pytest.raises(UserError, match=rf":29: found {found} in the first column, expected 2: it is a running"):
            read(tmp_path, "conll2003", good + bad)


@pytest.mark.parametrize(
    "text",
    ["7 Пётр B-PER\n7 спит O\n\n8 В O\n8 Туле B-LOC\n", "1 Пётр B-PER\n2 спит O\n1 В O\n2 Туле B-LOC\n"],
    ids=["numbers of sentences", "no blank lines"],
)
def test_numbers_that_are_no_tokens_and_do_not_count_are_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(UserError, match=r"file.conll: found numbers in the first column, which do not count"):
        read(tmp_path, "conll2003", text)


@pytest.mark.parametrize("inner", ["B-LOC", "O"])
def test_of_entities_in_entities_the_outer_ones_are_read(
    tmp_path: Path, inner: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """GermEval 2014; in a small file there may be no inner one."""
    text = (
        f"#\thttp://x.org/Clubs [2009-10-17]\n1\tSC\tB-ORG\tO\n2\tGera\tI-ORG\t{inner}\n3\tin\tO\tO\n4\tUlm\tB-LOC\tO\n"
    )
    assert read(tmp_path, "conll2003", text) == [drawn("SC|B-ORG Gera|I-ORG in Ulm|B-LOC")]
    said = capsys.readouterr().err
    assert "token in column 2, label in column 3 of 4: column 1 is a running number; column 4 has entities" in said
    assert "lines of comments (#) left out: 1\n" in said


def test_phrases_are_no_entities(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """CoNLL's labels of phrases look like those of entities, also where there is none of the latter."""
    assert read(tmp_path, "conll2003", "Eis NN I-NC O\nschmilzt VB B-VC O\n") == [drawn("Eis schmilzt")]
    assert not capsys.readouterr().err


@pytest.mark.parametrize(
    "text",
    [
        "-DOCSTART- -X- -X- O\n\nEU NNP B-NP B-ORG\n. . O O\n\nPeter NNP B-NP B-PER\n",
        "EU\tB-ORG\n.\tO\n-DOCSTART-\tO\nPeter \t B-PER \n",
        "EU eu NNP I-NC B-ORG\r\n. . $. O O\r\n \r\nPeter peter NE I-NC B-PER\r\n",
    ],
    ids=["English", "two columns, tabs, no blank lines", "German, CRLF"],
)
def test_conll2003(tmp_path: Path, text: str) -> None:
    assert read(tmp_path, "conll2003", text) == [drawn("EU|B-ORG ."), drawn("Peter|B-PER")]


tokens = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\t\n\r "), min_size=1).filter(
    lambda token: token != "-DOCSTART-" and token[0] not in "\ufeff01"  # a file of one row may begin with its number
)
rows = st.tuples(tokens, st.sampled_from(["O", "B-LOC", "I-LOC", "B-MISC"]))


@settings(deadline=None, max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.lists(rows, min_size=1), min_size=1), st.sampled_from([" ", "\t", " \t "]), st.integers(0, 3))
def test_conll2003_is_read_back_as_written(
    tmp_path: Path, sentences: list[list[tuple[str, str]]], gap: str, between: int
) -> None:
    lines = ["\n".join(gap.join([token, *"x" * between, tag]) for token, tag in rows) for rows in sentences]
    expected = [RawSentence(*map(list, zip(*rows, strict=True))) for rows in sentences]
    assert read(tmp_path, "conll2003", "\n\n".join(lines)) == expected


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
        found = read(tmp_path, "conll2003", converted)
        assert found == [drawn("а б"), drawn("в")] * (len(found) // 2) and len(found) == 2 * text.count("в")


def test_a_line_without_end_costs_no_memory(tmp_path: Path) -> None:
    """A gzip file of 200 kB that unpacks to 200 MB, in every layout."""
    path = tmp_path / "bomb.gz"
    path.write_bytes(b"".join([gzip.compress(b"a" * 1_000_000, mtime=0)] * 200))
    assert path.stat().st_size < 300_000
    for name in FORMATS:

        def refuse(name: str = name) -> None:
            with pytest.raises(UserError, match=r"bomb.gz:1: found a line of 16,384 bytes or more") as error:
                list(read_file(path, name))
            assert len(str(error.value)) < len(str(path)) + 200

        assert traced_peak(refuse) < 8_000_000


@pytest.mark.parametrize("name", FORMATS)
def test_a_sentence_without_end_costs_no_memory(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.ner.data.lines.TOO_LONG", 1_000)
    path, row = (
        tmp_path / "bomb.gz",
        {"conll2003": "да O\n", "multiconer": "да _ _ O\n", "wikineural": "{}\tда\tO\n"}[name],
    )
    path.write_bytes(gzip.compress("".join(row.format(number) for number in range(300_000)).encode(), mtime=0))

    def refuse() -> None:
        with pytest.raises(UserError, match=r"bomb.gz:1: found more than 1,000 tokens from here on without a blank"):
            list(read_file(path, name))

    assert traced_peak(refuse) < 4_000_000


@pytest.mark.parametrize(
    "line", ["{}", "0\t{}", "0\tа\t{}", "{}\tа\tб", "а _ _ {}", "а O\n{} б O", "1 а O\n\n1 б O\n\n1 в O\n{} г O"]
)
@pytest.mark.parametrize("name", FORMATS)
def test_no_message_repeats_a_long_line(tmp_path: Path, name: str, line: str) -> None:
    with pytest.raises(UserError) as error:
        read(tmp_path, name, line.format("ы" * 7_000) + "\n")
    assert len(str(error.value)) < len(str(tmp_path)) + 400


def test_a_long_token_is_refused(tmp_path: Path) -> None:
    for name, text in (("multiconer", "{} _ _ O\n"), ("wikineural", "0\t{}\tO\n"), ("conll2003", "{} O\n")):
        assert read(tmp_path, name, text.format("ы" * 1000))
        with pytest.raises(UserError, match="expected one of 1 to 1,000 characters"):
            read(tmp_path, name, text.format("ы" * 1001))


def test_numbers_of_several_parts_are_no_tokens(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=":1: found '1-2' in the first column, expected 1: it is a running number"):
        read(tmp_path, "conll2003", "1-2 вправо _ O\n1 в _ O\n2 право _ O\n3 Тверь _ B-LOC\n\n" * 3)
    for row in ("1-1 а _ O\n1-2 б _ O\n\n", "s1.1 а _ O\ns1.2 б _ O\n\n", "t1 а O\nt2 б O\n\n", "1. а O\n5. б O\n\n"):
        with pytest.raises(UserError, match="found numbers in the first column"):
            read(tmp_path, "conll2003", row * 3)
    assert read(tmp_path, "conll2003", "1. а _ O\n2. б _ O\n\n")[0].tokens == ["а", "б"]


def test_labels_of_phrases_in_any_scheme_are_not_those_of_entities(tmp_path: Path) -> None:
    text = "a X B-SN O\n\n" * 120 + "Roma X B-SN B-LOC\n"
    assert read(tmp_path, "conll2003", text)[-1] == RawSentence(["Roma"], ["B-LOC"])


def test_a_sentence_of_a_thousand_tokens_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert len(read(tmp_path, "conll2003", "да O\n\n" + "нет O\n" * 1_000)) == 2
    assert not capsys.readouterr().err
    assert len(read(tmp_path, "conll2003", "да O\n\n" + "нет O\n" * 1_001)[1].tokens) == 1_001
    assert "file.conll:3: a sentence of 1,001 tokens begins here; a blank line" in capsys.readouterr().err


@pytest.mark.parametrize("token", ["\u200b", "\u2028", "\x85", "\u00a0", "\ufeff", "\x1c", "\u00ad", "а\u0301"])
def test_invisible_tokens_survive(tmp_path: Path, token: str) -> None:
    written = {
        "wikineural": f"0\tа\tO\n1\t{token}\tO\n",
        "multiconer": f"а _ _ O\n{token} _ _ O\n",
        "conll2003": f"а X X O\n{token} X X O\n",
    }
    for name, text in written.items():
        assert read(tmp_path, name, text) == [RawSentence(["а", token], ["O", "O"])]


@pytest.mark.parametrize("text", ["\n\n0\tа\tO\n\n\n\n0\tб\tO", "\ufeff0\tа\tO\r\n\r\n0\tб\tO\r\n"])
def test_blank_lines_byte_order_marks_and_crlf_are_harmless(tmp_path: Path, text: str) -> None:
    assert read(tmp_path, "wikineural", text) == [drawn("а"), drawn("б")]


def test_gzip(tmp_path: Path) -> None:
    path = tmp_path / "file.conllu.gz"
    path.write_bytes(gzip.compress("0\tМосква\tB-LOC\n\n".encode(), mtime=0))
    assert list(read_file(path, "wikineural")) == [drawn("Москва|B-LOC")]


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("wikineural", "0\tа\tO\n1\tб\n", r":2: found 2 fields in .*, expected 3"),
        ("wikineural", "0\tа\tO\nx\tб\tO\n", r":2: found index 'x', expected 1"),
        ("wikineural", "0\tа\tO\n0\tб\tO\n", r":2: found index '0', expected 1; is a line or a blank line missing"),
        ("wikineural", "0\tа\tB-\n", r":1: found label 'B-', expected O, or a prefix and a type as in B-PER"),
        ("wikineural", "0\tа\tB-два слова\n", r":1: found label 'B-два слова', expected O"),
        ("wikineural", "0\tа\tPER\n", r":1: found label 'PER', expected O"),
        ("wikineural", "0\tа\tB-\x1b[1m\n", r":1: found label 'B-\\x1b\[1m', expected O"),
        (
            "wikineural",
            b"0\ta\tO\n1\t\0b\tO\n",
            r":2: found byte 0x00, as in UTF-16, expected UTF-8 text; convert the file to UTF-8",
        ),
        ("wikineural", "0\t\tO\n", r":1: found token '', expected one"),
        ("wikineural", b"0\ta\tO\n1\t\xd0\tO\n", r":2: found byte 0xd0 at column 3, expected UTF-8"),
        ("conll2003", "a X X O\nb X O\n", r":2: found 3 columns in 'b X O', expected 4 with blanks between"),
        ("conll2003", "a\n", r":1: found 1 columns in 'a', expected 2"),
        ("conll2003", "a X X PER-B\n", r":1: found label 'PER-B', expected O, or a prefix and a type as in B-PER"),
        ("conll2003", "a X X b-per\n", r":1: found label 'b-per', expected O"),
        ("conll2003", "a X X B-PER|B-LOC\n", r":1: found label 'B-PER|B-LOC', expected O"),
        ("conll2003", "1\ta\ta\tX\t_\t_\t0\troot\t_\t_\n", r":1: found label '_', expected O"),
        ("multiconer", "а _ O\n", r":1: found 'а _ O', expected `token _ _ tag`"),
        ("multiconer", "_ а O _\n", r":1: found '_ а O _', expected `token _ _ tag`"),
        ("multiconer", "а _ _ D-ORG\n", r":1: found label 'D-ORG', expected O"),
    ],
)
def test_what_is_wrong_and_where(tmp_path: Path, name: str, text: str | bytes, message: str) -> None:
    with pytest.raises(UserError, match=message):
        read(tmp_path, name, text)


def test_a_broken_gzip_file_names_the_place(tmp_path: Path) -> None:
    path = tmp_path / "cut.gz"
    path.write_bytes(gzip.compress("0\tа\tO\n\n".encode() * 9, mtime=0)[:-9])
    with pytest.raises(
        UserError, match=r"cut.gz: damaged, cut short or unreadable beyond \d+ bytes of content \(byte "
    ):
        list(read_file(path, "wikineural"))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="nowhere: cannot be read: no such file"):
        list(read_file(tmp_path / "nowhere", "wikineural"))


CASES = PACK.parent / "cases" / "ner"


@pytest.mark.skipif(not CASES.is_dir(), reason=f"no cases at {CASES}")
@pytest.mark.parametrize(
    ("name", "layout", "spans"),
    [
        ("cr_3rows", "conll2003", None),
        ("cr_multiconer_nohead", "multiconer", None),
        ("iobes", "conll2003", [[(0, 2, "PER"), (3, 4, "LOC")]]),
        ("neuronlp2", "conll2003", [[(0, 1, "PER"), (3, 4, "LOC")], []]),
    ],
)
def test_cases_of_the_pack(name: str, layout: str, spans: list[list[tuple[int, int, str]]] | None) -> None:
    path = CASES / name / "input.txt"
    if spans is None:
        with pytest.raises(UserError, match=r"input.txt:1: found a carriage return"):
            list(read_file(path, layout))
        return
    sentences = list(read_file(path, layout))
    assert [bio_spans(sentence.tags) for sentence in sentences] == spans
    assert not any(token.isdigit() for sentence in sentences for token in sentence.tokens)


WIKINEURAL_TYPES = [
    {"LOC": 8851, "PER": 4007, "ORG": 2710, "MISC": 2642},
    {"LOC": 8596, "PER": 3489, "ORG": 3051, "MISC": 2962},
]
WIKIANN_TYPES = [
    {"LOC": 9498, "ORG": 7944, "PER": 7187},
    {"LOC": 4852, "ORG": 3892, "PER": 3590},
    {"LOC": 4560, "ORG": 4074, "PER": 3543},
]
MULTICONER_TYPES = [
    {"LOC": 4219, "PER": 3683, "CW": 3224, "GRP": 2976, "PROD": 2921, "CORP": 2817},
    {"LOC": 221, "PER": 192, "CW": 168, "CORP": 159, "GRP": 151, "PROD": 151},
]


def read_published(file: str) -> list[RawSentence]:
    name = "multiconer" if file.startswith("multiconer") else "wikineural"
    return list(read_file(PACK / "ner" / file, name))


@needs_pack
@pytest.mark.parametrize(
    ("file", "sentences", "tokens", "entities", "types", "longest", "repaired", "duplicates"),
    [
        ("multiconer_ru/val.conll", 800, 12787, 1042, MULTICONER_TYPES[1], 39, (0, 0), 1),
        *(
            pytest.param(*row, marks=pytest.mark.slow)
            for row in [
                ("multiconer_ru/train.conll.gz", 15300, 242384, 19840, MULTICONER_TYPES[0], 59, (0, 0), 43),
                ("wikineural_ru/val.conllu.gz", 11540, 216818, 18210, WIKINEURAL_TYPES[0], 107, (432, 73), 0),
                ("wikineural_ru/test.conllu.gz", 11580, 217392, 18098, WIKINEURAL_TYPES[1], 124, (537, 67), 0),
                ("wikiann_ru/train.conllu.gz", 20000, 141529, 24629, WIKIANN_TYPES[0], 54, (0, 0), 1203),
                ("wikiann_ru/val.conllu.gz", 10000, 70279, 12334, WIKIANN_TYPES[1], 61, (0, 0), 451),
                ("wikiann_ru/test.conllu.gz", 10000, 71288, 12177, WIKIANN_TYPES[2], 62, (0, 0), 405),
            ]
        ),
    ],
)
def test_counts_of_the_published_files(
    file: str,
    sentences: int,
    tokens: int,
    entities: int,
    types: dict[str, int],
    longest: int,
    repaired: tuple[int, int],
    duplicates: int,
) -> None:
    published = read_published(file)
    scheme = find_scheme(file, (sentence.tags for sentence in published))
    assert describe(published, []) | repair_tags(published, scheme)[1] == {
        "scheme": "BIO",
        "converted": 0,
        "sentences": sentences,
        "tokens": tokens,
        "entities": entities,
        "types": types,
        "longest": longest,
        "repaired_orphans": repaired[0],
        "repaired_type_changes": repaired[1],
        "duplicates": duplicates,
        "also_in_train": 0,
    }


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
