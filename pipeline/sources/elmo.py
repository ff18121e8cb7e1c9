"""Checks a published ELMo: a zip archive of its two files, or the two files themselves.

Two members of an archive are unpacked under fixed names, whatever paths or links it has. Nothing is written outside
the scratch folder, and no more bytes than such a model needs.
"""

import math
import shutil
import zlib
from lzma import LZMAError
from pathlib import Path
from zipfile import BadZipFile, ZipFile

import h5py

from pipeline.errors import UserError, shown
from pipeline.lm.elmo.options import OPTIONS, WEIGHTS, pick, read_options
from pipeline.lm.elmo.weights import open_weights, read_weights, shapes
from pipeline.sources.download import need_room
from pipeline.sources.obtain import Inputs

OPTIONS_BYTES = 1_000_000
SPARE_BYTES = 100_000_000
"""Room for what a model.hdf5 holds besides its weights."""
WIDEST = 2 * 8
"""The most bytes that a weight may take: those of two float64."""


def check_both(options: Path, weights: Path) -> None:
    """Refuse weights if a data set has another shape than the options imply, or lies in another file.

    HDF5 can show the bytes of any file of this machine as its own: by links, or by virtual or external data sets.
    """
    read_weights(weights, read_options(options))
    with open_weights(weights) as file:
        links: dict[str, object] = {}
        file.visititems_links(links.__setitem__)
        outside = {name for name, link in links.items() if isinstance(link, h5py.ExternalLink)}
        objects = {name: file[name] for name, link in links.items() if isinstance(link, h5py.HardLink)}
        data = {name: item for name, item in objects.items() if isinstance(item, h5py.Dataset)}
        outside |= {name for name, item in data.items() if item.external or item.is_virtual}
    if outside:
        raise UserError(
            f"{weights}: {min(outside)}: lies in another file, expected all weights in this one; get another"
        )


def check_archive(folder: Path, path: Path) -> None:
    """Unpack the two files of a zip archive into the folder, and check them."""
    try:
        with ZipFile(path) as archive:
            _unpack(archive, OPTIONS, folder, OPTIONS_BYTES)
            weights = sum(math.prod(shape) for shape in shapes(read_options(folder / OPTIONS)).values())
            _unpack(archive, WEIGHTS, folder, SPARE_BYTES + WIDEST * weights)
        check_both(folder / OPTIONS, folder / WEIGHTS)
    except UserError as error:  # the unpacked files are gone when the message is read
        raise UserError(str(error).replace(f"{folder}/", f"{path}: ")) from None
    except (BadZipFile, zlib.error, LZMAError, EOFError, RuntimeError) as error:
        fault = f"cannot be unpacked ({shown(error)}), expected a zip archive of {OPTIONS} and {WEIGHTS}"
        raise UserError(f"{path}: {fault}; get the file again") from None


def take_files(inputs: Inputs, folder: Path) -> Inputs:
    """Return the two files by name, those of the manifest or those unpacked into `folder`; without an ELMo, none."""
    if archive := inputs.get("elmo"):
        return {name: archive.at(folder / name) for name in (OPTIONS, WEIGHTS)}
    keys = {OPTIONS: "elmo.options", WEIGHTS: "elmo.weights"}
    return {name: inputs[key] for name, key in keys.items() if key in inputs}


def _unpack(archive: ZipFile, name: str, folder: Path, most: int) -> None:
    """Unpack a member of at most `most` bytes; zipfile stops at the size that the member's header states."""
    path = Path(str(archive.filename))
    member = archive.getinfo(pick(archive.namelist(), name, path))
    if member.file_size > most:
        fault = f"{member.filename}: {member.file_size:,} bytes unpacked, expected at most {most:,} of such a file"
        raise UserError(f"{path}: {fault}; get another")
    need_room(folder / name, member.file_size)
    with archive.open(member) as packed, (folder / name).open("wb") as file:
        shutil.copyfileobj(packed, file)
