"""A component of spaCy: `nlp.add_pipe("recurrent_ner", config={"model": "tagger/wikineural"})`.

The wheel of the tagger declares it as an entry point, so that it is there once that is installed (`package/`).
"""

from collections.abc import Iterable, Iterator
from itertools import tee

from spacy.language import Language
from spacy.tokens import Doc
from spacy.tokens import Span as DocSpan
from spacy.util import filter_spans

from pipeline.predict import Span, load

NAME = "recurrent_ner"


class Component:
    """Sets `doc.ents`, in place of those that a document has; each entity has its confidence as `ent._.confidence`.

    Processes of `nlp.pipe` get the folder and load it themselves.
    """

    def __init__(self, folder: str) -> None:
        self._folder, self._tagger = folder, load(folder)
        if not DocSpan.has_extension("confidence"):
            DocSpan.set_extension("confidence", default=None)

    def __reduce__(self) -> tuple[type["Component"], tuple[str]]:
        return Component, (self._folder,)

    def __call__(self, doc: Doc) -> Doc:
        """Find the entities of a document."""
        return self._set(doc, self._tagger(doc.text))

    def pipe(self, stream: Iterable[Doc], batch_size: int = 0) -> Iterator[Doc]:
        """Find the entities of documents, many at a time; the tagger chooses its batches itself."""
        docs, read = tee(stream)
        for doc, spans in zip(docs, self._tagger(doc.text for doc in read), strict=True):
            yield self._set(doc, spans)

    @staticmethod
    def _set(doc: Doc, spans: list[Span]) -> Doc:
        """Widen spans to spaCy's tokens, which are not razdel's; of two that overlap then, the longer one stays."""
        found = []
        for span in spans:
            if entity := doc.char_span(span.start, span.stop, label=span.type, alignment_mode="expand"):
                entity._.confidence = span.confidence
                found.append(entity)
        doc.ents = filter_spans(found)
        return doc


@Language.factory(NAME, assigns=["doc.ents"])  # type: ignore[untyped-decorator,unused-ignore]  # where spaCy is absent
def make(nlp: Language, name: str, model: str) -> Component:
    """Load the folder `model` of stage `export`."""
    return Component(model)
