"""What the command `tables` found of what it was asked for."""

from collections.abc import Sequence
from typing import NamedTuple

from pipeline.experiments.tables.pairs import Pairs
from pipeline.experiments.tables.row import Row
from pipeline.report.paper import LARGE_MODELS, MODELS, SETS, order_sets

NOT_RUN = "not run"


class Sweep(NamedTuple):
    """All that was asked for."""

    scale: str
    protocol: str
    rows: list[Row]
    """At most one an architecture, but where revisions were named."""
    missing: list[str]
    """Architectures without a row."""
    notes: list[str]
    """What a reader has to know of the rows."""
    pairs: list[Pairs]
    """By data set, of the rows in the order of `rows`; empty where there are no two."""

    @property
    def title(self) -> str:
        return f"The paper's tables, scale {self.scale}: {self.protocol}"

    @property
    def lead(self) -> list[str]:
        """What a cell is, and the notes."""
        return [
            "A cell of Tables 2 and 3 is ours, then the paper's in brackets. Ours: the mean over the taggers of all "
            "seeds, ± the standard deviation between them where they are several. F1 is the paper's token F1, weighted "
            "by support, without O.",
            *self.notes,
        ]

    @property
    def ran(self) -> list[Row]:
        """The rows, as the paper has them."""
        return [row for row in self.ordered(list_archs(self)) if not isinstance(row, str)]

    @property
    def sets(self) -> list[str]:
        """Data sets of any row, in the paper's order; the paper's if there is no row."""
        return order_sets(sorted({name for row in self.rows for name in row.scores})) or list(SETS)

    def ordered(self, archs: Sequence[str]) -> list[Row | str]:
        """The rows of these architectures, in this order; where one has none, its name."""
        found: list[Row | str] = []
        for arch in archs:
            found += [row for row in self.rows if row.arch == arch] or [arch]
        return found


def list_archs(sweep: Sweep) -> list[str]:
    """The paper's rows as the paper has them, then others."""
    asked = [*(row.arch for row in sweep.rows), *sweep.missing]
    return [arch for arch in dict.fromkeys([*MODELS, *LARGE_MODELS, *asked]) if arch in asked]
