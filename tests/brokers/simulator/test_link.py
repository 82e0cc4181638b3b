"""The gateway's way to IB: lost (1100, 2110), back without the streams (1101) or with them (1102)."""

from __future__ import annotations

from typing import Any

import pytest
from ib_insync import IB, Contract, LimitOrder, Ticker

from brokers.simulator.scenario.scenario import VerbRefused
from tests.brokers.simulator.conftest import Errors, RawClient, Running, answered, became, settled, soon, until


def codes(errors: Errors) -> list[int]:
    return [code for about, code, _ in errors.heard if about == -1]


def bid(running: Running, contract: Contract) -> float:
    return float(running.gateway.market.quote(contract.conId).bid)


async def streaming(running: Running, ib: IB, contract: Contract) -> Ticker:
    ticker = ib.reqMktData(contract)
    await until(ib, lambda: ticker.bid == bid(running, contract))
    return ticker


async def is_silent(running: Running, ib: IB, ticker: Ticker) -> bool:
    """Whether the market can move without a word of it on this stream."""
    before = ticker.time
    for _ in range(8):
        running.gateway.market.step()
    await answered(ib)
    return ticker.time == before


async def follows(running: Running, ib: IB, ticker: Ticker, contract: Contract) -> None:
    """Waits until the stream shows the market, a few steps later."""
    for _ in range(8):
        running.gateway.market.step()
    await until(ib, lambda: ticker.bid == bid(running, contract))


def resting(reference: str = "ours-1") -> LimitOrder:
    return LimitOrder("BUY", 1, 100.0, tif="GTC", orderRef=reference)


@pytest.mark.parametrize("code", [1100, 2110])
async def test_every_client_is_told_that_the_link_is_lost_and_that_it_is_back(running: Running, code: int) -> None:
    clients = [await running.raw() for _ in range(2)]
    for client_id, client in enumerate(clients, start=1):
        await client.start(client_id)
    await running.scenario.do("drop_link", code=code)
    await running.scenario.do("restore_link")
    for client in clients:
        assert (await client.receive())[2:4] == ["-1", str(code)]
        assert (await client.receive())[2:4] == ["-1", "1102"]


async def test_a_link_comes_back_by_itself_after_its_time(running: Running, raw: RawClient) -> None:
    await raw.start()
    await running.scenario.do("drop_link", seconds=0.01, data="lost")
    assert (await raw.receive())[3] == "1100"
    assert (await raw.receive())[3] == "1101"


async def test_the_time_of_an_outage_that_was_ended_by_hand_does_not_end_the_next_one(running: Running) -> None:
    await running.scenario.do("drop_link", seconds=0.01)
    await running.scenario.do("restore_link")
    await running.scenario.do("drop_link")
    await running.scenario.do("flap_farm", farm="usfarm", seconds=0.02)
    await became(lambda: running.gateway.farms["usfarm"].value == "ok")
    assert not running.gateway.link.is_up


async def test_a_client_that_connects_meanwhile_is_told(running: Running, raw: RawClient) -> None:
    await running.scenario.do("drop_link")
    await raw.greet()
    raw.send(71, 2, 1, "")
    told = await raw.receive_until(lambda fields: fields[3:4] == ["1100"])
    assert [fields[0] for fields in told[:2]] == ["15", "9"]


async def test_a_link_is_not_lost_twice_or_restored_twice(running: Running) -> None:
    with pytest.raises(VerbRefused, match="the link is up"):
        await running.scenario.do("restore_link")
    await running.scenario.do("drop_link")
    with pytest.raises(VerbRefused, match="down already"):
        await running.scenario.do("drop_link")


async def test_requests_wait_for_the_link_and_are_answered_then(running: Running, ib: IB, apple: Contract) -> None:
    await running.scenario.do("drop_link")
    details = ib.reqContractDetailsAsync(apple)
    await answered(ib)
    assert not details.done()
    await running.scenario.do("restore_link")
    assert [one.contract.conId for one in await soon(details)] == [apple.conId]
    fates = [row["fate"] for row in running.rows("request") if row["name"] == "reqContractDetails"]
    assert fates == ["waits"]


