"""A published ELMo, obtained and checked: the zip archive of both files, or each of the two.

Of an archive two members are read and written under names of our own, whatever paths or links it has: nothing is
written outside the scratch folder, and no more than such a model needs.
"""

import math
import shutil
import zlib
from functools import partial
from lzma import LZMAError
from pathlib import Path
from typing import NamedTuple
from zipfile import BadZipFile, ZipFile

import h5py

from pipeline.errors import UserError
from pipeline.lm.elmo.options import OPTIONS, WEIGHTS, pick, read_options
from pipeline.lm.elmo.weights import open_weights, read_weights, shapes
from pipeline.provenance.fingerprint import sha256
from pipeline.sources.manifest import Elmo
from pipeline.sources.obtain import Input, Obtainer
from pipeline.sources.space import room_for

OPTIONS_BYTES = 1_000_000
SPARE_BYTES = 100_000_000
"""For what a model.hdf5 holds beside its weights."""
WIDEST = 2 * 8
"""Bytes a weight: float64, and as much again."""


class ObtainedElmo(NamedTuple):
    """Sound inputs: the two files, and what the manifest names, be it them or the archive they come from."""

    files: dict[str, Input]
    """By their names in data/raw."""
    named: list[Input]


def obtain_elmo(obtainer: Obtainer, wanted: Elmo, scratch: Path) -> ObtainedElmo:
    """Obtain the files and check that they belong together; an archive is unpacked to the scratch folder."""
    if wanted.source is None:
        options = obtainer.obtain("elmo.options", wanted.files["elmo.options"], read_options)
        weights = obtainer.obtain("elmo.weights", wanted.files["elmo.weights"], partial(check_both, options.path))
        return ObtainedElmo({OPTIONS: options, WEIGHTS: weights}, [options, weights])
    archive = obtainer.obtain("elmo", wanted.files["elmo"], partial(check_archive, scratch))
    return ObtainedElmo({name: _unpacked(archive, scratch / name) for name in (OPTIONS, WEIGHTS)}, [archive])


def check_both(options: Path, weights: Path) -> None:
    """Weights in which every data set has the shape that the options imply, and lies in this very file."""
    read_weights(weights, read_options(options))
    _refuse_other_files(weights)


def check_archive(folder: Path, archive: Path) -> None:
    """A zip archive with both files in it, whatever else there is; `folder` is where it is unpacked."""
    try:
        _unpack(archive, folder)
        check_both(folder / OPTIONS, folder / WEIGHTS)
    except UserError as error:  # what was unpacked is gone when the message is read
        raise UserError(str(error).replace(f"{folder}/", f"{archive}: ")) from None


def _refuse_other_files(path: Path) -> None:
    """HDF5 can show the bytes of any other file of this machine as its own: by links, virtual or external data sets."""
    with open_weights(path) as file:
        links: dict[str, object] = {}
        file.visititems_links(links.__setitem__)
        outside = [name for name, link in links.items() if isinstance(link, h5py.ExternalLink)]
        inside = [name for name, link in links.items() if isinstance(link, h5py.HardLink)]
        for name in inside:
            found = file[name]
            if isinstance(found, h5py.Dataset) and (found.external or found.is_virtual):
                outside.append(name)
    if outside:
        raise UserError(f"{path}: {min(outside)}: lies in another file, expected all weights in this one; get another")


def _unpack(path: Path, folder: Path) -> None:
    try:
        with ZipFile(path) as archive:
            _unpack_member(archive, OPTIONS, folder, OPTIONS_BYTES)
            _unpack_member(archive, WEIGHTS, folder, _most_bytes(folder / OPTIONS))
    except (BadZipFile, zlib.error, LZMAError, EOFError, RuntimeError) as error:
        reason = f"cannot be unpacked ({' '.join(str(error).split())})"
        raise UserError(
            f"{path}: {reason}, expected a zip archive of {OPTIONS} and {WEIGHTS}; get the file again"
        ) from None


def _most_bytes(options: Path) -> int:
    return SPARE_BYTES + WIDEST * sum(math.prod(shape) for shape in shapes(read_options(options)).values())


def _unpack_member(archive: ZipFile, name: str, folder: Path, most: int) -> None:
    """zipfile ends a member at the size that its header states, so that this is what is bounded."""
    path = Path(str(archive.filename))
    member = archive.getinfo(pick(archive.namelist(), name, path))
    if member.file_size > most:
        found = f"{member.filename}: {member.file_size:,} bytes unpacked, expected at most {most:,} of such a file"
        raise UserError(f"{path}: {found}; get another")
    target = folder / name
    with room_for(target, member.file_size), archive.open(member) as packed, target.open("wb") as file:
        shutil.copyfileobj(packed, file)


def _unpacked(archive: Input, path: Path) -> Input:
    return archive._replace(path=path, bytes=path.stat().st_size, sha256=sha256(path))
