import gzip
import json
import os
import subprocess
import sys
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from demo import ARTEFACTS, COMMITTED, DemoSettings, generate
from pipeline.sources.manifest import read_manifest

ROOT = Path(__file__).parents[2]
DATA = ROOT / "data" / "demo"
SCRIPT = """
import json, sys
from pathlib import Path
from demo import DemoSettings, generate
generate(Path(sys.argv[1]), DemoSettings(**json.loads(sys.argv[2])))
"""


def content(path: Path) -> bytes:
    """Another release of zlib packs the same text otherwise."""
    return gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()


def files(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_the_manifest_names_all_that_is_generated() -> None:
    sources = [source.source for source in read_manifest(DATA / "manifest.yaml").sources.values()]
    assert sorted(sources) == sorted(ARTEFACTS) == sorted(files(DATA) - {"manifest.yaml"})
    assert sum((DATA / name).stat().st_size for name in ARTEFACTS) < 1_000_000


@pytest.mark.slow
def test_the_committed_files_are_those_that_are_generated(tmp_path: Path) -> None:
    generate(tmp_path, COMMITTED)
    for name in ARTEFACTS:
        assert content(tmp_path / name) == content(DATA / name), name


@pytest.mark.slow
def test_same_settings_same_bytes_in_another_process(tmp_path: Path, settings: DemoSettings) -> None:
    here, other = tmp_path / "here", tmp_path / "other"
    generate(here, settings)
    # another hash seed, so that an order taken from a set would show
    subprocess.run(
        [sys.executable, "-c", SCRIPT, str(other), json.dumps(asdict(settings))],
        check=True,
        env={**os.environ, "PYTHONHASHSEED": "77"},
        cwd=ROOT,
        stderr=subprocess.DEVNULL,
    )
    assert files(here) == files(other) == set(ARTEFACTS)
    for name in ARTEFACTS:
        assert (here / name).read_bytes() == (other / name).read_bytes(), name


@pytest.mark.parametrize("name", [name for name in ARTEFACTS if name != "model.udpipe"])
def test_another_seed_another_text(name: str, tmp_path: Path, settings: DemoSettings) -> None:
    ARTEFACTS[name](tmp_path / "one", settings)
    ARTEFACTS[name](tmp_path / "two", replace(settings, seed=6))
    assert (tmp_path / "one").read_bytes() != (tmp_path / "two").read_bytes()
