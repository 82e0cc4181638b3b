"""Orders that rest and fill, as the real client sees them."""

from __future__ import annotations

from decimal import Decimal

import pytest
from ib_insync import IB, Contract, LimitOrder, MarketOrder

from tests.brokers.simulator.conftest import Running, settled, until
from tests.brokers.simulator.order_scenes import ask_of, bid_of, step, steps_until

FAR_BELOW = 100.0
FAR_ABOVE = 300.0


def offered(running: Running, contract: Contract) -> float:
    """How much the whole book offers."""
    return float(sum(level.size for level in running.gateway.market.book(contract.conId).asks))


async def test_a_market_order_fills_at_the_book_at_once(running: Running, ib: IB, apple: Contract) -> None:
    trade = ib.placeOrder(apple, MarketOrder("BUY", 10, tif="DAY", orderRef="ours-1"))
    await until(ib, lambda: bool(trade.fills and trade.fills[0].commissionReport.execId))
    [fill] = trade.fills
    assert trade.orderStatus.status == "Filled"
    assert trade.orderStatus.avgFillPrice == fill.execution.price == ask_of(running, apple)
    assert (fill.execution.shares, fill.execution.side, fill.execution.orderRef) == (10.0, "BOT", "ours-1")
    assert (fill.commissionReport.commission, fill.commissionReport.currency) == (1.0, "USD")


async def test_a_sale_gets_the_bid(running: Running, ib: IB, apple: Contract) -> None:
    trade = ib.placeOrder(apple, MarketOrder("SELL", 10, tif="DAY"))
    await settled(ib, trade, "Filled")
    assert trade.orderStatus.avgFillPrice == bid_of(running, apple)
    assert trade.fills[0].execution.side == "SLD"


async def test_a_marketable_limit_fills_at_the_market_and_not_at_its_limit(
    running: Running, ib: IB, apple: Contract
) -> None:
    trade = ib.placeOrder(apple, LimitOrder("BUY", 10, FAR_ABOVE, tif="DAY"))
    await settled(ib, trade, "Filled")
    assert trade.orderStatus.avgFillPrice == ask_of(running, apple)


async def test_a_limit_away_from_the_market_rests_as_submitted(ib: IB, apple: Contract) -> None:
    trade = ib.placeOrder(apple, LimitOrder("BUY", 10, FAR_BELOW, tif="GTC"))
    await settled(ib, trade, "Submitted")
    assert (trade.orderStatus.filled, trade.orderStatus.remaining) == (0.0, 10.0)
    assert trade.order.permId > 0
    assert [one.order.lmtPrice for one in ib.openTrades()] == [FAR_BELOW]


async def test_a_resting_limit_fills_when_the_market_crosses_it(running: Running, ib: IB, apple: Contract) -> None:
    limit = bid_of(running, apple)
    trade = ib.placeOrder(apple, LimitOrder("BUY", 10, limit, tif="DAY"))
    await settled(ib, trade, "Submitted")
    for _ in range(2000):
        running.gateway.market.step()
        if not running.gateway.orders.open():
            break
    await settled(ib, trade, "Filled")
    assert trade.orderStatus.avgFillPrice <= limit


async def test_a_market_order_walks_through_the_book_and_its_average_is_that_of_its_fills(
    running: Running, ib: IB, apple: Contract
) -> None:
    first, second, third, *_ = running.gateway.market.book(apple.conId).asks
    wanted = first.size + second.size + 10
    trade = ib.placeOrder(apple, MarketOrder("BUY", float(wanted), tif="DAY"))
    await settled(ib, trade, "Filled")
    expected = [(first.price, first.size), (second.price, second.size), (third.price, 10)]
    assert [(fill.execution.price, fill.execution.shares) for fill in trade.fills] == [
        (float(price), float(size)) for price, size in expected
    ]
    average = sum(price * size for price, size in expected) / wanted
    assert trade.orderStatus.avgFillPrice == trade.fills[-1].execution.avgPrice == pytest.approx(float(average))


async def test_more_than_is_displayed_fills_in_parts(running: Running, ib: IB, apple: Contract) -> None:
    displayed = offered(running, apple)
    wanted = int(displayed) + 500
    trade = ib.placeOrder(apple, MarketOrder("BUY", wanted, tif="DAY"))
    await until(ib, lambda: trade.orderStatus.filled == displayed)
    assert trade.orderStatus.status == "Submitted"
    while running.gateway.orders.open():
        running.gateway.market.step()
    await settled(ib, trade, "Filled")
    assert sum(fill.execution.shares for fill in trade.fills) == wanted
    assert [fill.execution.cumQty for fill in trade.fills][-1] == wanted


async def test_two_orders_share_what_is_displayed(running: Running, ib: IB, apple: Contract) -> None:
    displayed = offered(running, apple)
    first = ib.placeOrder(apple, MarketOrder("BUY", displayed - 50, tif="DAY"))
    second = ib.placeOrder(apple, MarketOrder("BUY", 80, tif="DAY"))
    await until(ib, lambda: second.orderStatus.filled > 0)
    assert (first.orderStatus.status, second.orderStatus.status) == ("Filled", "Submitted")
    assert second.orderStatus.filled == 50.0


async def test_the_better_limit_is_served_before_the_older_order(running: Running, ib: IB, apple: Contract) -> None:
    now = running.gateway.market.quote(apple.conId)
    better = now.ask - Decimal("0.05")
    ahead = steps_until(running, apple.conId, lambda quote: quote.ask <= better)
    there = running.gateway.market.walk(apple.conId).book(running.gateway.market.steps + ahead).asks
    all_of_it = float(sum(level.size for level in there if level.price <= better))
    older = ib.placeOrder(apple, LimitOrder("BUY", all_of_it, float(better - Decimal("0.01")), tif="GTC"))
    best = ib.placeOrder(apple, LimitOrder("BUY", all_of_it, float(better), tif="GTC"))
    await settled(ib, best, "Submitted")
    step(running, ahead)
    await settled(ib, best, "Filled")
    assert older.orderStatus.filled == 0


async def test_the_markets_next_step_shows_new_sizes_even_when_nobody_waited_for_it(
    running: Running, ib: IB, apple: Contract
) -> None:
    now = running.gateway.market.quote(apple.conId)
    first = ib.placeOrder(apple, LimitOrder("BUY", float(now.ask_size), float(now.ask), tif="IOC"))
    await settled(ib, first, "Filled")
    step(running, steps_until(running, apple.conId, lambda quote: quote.ask == now.ask))
    shown = float(running.gateway.market.quote(apple.conId).ask_size)
    second = ib.placeOrder(apple, LimitOrder("BUY", shown, float(now.ask), tif="FOK"))
    await settled(ib, second, "Filled")


async def test_an_immediate_or_cancel_order_loses_its_rest(running: Running, ib: IB, apple: Contract) -> None:
    displayed = float(running.gateway.market.quote(apple.conId).ask_size)
    trade = ib.placeOrder(apple, LimitOrder("BUY", displayed + 100, ask_of(running, apple), tif="IOC"))
    await settled(ib, trade, "Cancelled")
    assert (trade.orderStatus.filled, trade.orderStatus.remaining) == (displayed, 100.0)
