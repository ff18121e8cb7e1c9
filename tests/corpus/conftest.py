"""News text at every stage, made by the stages themselves; words stand in for UDPipe's lemmas."""

from collections.abc import Iterator
from pathlib import Path
from shutil import copytree

import pytest

from pipeline.paths import Paths
from tests.params import make_params
from tests.text.news import export, page, revision, run_text_stages, write_news

LONGEST = 8
"""The largest number of words of a fragment."""
HOSTILE = "Злой <script>alert(1)</script> |`код` \x1b[2J \u202eтекст\u202c ````&{{7*7}}."
LOST = "Мост {{Чин *`|&lt;script&gt; `а` ]] \u202e|б}} открыт."
"""A template that the table does not have."""
LOOKALIKE = "Никтo"
"""A word with a Latin o."""
TOO_LONG = "Это предложение длиннее всех фрагментов и поэтому не попадает ни в один."


def build(folder: Path, files: dict[str, str], megabytes: float = 1) -> Path:
    """Make the folder `data` of news files by name."""
    paths = Paths(folder)
    write_news(paths, files)
    text = {"segmenter": "razdel", "fragment_words": LONGEST, "leave_out_tests": True, "shard_megabytes": megabytes}
    vocabulary = {"size": 40, "min_count": 2, "validation_share": 0.3}
    run_text_stages(paths, make_params({"text": text, "vocabulary": vocabulary}))
    return paths.data


def wiki(number: int, title: str, text: str) -> str:
    return page(number, revision(text), title=title)


def articles(number: int) -> Iterator[str]:
    for i in range(number):
        if i % 5:
            yield f"Река течёт.\nГород номер {i} стоит у реки. {TOO_LONG} Река течёт на юг и на восток."
        else:
            yield TOO_LONG


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder `data`, which tests must not write to."""
    first = wiki(7, "Пожар", f"Сгорел склад. {LOOKALIKE} не пострадал."), wiki(8, "Мост", LOST)
    files = {
        "0000-first.xml": export(*first),
        "0001-city.txt": "\n\n".join([*articles(40), HOSTILE]),
        "0002-second.xml": export(wiki(7, "Выборы", "Прошли выборы. Явка высока.")),
    }
    return build(tmp_path_factory.mktemp("corpus"), files, megabytes=0.002)


@pytest.fixture
def data(built: Path, tmp_path: Path) -> Path:
    """A copy of the folder `data`."""
    return copytree(built, tmp_path / "data")
