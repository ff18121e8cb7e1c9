"""What a template shows, by its name; table.yaml is read once.

"{2} or {1}": w, нп5    {{w|Бостон|Бостоне}} shows parameter 2, and failing that 1
"""

import re
from functools import cache
from pathlib import Path
from typing import NamedTuple

from pipeline.errors import UserError
from pipeline.files.yaml import read_yaml

TABLE = Path(__file__).with_name("table.yaml")
AFTER_COLON = ":"
"""The parameter that stands in the name itself, as in `{{formatnum:2500}}`."""

_PREFIX = re.compile(r"^((шаблон|template|ш|t|подст|subst|safesubst):\s*)+", re.IGNORECASE)
_CODE = re.compile("[A-Z]{3}")
"""The code of a country. `{{LAT}}` is Latvia, `{{lat}}` is not."""
MONTH = ".month"
_NAMES = "января февраля марта апреля мая июня июля августа сентября октября ноября декабря"
MONTHS = {str(number): name for number, name in enumerate(_NAMES.split(), start=1)}


class Form(NamedTuple):
    """What a template shows: pieces of literal text, each with a parameter after it, and the parameters' names."""

    parts: list[tuple[str, str]]
    """`{1}/{2.month}` is ("", "1"), ("/", "2.month"), ("", "")."""
    names: frozenset[str]
    has_words: bool
    """Whether the form is more than white space."""


Forms = dict[str, list[Form]]
"""The forms of templates, from the first choice to the last, by name or by the beginning of names."""


def normalize(name: str) -> str:
    """Return a template's name as the table has it: `не переведено` for `Шаблон:Не_переведено`, `#if` for `#if:x`."""
    name = _PREFIX.sub("", " ".join(name.replace("_", " ").split()))
    if not _CODE.fullmatch(name):
        name = name.casefold()
    return name.partition(":")[0] if name.startswith("#") else name


def find_forms(name: str) -> list[Form]:
    """Return the forms of the template with that normalized name, the first choice first; none if it is unknown."""
    (by_name, by_beginning), folded = read_table(), name.casefold()
    if forms := by_name.get(name) or by_name.get(folded):
        return forms
    beginnings = (beginning for beginning in by_beginning if folded.startswith(beginning))
    return by_beginning.get(max(beginnings, key=len, default=""), [])


@cache
def read_table() -> tuple[Forms, Forms]:
    """Return the forms of table.yaml by whole names, and those by beginnings of names."""
    by_name, by_beginning = Forms(), Forms()
    for shown, names in read_yaml(TABLE).items():
        if not isinstance(shown, str) or not isinstance(names, str):
            raise UserError(f"{TABLE}: {shown!r}: expected what is seen and then names, both as text; use quotes")
        forms = [*map(_read_form, shown.split(" or "))]
        for name in filter(None, map(normalize, re.split(r",\s*", names))):
            begins = len(name) > 1 and name.endswith("*")
            table, key = (by_beginning, name[:-1]) if begins else (by_name, name)
            if key in table:
                raise UserError(f"{TABLE}: {name!r} stands under two forms; keep one of the two")
            table[key] = forms
    return by_name, by_beginning


def _read_form(form: str) -> Form:
    texts_and_parameters = [*re.split(r"\{([^{}]+)\}", form), ""]
    parts = [*zip(texts_and_parameters[::2], texts_and_parameters[1::2], strict=True)]
    names = frozenset(parameter.removesuffix(MONTH) for _, parameter in parts if parameter)
    return Form(parts, names, bool(form.strip()))
