"""A published ELMo, obtained and checked: the zip archive of both files, or each of the two."""

import shutil
import zlib
from functools import partial
from pathlib import Path
from typing import IO, NamedTuple
from zipfile import BadZipFile, ZipFile

from pipeline.errors import UserError
from pipeline.lm.elmo.names import OPTIONS, WEIGHTS, pick
from pipeline.lm.elmo.options import read_options
from pipeline.lm.elmo.weights import read_weights
from pipeline.sources.manifest import Elmo
from pipeline.sources.obtain import Input, Obtainer
from pipeline.sources.space import room_for
from pipeline.sources.verify import sha256


class ObtainedElmo(NamedTuple):
    """Sound inputs: the two files, and what the manifest names, be it them or the archive they come from."""

    files: dict[str, Input]
    """By their names in data/raw."""
    named: list[Input]


def obtain_elmo(obtainer: Obtainer, wanted: Elmo) -> ObtainedElmo:
    """Obtain the files and check that they belong together; an archive is unpacked to the obtainer's scratch folder."""
    if wanted.source is None:
        options = obtainer.obtain("elmo.options", wanted.files["elmo.options"], check_options)
        weights = obtainer.obtain("elmo.weights", wanted.files["elmo.weights"], partial(check_both, options.path))
        return ObtainedElmo({OPTIONS: options, WEIGHTS: weights}, [options, weights])
    folder = obtainer.scratch / "elmo"
    archive = obtainer.obtain("elmo", wanted.files["elmo"], partial(check_archive, folder))
    return ObtainedElmo({name: _unpacked(archive, folder / name) for name in (OPTIONS, WEIGHTS)}, [archive])


def check_options(options: Path) -> None:
    """An options.json that can be read."""
    read_options(options)


def check_both(options: Path, weights: Path) -> None:
    """Weights in which every data set has the shape that the options imply."""
    read_weights(weights, read_options(options))


def check_archive(folder: Path, archive: Path) -> None:
    """A zip archive with both files in it, whatever else there is; `folder` is where it is unpacked."""
    folder.mkdir(exist_ok=True)
    try:
        _unpack(archive, folder)
        check_both(folder / OPTIONS, folder / WEIGHTS)
    except UserError as error:  # what was unpacked is gone when the message is read
        raise UserError(str(error).replace(f"{folder}/", f"{archive}: ")) from None


def _unpack(path: Path, folder: Path) -> None:
    try:
        with ZipFile(path) as archive:
            for name in (OPTIONS, WEIGHTS):
                member = archive.getinfo(pick(archive.namelist(), name, path))
                with room_for(folder / name, member.file_size):
                    _copy(archive.open(member), folder / name)
    except (BadZipFile, zlib.error, EOFError, RuntimeError) as error:
        reason = f"cannot be unpacked ({' '.join(str(error).split())})"
        raise UserError(
            f"{path}: {reason}, expected a zip archive of {OPTIONS} and {WEIGHTS}; get the file again"
        ) from None


def _copy(packed: IO[bytes], target: Path) -> None:
    with packed, target.open("wb") as file:
        shutil.copyfileobj(packed, file)


def _unpacked(archive: Input, path: Path) -> Input:
    return archive._replace(path=path, bytes=path.stat().st_size, sha256=sha256(path))
