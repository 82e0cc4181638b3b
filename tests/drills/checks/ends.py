"""How orders, their terms, executions and commands stand at the end."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from tests.drills.evidence import Evidence

# What the broker's last word on an order means for ours.
BY_WORD = {
    "Filled": "FILLED",
    "Cancelled": "CANCELLED",
    "ApiCancelled": "CANCELLED",
    "Inactive": "REJECTED",
    "Submitted": "SUBMITTED",
    "PreSubmitted": "SUBMITTED",
    "PendingSubmit": "SUBMITTED",
    "PendingCancel": "SUBMITTED",
}
NEVER_ARRIVED = ("REJECTED", "CANCELLED")


def standing(evidence: Evidence) -> Iterator[str]:
    """No false end state: what the row says is what the broker last said, or that it never arrived."""
    words = last_words(evidence)
    arrived = {row["order_ref"] for row in evidence.arrived()} - evidence.held()
    refused = evidence.refused()
    for order in evidence.orders():
        reference = str(order.client_order_id)
        expected = _expected(reference, words, arrived, refused)
        if order.status not in expected:
            yield f"{reference} is {order.status} here and {words.get(reference, 'nowhere')} at the broker"


def _expected(reference: str, words: dict[str, str], arrived: set[str], refused: set[str]) -> tuple[str, ...]:
    if reference in words:
        return (BY_WORD[words[reference]],)
    if reference in refused:
        return ("REJECTED",)
    return ("SUBMITTED",) if reference in arrived else NEVER_ARRIVED


def last_words(evidence: Evidence) -> dict[str, str]:
    return {row["order_ref"]: row["status"] for row in evidence.gateway.rows("status") if row["order_ref"]}


def terms(evidence: Evidence) -> Iterator[str]:
    """An order that works does so at the price that the broker was last told, where it refused nothing of it."""
    last = {row["order_ref"]: row for row in evidence.gateway.rows("order") if row["event"] in ("new", "modify")}
    refused = evidence.refused()
    for order in evidence.orders():
        row = last.get(str(order.client_order_id))
        if row is None or order.status != "SUBMITTED" or row["order_ref"] in refused or row["limit_price"] is None:
            continue
        if order.limit_price != Decimal(row["limit_price"]):
            yield f"{row['order_ref']} is at {order.limit_price} here and at {row['limit_price']} at the broker"


def executions(evidence: Evidence) -> Iterator[str]:
    """Execution ids are equal as sets."""
    from webapp.trading.models import Execution

    there = {row["exec_id"] for row in evidence.gateway.rows("execution")}
    here = set(Execution.objects.filter(account=evidence.account).values_list("exec_id", flat=True))
    yield from (f"execution {exec_id} is at the broker alone" for exec_id in sorted(there - here))
    yield from (f"execution {exec_id} is here alone" for exec_id in sorted(here - there))


def cancels(evidence: Evidence) -> Iterator[str]:
    """An accepted cancel ends its order, or says that it could not, or that nobody knows."""
    from webapp.trading.models import OrderCommand

    said = OrderCommand.objects.filter(account=evidence.account, verb="CANCEL", state__in=("REFUSED", "UNKNOWN"))
    told = {str(reference) for reference in said.values_list("order__client_order_id", flat=True)}
    open_orders = {str(order.client_order_id): order.status for order in evidence.orders() if _is_open(order.status)}
    for reference in evidence.cancels:
        if reference in open_orders and reference not in told:
            yield f"{reference} was to be cancelled, is {open_orders[reference]}, and nothing says why"


def waiting(evidence: Evidence) -> Iterator[str]:
    from webapp.trading.models import OrderCommand

    for command in OrderCommand.objects.filter(account=evidence.account, state__in=("PENDING", "SENDING")):
        yield f"the command {command} still waits"


def _is_open(status: str) -> bool:
    from brokers.domain import OrderStatus

    return not OrderStatus(status).is_final
