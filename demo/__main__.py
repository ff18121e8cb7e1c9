"""Generate the inputs of scale demo again: python -m demo."""

from pathlib import Path

from demo import COMMITTED, generate

generate(Path(__file__).parents[1] / "data" / "demo", COMMITTED)
