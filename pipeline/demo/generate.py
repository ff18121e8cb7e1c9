"""The artefacts of the demo by name."""

from collections.abc import Callable
from pathlib import Path

from pipeline.demo.conll import write_multiconer, write_wikineural
from pipeline.demo.dump import write_news
from pipeline.demo.elmo import write_elmo
from pipeline.demo.entities import PARTS
from pipeline.demo.settings import DemoSettings
from pipeline.demo.udpipe_model import write_udpipe
from pipeline.errors import UserError

Writer = Callable[[Path, DemoSettings], None]


def _ner_set(write: Callable[[Path, str, DemoSettings], None], part: str) -> Writer:
    return lambda path, settings: write(path, part, settings)


ARTEFACTS: dict[str, Writer] = {
    "news": write_news,
    "udpipe": write_udpipe,
    "elmo": write_elmo,
    **{f"wikineural/{part}": _ner_set(write_wikineural, part) for part in PARTS},
    **{f"multiconer/{part}": _ner_set(write_multiconer, part) for part in PARTS},
}


def generate(name: str, path: Path, settings: DemoSettings) -> None:
    """Write one artefact at `path`; the same settings give the same bytes. UserError for an unknown name."""
    if name not in ARTEFACTS:
        raise UserError(f"demo:{name}: no such generated artefact; valid names: {', '.join(ARTEFACTS)}")
    ARTEFACTS[name](path, settings)
