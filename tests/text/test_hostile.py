"""Text that was not written for this pipeline: what must hold of every stage, whatever comes in."""

import gzip
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from xml.sax.saxutils import escape

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.files.json import read_json
from pipeline.files.shards import COUNTS, Counts, Document, read_documents
from pipeline.paths import Paths
from pipeline.stages import documents
from pipeline.stages.fragments import pack_document
from pipeline.stages.lemmas import lemmatize_document
from pipeline.stages.lowercase import lower_document
from pipeline.text.contamination import SentenceIndex
from pipeline.text.plaintext import read_plaintext
from pipeline.text.sentences import split_by_razdel, split_document
from pipeline.text.spelling import remove_stress
from pipeline.text.udpipe import Lemmatizer
from pipeline.text.whitespace import fold
from tests.pack import PACK, needs_pack
from tests.params import make_params
from tests.text.cases import PIECES
from tests.text.conftest import normalizing
from tests.text.news import export, page, read_mediawiki, revision, write_news

ROOT = Path(__file__).parents[2]
WORDS = 200
"""The most words of a fragment, as in the paper."""


def words(document: Document | None) -> list[str]:
    return [word for line in document.lines for word in line.split(" ")] if document else []


def check_stages(document: Document, lemmatizer: Lemmatizer, plain: Lemmatizer) -> None:
    """Run one document through all text stages, and check that each changes only what it should."""
    counts: dict[str, Counts] = {name: Counter() for name in ("sentences", "fragments", "lowercase", "lemmas", "words")}
    sentences = split_document(split_by_razdel, document, counts["sentences"])
    assert words(sentences) == words(document)
    assert counts["sentences"]["words_read"] == counts["sentences"]["words"] == len(words(document))
    if sentences is None:
        return

    short = [sentence for sentence in sentences.lines if len(sentence.split()) <= WORDS]
    fragments = pack_document(WORDS, SentenceIndex([]), True, sentences, counts["fragments"])
    assert words(fragments) == [word for sentence in short for word in sentence.split(" ")]
    assert all(len(fragment.split()) <= WORDS for fragment in (fragments.lines if fragments else []))
    assert counts["fragments"]["words_read"] == len(words(sentences))
    assert counts["fragments"]["words_dropped_long"] == len(words(sentences)) - len(words(fragments))
    if fragments is None:
        return

    lowered = lower_document(True, fragments, counts["lowercase"])
    assert words(lowered) == [word.lower() for word in words(fragments)]
    assert counts["lowercase"]["words_read"] == counts["lowercase"]["words"] == len(words(fragments))

    lemmas = lemmatize_document(lemmatizer, lowered, counts["lemmas"])
    forms = lemmatize_document(plain, lowered, counts["words"])
    # UDPipe splits words into tokens, drops no character of them but stress marks, and gives every token one lemma
    given = "".join(map(remove_stress, words(lowered)))
    assert "".join(words(forms)).replace("_", "") == given.replace("\0", "\ufffd").replace("_", "")
    tokens, tokens_of_forms = ([line.count(" ") for line in text.lines] if text else [] for text in (lemmas, forms))
    assert tokens == tokens_of_forms
    assert counts["lemmas"]["words_read"] == len(words(lowered))
    assert counts["lemmas"]["tokens"] == len(words(lemmas)) == len(words(forms))
    assert counts["lemmas"]["words_dropped_empty"] == 0
    for result in filter(None, (document, sentences, fragments, lowered, lemmas, forms)):
        assert all(line == fold(line) != "" for line in result.lines)


@pytest.fixture(scope="module")
def plain(lemmatizer: Lemmatizer) -> Lemmatizer:
    """A lemmatizer that gives the tokens themselves."""
    return normalizing(lemmatizer, lowercase=False, lemmas=False)


PIECE = st.sampled_from([*PIECES["text"], "слово " * 210, "ы" * 300]) | st.characters(exclude_categories=["Cs"])
PARAGRAPHS = st.lists(st.lists(PIECE, max_size=25).map("".join))


@given(paragraphs=PARAGRAPHS)
@settings(max_examples=40)
def test_generated_text(paragraphs: list[str], lemmatizer: Lemmatizer, plain: Lemmatizer) -> None:
    lines = list(filter(None, map(fold, paragraphs)))
    check_stages(Document("1", "", lines), lemmatizer, plain)


def test_a_generated_dump(lemmatizer: Lemmatizer, plain: Lemmatizer) -> None:
    for document in islice(read_mediawiki(ROOT / "data/demo/news.xml.bz2", Counter()), 5):
        check_stages(document, lemmatizer, plain)


def first_documents(path: Path) -> Iterator[Document]:
    """Yield the first document of a file and one from its depth."""
    for number, document in enumerate(islice(read_plaintext(path, Counter()), 40)):
        if number % 20 == 0:
            yield document._replace(lines=document.lines[:10])


