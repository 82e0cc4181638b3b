"""What became of every order: judged from the gateway's ledger, the database, and the events that a browser got."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

from tests.drills.clicks import Click
from tests.drills.gateways import Row, SimulatedGateway

if TYPE_CHECKING:
    from webapp.accounts.models import BrokerAccount
    from webapp.trading.models import Order

# Seconds that an order may be UNKNOWN, once the gateway answers.
LONGEST_UNKNOWN = timedelta(seconds=15)

# What the broker's last word on an order means for ours.
_BY_WORD = {
    "Filled": "FILLED",
    "Cancelled": "CANCELLED",
    "ApiCancelled": "CANCELLED",
    "Inactive": "REJECTED",
    "Submitted": "SUBMITTED",
    "PreSubmitted": "SUBMITTED",
    "PendingSubmit": "SUBMITTED",
    "PendingCancel": "SUBMITTED",
}
_NEVER_ARRIVED = ("REJECTED", "CANCELLED")


@dataclass(slots=True)
class Verdict:
    """Sentences of what is wrong. `duplicates` are second orders for one `order_ref`; the rest is lost or untrue."""

    duplicates: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)

    def __bool__(self) -> bool:
        """Whether all is well."""
        return not self.duplicates and not self.lost

    def add(self, other: Verdict) -> None:
        self.duplicates += other.duplicates
        self.lost += other.lost


@dataclass(frozen=True, slots=True)
class Evidence:
    """`numbers` are those of the events that a browser got; None where no browser watched."""

    account: BrokerAccount
    gateway: SimulatedGateway
    clicks: list[Click]
    numbers: list[int] | None = None
    answers_since: datetime | None = None  # when the gateway could answer again, for how long UNKNOWN may last


def judge(evidence: Evidence) -> Verdict:
    verdict = Verdict(duplicates=list(_duplicates(evidence)))
    for check in (_intents, _ends, _executions, _event_numbers, _unknowns):
        verdict.lost += check(evidence)
    return verdict


def settled(evidence: Evidence) -> bool:
    """Whether nothing is left to happen: no command waits, no order is in doubt, and rows say what the ledger says."""
    from webapp.trading.models import OrderCommand

    waiting = OrderCommand.objects.filter(account=evidence.account, state__in=("PENDING", "SENDING"))
    return not waiting.exists() and not any(_ends(evidence)) and not any(_executions(evidence))


def _new_orders(evidence: Evidence) -> list[Row]:
    return [row for row in evidence.gateway.rows("order") if row["event"] == "new"]


def _duplicates(evidence: Evidence) -> Iterator[str]:
    """At most one broker order for each `order_ref`."""
    counted = Counter(row["order_ref"] for row in _new_orders(evidence))
    yield from (f"{order_ref} reached the broker {times} times" for order_ref, times in counted.items() if times > 1)


def _intents(evidence: Evidence) -> Iterator[str]:
    """Every accepted click is one intent, with the ways out that it asked for; a refused one is none."""
    orders = {str(order.client_order_id): order for order in _orders(evidence)}
    exits = Counter(str(order.parent.client_order_id) for order in orders.values() if order.parent)
    for click in evidence.clicks:
        if click.accepted and click.client_order_id not in orders:
            yield f"{click.client_order_id} was accepted and is no order"
        if click.accepted and exits[click.client_order_id] != click.exits:
            yield f"{click.client_order_id} has {exits[click.client_order_id]} ways out instead of {click.exits}"
        if click.status is not None and not click.accepted and click.client_order_id in orders:
            again = any(other.accepted for other in evidence.clicks if other.client_order_id == click.client_order_id)
            if not again:
                yield f"{click.client_order_id} was refused ({click.status}) and is an order"


def _ends(evidence: Evidence) -> Iterator[str]:
    """No false end state: what the row says is what the broker last said, or that it never arrived."""
    words = _last_words(evidence)
    arrived = {row["order_ref"] for row in _new_orders(evidence)}
    refused = {row["order_ref"] for row in evidence.gateway.rows("refusal")}
    for order in _orders(evidence):
        reference = str(order.client_order_id)
        expected = _expected(reference, words, arrived, refused)
        if order.status not in expected:
            yield f"{reference} is {order.status} here and {words.get(reference, 'nowhere')} at the broker"


def _expected(reference: str, words: dict[str, str], arrived: set[str], refused: set[str]) -> tuple[str, ...]:
    if reference in words:
        return (_BY_WORD[words[reference]],)
    if reference in refused:
        return ("REJECTED",)
    return ("SUBMITTED",) if reference in arrived else _NEVER_ARRIVED


def _last_words(evidence: Evidence) -> dict[str, str]:
    return {row["order_ref"]: row["status"] for row in evidence.gateway.rows("status") if row["order_ref"]}


def _executions(evidence: Evidence) -> Iterator[str]:
    """Execution ids are equal as sets."""
    from webapp.trading.models import Execution

    there = {row["exec_id"] for row in evidence.gateway.rows("execution")}
    here = set(Execution.objects.filter(account=evidence.account).values_list("exec_id", flat=True))
    yield from (f"execution {exec_id} is at the broker alone" for exec_id in sorted(there - here))
    yield from (f"execution {exec_id} is here alone" for exec_id in sorted(here - there))


def _event_numbers(evidence: Evidence) -> Iterator[str]:
    from webapp.accounts.models import AccountEvent

    rows = AccountEvent.objects.filter(account=evidence.account).order_by("number")
    written = list(rows.values_list("number", flat=True))
    if written != list(range(1, len(written) + 1)):
        yield f"the event numbers have a gap: {_first_gap(written)}"
    if evidence.numbers is not None and evidence.numbers != written:
        yield f"a browser got the events {_shown(evidence.numbers)}, and there are {_shown(written)}"


def _unknowns(evidence: Evidence) -> Iterator[str]:
    """Nothing is UNKNOWN for longer than 15 s once the gateway answers."""
    for order in _orders(evidence):
        if order.status == "UNKNOWN":
            yield f"{order.client_order_id} is still UNKNOWN: {order.reason}"
        lasted = _unknown_for(order, evidence.answers_since)
        if lasted > LONGEST_UNKNOWN:
            yield f"{order.client_order_id} was UNKNOWN for {lasted.total_seconds():.1f} s"


def _unknown_for(order: Order, since: datetime | None) -> timedelta:
    from webapp.accounts.models import AccountEvent

    events = AccountEvent.objects.filter(account=order.account, kind="order", subject=str(order.client_order_id))
    told = [(event.at, event.body["status"]) for event in events.order_by("number")]
    lasted = timedelta()
    for (at, status), (until, _) in pairwise(told):
        if status == "UNKNOWN":
            lasted += max(until - max(at, since or at), timedelta())
    return lasted


def _orders(evidence: Evidence) -> Iterable[Order]:
    from webapp.trading.models import Order

    rows = Order.objects.filter(account=evidence.account, client_order_id__isnull=False)
    return rows.select_related("parent")


def _first_gap(numbers: list[int]) -> str:
    wrong = next(place for place, number in enumerate(numbers) if number != place + 1)
    return f"{numbers[wrong]} stands where {wrong + 1} should"


def _shown(numbers: list[int]) -> str:
    return f"{numbers[0]} to {numbers[-1]} ({len(numbers)})" if numbers else "none"
