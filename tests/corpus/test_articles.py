"""One article at every stage: found by its id, followed through the stages, printed for a terminal."""

import gzip
import shutil
from collections import Counter
from pathlib import Path

import pytest

from pipeline import cli
from pipeline.errors import UserError
from pipeline.files.shards import read_documents
from pipeline.paths import Paths
from pipeline.report.corpus.article import STAGES, Article, draw_articles, find_articles, find_dropped, show
from tests.conftest import RunCommand
from tests.corpus.conftest import TOO_LONG, build, wiki
from tests.pack import PACK, needs_pack
from tests.text.news import export


def follow(data: Path) -> int:
    """Check every fragment of a corpus; return their number."""
    number = 0
    for document in read_documents(data / "documents"):
        for article in find_articles(data, document.id):
            sentences = article.lines["sentences"]
            dropped, fragments = find_dropped(article), article.lines["fragments"]
            in_fragments = [sentence for i, sentence in enumerate(sentences) if i not in dropped]
            assert " ".join(fragments) == " ".join(in_fragments)
            number += len(fragments)
    return number


def test_every_fragment_is_followed_to_its_sentences(built: Path) -> None:
    assert follow(built) > 60


@needs_pack
def test_real_text_is_followed(tmp_path: Path) -> None:
    with gzip.open(PACK / "corpus" / "nerel_wikinews.txt.gz", "rt", encoding="utf-8", newline="\n") as file:
        text = file.read(60_000)
    assert follow(build(tmp_path, {"news.txt": text})) > 80


def test_a_dropped_sentence_may_begin_the_next_one() -> None:
    """One that is in a test set need not be long."""
    lines = {"sentences": ["Да.", "Река течёт", "Река течёт на юг."], "fragments": ["Да. Река течёт на юг."]}
    assert find_dropped(Article("1", "", "00000.txt", lines)) == {1}
    lines["fragments"] = ["Да. Река течёт Река течёт на юг."]
    assert find_dropped(Article("1", "", "00000.txt", lines)) == set()


def test_fragments_of_other_sentences(built: Path) -> None:
    (article,) = find_articles(built, "0001-city:2")
    article.lines["sentences"][1] = "Другой текст."
    with pytest.raises(UserError, match="0001-city:2: its fragments are not made of its sentences; run: dvc repro"):
        find_dropped(article)


def test_a_page_id_that_two_exports_have(built: Path) -> None:
    articles = [article for id_ in ("7", "0002-second:7") for article in find_articles(built, id_)]
    assert [article.title for article in articles] == ["Пожар", "Выборы"]
    assert show(built, "0002-second:7", 100).startswith("0002-second:7 (Выборы)\nshard 00004.txt\n\n")


def test_an_id_that_an_export_repeats(tmp_path: Path) -> None:
    """No id means two articles: the export is refused."""
    pages = [wiki(n, f"Город {n}", f"Город {n} стоит у реки.") for n in range(20)]
    pages.append(wiki(7, "Мост", "Мост открыт."))
    with pytest.raises(UserError, match=r"0000-a\.xml: .* page 'Мост' \(id 7\): an earlier page has this id too; "):
        build(tmp_path, {"0000-a.xml": export(*pages)})


def test_unknown_ids(built: Path, data: Path) -> None:
    def refusal(id_: str) -> str:
        with pytest.raises(UserError) as caught:
            find_articles(built, id_)
        assert str(caught.value).startswith(f"{built / 'documents'}: found no article {id_!r}, ")
        return str(caught.value)

    assert refusal("0001-city:411").endswith("close to it: 0001-city:41, 0001-city:11, 0001-city:4")
    assert "nor one like it" in refusal("\udcff")  # the byte ff, as an argument
    assert refusal("пож").endswith("close to it: 7 (Пожар)")
    first = "7 (Пожар), 8 (Мост), 0001-city:1"
    assert refusal("\t#doc").endswith(f"nor one like it; the first are {first}")
    for shard in (data / "documents").glob("*.txt"):
        shard.unlink()
    with pytest.raises(UserError, match=r"documents: no text shards found; run"):
        find_articles(data, "7")


def test_show(built: Path) -> None:
    shown = show(built, "0001-city:12", 60)  # whose 11 is the first lemma that is not predicted
    assert max(map(len, shown.splitlines())) <= 60
    parts = dict(part.split(": ", 1) for part in shown.split("\n\n")[1:])
    assert [*parts] == [*STAGES, "vocabulary"]
    assert parts["documents"].startswith(
        "2 paragraphs, 27 words\n   1  Река течёт.\n   2  Город номер 11 стоит у реки."
    )
    assert "\n   3  [dropped: too long, or in a test set] Это предложение\n      длиннее" in parts["sentences"]
    assert parts["fragments"].startswith(
        "2 fragments, 15 words\n   1  Река течёт. Город номер 11 стоит у реки.\n   2  "
    )
    assert parts["lemmas"].startswith("2 fragments, 15 tokens\n   1  река течёт. город")
    known = "река течёт. город номер <UNK> стоит у реки.\n   2  река течёт на юг и на восток."
    assert parts["vocabulary"].endswith(known)


def test_show_what_was_dropped_or_not_run(data: Path) -> None:
    shown = show(data, "0001-city:1", 120)
    assert f"sentences: 1 sentence, 12 words\n   1  [dropped: too long, or in a test set] {TOO_LONG}" in shown
    assert "fragments: dropped\n\nlowercase: dropped\n\nlemmas: dropped" in shown
    shutil.rmtree(data / "lemmas")
    shutil.rmtree(data / "vocabulary")
    assert show(data, "0001-city:2", 120).endswith("lemmas: not run; run: dvc repro lemmas")


def test_nothing_in_a_text_commands_the_terminal(built: Path) -> None:
    shown = show(built, "0001-city:41", 120)
    assert r"\x1b[2J \u202eтекст" in shown and all(line.isprintable() for line in shown.splitlines())


def test_articles_are_drawn_by_the_least_hash(built: Path) -> None:
    headers = [(document.id, document.title) for document in read_documents(built / "fragments")]
    assert draw_articles(built / "fragments", 10**6, seed=1) == headers
    drawn = draw_articles(built / "fragments", 5, seed=1)
    assert drawn == [header for header in headers if header in drawn] and len({*drawn}) == 5
    assert {*drawn} < {*draw_articles(built / "fragments", 9, seed=1)}
    draws = Counter(header for seed in range(500) for header in draw_articles(built / "fragments", 4, seed))
    expected = 500 * 4 / len(headers)
    assert len(draws) == len(headers) == 36  # chi-squared, 1 %
    assert sum((number - expected) ** 2 / expected for number in draws.values()) < 57


def test_the_command(built: Path, monkeypatch: pytest.MonkeyPatch, run_command: RunCommand) -> None:
    monkeypatch.setattr(cli, "HERE", Paths(built.parent))
    shown, missing = run_command("show", "8"), run_command("show", "88")
    assert (shown.code, missing.code) == (0, 1)
    assert shown.out.startswith("8 (Мост)\nshard 00000.txt\n\ndocuments: 1 par")
    assert missing.err.count("\n") == 1 and "found no article '88', close to it: 8 (Мост)" in missing.err
