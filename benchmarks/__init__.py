"""Commands that measure: `python -m benchmarks.sru`, `.pretrain`, `.tagger`, `.text`, `.memory`. No test times them."""
