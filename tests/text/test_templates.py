"""The table of templates, and the list of those that it lacks."""

from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from pipeline.errors import UserError
from pipeline.text.dump.templates import lost as losses
from pipeline.text.dump.templates import table
from pipeline.text.dump.templates.lost import Lost, add_lost, describe_template, most_frequent
from pipeline.text.dump.wikitext import extract_paragraphs


@pytest.fixture
def write_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], object]]:
    """Write a table that is read in place of the real one."""
    mine = tmp_path / "table.yaml"
    monkeypatch.setattr(table, "TABLE", mine)
    table.read_table.cache_clear()
    yield partial(mine.write_text, encoding="utf-8")
    table.read_table.cache_clear()


def test_a_line_of_the_table_is_all_that_a_template_needs(write_table: Callable[[str], object]) -> None:
    write_table('"{имя} ({1}) or {1}": Чин,чин_2, ранг *,\n"[{1}]": ранг второй *\n"": Врез\n')
    lost: dict[str, Lost] = {}
    text = "Мэр {{чин|полковник|имя=Петров}}, {{ЧИН 2|майор}}, {{Ранг первый|капитан}}, {{врез|а}} {{w|Тула}}. "
    text += "{{Ранг второй мой|юнга}}"
    assert extract_paragraphs(text, Counter(), lost) == ["Мэр Петров (полковник), майор, капитан. [юнга]"]
    assert [*lost.values()] == [Lost("w", 1, 1, "{{w|Тула}}")]


@pytest.mark.parametrize(
    "line, message",
    [
        ("5: а", "5: expected what is seen"),
        ("а: [б]", "'а': expected"),
        ("а: б, в, Б", "'б' stands under"),
        ("а: б*, Б*", "'б\\*' stands"),
    ],
)
def test_an_invalid_line_is_named(line: str, message: str, write_table: Callable[[str], object]) -> None:
    write_table(line)
    with pytest.raises(UserError, match=message):
        table.find_forms("а")


def test_every_name_of_the_table_is_found_and_shows_or_hides_without_failing() -> None:
    names, _ = table.read_table()
    assert len(names) > 400
    for name in names:
        text = f"Начало {{{{{name}|1914|2|3|4|текст=х}}}} конец"
        (first, *_, last) = " ".join(extract_paragraphs(text, Counter())).split()
        assert (first, last) == ("Начало", "конец")


def test_lost_templates_are_counted_by_name_and_the_first_is_an_example() -> None:
    total: dict[str, Lost] = {}
    for batch in [("ранг", "{{Ранг}}"), ("чин", "{{Чин|а б}}"), ("чин", "{{чин}}")], [("чин", "{{чин|ещё}}")]:
        add_lost(total, (describe_template(*template) for template in batch))
    assert most_frequent(total) == [Lost("чин", 3, 4, "{{Чин|а б}}"), Lost("ранг", 1, 1, "{{Ранг}}")]


def test_names_and_their_number_are_bounded() -> None:
    hostile = "а\x1b[2J\u202e\t|" + "б" * 10_000
    templates = [(hostile, "{{" + hostile), *((f"т{n}", "{{т}}") for n in range(3 * losses.LISTED)), (hostile, "")]
    total: dict[str, Lost] = {}
    add_lost(total, (describe_template(*template) for template in templates))
    (first, *others) = most_frequent(total)
    assert len(others) == losses.LISTED - 1 and first.times == 2
    assert first.name.startswith("а[2J |б") and len(first.name) == losses.LONGEST_NAME and first.name.isprintable()
    assert len(first.example) == losses.LONGEST_EXAMPLE and first.example.isprintable()
