"""Published forms of NER files, one a file: `format: wikineural` in a manifest means `wikineural.py`.

A new form is one more file here: docs/extend.md. It has `TYPES`, the entity types of its labels in the order in which
tables show them, and `read(path)`, which streams the sentences of a file, plain or gzipped, as published, and raises a
`UserError` that names the line, what was found and what was expected. `pipeline.ner.lines` has what readers share.
"""