@needs_pack
def test_every_source_of_the_pack(lemmatizer: Lemmatizer, plain: Lemmatizer) -> None:
    paths = sorted((PACK / "corpus").glob("*.txt.gz"))
    assert len(paths) > 10
    for path in paths:
        for document in first_documents(path):
            check_stages(document, lemmatizer, plain)


# one file -> its documents
FILES = {
    "CR LF": ("а б\r\nв\r\n\r\nг\r\n", [["а б", "в"], ["г"]]),
    "a byte order mark": ("\ufeffа\n", [["а"]]),
    "marks and empty lines only": ("\ufeff\r\n \u00a0\n\u2028\n", []),
    "nothing": ("", []),
    "no line end": ("а\n\nб", [["а"], ["б"]]),
    "no full stop": ("слово " * 300 + "\n", [[("слово " * 300).strip()]]),
    "a long word": ("ы" * 10_000 + " а\n", [["ы" * 10_000 + " а"]]),
    "right to left": ("\u202eабв\u202c \u200fг\n", [["\u202eабв\u202c \u200fг"]]),
    "zero width": ("\u200b\n\u200b а\n", [["\u200b", "\u200b а"]]),
    "emoji": ("👨\u200d👩\u200d👧 🇷🇺 👍🏽\n", [["👨\u200d👩\u200d👧 🇷🇺 👍🏽"]]),
    "white space of all kinds": ("а\x0bб\x85в\u3000г\x1cд\rе\n", [["а б в г д е"]]),
    "a header of ours": ("#doc\t1\tа\n", [["#doc 1 а"]]),
}


@pytest.mark.parametrize("name", FILES)
def test_files(name: str, tmp_path: Path) -> None:
    text, expected = FILES[name]
    path = tmp_path / "a.txt.gz"
    path.write_bytes(gzip.compress(text.encode(), mtime=0))
    counts: Counts = Counter()
    assert [document.lines for document in read_plaintext(path, counts)] == expected
    assert counts["words_read"] == len(text.removeprefix("\ufeff").split())


def run_documents(paths: Paths, files: dict[str, str | bytes], **entry: object) -> tuple[list[Document], Counts]:
    write_news(paths, files, **entry)
    documents.run(paths, make_params({"text.shard_megabytes": 1}))
    return list(read_documents(paths.documents)), Counter(read_json(paths.documents / COUNTS))


def test_what_is_not_utf_8_is_replaced_and_counted_if_the_manifest_says_so(tmp_path: Path) -> None:
    plain = "Причeм \0 тут".encode() + b"\xff \xed\xa0\x80" + "\ufffd\n".encode()
    wiki = export(page(1, revision("а!?"), title="Т.")).encode()
    wiki = wiki.replace("Т.".encode(), b"\xd1").replace(b"!?", b"\xff\0")
    texts, counts = run_documents(Paths(tmp_path), {"a.txt": plain, "b.xml": wiki}, invalid_utf8="replace")
    lines = ["Причeм \ufffd тут\ufffd \ufffd\ufffd\ufffd\ufffd"]
    assert texts == [Document("a:1", "", lines), Document("1", "\ufffd", ["а\ufffd\ufffd"])]
    assert (counts["characters_replaced"], counts["words_of_mixed_script"]) == (5 + 3, 1)


def test_which_namespaces_are_articles_the_manifest_says(tmp_path: Path) -> None:
    pages = (page(number, revision(f"Текст {number}"), namespace=number) for number in (0, 1, 102))
    texts, counts = run_documents(Paths(tmp_path), {"a.xml": export(*pages)}, namespaces=[0, 102])
    assert [document.lines for document in texts] == [["Текст 0"], ["Текст 102"]]
    assert (counts["documents_dropped_other_namespace"], counts["words_dropped_other_namespace"]) == (1, 2)


XML = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff") | st.sampled_from("\n\t[]{}|=<")
)


@given(texts=st.lists(XML, min_size=1, max_size=5))
@settings(max_examples=50)
def test_any_dump_is_read_and_all_of_it_accounted_for(
    texts: list[str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.getbasetemp() / "any.xml"
    pages = (page(number, revision(escape(text)), namespace=number % 2) for number, text in enumerate(texts))
    path.write_bytes(export(*pages).encode())
    counts: Counts = Counter()
    articles = list(read_mediawiki(path, counts))
    dropped = {
        unit: [n for key, n in counts.items() if key.startswith(f"{unit}_dropped_")] for unit in ("documents", "words")
    }
    assert counts["documents_read"] == len(texts) == len(articles) + sum(dropped["documents"])
    assert counts["words_read"] == sum(map(len, map(words, articles))) + sum(dropped["words"])


def test_a_page_longer_than_mediawiki_saves_is_dropped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.text.dump.mediawiki.LONGEST", 10)
    path = tmp_path / "a.xml"
    path.write_text(export(page(1, revision("аб в" * 3)), page(2, revision("где"))), encoding="utf-8")
    counts: Counts = Counter()
    assert [document.lines for document in read_mediawiki(path, counts)] == [["где"]]
    assert (counts["documents_dropped_too_long"], counts["words_dropped_too_long"]) == (1, 4)
