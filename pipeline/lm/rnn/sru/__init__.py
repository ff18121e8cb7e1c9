"""Simple recurrent unit (Lei et al. 2018): the `sru` package's cell, written without a compiler.

`cell` holds the parameters; `recurrence` has the equations and computes them on CPUs, `on_gpu` on GPUs.
"""

from pipeline.lm.rnn.sru.cell import Layer as Layer
