"""Checks that an input is whole, not empty, and readable to its end by the reader of the next stage.

Every check raises a `UserError` that names the file, the place and what to do. Faults that only a later stage can see,
such as articles without prose, or too few of them to hold some out, are reported there.
"""

import re
import subprocess
import sys
from collections import Counter
from functools import partial
from pathlib import Path

from pipeline.errors import UserError
from pipeline.files.compression import check_kind
from pipeline.files.shards import Counts
from pipeline.lm.elmo.options import read_options
from pipeline.lm.vectors.static import Format, iterate_vectors
from pipeline.ner.data.published import read_file
from pipeline.sources import probe
from pipeline.sources.elmo import check_archive, check_both
from pipeline.sources.manifest import Manifest, News, Part
from pipeline.sources.obtain import Check, Inputs
from pipeline.text.dump.mediawiki import read_articles
from pipeline.text.plaintext import read_plaintext
from pipeline.work.progress import track

EXPORT = re.compile(r"(<\?xml[^>]*>\s*)?<mediawiki\b")


def checks(manifest: Manifest, inputs: Inputs, scratch: Path) -> dict[str, Check]:
    """Return the check of every input by its key; archives are unpacked to `scratch`.

    A file that must fit another one is checked against it: `inputs` fills up in the order of the checks.
    """
    by_key: dict[str, Check] = {f"news.{index}": partial(check_news, news) for index, news in enumerate(manifest.news)}
    by_key["udpipe"] = check_udpipe
    for name, data in manifest.ner.items():
        by_key |= {f"ner.{name}.{split}": partial(check_split, part, data.types) for split, part in data.files.items()}
    by_key |= {"elmo": partial(check_archive, scratch), "elmo.options": read_options}
    by_key["elmo.weights"] = lambda weights: check_both(inputs["elmo.options"].path, weights)
    if manifest.vectors:
        by_key["vectors"] = partial(check_vectors, manifest.vectors.format)
    return {key: by_key[key] for key in manifest.sources}


def check_news(news: News, path: Path) -> None:
    """Check for a MediaWiki export with at least one article, or for plain text with at least one word."""
    check_kind(path, "gzip", "bzip2")
    counts: Counts = Counter()
    label = f"check {path.name}"
    if news.format == "mediawiki":
        namespaces = news.reading["namespaces"]
        articles = read_articles(path, counts, news.invalid_utf8, namespaces)
        if not sum(1 for _ in track(articles, label, "articles")):
            expected = f"at least one of namespace {' or '.join(map(str, namespaces))} that is no redirect and has text"
            raise UserError(f"{path}: no article among {counts['documents_read']:,} pages; expected {expected}")
        return
    has_words = False
    for number, document in enumerate(track(read_plaintext(path, counts, news.invalid_utf8), label, "documents")):
        text = "\n".join(document.lines)
        if number < 2 and EXPORT.match(text):  # a blank line may follow its declaration
            raise UserError(f"{path}: begins with <mediawiki>; expected plain text (or write format: mediawiki)")
        has_words = has_words or bool(re.search(r"\w", text))
    if not has_words:
        raise UserError(f"{path}: no words; expected news text, UTF-8, an empty line between documents")


def check_udpipe(path: Path) -> None:
    """Check for a UDPipe 1 model that splits text into words and gives lemmas."""
    trial = subprocess.run([sys.executable, probe.__file__, str(path)], capture_output=True, encoding="utf-8")
    fault = "not a UDPipe model" if trial.returncode else trial.stdout.strip()
    if fault:
        raise UserError(f"{path}: {fault}; expected one of UDPipe 1 (*.udpipe)")


def check_vectors(format_: Format, path: Path) -> None:
    """Check for vectors of words in this format, to the end of the file."""
    for _ in track(iterate_vectors(path, format_), f"check {path.name}", "words"):
        pass


def check_split(part: Part, types: list[str] | None, path: Path) -> None:
    """Check for at least one sentence in the format of the file, and for no line or type that does not belong to it."""
    check_kind(path, "gzip")
    form = str(part.format)  # which `NerSet.files` has filled in
    if not sum(1 for _ in read_file(path, form, types and [*types, *part.map])):
        raise UserError(f"{path}: no sentences; expected the {form} format")
