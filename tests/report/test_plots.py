"""What pictures have in common."""

import numpy as np
from matplotlib.figure import Figure

from pipeline.report.plots.style import Label, label_lines


def test_names_of_lines_stay_beside_the_picture() -> None:
    axes = Figure(figsize=(7, 4)).subplots()
    axes.set_ylim(0, 1)
    label_lines(axes, [Label(0.02 * n, str(n), "black") for n in range(9)])
    heights = {text.get_text(): text.get_position()[1] for text in axes.texts}
    ordered = [heights[str(n)] for n in range(9)]
    assert min(ordered) > -1e-9 and max(ordered) <= 1
    assert (np.diff(ordered) > 0.07).all()
