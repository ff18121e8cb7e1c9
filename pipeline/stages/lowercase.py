"""Stage lowercase: fragments are put into lower case, unless the protocol keeps the case."""

from functools import partial

from pipeline.errors import UserError
from pipeline.files.shards import Counts, Document
from pipeline.params import Params
from pipeline.paths import Paths
from pipeline.text.mapping import mapped_shards
from pipeline.text.whitespace import count_words


def run(paths: Paths, params: Params) -> None:
    """Write every line of `paths.fragments` to `paths.lowercase`, in lower case if the protocol says `lowercase`."""
    lowercase = params.protocol.lowercase
    lower, settings = partial(lower_document, lowercase), {"lowercase": lowercase}
    with mapped_shards(lower, paths.fragments, paths.lowercase, settings, paths.shards, params.compute) as counts:
        if not counts["fragments"]:
            raise UserError(f"{paths.fragments}: no text in these shards; run: dvc repro fragments")


def lower_document(lowercase: bool, document: Document, counts: Counts) -> Document:
    """Return the document, in lower case if `lowercase`. No word is split or moved."""
    lines = [line.lower() for line in document.lines] if lowercase else document.lines
    words_read, words = (sum(map(count_words, text)) for text in (document.lines, lines))
    counts.update(documents=1, fragments=len(lines), words_read=words_read, words=words)
    return document._replace(lines=lines)
