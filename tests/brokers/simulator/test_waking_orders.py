"""Stops, touched orders and trailing stops: asleep at the broker until the market meets their price."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ib_insync import IB, Contract, Option

from brokers.simulator.catalogue.listings import INSTRUMENTS
from brokers.simulator.market.quote import Quote
from brokers.simulator.orders import triggers
from brokers.simulator.orders.message import OrderMessage
from brokers.simulator.orders.order import Order as BrokerOrder
from tests.brokers.simulator.conftest import Running, answered, settled, until
from tests.brokers.simulator.order_scenes import order, quote, step, steps_until

[APPLE] = [one for one in INSTRUMENTS if one.con_id == 265598]
[EURO] = [one for one in INSTRUMENTS if one.con_id == 12087792]


def asleep(order_type: str, side: str, instrument=APPLE, **terms: str) -> BrokerOrder:
    message = OrderMessage.blank({}, {"orderType": order_type, "action": side, "totalQuantity": "1"} | terms)
    return BrokerOrder(message, instrument, instrument.venue.default_exchange, 1, 1, "DU1000001")


def market(last: str | None, bid: str = "0", ask: str = "0") -> Quote:
    zero = Decimal(0)
    return Quote(
        bid=Decimal(bid or "0"),
        ask=Decimal(ask or "0"),
        bid_size=zero,
        ask_size=zero,
        close=zero,
        open=zero,
        high=zero,
        low=zero,
        last=None if last is None else Decimal(last),
    )


@pytest.mark.parametrize(
    ("order_type", "side", "below", "above"),
    [
        ("STP", "BUY", False, True),
        ("STP", "SELL", True, False),
        ("STP LMT", "SELL", True, False),
        ("MIT", "BUY", True, False),
        ("MIT", "SELL", False, True),
        ("LIT", "BUY", True, False),
    ],
)
def test_a_stop_wakes_when_the_market_runs_away_and_a_touched_order_when_it_comes(
    order_type: str, side: str, below: bool, above: bool
) -> None:
    for last, wakes in (("99.99", below), ("100", True), ("100.01", above)):
        one = asleep(order_type, side, auxPrice="100")
        triggers.start(one, market(last))
        triggers.watch(one, market(last))
        assert one.course.is_elected is wakes, last


@pytest.mark.parametrize(
    ("method", "quotes", "wakes"),
    [
        ("0", [("101", "98", "99")], True),
        ("2", [("99", "101", "102")], False),
        ("4", [("99", "101", "102")], True),
        ("4", [("101", "98", "99")], False),
        ("7", [("99", "101", "102")], True),
        ("8", [("99", "99", "101")], True),
        ("8", [("101", "98", "101")], False),
        ("1", [("99", "99", "100")], False),
        ("1", [("99", "99", "100"), ("99", "99", "99.5"), ("99", "99", "100")], False),
        ("1", [("99", "99", "100"), ("99", "99", "100")], True),
        ("3", [("100", "0", "0")], False),
        ("3", [("100", "0", "0"), ("100", "0", "0")], True),
    ],
)
def test_which_prices_count_is_the_trigger_method(method: str, quotes: list[tuple[str, str, str]], wakes: bool) -> None:
    one = asleep("STP", "BUY", auxPrice="100", triggerMethod=method)
    for last, bid, ask in quotes:
        triggers.watch(one, market(last, bid, ask))
    assert one.course.is_elected is wakes


def test_what_has_no_trades_wakes_by_its_quote_whatever_the_method() -> None:
    for method in ("0", "2"):
        one = asleep("STP", "SELL", EURO, auxPrice="1.08", triggerMethod=method)
        triggers.watch(one, market(None, "1.0801", "1.0802"))
        assert not one.course.is_elected
        triggers.watch(one, market(None, "1.08", "1.0805"))
        assert one.course.is_elected


@given(st.lists(st.integers(5_000, 30_000), min_size=1, max_size=40), st.integers(1, 2_000), st.sampled_from([1, -1]))
def test_a_trailing_stop_only_ever_comes_closer_and_never_closer_than_asked(
    cents: list[int], amount: int, sign: int
) -> None:
    one = asleep("TRAIL", "BUY" if sign > 0 else "SELL", auxPrice=str(Decimal(amount) / 100))
    best = Decimal(cents[0]) / 100
    triggers.start(one, market(str(best)))
    for price in (Decimal(cent) / 100 for cent in cents):
        before = one.course.stop_price
        assert before is not None
        triggers.watch(one, market(str(price)))
        if one.course.is_elected:
            assert (price - before) * sign >= 0
            return
        best = min(best, price) if sign > 0 else max(best, price)
        assert one.course.stop_price == best + sign * Decimal(amount) / 100


def test_a_trailing_percentage_is_kept_on_the_increment_and_away_from_the_market() -> None:
    one = asleep("TRAIL", "SELL", trailingPercent="3.3")
    triggers.start(one, market("100.07"))
    assert one.course.stop_price == Decimal("96.76")  # 96.7677 and down to the cent
    triggers.watch(one, market("110"))
    assert one.course.stop_price == Decimal("106.37")


@pytest.mark.parametrize(
    ("terms", "limit"),
    [({"lmtPriceOffset": "0.5"}, "94.50"), ({"lmtPrice": "94.25", "trailStopPrice": "95"}, "94.25")],
)
def test_a_trailing_limit_stays_as_far_behind_its_stop_as_it_began(terms: dict[str, str], limit: str) -> None:
    one = asleep("TRAIL LIMIT", "SELL", auxPrice="5", **terms)
    triggers.start(one, market("100"))
    assert (one.course.stop_price, one.limit_price) == (95, Decimal(limit))
    triggers.watch(one, market("103"))
    assert (one.course.stop_price, one.limit_price) == (98, Decimal(limit) + 3)


async def test_a_sleeping_stop_is_presubmitted_and_held_for_its_trigger(ib: IB, apple: Contract) -> None:
    trade = ib.placeOrder(apple, order("STP", "SELL", auxPrice=150.0))
    await settled(ib, trade, "PreSubmitted")
    assert trade.orderStatus.whyHeld == "trigger"
    assert trade.order.auxPrice == 150.0


async def test_a_stop_becomes_a_market_order_when_its_price_trades(running: Running, ib: IB, apple: Contract) -> None:
    stop = float(quote(running, apple.conId).last) - 0.5
    trade = ib.placeOrder(apple, order("STP", "SELL", auxPrice=stop))
    await settled(ib, trade, "PreSubmitted")
    step(running, steps_until(running, apple.conId, lambda one: one.last <= Decimal(str(stop))) - 1)
    await answered(ib)
    assert trade.orderStatus.status == "PreSubmitted"
    step(running)
    await settled(ib, trade, "Filled")
    assert trade.orderStatus.avgFillPrice == float(quote(running, apple.conId).bid)
    assert "Submitted" in [entry.status for entry in trade.log]


async def test_a_stop_limit_waits_at_its_limit_once_it_woke(running: Running, ib: IB, apple: Contract) -> None:
    last = quote(running, apple.conId).last
    trade = ib.placeOrder(apple, order("STP LMT", "BUY", auxPrice=float(last), lmtPrice=float(last) - 20))
    await settled(ib, trade, "Submitted")
    assert trade.orderStatus.filled == 0


async def test_a_market_if_touched_order_fills_when_the_market_comes_to_it(
    running: Running, ib: IB, apple: Contract
) -> None:
    touch = quote(running, apple.conId).last - Decimal("0.4")
    trade = ib.placeOrder(apple, order("MIT", "BUY", auxPrice=float(touch)))
    await settled(ib, trade, "PreSubmitted")
    step(running, steps_until(running, apple.conId, lambda one: one.last <= touch))
    await settled(ib, trade, "Filled")


async def test_a_limit_if_touched_order_rests_at_its_limit_after_the_touch(
    running: Running, ib: IB, apple: Contract
) -> None:
    touch = quote(running, apple.conId).last
    trade = ib.placeOrder(apple, order("LIT", "BUY", auxPrice=float(touch), lmtPrice=float(touch) - 10))
    await settled(ib, trade, "Submitted")


async def test_a_pairs_stop_wakes_by_its_quote(running: Running, ib: IB, euro: Contract) -> None:
    ask = quote(running, euro.conId).ask
    trade = ib.placeOrder(euro, order("STP", "BUY", 20_000, auxPrice=float(ask + Decimal("0.00005"))))
    await settled(ib, trade, "PreSubmitted")
    step(running, steps_until(running, euro.conId, lambda one: one.ask > ask))
    await settled(ib, trade, "Filled")


async def test_open_orders_show_where_a_trailing_stop_stands(running: Running, ib: IB, apple: Contract) -> None:
    start = quote(running, apple.conId).last
    ib.placeOrder(apple, order("TRAIL", "SELL", auxPrice=5.0, orderRef="trails"))
    await answered(ib)
    ahead = steps_until(running, apple.conId, lambda one: one.last >= start + Decimal("0.2"))
    best = max(start, *(quote(running, apple.conId, steps).last for steps in range(1, ahead + 1)))
    step(running, ahead)
    other = await running.connect(2)
    [seen] = await other.reqAllOpenOrdersAsync()
    assert seen.order.trailStopPrice == float(best - 5)
    assert seen.order.auxPrice == 5.0


async def test_a_trailing_stop_sells_when_the_market_turns(running: Running, ib: IB, apple: Contract) -> None:
    trade = ib.placeOrder(apple, order("TRAIL", "SELL", auxPrice=0.3))
    await settled(ib, trade, "PreSubmitted")
    for _ in range(3000):
        step(running)
        if not running.gateway.orders.open():
            break
    await settled(ib, trade, "Filled")
    [row] = running.rows("execution")
    assert row["side"] == "SELL"


async def test_a_trailing_limit_shows_its_limit_and_can_be_modified(running: Running, ib: IB, apple: Contract) -> None:
    last = quote(running, apple.conId).last
    trade = ib.placeOrder(apple, order("TRAIL LIMIT", "SELL", auxPrice=5.0, lmtPriceOffset=0.5))
    await settled(ib, trade, "PreSubmitted")
    assert trade.order.lmtPrice == float(last - Decimal("5.5"))
    trade.order.totalQuantity = 12
    ib.placeOrder(apple, trade.order)
    await until(ib, lambda: trade.orderStatus.remaining == 12)
    [kept] = running.gateway.orders.open()
    assert kept.course.stop_price == last - 5


async def test_another_quantity_leaves_a_trailing_stop_where_it_came_and_another_amount_starts_it_anew(
    running: Running, ib: IB, apple: Contract
) -> None:
    start = quote(running, apple.conId).last
    trade = ib.placeOrder(apple, order("TRAIL", "SELL", auxPrice=5.0))
    await settled(ib, trade, "PreSubmitted")
    step(running, steps_until(running, apple.conId, lambda one: one.last > start + Decimal("0.1")))
    [kept] = running.gateway.orders.open()
    trailed = kept.course.stop_price
    assert trailed > start - 5
    step(running, steps_until(running, apple.conId, lambda one: one.last < trailed + 5))
    trade.order.totalQuantity = 11
    ib.placeOrder(apple, trade.order)
    await until(ib, lambda: trade.orderStatus.remaining == 11)
    assert kept.course.stop_price == trailed
    trade.order.auxPrice = 6.0
    ib.placeOrder(apple, trade.order)
    await answered(ib)
    assert kept.course.stop_price == quote(running, apple.conId).last - 6


async def test_a_woken_stop_stays_awake_through_a_change_of_its_limit(
    running: Running, ib: IB, apple: Contract
) -> None:
    last = float(quote(running, apple.conId).last)
    trade = ib.placeOrder(apple, order("STP LMT", "BUY", auxPrice=last, lmtPrice=last - 20))
    await settled(ib, trade, "Submitted")
    trade.order.lmtPrice = last - 10
    ib.placeOrder(apple, trade.order)
    await answered(ib)
    [kept] = running.gateway.orders.open()
    assert (kept.status, kept.limit_price) == ("Submitted", Decimal(str(last - 10)))


async def test_an_options_stop_needs_two_quotes_in_a_row(running: Running, ib: IB) -> None:
    [details] = await ib.reqContractDetailsAsync(_call_on_spy(running))
    contract = details.contract
    price = quote(running, contract.conId).ask
    trade = ib.placeOrder(contract, order("STP", "BUY", 1, auxPrice=float(price)))
    await settled(ib, trade, "PreSubmitted")
    ahead = [quote(running, contract.conId, steps).ask >= price for steps in range(200)]
    woken = next(steps for steps in range(1, 200) if ahead[steps - 1] and ahead[steps])
    step(running, woken - 1)
    await answered(ib)
    assert trade.orderStatus.status == "PreSubmitted"
    step(running)
    await settled(ib, trade, "Filled")


def _call_on_spy(running: Running) -> Contract:
    catalogue = running.gateway.catalogue
    [spy] = [one for one in catalogue if one.symbol == "SPY"]
    chain = catalogue.option_parameters(spy, "SMART")[0]
    middle = chain.strikes[len(chain.strikes) // 2]
    return Option("SPY", chain.expirations[0], float(middle), "C", "SMART", currency="USD")
