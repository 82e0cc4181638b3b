"""What a drill is judged by: what was clicked, what the gateway wrote down, what rows and a browser's events say."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from tests.drills.clicks import Click
from tests.drills.gateways import Row, SimulatedGateway

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from webapp.accounts.models import BrokerAccount
    from webapp.trading.models import Order


@dataclass(frozen=True, slots=True)
class Least:
    """What a drill has to have shown. Without it, a stack that refuses every click would pass.

    `absent` orders were dropped in silence and proved to be nowhere; `changed` and `cancelled` at the broker.
    """

    accepted: int = 0
    filled: int = 0
    absent: int = 0
    cancelled: int = 0
    changed: int = 0


@dataclass(frozen=True, slots=True)
class Evidence:
    """`numbers` are those of the events that a browser got; None where no browser watched.

    `answers_since` is when a gateway that was away could answer again: UNKNOWN counts from there. `cancels` are the
    client_order_ids of the cancels that were accepted.
    """

    account: BrokerAccount
    gateway: SimulatedGateway
    clicks: list[Click]
    numbers: list[int] | None = None
    answers_since: datetime | None = None
    cancels: list[str] = field(default_factory=list)
    least: Least = Least()

    def orders(self) -> QuerySet[Order]:
        """Those of ours; the rest were placed elsewhere."""
        return self.every_order().filter(client_order_id__isnull=False)

    def every_order(self) -> QuerySet[Order]:
        from webapp.trading.models import Order

        return Order.objects.filter(account=self.account).select_related("parent").order_by("id")

    def arrived(self) -> list[Row]:
        """The ledger's rows of new orders, one for each time that one reached the broker."""
        return [row for row in self.gateway.rows("order") if row["event"] == "new"]

    def refused(self) -> set[str]:
        """The order_refs of which the broker refused anything."""
        return {row["order_ref"] for row in self.gateway.rows("refusal")}

    def accepted(self) -> dict[str, Click]:
        return {click.client_order_id: click for click in self.clicks if click.accepted}

    def histories(self) -> dict[str, list[Told]]:
        """What was told of each order of ours, oldest first, by client_order_id."""
        from webapp.accounts.models import AccountEvent

        found: dict[str, list[Told]] = {}
        for event in AccountEvent.objects.filter(account=self.account, kind="order").order_by("number"):
            told = Told(event.at, event.body["status"], event.body["ib_status"])
            found.setdefault(event.subject, []).append(told)
        return found

    def ids_of_clicks(self) -> set[str]:
        """What may be an order: each click, and the ways out that it asked for."""
        from webapp.trading.models import Order
        from webapp.trading.orders.attached import exit_id

        clicked = {click.client_order_id for click in self.clicks}
        exits = {
            str(exit_id(UUID(click.client_order_id), way))
            for click in self.clicks
            if click.exits
            for way in Order.AttachedAs
        }
        return clicked | exits


@dataclass(frozen=True, slots=True)
class Told:
    at: datetime
    status: str
    ib_status: str

    @property
    def is_final(self) -> bool:
        from brokers.domain import OrderStatus

        return OrderStatus(self.status).is_final
