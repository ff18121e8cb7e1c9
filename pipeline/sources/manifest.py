"""data/<scale>/manifest.yaml: the input files of a scale; data/local/manifest.example.yaml explains its keys.

`dvc exp run --temp` and queued experiments run in a copy of the repository with tracked files only, without the user's
own manifest and the files next to it. There DVC_ROOT names the real repository.
"""

import os
import re
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, ValidationError, model_validator

from pipeline.errors import UserError, explain, public, shown
from pipeline.files.settings import Settings, each_once
from pipeline.files.utf8 import InvalidUtf8
from pipeline.files.yaml import read_yaml
from pipeline.lm.lemmas import Lemmas
from pipeline.ner.data.bio import OUTSIDE, is_type
from pipeline.ner.data.formats import FORMATS

_URL = re.compile(r"https?://([^\s/?#@]*@)?(\[[\da-f:.]+\]|[^\s/?#@:\[\]]+)(:[1-9]\d{0,4})?([/?#].*)?", re.IGNORECASE)
_URL_OF_A_KIND = re.compile(r"//|https?:|.*://", re.IGNORECASE | re.DOTALL)

Name = Annotated[str, Field(min_length=1)]
"""A URL or a path; a relative path starts at the manifest's folder."""
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-fA-F]{64}$"), AfterValidator(str.lower)]
"""The sum of a file as it is published; a compressed file is not unpacked for it."""


class Source(Settings):
    """One input file."""

    source: Name
    sha256: Sha256 | None = None

    @property
    def is_url(self) -> bool:
        return bool(_URL.fullmatch(self.source))


class News(Source):
    """A MediaWiki XML export, or plain text with an empty line between documents."""

    format: Literal["mediawiki", "text"]
    namespaces: Annotated[list[Annotated[int, Field(strict=True)]], Field(min_length=1)] | None = None
    """The namespaces of an export whose pages are articles; by default 0, as others hold talk, users and templates."""
    invalid_utf8: InvalidUtf8 = "error"
    """With `replace`, invalid bytes become U+FFFD and are counted; convert a file in another encoding instead."""

    @model_validator(mode="after")
    def _namespaces_of_an_export(self) -> "News":
        if self.namespaces is not None and self.format != "mediawiki":
            raise ValueError("namespaces go with format mediawiki")
        return self

    @property
    def reading(self) -> dict[str, Any]:
        """How the next stage is to read the file, defaults included."""
        namespaces = {"namespaces": sorted(set(self.namespaces or [0]))} if self.format == "mediawiki" else {}
        return {"format": self.format, **namespaces, "invalid_utf8": self.invalid_utf8}


class Validation(Settings):
    """A file, or `holdout`: the share of the training sentences that is held out."""

    source: Name | None = None
    sha256: Sha256 | None = None
    holdout: Annotated[float, Field(gt=0, lt=1)] | None = None

    @model_validator(mode="after")
    def _one_of_two(self) -> "Validation":
        if (self.source is None) == (self.holdout is None):
            raise ValueError("expected either source or holdout")
        if self.holdout is not None and self.sha256 is not None:
            raise ValueError("sha256 goes with source, not with holdout")
        return self


def _known_format(name: str) -> str:
    if name not in FORMATS:
        raise ValueError(f"expected one of {', '.join(FORMATS)}, layouts that sets share: docs/extend.md")
    return name


def _type_name(name: str) -> str:
    if not is_type(name):
        raise ValueError("expected the name of a type without a prefix, as in PER")
    return name


def _type_or_outside(name: str) -> str:
    return name if name == OUTSIDE else _type_name(name)


Format = Annotated[str, AfterValidator(_known_format)]
Type = Annotated[str, AfterValidator(_type_name)]
Types = Annotated[list[Type], Field(min_length=1), AfterValidator(each_once)]


class Part(Source):
    """A file of a data set, which may be published in its own format and with its own types."""

    format: Format | None = None
    """By default that of the set."""
    map: dict[Type, Annotated[str, AfterValidator(_type_or_outside)]] = Field(default_factory=dict)
    """Types of the file, with the types of the set that they become; O leaves their entities out."""

    @property
    def differs(self) -> bool:
        """Whether it is published otherwise than the set."""
        return self.format is not None or bool(self.map)


class NerSet(Settings):
    """A data set for named entity recognition: its format, its types, and its three splits.

    `train` is a file, or a list of parts that it is put together from; `test` may have other types than the set, too.
    """

    format: Format
    types: Types | None = None
    """All entity types, in the order of tables; by default the types of the training split."""
    train: Annotated[list[Part], Field(min_length=1), BeforeValidator(lambda x: x if isinstance(x, list) else [x])]
    validation: Validation
    test: Part

    @model_validator(mode="after")
    def _types_of_parts(self) -> "NerSet":
        if self.is_together and not self.types:
            raise ValueError("a set that is put together needs types: all that its parts have, or get by their maps")
        parts = {f"train.{number}": part for number, part in enumerate(self.train)} | {"test": self.test}
        for name, part in parts.items():
            if others := set(part.map.values()) - {OUTSIDE, *(self.types or [])}:
                expected = f"{OUTSIDE} or one of types, {', '.join(self.types or [])}"
                raise ValueError(f"{name}.map: found {shown(min(others))}, expected {expected}")
        return self

    @property
    def is_together(self) -> bool:
        """Whether files of the set have been published apart."""
        return len(self.train) > 1 or any(part.differs for part in (*self.train, self.test))

    @property
    def files(self) -> dict[str, Part]:
        """All files, each with its format, by the split that it is, or `train.0`, `train.1` ... if it is a part of one.

        A validation split that is held out of the training sentences is not a file.
        """
        held, together = self.validation, len(self.train) > 1 or self.train[0].differs
        files = {f"train.{number}" if together else "train": part for number, part in enumerate(self.train)}
        if held.source:
            files["validation"] = Part(source=held.source, sha256=held.sha256)
        files["test.0" if self.test.differs else "test"] = self.test
        return {name: file.model_copy(update={"format": file.format or self.format}) for name, file in files.items()}


