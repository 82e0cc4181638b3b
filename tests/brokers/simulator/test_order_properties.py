"""Whatever orders come and however the market moves: nothing is overfilled, no group exceeds itself, all adds up."""

from __future__ import annotations

import tempfile
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from brokers.simulator.catalogue.hours import Calendar
from brokers.simulator.gateway import Gateway
from brokers.simulator.orders.message import OrderMessage
from brokers.simulator.orders.order import Order
from tests.brokers.simulator.order_scenes import Clock

CON_ID = 265598
ACCOUNT = "DU1000001"
NOON = datetime(2026, 11, 18, 17, tzinfo=UTC)

sides = st.sampled_from(["BUY", "SELL"])
# From a third of what the best level shows to several times the whole book.
sizes = st.sampled_from([1, 7, 100, 300, 1000, 2500, 10_000])
# In cents from the market's first price.
offsets = st.integers(-60, 60)


@st.composite
def orders(draw: st.DrawFn) -> dict[str, Any]:
    kind = draw(
        st.sampled_from(["MKT", "LMT", "LMT", "LMT", "MTL", "STP", "STP LMT", "MIT", "LIT", "TRAIL", "TRAIL LIMIT"])
    )
    return {
        "orderType": kind,
        "action": draw(sides),
        "totalQuantity": str(draw(sizes)),
        "tif": draw(st.sampled_from(["DAY", "GTC", "IOC", "FOK"])),
        "ocaGroup": draw(st.sampled_from(["", "", "one", "two"])),
        "ocaType": draw(st.sampled_from(["1", "2", "3"])),
        "allOrNone": draw(st.sampled_from(["0", "0", "0", "1"])),
        "limit": draw(offsets),
        "wake": draw(offsets),
        "trail": str(draw(st.integers(1, 80))),
        "parent": draw(st.integers(0, 6)),
        "transmit": draw(st.sampled_from(["1", "1", "1", "0"])),
    }


actions = st.one_of(
    st.tuples(st.just("place"), orders()),
    st.tuples(st.just("place"), orders()),
    st.tuples(st.just("step"), st.integers(1, 30)),
    st.tuples(st.just("cancel"), st.integers(1, 12)),
    st.tuples(st.just("modify"), st.tuples(st.integers(1, 12), sizes, offsets)),
    st.tuples(st.just("elsewhere"), st.tuples(sides, sizes)),
)


@dataclass
class Trading:
    """One gateway, what is done to it, and what it executed in each step of the market."""

    gateway: Gateway
    placed: int = 0
    seen: int = 0
    taken: defaultdict[tuple[int, int, Decimal], Decimal] = field(default_factory=lambda: defaultdict(Decimal))

    def price(self, cents: int) -> str:
        start = self.gateway.catalogue.get(CON_ID).start_price
        return str(start + Decimal(cents) / 100)

    def place(self, drawn: dict[str, Any]) -> None:
        self.placed += 1
        terms = {name: drawn[name] for name in ("action", "totalQuantity", "orderType", "tif", "allOrNone", "transmit")}
        terms |= {"ocaGroup": drawn["ocaGroup"], "ocaType": drawn["ocaType"]}
        terms |= self._prices(drawn)
        parent = self.placed - drawn["parent"]
        terms["parentId"] = str(parent) if 0 < parent < self.placed else "0"
        self.send(self.placed, terms)

    def _prices(self, drawn: dict[str, Any]) -> dict[str, str]:
        kind, trail = drawn["orderType"], str(Decimal(drawn["trail"]) / 100)
        limit, wake = {"lmtPrice": self.price(drawn["limit"])}, {"auxPrice": self.price(drawn["wake"])}
        return {
            "LMT": limit,
            "STP": wake,
            "MIT": wake,
            "STP LMT": limit | wake,
            "LIT": limit | wake,
            "TRAIL": {"auxPrice": trail},
            "TRAIL LIMIT": {"auxPrice": trail, "lmtPriceOffset": "0.05"},
        }.get(kind, {})

    def send(self, order_id: int, terms: dict[str, str]) -> None:
        message = OrderMessage.blank({"conId": str(CON_ID), "exchange": "SMART"}, terms)
        message.order_id = order_id
        self.gateway.desk.place(1, message)

    def modify(self, asked: tuple[int, int, int]) -> None:
        order_id, size, cents = asked
        order = self.gateway.orders.get(1, order_id)
        if order is not None:
            changes = {"totalQuantity": str(size), "lmtPrice": self.price(cents)}
            self.send(order_id, order.message.terms | changes)

    def cancel(self, order_id: int) -> None:
        self.gateway.desk.cancel(1, order_id)

    def step(self, count: int) -> None:
        for _ in range(count):
            self.gateway.market.step()
            self.check_executions()

    def elsewhere(self, asked: tuple[str, int]) -> None:
        side, size = asked
        self.gateway.desk.elsewhere.place(con_id=CON_ID, side=side, quantity=Decimal(size))

    def do(self, action: tuple[str, Any]) -> None:
        verb, argument = action
        getattr(self, verb)(argument)
        self.check_executions()
        self.check_orders()

    def check_executions(self) -> None:
        """New ones, right after the step that they happened in: within their limits, and within the book."""
        executions = self.gateway.orders.executions
        for one in executions[self.seen :]:
            worst = one.order.worst_price
            assert worst is None or (one.price - worst) * one.order.sign <= 0
            self.taken[self.gateway.market.steps, one.sign, one.price] += one.quantity
        if len(executions) > self.seen:
            book = self.gateway.market.book(CON_ID)
            for sign, levels in ((1, book.asks), (-1, book.bids)):
                for level in levels:
                    assert self.taken[self.gateway.market.steps, sign, level.price] <= level.size
        self.seen = len(executions)

    def check_orders(self) -> None:
        parts: defaultdict[str, Fraction] = defaultdict(Fraction)
        for order in self.gateway.orders:
            self._check(order)
            if order.oca_group:
                parts[order.oca_group] += Fraction(order.filled) / Fraction(order.asked_quantity)
        assert all(part <= 1 for part in parts.values())
        change = sum((one.change for one in self.gateway.orders.executions), Decimal(0))
        assert self.gateway.account.quantity(self.gateway.catalogue.get(CON_ID)) == change

    def _check(self, order: Order) -> None:
        executions = self.gateway.orders.executions_of(order)
        filled = sum((one.quantity for one in executions), Decimal(0))
        assert filled == order.filled <= order.quantity <= order.asked_quantity
        assert (order.status == "Filled") == (order.remaining == 0)
        assert order.is_open == (order in self.gateway.orders.open())
        if filled:
            value = sum(one.quantity * one.price for one in executions)
            assert abs(order.average_price - value / filled) < Decimal("1e-9")
        if order.time_in_force == "FOK" and not order.is_by_hand:
            assert filled in (0, order.quantity)
        if order.waits_for_parent:
            assert not filled
        if order.parent is not None and order.parent.status in ("Cancelled", "Inactive"):
            assert not order.is_open


