"""Simple recurrent unit (Lei et al. 2018): the `sru` package's cell, written without a compiler.

`cell` holds the parameters, `recurrence` says what is computed, `on_cpu` and `on_gpu` compute it.
"""

from pipeline.lm.rnn.sru.cell import Layer

__all__ = ["Layer"]
