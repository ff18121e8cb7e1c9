"""A page on this computer to try taggers on: `python -m pipeline serve`, see docs/predict.md."""
