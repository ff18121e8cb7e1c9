"""Layouts of published NER files, one a file: `format: wikineural` in a manifest means `wikineural.py`.

A layout is named after the set that made it known, and any set may be written in it: types come from the files. A new
layout is one more file here: docs/extend.md. It has `read(path)`, which streams the sentences of a file, plain or
gzipped, with tokens and labels as they stand there, and raises a `UserError` that names the line, what was found and
what was expected. `pipeline.ner.data.lines` has what readers share.
"""
