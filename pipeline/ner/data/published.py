"""Reading a published data set: its files, in their format, become three splits."""

import hashlib
from collections.abc import Collection, Iterator
from pathlib import Path
from unicodedata import normalize

from pipeline.errors import UserError, remake, shown
from pipeline.ner.data.bio import tag_type
from pipeline.ner.data.dataset import DESCRIPTION, DataSet
from pipeline.ner.data.formats import FORMATS
from pipeline.ner.data.lines import RawSentence, group


def read_file(path: Path, name: str, types: Collection[str] | None = None) -> Iterator[RawSentence]:
    """Stream the sentences of a file in the named format, with tokens and labels as they stand there.

    A `UserError` names the line, what was found and what was expected. With `types`, any other type is an error too.
    """
    for number, sentence in enumerate(group(FORMATS[name](path)), 1):
        if types and (others := {tag_type(tag) for tag in sentence.tags} - {"", *types}):
            fault = f"{path}: sentence {number:,}: found an entity of type {shown(min(others))}"
            raise UserError(f"{fault}, expected {', '.join(types)}: correct the file, or types in the manifest")
        yield sentence


def read_splits(folder: Path, dataset: DataSet, seed: int) -> dict[str, list[RawSentence]]:
    """Read all sentences of train, validation and test; an empty split is a `UserError`."""
    name, description = dataset.format, folder / DESCRIPTION
    if name not in FORMATS:
        expected = f"expected one of {', '.join(FORMATS)}"
        raise UserError(f"{description}: found format {name!r}, {expected}; {remake('fetch')}")
    files = {split: folder / file for split, file in dataset.files.items() if file}
    splits: dict[str, list[RawSentence]] = {
        split: list(read_file(file, name, dataset.types)) for split, file in files.items()
    }
    if "validation" not in splits:
        splits["train"], splits["validation"] = hold_out(splits["train"], dataset.holdout or 0.0, seed)
    for split, sentences in splits.items():
        if not sentences:
            raise UserError(f"{description}: found no sentences for the {split} split; see the file that it names")
    return splits


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
