"""Samples, and the table that is printed of them."""

from __future__ import annotations

import os
import statistics
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from deploy.local.processes import LocalError

if TYPE_CHECKING:
    from tests.benchmarks.stage import Stage

_WIDTH = 44


@dataclass(frozen=True, slots=True)
class Leg:
    """One way that was timed. `seconds` has one entry for each sample."""

    name: str
    seconds: list[float]

    def milliseconds(self, percent: int) -> float:
        return statistics.quantiles(self.seconds, n=100, method="inclusive")[percent - 1] * 1000


@dataclass(frozen=True, slots=True)
class Comparison:
    """The product's way and the bare one. `note` says what the samples don't show."""

    name: str
    product: Leg
    bare: Leg
    note: str

    def ratio(self, percent: int) -> float:
        return self.product.milliseconds(percent) / self.bare.milliseconds(percent)


def checked(leg: Leg, *, least: int) -> Leg:
    """Raises LocalError when there are too few samples to say anything of a p99."""
    if len(leg.seconds) < least:
        raise LocalError(f"only {len(leg.seconds)} samples of {leg.name!r} were taken, and {least} are needed")
    return leg


def report(*comparisons: Comparison, stage: Stage) -> str:
    head = f"{'':{_WIDTH}}{'samples':>8}{'p50 ms':>10}{'p99 ms':>10}"
    body = [_row(leg) for comparison in comparisons for leg in (comparison.product, comparison.bare)]
    notes = [f"{comparison.name}: {comparison.note}" for comparison in comparisons]
    ratios = [
        f"{comparison.name}: p50 {_times(comparison.ratio(50))}, p99 {_times(comparison.ratio(99))} the bare client"
        for comparison in comparisons
    ]
    return "\n".join(["", head, *body, "", _circumstances(stage), *notes, "", *ratios])


def _times(ratio: float) -> str:
    return f"{ratio:.1f} times" if ratio >= 0.1 else f"{ratio:.5f} times"


def _row(leg: Leg) -> str:
    return f"{leg.name:{_WIDTH}}{len(leg.seconds):>8}{leg.milliseconds(50):>10.2f}{leg.milliseconds(99):>10.2f}"


def _circumstances(stage: Stage) -> str:
    cores, load = os.cpu_count(), os.getloadavg()[0]
    clock = stage.screen.clock_offset * 1000
    return (
        f"{stage.screen.browser}; {cores} cores, load {load:.1f}; the page's clock was {clock:+.2f} ms off (corrected)"
    )


def say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()
