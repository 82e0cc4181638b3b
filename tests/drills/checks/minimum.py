"""Whether enough has happened at all for the other checks to say anything."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict

from tests.drills.checks.ends import last_words
from tests.drills.evidence import Evidence, Least

_WORDS = {
    "accepted": "clicks were accepted",
    "filled": "clicked orders were filled, here and at the broker",
    "absent": "orders were dropped in silence and proved to be absent",
    "cancelled": "clicked orders were cancelled at the broker",
    "changed": "changes were taken by the broker",
}


def reached(evidence: Evidence) -> Iterator[str]:
    happened = asdict(_happened(evidence))
    for name, wanted in asdict(evidence.least).items():
        if happened[name] < wanted:
            yield f"only {happened[name]} {_WORDS[name]}, and {wanted} have to be: the drill shows nothing"


def _happened(evidence: Evidence) -> Least:
    from webapp.trading.models import OrderCommand

    accepted, words = evidence.accepted(), last_words(evidence)
    filled = {str(order.client_order_id) for order in evidence.orders() if order.status == "FILLED"}
    orders = evidence.gateway.rows("order")
    dropped = [row["order_ref"] for row in orders if row["event"] == "dropped"]
    absent = OrderCommand.objects.filter(account=evidence.account, state="ABSENT", verb="SUBMIT")
    return Least(
        accepted=len(accepted),
        filled=sum(reference in filled and words.get(reference) == "Filled" for reference in accepted),
        absent=absent.filter(order__client_order_id__in=dropped, order__status="REJECTED").count(),
        cancelled=sum(words.get(reference) in ("Cancelled", "ApiCancelled") for reference in accepted),
        changed=sum(row["event"] == "modify" and row["order_ref"] not in evidence.refused() for row in orders),
    )
