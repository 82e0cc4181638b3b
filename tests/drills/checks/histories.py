"""What was told on the way: a false end that was put right later was a false end all the same."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import pairwise

from tests.drills.checks.ends import NEVER_ARRIVED
from tests.drills.evidence import Evidence, Told

# Seconds that an order may be UNKNOWN, once the gateway answers.
LONGEST_UNKNOWN = timedelta(seconds=15)


def event_numbers(evidence: Evidence) -> Iterator[str]:
    from webapp.accounts.models import AccountEvent

    rows = AccountEvent.objects.filter(account=evidence.account).order_by("number")
    written = list(rows.values_list("number", flat=True))
    if written != list(range(1, len(written) + 1)):
        yield f"the event numbers have a gap: {_first_gap(written)}"
    if evidence.numbers is not None and evidence.numbers != written:
        yield f"a browser got the events {_shown(evidence.numbers)}, and there are {_shown(written)}"


def false_ends(evidence: Evidence) -> Iterator[str]:
    """Nothing follows an end, and nothing that the broker took was ever told to be nowhere."""
    arrived = {row["order_ref"] for row in evidence.arrived()} - evidence.held()
    doubled = {row["order_ref"] for row in evidence.gateway.rows("order") if row["event"] == "doubled"}
    taken = arrived - evidence.refused()
    for reference, told in evidence.histories().items():
        yield from _after_the_end(reference, told, may_work_again=reference in doubled)
        yield from _told_to_be_nowhere(reference, told, is_taken=reference in taken)
    for reference in sorted(_proved_absent(evidence) & arrived):
        yield f"{reference} was proved to be absent and had reached the broker"


def _after_the_end(reference: str, told: list[Told], *, may_work_again: bool) -> Iterator[str]:
    """Of two broker orders behind one of ours, one may turn out to work when the other is over."""
    for before, after in pairwise(told):
        is_second = may_work_again and after.status == "SUBMITTED"
        if before.is_final and after.status != before.status and not is_second:
            yield f"{reference} was told {before.status}, and then {after.status}"


def _told_to_be_nowhere(reference: str, told: list[Told], *, is_taken: bool) -> Iterator[str]:
    """An end of ours, without IB's word. Only what it never took may have one."""
    ends = {one.status for one in told if one.status in NEVER_ARRIVED and not one.ib_status}
    if is_taken:
        yield from (f"{reference} was told {status} without the broker's word, which had it" for status in sorted(ends))


def _proved_absent(evidence: Evidence) -> set[str]:
    from webapp.trading.models import OrderCommand

    absent = OrderCommand.objects.filter(account=evidence.account, state=OrderCommand.State.ABSENT)
    return {str(reference) for reference in absent.values_list("order__client_order_id", flat=True)}


def unknowns(evidence: Evidence) -> Iterator[str]:
    """Nothing is UNKNOWN for longer than 15 s once the gateway answers."""
    histories = evidence.histories()
    for order in evidence.orders():
        if order.status == "UNKNOWN":
            yield f"{order.client_order_id} is still UNKNOWN: {order.reason}"
        lasted = _unknown_for(histories.get(str(order.client_order_id), []), evidence.answers_since)
        if lasted > LONGEST_UNKNOWN:
            yield f"{order.client_order_id} was UNKNOWN for {lasted.total_seconds():.1f} s"


def _unknown_for(told: list[Told], since: datetime | None) -> timedelta:
    lasted = timedelta()
    for before, after in pairwise(told):
        if before.status == "UNKNOWN":
            lasted += max(after.at - max(before.at, since or before.at), timedelta())
    return lasted


def _first_gap(numbers: list[int]) -> str:
    wrong = next(place for place, number in enumerate(numbers) if number != place + 1)
    return f"{numbers[wrong]} stands where {wrong + 1} should"


def _shown(numbers: list[int]) -> str:
    return f"{numbers[0]} to {numbers[-1]} ({len(numbers)})" if numbers else "none"
