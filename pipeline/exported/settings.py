"""tagger.json: all of an exported tagger that is neither weights nor vocabulary.

README.md              the card
tagger.json            this
model.udpipe           the lemmatiser
lm/                    the language model, as in models/lm
tagger/                the tagger, as in models/ner/<set>/seed-<n>
"""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from pipeline.fingerprint import fingerprint
from pipeline.protocol import Switch, TokenRule
from pipeline.settings import Settings

SETTINGS, CARD, UDPIPE, LM, TAGGER = "tagger.json", "README.md", "model.udpipe", "lm", "tagger"


class UdpipeModel(Settings):
    """Which UDPipe model the lemmas are of, and no other will do."""

    file: str
    """Its name in the folder."""
    source: str
    """Its name where it came from."""
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class Exported(Settings):
    """The file as a whole."""

    format: Literal[2]
    """Of the folder."""
    set: str
    """The data set that the tagger was trained on."""
    seed: str
    """Of the tagger: the one of several that is best on validation."""
    lowercase: Switch
    lemmas: Switch
    tokens: TokenRule
    """What is read, see `pipeline.protocol`."""
    temperature: Annotated[float, Field(ge=1e-3, le=1e3)]
    """Of the confidences, see `pipeline.ner.calibration`."""
    udpipe: UdpipeModel
    parts: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    """The sum of lm/ and tagger/, see `sum_parts`."""


def sum_parts(folder: Path) -> str:
    """sha256 over everything in lm/ and tagger/: parts of two taggers may fit one another, and be worth nothing."""
    return fingerprint({}, folder / LM, folder / TAGGER)
