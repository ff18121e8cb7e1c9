"""News text at every stage, made by the stages themselves; words stand in for UDPipe's lemmas."""

from collections.abc import Iterator
from pathlib import Path
from shutil import copytree

import pytest

from pipeline.files.json import write_json
from pipeline.paths import Paths
from pipeline.stages import documents, fragments, lemmas, lowercase, sentences, vocabulary
from pipeline.text.udpipe import Normalization
from tests.params import make_params

LONGEST = 8
"""Words of a fragment."""
HOSTILE = "Злой <script>alert(1)</script> |`код` \x1b[2J \u202eтекст\u202c ````&{{7*7}}."
LOST = "Мост {{Чин *`|&lt;script&gt; `а` ]] \u202e|б}} открыт."
"""A template that the table does not have."""
LOOKALIKE = "Никтo"
"""With a Latin o."""
EXPORT = """<mediawiki xml:lang="ru"><siteinfo/>{pages}</mediawiki>"""
PAGE = "<page><title>{title}</title><ns>{ns}</ns><id>{id}</id><revision><id>1</id><text>{text}</text></revision></page>"
TOO_LONG = "Это предложение длиннее всех фрагментов и поэтому не попадает ни в один."


class _Words:
    """In place of a UDPipe model."""

    def __init__(self, model: Path, normalization: Normalization) -> None:
        pass

    def lemmatize_text(self, text: str) -> list[str]:
        return text.split()


def run_text_stages(folder: Path, files: dict[str, str], megabytes: float = 1) -> Path:
    """Make the folder `data` of news files by name, of the format that the ending of the name says."""
    paths = Paths(folder)
    raw = paths.news
    for made in (raw, paths.udpipe.parent):
        made.mkdir(parents=True)
    paths.udpipe.touch()
    for name, content in files.items():
        (raw / name).write_text(content, encoding="utf-8", newline="\n")
    forms = {name: "mediawiki" if name.endswith(".xml") else "text" for name in files}
    write_json(raw / "sources.json", {"files": [{"file": name, "format": form} for name, form in forms.items()]})
    text = {"segmenter": "razdel", "fragment_words": LONGEST, "shard_megabytes": megabytes}
    params = make_params({"text": text, "vocabulary": {"size": 40, "min_count": 2, "validation_share": 0.3}})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lemmas, "Lemmatizer", _Words)
        for stage in (documents, sentences, fragments, lowercase, lemmas, vocabulary):
            stage.run(paths, params)
    return paths.data


def export(*pages: tuple[int, str, str]) -> str:
    """A MediaWiki export of pages: id, title and text."""
    return EXPORT.format(pages="".join(PAGE.format(id=id_, title=title, text=text, ns=0) for id_, title, text in pages))


def articles(number: int) -> Iterator[str]:
    for i in range(number):
        if i % 5:
            yield f"Река течёт.\nГород номер {i} стоит у реки. {TOO_LONG} Река течёт на юг и на восток."
        else:
            yield TOO_LONG


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder `data`; not to be written to."""
    folder = tmp_path_factory.mktemp("corpus")
    files = {
        "0000-first.xml": export((7, "Пожар", f"Сгорел склад. {LOOKALIKE} не пострадал."), (8, "Мост", LOST)),
        "0001-city.txt": "\n\n".join([*articles(40), HOSTILE]),
        "0002-second.xml": export((7, "Выборы", "Прошли выборы. Явка высока.")),
    }
    return run_text_stages(folder, files, megabytes=0.002)


@pytest.fixture
def data(built: Path, tmp_path: Path) -> Path:
    """A copy of it."""
    return copytree(built, tmp_path / "data")
