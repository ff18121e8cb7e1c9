"""Layouts of published NER files, one a file: `format: wikineural` in a manifest means `wikineural.py`.

A layout is named after the set that made it known, and any set may be written in it: types come from the files. Its
`rows(path)` streams the tokens of a file, plain or gzipped, with their labels as they stand there, and None between two
sentences; a `UserError` names the line, what was found and what was expected. docs/extend.md shows how to add a layout.
"""

from pipeline.ner.data.formats import conll2003, multiconer, wikineural

FORMATS = {
    "conll2003": conll2003.rows,
    "multiconer": multiconer.rows,
    "wikineural": wikineural.rows,
}