class Elmo(Settings):
    """A published ELMo: a zip archive with options.json and model.hdf5, or the two files."""

    source: Name | None = None
    sha256: Sha256 | None = None
    options: Source | None = None
    weights: Source | None = None
    lemmas: Lemmas = "plain"
    """The conventions of the text that it was trained on."""

    @model_validator(mode="after")
    def _one_or_two_files(self) -> "Elmo":
        named = [name for name in ("source", "options", "weights") if getattr(self, name) is not None]
        if named not in (["source"], ["options", "weights"]):
            raise ValueError("expected either source, a zip archive, or both options and weights")
        if self.source is None and self.sha256 is not None:
            raise ValueError("sha256 goes with source; options and weights have their own")
        return self

    @property
    def files(self) -> dict[str, Source]:
        """The archive, or the two files, by their keys in the manifest."""
        if self.options and self.weights:
            return {"elmo.options": self.options, "elmo.weights": self.weights}
        return {"elmo": Source(source=self.source or "", sha256=self.sha256)}


class Vectors(Settings):
    """Static vectors of words: a file, or those that an installed package carries."""

    source: Name | None = None
    sha256: Sha256 | None = None
    package: Literal["natasha"] | None = None
    format: Literal["word2vec", "navec"]

    @model_validator(mode="after")
    def _one_of_two(self) -> "Vectors":
        if (self.source is None) == (self.package is None):
            raise ValueError("expected either source or package")
        if self.package is not None and (self.sha256 is not None or self.format != "navec"):
            raise ValueError("package natasha goes with format navec, and needs no sha256")
        return self

    @property
    def file(self) -> Source:
        """The file; of a package that is not installed, a name by which it will not be found."""
        return Source(source=self.source or carried() or f"package {self.package}", sha256=self.sha256)


def carried() -> str | None:
    """Return the path of navec's vectors in the package natasha, if it is installed."""
    spec = find_spec("natasha")
    folders = (spec.submodule_search_locations if spec else None) or []
    return next((str(file) for folder in folders for file in Path(folder).glob("data/emb/navec_*.tar")), None)


class Manifest(Settings):
    """The whole file."""

    news: Annotated[list[News], Field(min_length=1)]
    """In reading order."""
    udpipe: Source
    ner: Annotated[dict[str, NerSet], Field(min_length=1)]
    """The data sets by name; `sets` in params.yaml chooses among them."""
    elmo: Elmo | None = None
    vectors: Vectors | None = None

    @property
    def sources(self) -> dict[str, Source]:
        """Every input file by its key, in reading order: news.0, udpipe, ner.wikineural.train ..."""
        news = {f"news.{index}": source for index, source in enumerate(self.news)}
        ner = {f"ner.{name}.{split}": file for name, data in self.ner.items() for split, file in data.files.items()}
        vectors = {"vectors": self.vectors.file} if self.vectors else {}
        return {**news, "udpipe": self.udpipe, **ner, **(self.elmo.files if self.elmo else {}), **vectors}


def home(manifest: Path) -> Path:
    """The folder of the manifest's scale in the real repository."""
    root = os.environ.get("DVC_ROOT")
    real = Path(root) / "data" / manifest.absolute().parent.name if root else manifest.parent
    return real if real.is_dir() else manifest.parent


def read_manifest(path: Path) -> Manifest:
    """Read and check a manifest; a `UserError` names the file, the key, what was found and what is valid."""
    file = next((file for file in (path, home(path) / path.name) if file.is_file()), None)
    if file is None:
        raise UserError(f"{path}: not found; copy {path.parents[1]}/local/manifest.example.yaml to {path} and edit it")
    values: Any = None

    def written_at(key: tuple[str | int, ...]) -> tuple[str | int, ...]:
        """The key in the file: where `train` is no list, the model has a list of one."""
        try:
            is_listed = key[2:3] != ("train",) or isinstance(values["ner"][key[1]]["train"], list)
        except (LookupError, TypeError):
            return key
        return key if is_listed else key[:3] + key[4:]

    try:
        values = read_yaml(file)
        manifest = Manifest.model_validate(values)
    except OSError as error:
        raise UserError(f"{path}: cannot be read: {error.strerror}") from None
    except ValidationError as error:
        raise UserError(f"{path}: {explain(error, Manifest, written_at)}") from None
    for key, source in manifest.sources.items():
        if not source.is_url and _URL_OF_A_KIND.match(source.source):
            # Even if it is not a valid URL, it may hold a password.
            fault = repr(public(source.source)) if "://" in source.source else "a URL that is misspelt"
            raise UserError(f"{path}: {key}.source: found {fault}; expected http:// or https://HOST/PATH, or a path")
    return manifest
