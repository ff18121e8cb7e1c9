"""metrics/data.md and data.html: what is on them, and that no text of the corpus breaks out of its place."""

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pytest

from pipeline.files.json import read_json, write_json
from pipeline.files.shards import read_documents
from pipeline.files.vocabulary import Vocabulary
from pipeline.paths import Paths
from pipeline.report.corpus.article import draw_articles
from pipeline.report.corpus.measure import Growth, measure_vocabulary
from pipeline.report.corpus.page import _count_new_in_last_tenth
from pipeline.stages import data as stage
from tests.browser import LAYOUTS, check_layout
from tests.pages import Page
from tests.params import make_params

if TYPE_CHECKING:
    from selenium.webdriver import Chrome

NO_PICTURE = "<svg></svg>"


class Pages(NamedTuple):
    """The folder `data`, and what the stage made of it."""

    data: Path
    metrics: Path

    @property
    def html(self) -> str:
        return (self.metrics / "data.html").read_text(encoding="utf-8")

    @property
    def markdown(self) -> str:
        return (self.metrics / "data.md").read_text(encoding="utf-8")


def write(data: Path, folder: Path, scale: str = "demo") -> Pages:
    """Run the stage in a new folder."""
    paths = Paths(folder)
    folder.mkdir(exist_ok=True)
    paths.data.symlink_to(data)
    stage.run(paths, make_params({"scale": scale, "seed": 1}))
    return Pages(data, paths.metrics)


