"""An export read as stage documents does, in one go."""

from collections.abc import Iterator
from pathlib import Path

from pipeline.files.shards import Counts, Document
from pipeline.text.dump.mediawiki import read_articles
from pipeline.text.dump.wikitext import extract_article


def read_mediawiki(path: Path, counts: Counts) -> Iterator[Document]:
    """The articles as text; what both steps count is in `counts`."""
    for article in read_articles(path, counts):
        yield from extract_article(article, counts)
