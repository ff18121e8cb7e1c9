"""The network of an exported tagger in numpy: what torch computes when it predicts, and none of what it trains with.

Each file repeats the maths of a module of `pipeline.lm` or `pipeline.ner`, which its docstring names; tests compare
every one of them with that module. Arithmetic is in float32, but for the confidences. What both directions of a
bidirectional layer compute is computed at once: arrays have a first axis of 2, forward then backward, each in its own
order of time.
"""
