import os
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.demo import ARTEFACTS, DemoSettings, generate
from pipeline.errors import UserError

SCRIPT = """
import sys
from pathlib import Path
from pipeline.demo import ARTEFACTS, DemoSettings, generate
settings = DemoSettings.model_validate_json(sys.argv[1])
for index, name in enumerate(ARTEFACTS):
    generate(name, Path(sys.argv[2]) / str(index), settings)
"""


def test_same_settings_same_bytes_in_another_process(tmp_path: Path, settings: DemoSettings, model: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    # another hash seed, so that an order taken from a set would show
    subprocess.run(
        [sys.executable, "-c", SCRIPT, settings.model_dump_json(), str(other)],
        check=True,
        env={**os.environ, "PYTHONHASHSEED": "77"},
        cwd=Path(__file__).parents[2],
        stderr=subprocess.DEVNULL,
    )
    for index, name in enumerate(ARTEFACTS):
        here = model if name == "udpipe" else tmp_path / "here"
        if name != "udpipe":
            generate(name, here, settings)
        assert here.read_bytes() == (other / str(index)).read_bytes(), name


@pytest.mark.parametrize("name", [name for name in ARTEFACTS if name != "udpipe"])
def test_another_seed_another_text(name: str, tmp_path: Path, settings: DemoSettings) -> None:
    generate(name, tmp_path / "one", settings)
    generate(name, tmp_path / "two", settings.model_copy(update={"seed": 6}))
    assert (tmp_path / "one").read_bytes() != (tmp_path / "two").read_bytes()


def test_an_unknown_name_lists_the_valid_ones(tmp_path: Path, settings: DemoSettings) -> None:
    with pytest.raises(UserError, match=r"demo:wikineural/dev: no such generated artefact.*wikineural/train"):
        generate("wikineural/dev", tmp_path / "x", settings)
