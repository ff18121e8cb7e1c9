"""The taggers that are served, with their names."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from pipeline.errors import UserError, printable
from pipeline.light.block import Block
from pipeline.light.folder import LM
from pipeline.light.lm import CONFIG
from pipeline.predict.several import name_folders
from pipeline.predict.tagger import TextTagger
from pipeline.report.licences import DEMO
from pipeline.report.paper import set_name


class Model(NamedTuple):
    """A tagger with what the page says about it."""

    name: str
    about: str
    """A description of one line."""
    demo: bool
    """Whether its lemmatiser is the demo's: its results then say nothing about Russian."""
    tagger: TextTagger


def find_folders(exported: Path) -> list[Path]:
    """Return the taggers in a folder such as models/tagger, sorted by name; raises a `UserError` if there is none."""
    folders = sorted(path for path in exported.glob("[!.]*") if path.is_dir())
    if not folders:
        raise UserError(f"{exported}: no tagger in it; dvc repro export makes one, or name its folder: --model DIR")
    return folders


def load_models(folders: Sequence[Path], device: str) -> list[Model]:
    """Load taggers in the order of their folders; a `UserError` names a folder that is damaged or given twice."""
    models = []
    for folder, name in zip(folders, name_folders(folders), strict=True):
        tagger = TextTagger.load(folder, device)
        arch = Block.read(folder / LM / CONFIG, "export").text("name")
        settings = tagger.settings
        words = ("lower-cased " if settings.lowercase else "") + ("lemmas" if settings.lemmas else "words")
        about = f"architecture {arch}, trained on {set_name(settings.set)}, reads {words}"
        is_demo = settings.udpipe.source.startswith(DEMO)
        models.append(Model(printable(name), printable(about), is_demo, tagger))
    return models
