"""Commands that measure: `python -m benchmarks.sru`, `.pretrain`, `.tagger`. Nothing here is timed by a test."""
