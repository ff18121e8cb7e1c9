"""Recurrent architectures, one a file: `cell: gru` in params.yaml means the class `Layer` of `gru.py`.

What does not fit into a file is a package of the same name, see `sru`.

A `Layer(input_size, hidden)` maps (length, batch, input_size) to (length, batch, hidden), from the left to the right
and from a zero state. A new architecture is one more file here and one more entry of `archs`.
"""
