"""tagger.json, the settings of an exported tagger, and the checksums of the files in its folder.

README.md              the model card
tagger.json            the settings
model.udpipe           the lemmatiser
lm/                    the language model, as in models/lm
tagger/                the tagger, as in models/ner/<set>/seed-<n>
"""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from pipeline.files.settings import Settings, Switch
from pipeline.protocol import TokenRule
from pipeline.provenance.fingerprint import sha256

SETTINGS, CARD, UDPIPE, LM, TAGGER = "tagger.json", "README.md", "model.udpipe", "lm", "tagger"

FileName = Annotated[str, Field(pattern=r"^[^/\\\x00-\x1f]+$")]
PartName = Annotated[str, Field(pattern=rf"^({LM}|{TAGGER})(/[\w-][\w.-]*)+$")]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class UdpipeModel(Settings):
    """The one UDPipe model whose lemmas the tagger can read."""

    file: FileName
    """Its name in the folder."""
    source: str
    """The URL or file that it came from."""
    sha256: Sha256


class Exported(Settings):
    """tagger.json."""

    format: Literal[4]
    """The version of the folder's layout."""
    set: str
    """The data set that the tagger was trained on."""
    seed: str
    """The seed of the tagger, the best of several on validation."""
    lowercase: Switch
    lemmas: Switch
    tokens: TokenRule
    """Which tokens of a text are read, see `pipeline.protocol`."""
    temperature: Annotated[float, Field(ge=1e-3, le=1e3)]
    """Divides the scores from which confidences are computed, see `pipeline.ner.scoring.calibration`."""
    udpipe: UdpipeModel
    parts: dict[PartName, Sha256]
    """Every file of lm/ and tagger/: parts of two taggers may have the same shapes and still not belong together."""


def sum_parts(folder: Path) -> dict[str, str]:
    """The sha256 of every file in lm/ and tagger/, by its name in the folder."""
    files = (path for part in (LM, TAGGER) for path in sorted((folder / part).rglob("*")) if path.is_file())
    return {path.relative_to(folder).as_posix(): sha256(path) for path in files}