async def test_an_order_sent_meanwhile_waits_and_is_placed_then(running: Running, ib: IB, apple: Contract) -> None:
    await running.scenario.do("drop_link")
    trade = ib.placeOrder(apple, resting())
    await answered(ib)
    assert running.rows("order") == []
    assert trade.orderStatus.status == "PendingSubmit"
    await running.scenario.do("restore_link")
    await settled(ib, trade, "Submitted")


async def test_an_order_whose_client_has_left_meanwhile_is_placed_all_the_same(
    running: Running, ib: IB, apple: Contract
) -> None:
    await running.scenario.do("drop_link")
    session = running.gateway.sessions.get(1)
    assert session is not None
    ib.placeOrder(apple, resting())
    ib.reqMktData(apple)
    await answered(ib)
    ib.disconnect()
    await running.gone(1)
    await running.scenario.do("restore_link")
    assert [order.order_ref for order in running.gateway.orders.open()] == ["ours-1"]
    assert session.streams.request_ids() == []


async def test_an_order_sent_meanwhile_can_be_lost(running: Running, ib: IB, apple: Contract) -> None:
    await running.scenario.do("drop_link")
    ib.placeOrder(apple, resting())
    details = ib.reqContractDetailsAsync(apple)
    await answered(ib)
    await running.scenario.do("restore_link", orders="lost")
    assert await soon(details)
    assert running.rows("order") == []
    assert running.gateway.orders.open() == []


async def test_a_fill_made_meanwhile_is_told_when_the_link_is_back(running: Running, ib: IB, apple: Contract) -> None:
    order: Any = LimitOrder("BUY", 1, bid(running, apple), tif="GTC")
    trade = ib.placeOrder(apple, order)
    await settled(ib, trade, "Submitted")
    await running.scenario.do("drop_link")
    while running.gateway.orders.open():
        running.gateway.market.step()
    await answered(ib)
    assert trade.fills == []
    assert trade.orderStatus.status == "Submitted"
    await running.scenario.do("restore_link")
    await settled(ib, trade, "Filled")
    await until(ib, lambda: bool(trade.fills and trade.fills[0].commissionReport.execId))


async def test_streams_that_were_kept_go_on_by_themselves(
    running: Running, ib: IB, apple: Contract, errors: Errors
) -> None:
    ticker = await streaming(running, ib, apple)
    await running.scenario.do("drop_link")
    assert await is_silent(running, ib, ticker)
    await running.scenario.do("restore_link", data="kept")
    await follows(running, ib, ticker, apple)
    assert codes(errors) == [1100, 1102]


async def test_streams_that_were_lost_are_silent_until_they_are_subscribed_again(
    running: Running, ib: IB, apple: Contract, errors: Errors
) -> None:
    ticker = await streaming(running, ib, apple)
    await running.scenario.do("drop_link")
    await running.scenario.do("restore_link", data="lost")
    await became(lambda: codes(errors) == [1100, 1101])
    assert await is_silent(running, ib, ticker)
    ib.client.reqMktData(ib.client.getReqId(), apple, "", False, False, [])
    ib.cancelMktData(apple)
    again = await streaming(running, ib, apple)
    await follows(running, ib, again, apple)


async def test_a_book_that_moved_meanwhile_is_right_again_afterwards(running: Running, ib: IB, apple: Contract) -> None:
    await running.scenario.do("freeze", instrument="AAPL")
    ticker = ib.reqMktDepth(apple, isSmartDepth=True)
    await until(ib, lambda: bool(ticker.domBids) and ticker.domBids[0].price == bid(running, apple))
    await running.scenario.do("drop_link")
    await running.scenario.do("quote", instrument="AAPL", bid="170.00")
    await answered(ib)
    assert ticker.domBids[0].price != 170.0
    await running.scenario.do("restore_link")
    await running.scenario.do("step")
    await until(ib, lambda: ticker.domBids[0].price == 170.0)
