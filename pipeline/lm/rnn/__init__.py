"""Architectures, one a file: `cell: gru` in params.yaml means the class `Layer` of `gru.py`.

One that does not fit into a file is a package of the same name, see `sru`. A new architecture is one more file here and
one more entry of `archs`: docs/architectures.md.

A `Layer(input_size, hidden)` maps (length, batch, input_size) to (length, batch, hidden), from left to right: row t may
depend on rows 0 to t of its own text and on nothing else. Every text begins at row 0, from a zero state. Its padding
comes after it, so that a layer need not know of it. The keyword-only arguments of a `Layer`, whole numbers above 0, are
what `options` gives in its entry; dropout is applied by the stack.
"""
