import bz2
from pathlib import Path
from typing import Any

import mwxml
import pytest

from demo import DemoSettings
from demo.articles import articles
from demo.dump import write_news
from demo.records import text


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory, settings: DemoSettings) -> list[tuple[Any, str]]:
    path: Path = tmp_path_factory.mktemp("dump") / "news.xml.bz2"
    write_news(path, settings)
    with bz2.open(path) as file:
        return [(page, next(iter(page)).text or "") for page in mwxml.Dump.from_file(file)]


def test_pages(pages: list[tuple[Any, str]], settings: DemoSettings) -> None:
    news = [page for page, content in pages if page.namespace == 0 and "Категория:Опубликовано" in content]
    assert len(news) == settings.articles
    assert [page.id for page, _ in pages] == sorted(page.id for page, _ in pages)
    assert sum(page.redirect is not None for page, _ in pages) == 3
    assert {1, 2, 4, 6, 8, 10, 14, 100, 102, 828} <= {page.namespace for page, _ in pages}
    assert len({page.title for page, _ in pages}) == len(pages)


def test_mark_up(pages: list[tuple[Any, str]]) -> None:
    everything = "\n".join(content for _, content in pages)
    for mark in ("{{дата|", "[[w:", "<ref", "&nbsp;", "\u00a0", "[[Категория:", "'''", "== Источники =="):
        assert mark in everything, mark
    assert everything.count("{{") == everything.count("}}")
    assert everything.count("[[") == everything.count("]]")


def test_articles(settings: DemoSettings) -> None:
    made = list(articles(settings))
    lengths = [len(tokens) for article in made for each in article.paragraphs for tokens in each]
    assert sum(length > 200 for length in lengths) == 1
    assert 4 <= len(lengths) / len(made) <= 14
    assert all(2 <= len(article.paragraphs) <= 5 for article in made)
    assert all("  " not in text(tokens) for article in made for each in article.paragraphs for tokens in each)
