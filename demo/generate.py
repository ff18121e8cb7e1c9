"""The generated files by their names in data/demo, whose manifest.yaml names them as any other scale's does."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from demo.conll import write_multiconer, write_wikineural
from demo.dump import write_news
from demo.elmo import write_elmo
from demo.entities import PARTS
from demo.settings import DemoSettings
from demo.udpipe_model import write_udpipe
from demo.vectors import write_vectors

ARTEFACTS: dict[str, Callable[[Path, DemoSettings], None]] = {
    "news.xml.bz2": write_news,
    "model.udpipe": write_udpipe,
    "elmo.zip": write_elmo,
    "vectors.txt.gz": write_vectors,
    **{f"wikineural/{part}.conll.gz": partial(write_wikineural, part) for part in PARTS},
    **{f"multiconer/{part}.conll.gz": partial(write_multiconer, part) for part in PARTS},
}


def generate(folder: Path, settings: DemoSettings) -> None:
    """Write every artefact into the folder."""
    for name, write in ARTEFACTS.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        write(path, settings)
