"""What can be done to the API port and to who is connected: restarts, hangs, refusals, ids that are taken."""

from __future__ import annotations

import asyncio

import pytest
from ib_insync import IB, Contract, LimitOrder

from brokers.simulator.scenario.scenario import VerbRefused
from tests.brokers.simulator.conftest import (
    HOST,
    Errors,
    RawClient,
    Running,
    answered,
    became,
    settled,
    soon,
    turns,
    until,
)


async def is_refused(running: Running) -> bool:
    try:
        _, writer = await asyncio.open_connection(HOST, running.server.port)
    except ConnectionRefusedError:
        return True
    writer.close()
    return False


async def next_order_id(running: Running, client_id: int = 1) -> int:
    client = await running.raw()
    await client.greet()
    client.send(71, 2, client_id, "")
    [*_, told] = await client.receive_until(lambda fields: fields[0] == "9")
    await client.close()
    await running.gone(client_id)
    return int(told[2])


async def test_a_restart_hangs_up_and_opens_the_same_port_again(running: Running, raw: RawClient) -> None:
    await raw.start()
    assert (await soon(running.scenario.do("restart"))) == {"port": running.port}
    assert await raw.is_closed()
    assert (await running.connect(1)).isConnected()


async def test_orders_outlive_a_restart_and_subscriptions_do_not(running: Running, ib: IB, apple: Contract) -> None:
    await settled(ib, ib.placeOrder(apple, LimitOrder("BUY", 1, 100.0, tif="GTC", orderRef="ours-1")), "Submitted")
    ib.reqMktData(apple)
    await answered(ib)
    await soon(running.scenario.do("restart"))
    again = await running.connect(1)
    assert [trade.order.orderRef for trade in again.openTrades()] == ["ours-1"]
    assert again.tickers() == []
    running.gateway.market.step()
    await answered(again)
    assert again.pendingTickers() == []


async def test_a_restart_that_takes_a_while_refuses_connections_until_it_is_done(running: Running) -> None:
    restart = asyncio.create_task(running.scenario.do("restart", seconds=3600))
    await became(lambda: not running.server.is_listening)
    assert await is_refused(running)
    restart.cancel()
    await asyncio.wait([restart])
    await soon(running.scenario.do("restart", seconds=0.01))
    assert not await is_refused(running)


async def test_a_restart_can_hand_out_an_order_id_again(running: Running, ib: IB, apple: Contract) -> None:
    trade = ib.placeOrder(apple, LimitOrder("BUY", 1, 100.0, tif="GTC"))
    await settled(ib, trade, "Submitted")
    used = trade.order.orderId
    ib.disconnect()
    await running.gone(1)
    assert await next_order_id(running) == used + 1
    await soon(running.scenario.do("restart", next_order_id=used))
    assert await next_order_id(running) == used


async def test_refused_connections_leave_the_others_alone(running: Running, ib: IB) -> None:
    await running.scenario.do("refuse_connections")
    assert await is_refused(running)
    await answered(ib)
    await soon(running.scenario.do("accept_connections"))
    assert not await is_refused(running)
    with pytest.raises(VerbRefused, match="accepted already"):
        await running.scenario.do("accept_connections")


async def test_refused_connections_are_accepted_again_after_their_time(running: Running) -> None:
    await running.scenario.do("refuse_connections", seconds=0.01)
    await became(lambda: running.server.is_listening)
    assert not await is_refused(running)


async def test_a_gateway_that_hangs_accepts_and_says_nothing(running: Running, ib: IB) -> None:
    await running.scenario.do("hang")
    stranger = await running.raw()
    stranger.write(b"API\0\0\0\0\x09v176..176")
    asked = asyncio.ensure_future(ib.reqCurrentTimeAsync())
    await turns()
    assert not asked.done()
    assert not stranger.reader._buffer  # type: ignore[attr-defined]
    await running.scenario.do("wake")
    assert (await stranger.receive())[0] == "176"
    await soon(asked)


async def test_a_gateway_that_hangs_does_nothing_with_what_it_is_sent(
    running: Running, ib: IB, apple: Contract
) -> None:
    await running.scenario.do("hang")
    trade = ib.placeOrder(apple, LimitOrder("BUY", 1, 100.0, tif="GTC"))
    await turns()
    assert running.rows("order") == []
    await running.scenario.do("wake")
    await settled(ib, trade, "Submitted")


