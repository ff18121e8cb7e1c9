"""Reading a published data set: its files, in their format, become three splits."""

import hashlib
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import NamedTuple
from unicodedata import normalize

from pipeline.errors import UserError, remake, shown
from pipeline.ner.data.bio import tag_type
from pipeline.ner.data.dataset import DESCRIPTION, DataSet, Part, read_dataset
from pipeline.ner.data.formats import FORMATS
from pipeline.ner.data.lines import RawSentence, group


class Published(NamedTuple):
    """Sentences that were published together."""

    map: dict[str, str]
    """What becomes of their types; those that it does not name stay."""
    splits: dict[str, list[RawSentence]]


def read_file(path: Path, name: str, types: Collection[str] | None = None) -> Iterator[RawSentence]:
    """Stream the sentences of a file in the named format, with tokens and labels as they stand there.

    A `UserError` names the line, what was found and what was expected. With `types`, any other type is an error too.
    """
    for number, sentence in enumerate(group(FORMATS[name](path)), 1):
        if types and (others := {tag_type(tag) for tag in sentence.tags} - {"", *types}):
            fault = f"{path}: sentence {number:,}: found an entity of type {shown(min(others))}"
            raise UserError(f"{fault}, expected {', '.join(types)}: correct the file, or types in the manifest")
        yield sentence


def read_part(folder: Path, dataset: DataSet, part: Part) -> Iterator[RawSentence]:
    """Stream the sentences of one of the files of a set, with the types that it was published with."""
    if part.format not in FORMATS:
        expected = f"expected one of {', '.join(FORMATS)}"
        raise UserError(f"{folder / DESCRIPTION}: found format {part.format!r}, {expected}; {remake('fetch')}")
    yield from read_file(folder / part.file, part.format, dataset.types and [*dataset.types, *part.map])


def read_test(folder: Path) -> Iterator[RawSentence]:
    """Stream the sentences of the test split of the set in a folder."""
    dataset = read_dataset(folder)
    for name, part in dataset.parts.items():
        if name.partition(".")[0] == "test":
            yield from read_part(folder, dataset, part)


def read_published(folder: Path, dataset: DataSet, seed: int) -> dict[str, Published]:
    """Read all sentences of a set; an empty split is a `UserError`.

    Files that were published together stand together, as their labels are in one scheme: all of them under the name of
    the set or, if a split is put together, each of its parts under a name of its own, such as `train.0`. Where there is
    no validation file, a share of the training sentences of each is held out.
    """
    published: dict[str, Published] = {}
    for name, part in dataset.parts.items():
        split = name.partition(".")[0]
        of_its_own = published.setdefault(folder.name if name == split else name, Published(part.map, {}))
        of_its_own.splits[split] = list(read_part(folder, dataset, part))
    if "validation" not in dataset.parts:
        for splits in (one.splits for one in published.values() if "train" in one.splits):
            splits["train"], splits["validation"] = hold_out(splits["train"], dataset.holdout or 0.0, seed)
    for split in ("train", "validation", "test"):
        if not any(one.splits.get(split) for one in published.values()):
            fault = f"found no sentences for the {split} split"
            raise UserError(f"{folder / DESCRIPTION}: {fault}; see the file that it names")
    return published


def hold_out(sentences: list[RawSentence], share: float, seed: int) -> tuple[list[RawSentence], list[RawSentence]]:
    """Split sentences into (training, held out) by a hash of the seed and their tokens, whatever their Unicode form.

    Equal sentences therefore land on the same side.
    """
    parts: tuple[list[RawSentence], list[RawSentence]] = [], []
    for sentence in sentences:
        text = normalize("NFC", "\t".join([str(seed), *sentence.tokens]))
        digest = hashlib.blake2b(text.encode(), digest_size=8).digest()
        parts[int.from_bytes(digest, "big") / 2**64 < share].append(sentence)
    return parts
