"""Progress with rate and time left: a bar on a terminal, plain lines in a log."""

import sys
import time
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from tqdm import tqdm

from pipeline.errors import one_line

T = TypeVar("T")

LOG_EVERY = 10.0
"""Seconds between two lines in a log."""


def say(text: str) -> None:
    """Print a line for the person who watches, on standard error, so that results can be piped."""
    tqdm.write(one_line(text), file=sys.stderr)


def track(
    items: Iterable[T], label: str, unit: str, total: int | None = None, size: Callable[[T], int] | None = None
) -> Iterator[T]:
    """Yield the items and report progress in `unit`; an item counts as `size(item)` of them, 1 by default."""
    meter = Meter(label, unit, total)
    for item in items:
        yield item
        meter.add(size(item) if size else 1)
    meter.close()


class Meter:
    """Counts units done; `add` reports when it is time to."""

    def __init__(self, label: str, unit: str, total: int | None = None, done: int = 0, quiet: bool = False) -> None:
        """`done` units were done by an earlier run. A quiet meter counts and says nothing."""
        self.label, self.unit, self.total, self.quiet = one_line(label), unit, total, quiet
        self.done, self.start = done, time.monotonic()
        self._before, self._next = done, self.start + LOG_EVERY
        silent = quiet or not sys.stderr.isatty()
        self._bar = tqdm(
            total=total, initial=done, desc=self.label, unit=f" {unit}", unit_scale=True, leave=False, disable=silent
        )

    def add(self, count: int, note: str = "") -> None:
        """Record `count` further units; `note` (a loss, say) is shown with the rate."""
        self.done += count
        if not self._bar.disable:
            if note:
                self._bar.set_postfix_str(note, refresh=False)
            self._bar.update(count)
        elif time.monotonic() >= self._next and not self.quiet:
            self._next = time.monotonic() + LOG_EVERY
            rate = (self.done - self._before) / (time.monotonic() - self.start)
            total, left = "", ""
            if self.total and rate:
                total, left = f" of {self.total:,}", f", {(self.total - self.done) / rate:,.0f} s left"
            say(f"{self.label}: {self.done:,}{total} {self.unit}, {_rate(rate)}{left} {note}".rstrip())

    def close(self) -> None:
        """Say the final count and rate."""
        self._bar.close()
        seconds = max(time.monotonic() - self.start, 1e-9)
        done = self.done - self._before
        if not self.quiet:
            say(f"{self.label}: {done:,} {self.unit} in {seconds:.1f} s ({_rate(done / seconds)})")


def _rate(per_second: float) -> str:
    """Return a rate with the digits it needs: 12,400 a second, 0.31 a second."""
    return f"{per_second:,.0f} a second" if per_second >= 10 else f"{per_second:.2g} a second"
