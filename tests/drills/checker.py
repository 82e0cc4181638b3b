"""What became of every order: judged from the gateway's ledger, the database, and the events that a browser got."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from tests.drills.checks import arrivals, ends, histories, minimum
from tests.drills.evidence import Evidence


@dataclass(slots=True)
class Verdict:
    """Sentences of what is wrong. `duplicates` are second orders for one intent; the rest is lost or untrue."""

    duplicates: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)

    def __bool__(self) -> bool:
        """Whether all is well."""
        return not self.duplicates and not self.lost

    def add(self, other: Verdict) -> None:
        self.duplicates += other.duplicates
        self.lost += other.lost


DUPLICATES = (arrivals.duplicates, arrivals.nobodys)
LOST = (
    arrivals.intents,
    arrivals.strangers,
    ends.standing,
    ends.terms,
    ends.executions,
    ends.cancels,
    ends.waiting,
    histories.event_numbers,
    histories.false_ends,
    histories.unknowns,
    minimum.reached,
)


def judge(evidence: Evidence) -> Verdict:
    verdict = Verdict()
    for check in DUPLICATES:
        verdict.duplicates += check(evidence)
    for check in LOST:
        verdict.lost += check(evidence)
    return verdict


def settled(evidence: Evidence) -> bool:
    """Whether nothing is left to happen: no command waits, no order is in doubt, and rows say what the ledger says."""
    return not any(_unsettled(evidence))


def _unsettled(evidence: Evidence) -> Iterator[str]:
    for check in (ends.waiting, ends.standing, ends.executions):
        yield from check(evidence)