async def test_a_gateway_that_hangs_does_not_hang_up_on_who_is_slow(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("brokers.simulator.api.server.HANDSHAKE_SECONDS", 0)
    await running.scenario.do("hang")
    silent = await running.raw()
    await turns()
    assert running.rows("connection") == []
    await running.scenario.do("wake")
    assert await silent.is_closed()
    assert [row["event"] for row in running.rows("connection")] == ["refused"]


async def test_what_happens_while_it_hangs_is_told_when_it_wakes(running: Running, ib: IB, errors: Errors) -> None:
    session = running.gateway.sessions.get(1)
    assert session is not None
    await running.scenario.do("hang")
    session.error(-1, 2100, "while it hung")
    await turns()
    assert errors.heard == []
    await running.scenario.do("wake")
    await until(ib, lambda: [code for _, code, _ in errors.heard] == [2100])


async def test_a_gateway_that_hangs_wakes_after_its_time(running: Running, raw: RawClient) -> None:
    await raw.start()
    await running.scenario.do("hang", seconds=0.01)
    raw.send(49, 1)
    assert (await raw.receive())[0] == "49"


async def test_a_client_that_gives_up_on_a_gateway_that_hangs_is_forgotten(running: Running) -> None:
    client = await running.raw()
    await client.start(client_id=5)
    await running.scenario.do("hang")
    await client.close()
    await running.scenario.do("wake")
    await running.gone(5)


async def test_a_hanging_gateway_can_be_restarted(running: Running, raw: RawClient) -> None:
    await raw.start()
    await running.scenario.do("hang")
    await soon(running.scenario.do("restart"))
    assert await raw.is_closed()
    assert (await running.connect(1)).isConnected()


async def test_what_a_hanging_gateway_never_read_is_lost_with_its_restart(
    running: Running, ib: IB, apple: Contract
) -> None:
    await running.scenario.do("hang")
    ib.placeOrder(apple, LimitOrder("BUY", 1, 100.0, tif="GTC"))
    await turns()
    await soon(running.scenario.do("restart"))
    assert (await running.connect(2)).isConnected()
    assert running.rows("order") == []


async def test_one_client_or_all_can_be_hung_up_on(running: Running) -> None:
    first, second, third = [await running.raw() for _ in range(3)]
    for client_id, client in enumerate((first, second, third), start=1):
        await client.start(client_id)
    await soon(running.scenario.do("hang_up", client_id=2))
    assert await second.is_closed()
    assert [session.client_id for session in running.gateway.sessions] == [1, 3]
    await soon(running.scenario.do("hang_up"))
    assert await first.is_closed()
    assert await third.is_closed()
    with pytest.raises(VerbRefused, match="client 7 is not connected; connected are: none"):
        await running.scenario.do("hang_up", client_id=7)


async def test_a_client_id_that_a_ghost_holds_is_refused_until_it_is_free(running: Running) -> None:
    await running.scenario.do("hold_client_id", client_id=1)
    client = await running.raw()
    await client.greet()
    client.send(71, 2, 1, "")
    assert (await client.receive())[3] == "326"
    assert await client.is_closed()
    assert (await running.connect(2)).isConnected()
    with pytest.raises(VerbRefused, match=r"no ghost holds client id 4; held are: \[1\]"):
        await running.scenario.do("free_client_id", client_id=4)
    await running.scenario.do("free_client_id", client_id=1)
    assert (await running.connect(1)).isConnected()


async def test_a_gateway_becomes_read_only_and_writable_again(
    running: Running, ib: IB, apple: Contract, errors: Errors
) -> None:
    await running.scenario.do("read_only")
    refused = ib.placeOrder(apple, LimitOrder("BUY", 1, 100.0, tif="DAY"))
    await answered(ib)
    assert errors.codes(refused.order.orderId) == [321]
    await running.scenario.do("read_only", on=False)
    taken = ib.placeOrder(apple, LimitOrder("BUY", 1, 100.0, tif="DAY"))
    await settled(ib, taken, "Submitted")


async def test_who_goes_over_the_rate_too_often_is_hung_up_on(running: Running, raw: RawClient) -> None:
    await running.scenario.do("limit_rate", rate=1, violations=1)
    await raw.start()
    raw.send(49, 1)
    raw.send(49, 1)
    raw.send(49, 1)
    answers = [await raw.receive(), await raw.receive()]
    assert [fields[0] for fields in answers] == ["49", "4"]
    assert answers[1][3:5] == ["100", "Max rate of messages per second has been exceeded:max=1"]
    assert await raw.is_closed()
    assert len(running.rows("unreadable")) == 1


async def test_a_rate_without_a_number_of_violations_is_only_told_of(running: Running, raw: RawClient) -> None:
    await running.scenario.do("limit_rate", rate=1, violations=0)
    await raw.start()
    for _ in range(5):
        raw.send(49, 1)
    assert [(await raw.receive())[0] for _ in range(5)] == ["49", "4", "4", "4", "4"]


async def test_any_notice_can_be_said_to_one_client_or_to_all(running: Running) -> None:
    first, second = await running.raw(), await running.raw()
    await first.start(1)
    await second.start(2)
    await running.scenario.do("notice", code=2109, text="outside regular hours", request_id=7, client_id=1)
    await running.scenario.do("notice", code=1100, text="lost")
    assert await first.receive() == ["4", "2", "7", "2109", "outside regular hours", ""]
    assert (await first.receive())[2:5] == ["-1", "1100", "lost"]
    assert (await second.receive())[2:5] == ["-1", "1100", "lost"]


async def test_a_port_that_moves_is_told_and_the_old_one_is_closed(running: Running, raw: RawClient) -> None:
    await raw.start()
    moved = await soon(running.scenario.do("move_port"))
    notice = await raw.receive()
    assert notice[2:4] == ["-1", "1300"]
    assert notice[4].endswith(f"- {moved['port']}")
    assert await raw.is_closed()
    assert moved["port"] != running.port
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection(HOST, running.port)
    running.port = moved["port"]
    assert (await running.connect(1)).isConnected()


async def test_a_port_that_is_taken_is_not_moved_to(running: Running, ib: IB) -> None:
    listener = await asyncio.start_server(lambda _reader, writer: writer.close(), HOST, 0)
    taken = listener.sockets[0].getsockname()[1]
    with pytest.raises(VerbRefused, match=f"can't listen on port {taken}"):
        await running.scenario.do("move_port", port=taken)
    listener.close()
    await answered(ib)
