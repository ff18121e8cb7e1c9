"""docs/predict.md: its script labels a text by natasha, which is an extra: pip install '.[natasha]'."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.ner.data.published import read_file

PAGE = Path(__file__).parents[2] / "docs" / "predict.md"
TEXT = "  Лидия Ивановна Петрова уехала из Москвы в Санкт-Петербург. Сбербанк промолчал.\n\nДождь.\n"
TAGS = ["B-PER", "I-PER", "I-PER", "O", "O", "B-LOC", "O", "B-LOC", "O"]


def test_the_script_of_the_page_writes_a_file_that_a_manifest_may_name(tmp_path: Path) -> None:
    pytest.importorskip("natasha", reason="natasha is not installed")
    (script,) = re.findall(r"```python\n(import sys\n.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    run = subprocess.run([sys.executable, "-c", script], input=TEXT.encode(), capture_output=True, check=True)
    (tmp_path / "news.conllu").write_bytes(run.stdout)
    sentences = [*read_file(tmp_path / "news.conllu", "wikineural", ["PER", "LOC", "ORG"])]
    assert [sentence.tags for sentence in sentences] == [TAGS, ["B-ORG", "O", "O"], ["O", "O"]]
    assert [token for sentence in sentences for token in sentence.tokens][-2:] == ["Дождь", "."]