@pytest.fixture(scope="module")
def pages(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Pages:
    return write(built, tmp_path_factory.mktemp("pages"))


def rows(page: str, heading: str) -> list[list[str]]:
    """Return the cells of the tables under a heading, heads included."""
    section = page.split(f"{heading}\n")[1].split("\n## ")[0].split("\n### ")[0]
    lines = [line for line in section.splitlines() if line.startswith("|") and not set(line) <= set("|:- ")]
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", line.strip("|"))] for line in lines]


def test_the_page_is_one_file_in_which_text_is_text(pages: Pages) -> None:
    page = Page.parse(pages.html)
    page.check()
    assert len(page.pictures) == 3 and "чин *`" in page.text
    assert not {"script", "em", "img"} & {*page.tags}


def test_articles_are_named_to_be_looked_at(pages: Pages) -> None:
    drawn = draw_articles(pages.data / "fragments", stage.ARTICLES, seed=1)
    assert rows(pages.markdown, "## Articles to look at")[1:] == [[id_, title] for id_, title in drawn]


def test_the_page_lists_what_the_counts_say_was_dropped(pages: Pages) -> None:
    lost = [row for row in rows(pages.markdown, "### What was left out, the most first") if row[0] != "Why, or which"]
    numbers = [int(row[2]) for row in lost]
    assert numbers == sorted(numbers, reverse=True)
    drops = {(row[4], row[1], row[0]): row[2:4] for row in lost}
    fragments = read_json(pages.data / "fragments" / "counts.json")
    dropped, read = fragments["sentences_dropped_long"], fragments["sentences_read"]
    assert drops["fragments", "sentences", "long"] == [str(dropped), f"{100 * dropped / read:.1f} %"]
    assert drops["fragments", "documents", "empty"][0] == "8"
    counted = {
        (name, key)
        for name in ("documents", "sentences", "fragments", "lowercase", "lemmas", "vocabulary")
        for key, number in read_json(pages.data / name / "counts.json").items()
        if "dropped" in key and number
    }
    assert len(drops) == len(counted)


def test_what_was_changed_or_cut_is_said(pages: Pages, data: Path, tmp_path: Path, without_pictures: None) -> None:
    assert "### What was changed, or cut\n\nNothing." in pages.markdown
    path = data / "documents" / "counts.json"
    write_json(path, read_json(path) | {"characters_replaced": 3, "word_cuts": 1, "paragraph_cuts": 0})
    write_json(data / "documents" / "templates.json", {"templates": []})
    page = write(data, tmp_path / "changed").markdown
    assert rows(page, "### What was changed, or cut")[1:] == [
        ["characters that are no text, to U+FFFD", "3", "documents"],
        ["of these cuts, inside a word", "1", "documents"],
    ]
    assert "### Templates dropped inside sentences" not in page


def test_templates_dropped_inside_sentences_are_listed(pages: Pages) -> None:
    header, row = rows(pages.markdown, "### Templates dropped inside sentences")
    assert header == ["Template", "The first", "Times", "Words"]
    assert row == [r"чин \*\`", r"{{Чин \*\`\|\<script\> \`а\` \]\] \|б}}", "1", "5"]
    assert "|&lt;script&gt; `а`" in pages.html and "\u202e" not in row[1]
    assert "table.yaml" in pages.markdown


def test_lookalikes_are_counted_at_the_top(pages: Pages) -> None:
    title, number, share = rows(pages.markdown, "# News text, scale demo")[-1]
    words = read_json(pages.data / "documents" / "counts.json")["words"]
    assert (title, number) == ("Words of mixed script", "1")
    assert share.startswith(f"{100 / words:.1f} % of the words of documents have Latin")


def test_lengths_and_lemmas(pages: Pages) -> None:
    lengths = {row[0]: row for row in rows(pages.markdown, "## Lengths")[1:]}
    sentences = [line for document in read_documents(pages.data / "sentences") for line in document.lines]
    assert lengths["Sentences"][1] == str(len(sentences)) and lengths["Sentences"][-1] == "12"
    assert lengths["Fragments"][-1] == "8"
    entries = Vocabulary.load(pages.data / "vocabulary").entries[:3]
    lemmas = rows(pages.markdown, "## Most frequent lemmas")[1:4]
    assert [(row[0], row[1]) for row in lemmas] == [(e.lemma, str(e.frequency)) for e in entries]
    coverage = read_json(pages.data / "vocabulary" / "counts.json")
    *_, last = rows(pages.markdown, "## Vocabulary")
    shares = (coverage[key] for key in ("coverage", "coverage_validation"))
    assert last == [str(coverage["types_predicted"]), *(f"{100 * share:.1f} %" for share in shares)]
    _, usage = measure_vocabulary(pages.data / "vocabulary")
    unseen = [train == 0 for train, validation in zip(usage.train, usage.validation, strict=True) if validation]
    assert f"validation {100 * sum(unseen) / len(unseen):.1f} % are not in train" in pages.markdown.replace("\n", " ")
    growth = Growth(*np.array([(0, 0, 0), (80, 9, 0), (90, 10, 0), (100, 14, 0)]).T)
    assert _count_new_in_last_tenth(growth) == 400, "of 1,000 tokens"


def test_pictures_are_there_and_described(pages: Pages) -> None:
    links = re.findall(r"\[!\[(.+?)\]\((.+?)\)\]\((.+?)\)", pages.markdown)
    assert len(links) == 3
    for title, png, svg in links:
        assert title and (pages.metrics / png).is_file() and (pages.metrics / svg).is_file()
        assert f'aria-label="{title}"' in pages.html
    assert sorted(path.name for path in (pages.metrics / "data").iterdir()) == sorted(
        f"{name}.{form}" for name in ("coverage", "growth", "lengths") for form in ("png", "svg")
    )


@pytest.fixture
def without_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pictures take seconds, and are drawn once for this file."""
    monkeypatch.setattr(stage, "save", lambda *_: NO_PICTURE)


def _text_only(html: str) -> str:
    return re.sub("<svg.*?</svg>", "", html, flags=re.DOTALL)


def test_the_same_text_again(pages: Pages, tmp_path: Path, without_pictures: None) -> None:
    again = write(pages.data, tmp_path)
    assert again.markdown == pages.markdown
    assert _text_only(again.html) == _text_only(pages.html) != pages.html


def test_generated_text_is_called_so(pages: Pages, tmp_path: Path, without_pictures: None) -> None:
    warning = "The text of scale demo is generated"
    assert warning in pages.html and warning in pages.markdown
    other = write(pages.data, tmp_path, "local")
    assert warning not in other.html + other.markdown


@pytest.mark.parametrize(("widths", "schemes"), LAYOUTS)
def test_it_fits_its_window(pages: Pages, browser: "Chrome", widths: Any, schemes: list[str]) -> None:
    browser.get((pages.metrics / "data.html").as_uri())
    check_layout(browser, widths, schemes)
