"""Values, positions, and profit and loss, of every account behind the login."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from decimal import Decimal

import pytest

from brokers.node import TradingNode
from brokers.refusals import LinkLost, NoAnswer, RequestRefused
from tests.brokers.recorder import Recorder
from tests.brokers.scripted_gateway import ScriptedGateway
from tests.brokers.words.stage import DETAILS, node_at, received, whatever_was_sent_has_arrived

POSITIONS, SUMMARY, END_SUMMARY, UPDATES, END_UPDATES = 61, 62, 63, 76, 77
PROFITS, END_PROFITS, POSITION_PROFITS, END_POSITION_PROFITS = 92, 93, 94, 95
UNSET = "1.7976931348623157E308"
TWO = ("DU1000001", "DU1000002")


@pytest.fixture
async def node(gateway: ScriptedGateway, recorder: Recorder) -> AsyncIterator[TradingNode]:
    gateway.greeting = [(15, 1, ",".join(TWO)), (9, 1, 1)]
    node = node_at(gateway, recorder)
    await node.connect()
    yield node
    node.drop()


async def profits_asked(gateway: ScriptedGateway) -> dict[str, str]:
    """The request of each account."""
    asked = [await gateway.next(PROFITS) for _ in TWO]
    return {account_code: request_id for _, request_id, account_code, _ in asked}


async def test_profit_and_loss_comes_of_every_account_and_not_of_the_first_alone(
    node: TradingNode, gateway: ScriptedGateway, recorder: Recorder
) -> None:
    node.account.subscribe_profit_and_loss()
    asked = await profits_asked(gateway)
    assert set(asked) == set(TWO)
    gateway.say(94, asked["DU1000002"], 10.25, -3.5, UNSET)
    gateway.say(94, asked["DU1000001"], UNSET, 7, 0.0)
    await recorder.until(lambda: len(recorder.profits_and_losses) == 2)
    second, first = recorder.profits_and_losses
    assert (second.account_code, second.daily, second.unrealized, second.realized) == (
        "DU1000002",
        Decimal("10.25"),
        Decimal("-3.5"),
        None,
    )
    assert (first.account_code, first.daily, first.realized, first.con_id) == ("DU1000001", None, Decimal(0), None)
    assert first.at.tzinfo is not None


async def test_a_second_subscription_asks_nothing_more(node: TradingNode, gateway: ScriptedGateway) -> None:
    node.account.subscribe_profit_and_loss()
    node.account.subscribe_profit_and_loss()
    await profits_asked(gateway)
    await whatever_was_sent_has_arrived(node, gateway)
    assert not received(gateway, PROFITS)


async def test_profit_and_loss_of_one_position_carries_its_size_and_value(
    node: TradingNode, gateway: ScriptedGateway, recorder: Recorder
) -> None:
    node.account.subscribe_position_profit_and_loss("DU1000002", 265598)
    request_id, *asked = (await gateway.next(POSITION_PROFITS))[1:]
    assert asked == ["DU1000002", "", "265598"]
    gateway.say(95, request_id, 10, 1.5, 2.5, UNSET, 1895.0)
    told = await recorder.until(lambda: recorder.profits_and_losses and recorder.profits_and_losses[0])
    assert (told.account_code, told.con_id, told.position, told.value) == (
        "DU1000002",
        265598,
        Decimal(10),
        Decimal(1895),
    )
    assert (told.daily, told.unrealized, told.realized) == (Decimal("1.5"), Decimal("2.5"), None)


async def test_what_is_no_longer_wanted_is_cancelled_and_its_last_figures_are_nobody_s(
    node: TradingNode, gateway: ScriptedGateway, recorder: Recorder
) -> None:
    node.account.subscribe_profit_and_loss()
    node.account.subscribe_position_profit_and_loss("DU1000001", 265598)
    asked = await profits_asked(gateway)
    of_position = (await gateway.next(POSITION_PROFITS))[1]
    node.account.unsubscribe_profit_and_loss()
    node.account.unsubscribe_position_profit_and_loss("DU1000001", 265598)
    assert {(await gateway.next(END_PROFITS))[1] for _ in TWO} == set(asked.values())
    assert (await gateway.next(END_POSITION_PROFITS))[1] == of_position
    gateway.say(94, asked["DU1000001"], 1, 1, 1)
    await whatever_was_sent_has_arrived(node, gateway)
    assert not recorder.profits_and_losses


async def test_profit_and_loss_is_asked_for_again_after_a_reconnect(
    node: TradingNode, gateway: ScriptedGateway, recorder: Recorder
) -> None:
    node.account.subscribe_profit_and_loss()
    node.account.subscribe_position_profit_and_loss("DU1000001", 265598)
    await profits_asked(gateway)
    await gateway.next(POSITION_PROFITS)
    node.drop()
    await node.connect()
    asked = await profits_asked(gateway)
    await gateway.next(POSITION_PROFITS)
    gateway.say(94, asked["DU1000002"], 1, 2, 3)
    await recorder.until(lambda: recorder.profits_and_losses)


async def test_profit_and_loss_is_asked_for_again_when_ib_lost_its_streams_and_not_when_it_kept_them(
    node: TradingNode, gateway: ScriptedGateway
) -> None:
    node.account.subscribe_profit_and_loss()
    first = await profits_asked(gateway)
    gateway.error(-1, 1100)
    gateway.error(-1, 1102)
    gateway.error(-1, 1100)
    gateway.error(-1, 1101)
    again = await profits_asked(gateway)
    assert not set(again.values()) & set(first.values())
    assert {(await gateway.next(END_PROFITS))[1] for _ in TWO} == set(first.values())
    await whatever_was_sent_has_arrived(node, gateway)
    assert not received(gateway, PROFITS)


async def test_a_refused_profit_and_loss_is_said_so(
    node: TradingNode, gateway: ScriptedGateway, recorder: Recorder
) -> None:
    node.account.subscribe_profit_and_loss()
    asked = await profits_asked(gateway)
    gateway.error(asked["DU1000002"], 321, "Error validating request")
    notice = await recorder.until(lambda: recorder.notices and recorder.notices[0])
    assert (notice.code, notice.message) == (321, "About the profit and loss of DU1000002: Error validating request")


async def test_nothing_is_streamed_without_a_connection(node: TradingNode) -> None:
    node.drop()
    with pytest.raises(LinkLost):
        node.account.subscribe_position_profit_and_loss("DU1000001", 265598)


# Values and positions


async def read_values(node: TradingNode, gateway: ScriptedGateway) -> str:
    reading = asyncio.create_task(node.account.read_values())
    request_id = (await gateway.next(SUMMARY))[2]
    gateway.say(64, 1, request_id)
    assert await reading is True
    return request_id


async def test_a_value_is_known_by_its_account_its_tag_and_its_currency(
    node: TradingNode, gateway: ScriptedGateway, recorder: Recorder
) -> None:
    request_id = await read_values(node, gateway)
    for account_code, currency, amount in (
        ("DU1000001", "USD", "100.5"),
        ("DU1000001", "BASE", "250"),
        ("DU1000002", "USD", "3"),
        ("DU1000002", "EUR", UNSET),
    ):
        gateway.say(63, 1, request_id, account_code, "CashBalance", amount, currency)
    gateway.say(63, 1, request_id, "DU1000001", "AccountType", "INDIVIDUAL", "")
    gateway.say(63, 1, request_id, "DU1000002", "NetLiquidation", "9", "EUR")
    await recorder.until(lambda: len(recorder.values) == 4)
    assert {(one.account_code, one.tag, one.currency): one.value for one in recorder.values} == {
        ("DU1000001", "CashBalance", "USD"): Decimal("100.5"),
        ("DU1000001", "CashBalance", "BASE"): Decimal(250),
        ("DU1000002", "CashBalance", "USD"): Decimal(3),
        ("DU1000002", "NetLiquidation", "EUR"): Decimal(9),
    }


async def test_the_summary_is_of_all_accounts_and_one_subscription_ends_before_the_next(
    node: TradingNode, gateway: ScriptedGateway
) -> None:
    reading = [asyncio.create_task(node.account.read_values()) for _ in range(2)]
    first = await gateway.next(SUMMARY)
    assert first[3] == "All"
    await whatever_was_sent_has_arrived(node, gateway)
    assert not received(gateway, SUMMARY)
    gateway.say(64, 1, first[2])
    assert (await gateway.next(END_SUMMARY))[2] == first[2]
    gateway.say(64, 1, (await gateway.next(SUMMARY))[2])
    assert await asyncio.gather(*reading) == [True, True]


async def test_values_and_positions_are_subscribed_again_when_ib_lost_them(
    node: TradingNode, gateway: ScriptedGateway
) -> None:
    first = await read_values(node, gateway)
    gateway.error(-1, 1100)
    gateway.error(-1, 1101)
    assert (await gateway.next(END_SUMMARY))[2] == first
    gateway.say(64, 1, (await gateway.next(SUMMARY))[2])
    await gateway.next(POSITIONS)
    gateway.say(62, 1)


async def test_all_values_are_read_account_by_account(
    node: TradingNode, gateway: ScriptedGateway, recorder: Recorder
) -> None:
    reading = asyncio.create_task(node.account.read_all_values())
    for account_code in TWO:
        _, _, request_id, asked, model, ledger_alone = await gateway.next(UPDATES)
        assert (asked, model, ledger_alone) == (account_code, "", "0")
        await whatever_was_sent_has_arrived(node, gateway)
        assert not received(gateway, UPDATES)
        gateway.say(73, 1, request_id, account_code, "", "RegTMargin", "12.5", "USD")
        gateway.say(74, 1, request_id)
        assert (await gateway.next(END_UPDATES))[2] == request_id
    await reading
    assert [(one.account_code, one.tag, one.value) for one in recorder.values] == [
        ("DU1000001", "RegTMargin", Decimal("12.5")),
        ("DU1000002", "RegTMargin", Decimal("12.5")),
    ]


async def test_a_refused_reading_of_values_is_raised_with_ib_s_code(
    node: TradingNode, gateway: ScriptedGateway
) -> None:
    reading = asyncio.create_task(node.account.read_all_values())
    gateway.error((await gateway.next(UPDATES))[2], 321, "Error validating request")
    with pytest.raises(RequestRefused, match=r"the values of DU1000001: .*\(IB 321\)"):
        await reading


async def answer_positions(gateway: ScriptedGateway, *, size: object, cost: object) -> None:
    await gateway.next(POSITIONS)
    gateway.say(
        61, 3, "DU1000001", 265598, "AAPL", "STK", "", 0, "", "", "NASDAQ", "USD", "AAPL", "NMS", size, cost
    )  # fmt: skip
    gateway.say(62, 1)


@pytest.mark.parametrize(("cost", "told"), [("", None), (UNSET, None), ("0", Decimal(0)), ("189.5", Decimal("189.5"))])
async def test_a_cost_that_is_unset_is_not_known_and_zero_is_zero(
    node: TradingNode, gateway: ScriptedGateway, cost: str, told: Decimal | None
) -> None:
    reading = asyncio.create_task(node.account.read_positions())
    await answer_positions(gateway, size=10, cost=cost)
    gateway.answer_details((await gateway.next(DETAILS))[2])
    assert [one.average_cost for one in await reading] == [told]


@pytest.mark.parametrize("size", ["", UNSET])
async def test_a_position_without_its_size_is_no_position(
    node: TradingNode, gateway: ScriptedGateway, size: str
) -> None:
    reading = asyncio.create_task(node.account.read_positions())
    await answer_positions(gateway, size=size, cost=189.5)
    with pytest.raises(NoAnswer, match="came without its size"):
        await reading
