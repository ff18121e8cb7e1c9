"""Simple recurrent unit (Lei et al. 2018): the `sru` package's cell, written without a compiler.

`cell` holds the parameters, `recurrence` says what is computed, and computes it on CPUs; `on_gpu` does on GPUs.
"""

from pipeline.lm.rnn.sru.cell import Layer as Layer
