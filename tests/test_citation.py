"""CITATION.cff: what the Citation File Format 1.2.0 requires, and that it says what the rest of the repository says."""

import tomllib
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[1]
CITATION: dict[str, Any] = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
REQUIRED = {"cff-version", "message", "title", "authors"}
KNOWN = REQUIRED | {"abstract", "keywords", "license", "references", "type", "version"}


def test_it_has_the_keys_that_the_format_requires_and_none_that_it_does_not_know() -> None:
    assert REQUIRED <= set(CITATION) <= KNOWN
    assert CITATION["cff-version"] == "1.2.0" and CITATION["type"] == "software"
    assert isinstance(CITATION["version"], str) and isinstance(CITATION["keywords"], list)
    for work in (CITATION, *CITATION["references"]):
        assert work["title"] and work["authors"] and all(author["name"] for author in work["authors"])
    assert all(work["type"] for work in CITATION["references"])


def test_it_agrees_with_the_project_the_licence_and_the_pages() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert (CITATION["version"], CITATION["license"]) == (project["version"], project["license"])
    (author,) = CITATION["authors"]
    assert author["name"] in (ROOT / "LICENSE").read_text(encoding="utf-8")
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert readme.startswith(f"# {CITATION['title']}\n")
    (paper,) = CITATION["references"]
    assert paper["title"] in " ".join(readme.split())
