"""Several taggers for the same text: each finds its own entities, and these may overlap."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from pipeline.errors import UserError
from pipeline.predict.pieces import Piece, Tagged
from pipeline.predict.runtime import CPU
from pipeline.predict.tagger import PoolTagger, TextTagger


class Taggers(PoolTagger):
    """Does what a `TextTagger` does; every span says which tagger has found it."""

    def __init__(self, taggers: Sequence[TextTagger], names: Sequence[str]) -> None:
        self.taggers, self.names, self.name = taggers, names, ", ".join(names)
        self.types = list(dict.fromkeys(type_ for tagger in taggers for type_ in tagger.types))

    @classmethod
    def load(
        cls, folders: Sequence[Path], device: str = CPU, udpipe: Path | None = None, normal: bool = False
    ) -> "Taggers":
        """Load folders of stage `export`; a `UserError` names one that is damaged or given twice."""
        names = name_folders(folders)
        return cls([TextTagger.load(folder, device, udpipe, normal=normal) for folder in folders], names)

    def tag_pool(self, pool: list[Piece]) -> Iterator[Tagged]:
        """Tag pieces at once; the spans of all taggers are in the order of the text."""
        for results in zip(*(tagger.tag_pool(pool) for tagger in self.taggers), strict=True):
            found = [replace(s, tagger=name) for name, one in zip(self.names, results, strict=True) for s in one.spans]
            yield results[0]._replace(spans=sorted(found, key=lambda span: (span.start, span.stop)))


def name_folders(folders: Sequence[Path]) -> list[str]:
    """Name each folder by the last part of its path, or by as many last parts as it takes for all names to differ."""
    paths = [Path(os.path.abspath(folder)).parts for folder in folders]
    if twice := next((folder for folder, path in zip(folders, paths, strict=True) if paths.count(path) > 1), None):
        raise UserError(f"{twice}: given twice; name every folder once")
    depth = 1
    while len({path[-depth:] for path in paths}) < len(paths):
        depth += 1
    return ["/".join(path[-depth:]) for path in paths]
