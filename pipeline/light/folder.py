"""The folder of an exported tagger: its settings, the sums of its files, and its UDPipe model.

`pipeline.ner.exported` describes and writes the same settings. It needs pydantic, and prediction starts without it.
"""

import re
from pathlib import Path
from typing import NamedTuple

from pipeline.errors import UserError, reason, remake
from pipeline.light.block import Block
from pipeline.provenance.fingerprint import sha256

SETTINGS, LM, TAGGER = "tagger.json", "lm", "tagger"
FORMAT = 4
RULES = ("all", "alphanumeric")
"""Which tokens are read, see `pipeline.protocol`."""
_FILE = r"[^/\\\x00-\x1f]+"
_PART = rf"({LM}|{TAGGER})(/[\w-][\w.-]*)+"
_SUM = r"[0-9a-f]{64}"


class UdpipeModel(NamedTuple):
    """The one UDPipe model whose lemmas the tagger can read."""

    file: str
    """Its name in the folder."""
    source: str
    """The URL or file that it came from."""
    sha256: str


class Exported(NamedTuple):
    """tagger.json, but for its format."""

    set: str
    """The data set that the tagger was trained on."""
    seed: str
    lowercase: bool
    lemmas: bool
    tokens: str
    """Which tokens of a text are read, one of `RULES`."""
    temperature: float
    """Divides the scores from which confidences are computed."""
    udpipe: UdpipeModel
    parts: dict[str, str]
    """Every file of lm/ and tagger/, with its sha256."""


def read_folder(folder: Path) -> Exported:
    """Read the settings of a folder of stage `export`, and check the sums of its parts.

    A `UserError` names the first file that is missing, damaged or another tagger's.
    """
    if not folder.is_dir():
        fault = "no folder" if folder.exists() else "no such folder"
        raise UserError(f"{folder}: {fault}; expected one that holds {SETTINGS}: dvc repro export makes it")
    block = Block.read(folder / SETTINGS, "export")
    block.whole("format", FORMAT, FORMAT)
    udpipe, parts = block.block("udpipe"), block.block("parts")
    if unfit := next((name for name in parts.keys if not re.fullmatch(_PART, name)), None):
        raise parts.fault(unfit, f"under the name of a file in {LM}/ or {TAGGER}/")
    exported = Exported(
        set=block.text("set"),
        seed=block.text("seed"),
        lowercase=block.switch("lowercase"),
        lemmas=block.switch("lemmas"),
        tokens=block.choice("tokens", RULES),
        temperature=block.number("temperature", 1e-3, 1e3),
        udpipe=UdpipeModel(
            udpipe.text("file", _FILE, "the name of a file"),
            udpipe.text("source"),
            udpipe.text("sha256", _SUM, "a sha256"),
        ),
        parts={name: parts.text(name, _SUM, "a sha256") for name in parts.keys},
    )
    _check_parts(folder, exported.parts)
    return exported


def _check_parts(folder: Path, parts: dict[str, str]) -> None:
    for name, expected in parts.items():
        path = folder / name
        try:
            actual = sha256(path)
        except OSError as error:
            raise UserError(f"{path}: {reason(error)}; {remake('export')}") from None
        if actual != expected:
            fault = f"found sha256 {actual}, expected {expected} of {SETTINGS}"
            raise UserError(f"{path}: {fault}: it is damaged, or another tagger's; {remake('export')}")


def find_udpipe(folder: Path, exported: Exported, given: Path | None) -> Path:
    """Return the UDPipe model that the tagger was trained with: the given file, or the one in the folder.

    Raises a `UserError` if there is none, or if its sum differs.
    """
    path = given or folder / exported.udpipe.file
    expected = f"expected the UDPipe model {exported.udpipe.source}, sha256 {exported.udpipe.sha256}"
    if not path.is_file():
        raise UserError(f"{path}: not found; {expected}; say where it is: --udpipe FILE")
    if (total := sha256(path)) != exported.udpipe.sha256:
        raise UserError(
            f"{path}: found sha256 {total}, {expected}: with other lemmas the tagger is another one; "
            "say where the right one is: --udpipe FILE"
        )
    return path
