"""data/<scale>/manifest.yaml: which files a scale is made of.

    news: # read in this order
      - source: https://dumps.wikimedia.org/ruwikinews/latest/ruwikinews-latest-pages-articles.xml.bz2
        format: mediawiki
        namespaces: [0] # of pages that are articles; this is the default
      - source: ~/news/meduza.txt.gz
        format: text
        invalid_utf8: replace # or error, the default
    udpipe:
      source: russian.udpipe
      sha256: 8f33...
    ner:
      wikineural:
        format: wikineural
        types: [PER, ORG, LOC, MISC] # by default those of train
        train:
          source: train.conllu
        validation:
          holdout: 0.1
        test:
          source: test.conllu
    elmo: # read only if params.yaml asks for it
      source: 199.zip
      lemmas: rusvectores

A source is a URL or a path; a relative one is looked for beside the manifest.
"""

import re
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, ValidationError, model_validator

from pipeline.errors import UserError, public
from pipeline.files.settings import Settings, each_once
from pipeline.files.utf8 import InvalidUtf8
from pipeline.files.yaml import read_yaml
from pipeline.lm.lemmas import Lemmas
from pipeline.ner.data.bio import is_type
from pipeline.ner.data.formats import FORMATS
from pipeline.sources.places import readable
from pipeline.work.outputs import explain

EXAMPLE = "manifest.example.yaml"

Sha256 = Annotated[str, Field(pattern=r"^[0-9a-fA-F]{64}$"), AfterValidator(str.lower)]


class Source(Settings):
    """One input file. The sum is that of the file as published: if it is compressed, as it is."""

    source: Annotated[str, Field(min_length=1)]
    sha256: Sha256 | None = None

    @property
    def is_url(self) -> bool:
        return self.source.lower().startswith(("http://", "https://"))


class News(Source):
    """A MediaWiki XML export, or plain text with an empty line between documents."""

    format: Literal["mediawiki", "text"]
    namespaces: Annotated[list[Annotated[int, Field(strict=True)]], Field(min_length=1)] | None = None
    """Of an export: whose pages are articles. By default 0, the main one: the others hold talk, users, templates."""
    invalid_utf8: InvalidUtf8 = "error"
    """With `replace`, U+FFFD stands for what is not UTF-8, counted; a file that is all in another encoding, convert."""

    @model_validator(mode="after")
    def _namespaces_of_an_export(self) -> "News":
        if self.namespaces is not None and self.format != "mediawiki":
            raise ValueError("namespaces go with format mediawiki")
        return self

    @property
    def reading(self) -> dict[str, Any]:
        """What the stage that reads the file must know, with defaults put in."""
        namespaces = {"namespaces": sorted(set(self.namespaces or [0]))} if self.format == "mediawiki" else {}
        return {"format": self.format, **namespaces, "invalid_utf8": self.invalid_utf8}


class Validation(Settings):
    """A file of its own, or `holdout`: this share of the training sentences."""

    source: Annotated[str, Field(min_length=1)] | None = None
    sha256: Sha256 | None = None
    holdout: Annotated[float, Field(gt=0, lt=1)] | None = None

    @model_validator(mode="after")
    def _one_of_two(self) -> "Validation":
        if (self.source is None) == (self.holdout is None):
            raise ValueError("expected either source or holdout")
        if self.holdout is not None and self.sha256 is not None:
            raise ValueError("sha256 goes with source, not with holdout")
        return self

    @property
    def file(self) -> Source | None:
        """The file, unless the split is held out of the training sentences."""
        return None if self.source is None else Source(source=self.source, sha256=self.sha256)


def _known_format(name: str) -> str:
    if name not in FORMATS:
        raise ValueError(f"expected one of {', '.join(FORMATS)}, layouts that sets share: docs/extend.md")
    return name


def _type_name(name: str) -> str:
    if not is_type(name):
        raise ValueError("expected the name of a type without a prefix, as in PER")
    return name


Types = Annotated[list[Annotated[str, AfterValidator(_type_name)]], Field(min_length=1), AfterValidator(each_once)]


class NerSet(Settings):
    """A data set for named entity recognition: how it is written, and its three splits."""

    format: Annotated[str, AfterValidator(_known_format)]
    types: Types | None = None
    """All entity types, in the order in which tables show them; by default those that the training split has."""
    train: Source
    validation: Validation
    test: Source

    @property
    def splits(self) -> dict[str, Source]:
        """The splits that are files, by name."""
        files = {"train": self.train, "validation": self.validation.file, "test": self.test}
        return {split: source for split, source in files.items() if source}


class Elmo(Settings):
    """A published ELMo: a zip archive that holds options.json and model.hdf5, or the two of them by name."""

    source: Annotated[str, Field(min_length=1)] | None = None
    sha256: Sha256 | None = None
    options: Source | None = None
    weights: Source | None = None
    lemmas: Lemmas = "plain"
    """The conventions in which the text it was trained on is written."""

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
        """The archive, or the two files, under their keys in the manifest."""
        if self.options and self.weights:
            return {"elmo.options": self.options, "elmo.weights": self.weights}
        return {"elmo": Source(source=self.source or "", sha256=self.sha256)}


class Manifest(Settings):
    """The file as a whole."""

    news: Annotated[list[News], Field(min_length=1)]
    udpipe: Source
    ner: Annotated[dict[str, NerSet], Field(min_length=1)]
    """The data sets by name; `sets` of params.yaml says which of them are used."""
    elmo: Elmo | None = None

    @property
    def sources(self) -> dict[str, Source]:
        """Every input file under its key, in reading order: news.0, udpipe, ner.wikineural.train ..."""
        news = {f"news.{index}": source for index, source in enumerate(self.news)}
        splits = {f"ner.{name}": data.splits for name, data in self.ner.items()}
        ner = {f"{name}.{split}": source for name, files in splits.items() for split, source in files.items()}
        return {**news, "udpipe": self.udpipe, **ner, **(self.elmo.files if self.elmo else {})}


def read_manifest(path: Path) -> Manifest:
    """Read and check a manifest; a `UserError` names the file, the key, what was found and what is valid."""
    found = readable(path)
    if found is None:
        raise UserError(f"{path}: not found; {_advice(path)}")
    try:
        manifest = Manifest.model_validate(read_yaml(found))
    except OSError as error:
        raise UserError(f"{path}: cannot be read: {error.strerror}") from None
    except ValidationError as error:
        raise UserError(f"{path}: {explain(error, Manifest)}") from None
    _check_sources(path, manifest)
    return manifest


def _advice(path: Path) -> str:
    example = path.with_name(EXAMPLE)
    if example.is_file():
        return f"copy {example} to {path} and edit it"
    return "expected one for every scale of params.yaml; see data/local/manifest.example.yaml"


def _check_sources(path: Path, manifest: Manifest) -> None:
    for key, source in manifest.sources.items():
        found = f"{path}: {key}.source: found {public(source.source)!r}"
        if not source.is_url and "://" in source.source:
            raise UserError(f"{found}; expected http://, https:// or a path")
        if not source.is_url and re.match(r"//|https?:", source.source, re.IGNORECASE):  # it may hold a password
            raise UserError(f"{path}: {key}.source: found a URL that is misspelt; expected https://HOST/PATH")
        if source.is_url and not _has_host(source.source):
            raise UserError(f"{found}; expected http:// or https://, the name of a host, and a path")


def _has_host(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return bool(parts.hostname) and parts.port != 0 and len(parts.netloc.split()) == 1
    except ValueError:  # brackets without an end, a port that is no number
        return False
