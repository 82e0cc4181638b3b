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

    def held(self) -> set[str]:
        """The order_refs that the gateway has and the broker doesn't: their client ended before it transmitted them.

        Parts of a bracket carry `transmit` 0 but for the last, which takes the others along unless it is refused.
        """
        refused = {row["perm_id"] for row in self.gateway.rows("refusal")}
        families: dict[tuple[int, str], list[Row]] = {}
        for row in self.arrived():
            families.setdefault(_family_of(row), []).append(row)
        return {row["order_ref"] for rows in families.values() if _are_held(rows, refused) for row in rows}

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


def _family_of(row: Row) -> tuple[int, str]:
    parent = _term(row, "parentId", "0")
    return row.get("client_id", 0), parent if parent != "0" else str(row.get("order_id", row["order_ref"]))


def _are_held(rows: list[Row], refused: set[int]) -> bool:
    is_left_open = any(_term(row, "transmit", "1") == "0" for row in rows)
    return is_left_open and not any(_transmits(row, refused) for row in rows)


def _transmits(row: Row, refused: set[int]) -> bool:
    return _term(row, "transmit", "1") == "1" and row["perm_id"] not in refused


def _term(row: Row, name: str, unset: str) -> str:
    return str(row.get("message", {}).get("terms", {}).get(name) or unset)


@dataclass(frozen=True, slots=True)
class Told:
    at: datetime
    status: str
    ib_status: str

    @property
    def is_final(self) -> bool:
        from brokers.domain import OrderStatus

        return OrderStatus(self.status).is_final
