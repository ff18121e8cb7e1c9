"""The names that MediaWiki and the wikis give to things; names.yaml is read once."""

from pathlib import Path
from typing import Any

from pipeline.files.yaml import read_yaml

NAMES: dict[str, Any] = read_yaml(Path(__file__).with_name("names.yaml"))


def names(key: str) -> set[str]:
    """Return all names under a key."""
    return set(NAMES[key].split())


def names_with_kinds(key: str) -> dict[str, str]:
    """Return all names under a key, each with the kind of text that it counts as."""
    return {name: kind for kind, of_kind in NAMES[key].items() for name in of_kind.split()}