def trading(ledger: Path | None = None) -> Trading:
    gateway = Gateway(account=ACCOUNT, seed=3, ledger=ledger, read_only=False, calendar=Calendar(Clock(NOON)))
    gateway.open()
    return Trading(gateway)


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.lists(actions, min_size=3, max_size=25))
def test_nothing_is_overfilled_and_all_adds_up(done: list[tuple[str, Any]]) -> None:
    one = trading()
    for action in done:
        one.do(action)


def as_known(gateway: Gateway) -> list[tuple[Any, ...]]:
    return [
        (
            one.perm_id,
            one.order_id,
            one.status,
            one.why_held,
            one.filled,
            one.remaining,
            one.asked_quantity,
            one.average_price,
            one.limit_price,
            one.course,
            *_relatives(one),
        )
        for one in gateway.orders
    ]


def _relatives(order: Order) -> tuple[str, int | None]:
    """Of an order that counts: one that was cancelled before it did anything may have had a parent that nobody took."""
    if not (order.is_open or order.filled):
        return "", None
    return order.oca_group, order.parent.perm_id if order.parent else None


@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.lists(actions, min_size=3, max_size=20))
def test_a_restart_knows_every_order_as_it_was(done: list[tuple[str, Any]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        one = trading(Path(folder) / "ledger.jsonl")
        for action in done:
            one.do(action)
        one.gateway.close()
        again = trading(Path(folder) / "ledger.jsonl")
        assert as_known(again.gateway) == as_known(one.gateway)
        assert again.gateway.account.cash == one.gateway.account.cash
        again.gateway.close()


@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(
    st.lists(st.tuples(sides, sizes, st.integers(-8, 8)), min_size=2, max_size=6),
    st.sampled_from(["1", "2", "3"]),
    st.integers(1, 120),
)
def test_a_group_never_trades_more_than_one_whole(
    members: list[tuple[str, int, int]], oca_type: str, steps: int
) -> None:
    one = trading()
    for number, (side, size, cents) in enumerate(members, 1):
        terms = {"action": side, "totalQuantity": str(size), "orderType": "LMT", "lmtPrice": one.price(cents)}
        one.send(number, terms | {"tif": "GTC", "transmit": "1", "ocaGroup": "one", "ocaType": oca_type})
        one.check_executions()
        one.check_orders()
    one.step(steps)
    one.check_orders()
    finished = [order for order in one.gateway.orders if order.status == "Filled"]
    if finished and all(order.asked_quantity == order.quantity for order in finished):
        assert not one.gateway.orders.open()
