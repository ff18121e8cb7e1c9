"""News as the first stage reads them, and the text stages, with words in place of lemmas."""

from collections.abc import Iterator, Mapping
from contextlib import nullcontext
from pathlib import Path
from unittest.mock import patch

from pipeline.files.json import write_json
from pipeline.files.shards import Counts, Document
from pipeline.params import Params
from pipeline.paths import Paths
from pipeline.stages import documents, fragments, lemmas, lowercase, sentences, vocabulary
from pipeline.text.dump.mediawiki import read_articles
from pipeline.text.dump.wikitext import extract_article

STAGES = {
    "documents": documents,
    "sentences": sentences,
    "fragments": fragments,
    "lowercase": lowercase,
    "lemmas": lemmas,
    "vocabulary": vocabulary,
}


class Words:
    """Stands in for a UDPipe model, and leaves words as they are."""

    def __init__(self, *_: object) -> None:
        pass

    def lemmatize_text(self, text: str) -> list[str]:
        return text.split()


def revision(text: str, time: str = "2019-05-01T10:00:00Z", number: int = 1, model: str = "wikitext") -> str:
    return (
        f"<revision><id>{number}</id><timestamp>{time}</timestamp><model>{model}</model>"
        f'<text bytes="1">{text}</text></revision>'
    )


def page(number: int, *revisions: str, title: str = "", namespace: int = 0, extra: str = "") -> str:
    head = f"<title>{title or f'Статья {number}'}</title><ns>{namespace}</ns><id>{number}</id>{extra}"
    return f"<page>{head}{''.join(revisions)}</page>"


def export(*pages: str) -> str:
    head = '<mediawiki xmlns="http://www.mediawiki.org/xml/export-0.11/"><siteinfo></siteinfo>'
    return f"{head}{''.join(pages)}</mediawiki>"


def write_news(paths: Paths, files: Mapping[str, str | bytes], **entry: object) -> None:
    """Write files of news, and a list of them that has `entry` for each; .xml is for MediaWiki exports."""
    paths.news.mkdir(parents=True, exist_ok=True)
    paths.raw_ner.mkdir(exist_ok=True)  # no NER set
    listing = []
    for name, content in files.items():
        (paths.news / name).write_bytes(content.encode() if isinstance(content, str) else content)
        form = "mediawiki" if name.endswith(".xml") else "text"
        listing.append({"file": name, "format": form, **entry})
    write_json(paths.news / "sources.json", {"files": listing})


def read_mediawiki(path: Path, counts: Counts) -> Iterator[Document]:
    """Read the articles of an export and extract their text in one go."""
    for article in read_articles(path, counts):
        yield from extract_article(article, counts)


def run_text_stages(paths: Paths, params: Params, model: Path | None = None) -> None:
    """Run the stages one after another; without a UDPipe model, words stand in for lemmas."""
    link_model(paths, model)
    with nullcontext() if model else patch.object(lemmas, "Lemmatizer", Words):
        for stage in STAGES.values():
            stage.run(paths, params)


def link_model(paths: Paths, model: Path | None = None) -> None:
    """Put a model where the stages look for it, or an empty file for `Words`, which never reads it."""
    paths.udpipe.parent.mkdir(parents=True)
    if model:
        paths.udpipe.symlink_to(model)
    else:
        paths.udpipe.touch()
