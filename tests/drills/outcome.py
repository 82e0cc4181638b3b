"""What a drill found, and the table of all of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from tests.drills.checker import Verdict

_WIDTH = 52


@dataclass(slots=True)
class Outcome:
    """`recoveries` are in seconds, from the fault until the session took orders again.

    `broken` says why a drill could not be carried out, so that nothing is known of what it was to show.
    """

    drill: str
    broken: str = ""
    runs: int = 0
    verdict: Verdict = field(default_factory=Verdict)
    recoveries: list[float] = field(default_factory=list)

    @property
    def passed(self) -> bool:
        return bool(self.verdict) and not self.broken

    def count(self, verdict: Verdict, recovery: float | None = None) -> None:
        self.runs += 1
        self.verdict.add(verdict)
        if recovery is not None:
            self.recoveries.append(recovery)


def table(outcomes: Iterable[Outcome]) -> str:
    head = f"{'drill':{_WIDTH}}{'runs':>6}{'duplicates':>12}{'lost':>6}{'worst recovery':>16}"
    return "\n".join([head, *map(_row, outcomes)])


def _row(outcome: Outcome) -> str:
    worst = f"{max(outcome.recoveries):.1f} s" if outcome.recoveries else "-"
    verdict = outcome.verdict
    if outcome.broken:
        return f"{outcome.drill:{_WIDTH}}  not carried out"
    counts = f"{outcome.runs:>6}{len(verdict.duplicates):>12}{len(verdict.lost):>6}{worst:>16}"
    return f"{outcome.drill:{_WIDTH}}{counts}"


def complaints(outcomes: Iterable[Outcome]) -> list[str]:
    return [
        f"{outcome.drill}: {sentence}"
        for outcome in outcomes
        for sentence in [*outcome.verdict.duplicates, *outcome.verdict.lost, *filter(None, [outcome.broken])]
    ]
