import gzip
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.errors import UserError
from pipeline.ner.counts import describe, describe_repairs
from pipeline.ner.readers import load_format
from pipeline.ner.sentence import RawSentence
from tests.ner.drawn import drawn
from tests.pack import PACK, needs_pack


def read(tmp_path: Path, name: str, text: str | bytes) -> list[RawSentence]:
    path = tmp_path / "file.conll"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return list(load_format(name).read(path))


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


def test_wikiann_has_the_rows_of_wikineural_and_three_types(tmp_path: Path) -> None:
    assert read(tmp_path, "wikiann", "0\tТула\tB-LOC\n\n") == [drawn("Тула|B-LOC")]
    with pytest.raises(UserError, match=r":1: found label 'B-MISC', expected O or one of B-PER I-PER B-ORG I-ORG"):
        read(tmp_path, "wikiann", "0\tТула\tB-MISC\n")


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


tokens = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\t\n\r "), min_size=1).filter(
    lambda token: token not in ("-DOCSTART-", "\ufeff") and not token.startswith("\ufeff")
)
rows = st.tuples(tokens, st.sampled_from(["O", "B-LOC", "I-LOC", "B-MISC"]))


@settings(deadline=None, max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.lists(rows, min_size=1), min_size=1), st.sampled_from([" ", "\t", " \t "]), st.integers(0, 3))
def test_conll2003_is_read_back_as_written(
    tmp_path: Path, sentences: list[list[tuple[str, str]]], gap: str, between: int
) -> None:
    lines = ["\n".join(gap.join([token, *"x" * between, tag]) for token, tag in rows) for rows in sentences]
    expected = [RawSentence(*map(list, zip(*rows, strict=True))) for rows in sentences]
    assert read(tmp_path, "conll2003", "\n\n".join(lines)) == expected


def test_a_reader_that_lacks_something_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr("pipeline.ner.formats.wikiann.TYPES")
    with pytest.raises(UserError, match=r"wikiann\.py: found no TYPES, expected TYPES and read\(path\)"):
        load_format("wikiann")


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
    assert list(load_format("wikineural").read(path)) == [drawn("Москва|B-LOC")]


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("wikineural", "0\tа\tO\n1\tб\n", r":2: found 2 fields in .*, expected 3"),
        ("wikineural", "0\tа\tO\nx\tб\tO\n", r":2: found index 'x', expected a number"),
        ("wikineural", "0\tа\tO\n0\tб\tO\n", r":2: found index 0, expected 1"),
        ("wikineural", "0\tа\tB-CORP\n", r":1: found label 'B-CORP', expected O or one of B-PER I-PER B-ORG"),
        ("wikineural", "0\t\tO\n", r":1: found token '', expected one"),
        ("wikineural", b"0\ta\tO\n1\t\xd0\tO\n", r":2: found byte 0xd0 at column 3, expected UTF-8"),
        ("conll2003", "a X X O\nb X O\n", r":2: found 3 columns in 'b X O', expected 4 with blanks between"),
        ("conll2003", "a\n", r":1: found 1 columns in 'a', expected 2"),
        ("conll2003", "a X X B-TIME\n", r":1: found label 'B-TIME', expected O or one of B-PER"),
        ("multiconer", "а _ O\n", r":1: found 'а _ O', expected `token _ _ tag`"),
        ("multiconer", "_ а O _\n", r":1: found '_ а O _', expected `token _ _ tag`"),
        ("multiconer", "а _ _ B-ORG\n", r":1: found label 'B-ORG', expected O or one of B-PER"),
    ],
)
def test_what_is_wrong_and_where(tmp_path: Path, name: str, text: str | bytes, message: str) -> None:
    with pytest.raises(UserError, match=message):
        read(tmp_path, name, text)


def test_a_broken_gzip_file_names_the_line(tmp_path: Path) -> None:
    path = tmp_path / "cut.gz"
    path.write_bytes(gzip.compress("0\tа\tO\n\n".encode() * 9, mtime=0)[:-9])
    with pytest.raises(UserError, match=r"cut.gz: gzip data broken after line \d+ .*obtain it again"):
        list(load_format("wikineural").read(path))
    path.write_text("0\tа\tO\n")
    with pytest.raises(UserError, match="gzip data broken after line 0"):
        list(load_format("wikineural").read(path))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="nowhere: not found"):
        list(load_format("wikineural").read(tmp_path / "nowhere"))


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


@needs_pack
@pytest.mark.parametrize(
    ("file", "sentences", "tokens", "entities", "types", "longest", "repaired", "duplicates"),
    [
        ("wikineural_ru/val.conllu.gz", 11540, 216818, 18210, WIKINEURAL_TYPES[0], 107, (432, 73), 0),
        ("wikineural_ru/test.conllu.gz", 11580, 217392, 18098, WIKINEURAL_TYPES[1], 124, (537, 67), 0),
        ("wikiann_ru/train.conllu.gz", 20000, 141529, 24629, WIKIANN_TYPES[0], 54, (0, 0), 1203),
        ("wikiann_ru/val.conllu.gz", 10000, 70279, 12334, WIKIANN_TYPES[1], 61, (0, 0), 451),
        ("wikiann_ru/test.conllu.gz", 10000, 71288, 12177, WIKIANN_TYPES[2], 62, (0, 0), 405),
        ("multiconer_ru/train.conll.gz", 15300, 242384, 19840, MULTICONER_TYPES[0], 59, (0, 0), 43),
        ("multiconer_ru/val.conll", 800, 12787, 1042, MULTICONER_TYPES[1], 39, (0, 0), 1),
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
    name = file.partition("_")[0]
    published = list(load_format(name).read(PACK / "ner" / file))
    assert describe(published, []) | describe_repairs(published) == {
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
def test_sentences_in_two_splits_are_counted() -> None:
    train, validation = (
        list(load_format("multiconer").read(PACK / "ner" / "multiconer_ru" / file))
        for file in ("train.conll.gz", "val.conll")
    )
    assert describe(validation, train)["also_in_train"] == 4
    assert len({tuple(s.tokens) for s in validation} & {tuple(s.tokens) for s in train}) == 3  # one of them twice
