"""What IB leaves unset is None, field by field: never zero, and never one of IB's own signs for it."""

from __future__ import annotations

import asyncio
from dataclasses import fields
from decimal import Decimal
from typing import Any, get_args, get_type_hints

import pytest

from brokers.domain import OrderType
from brokers.node import TradingNode
from tests.brokers.recorder import Recorder
from tests.brokers.scripted_gateway import ScriptedGateway
from tests.brokers.words.market import EUR_USD, FIVE_SECOND_BARS, price, quotes_of, size
from tests.brokers.words.stage import AAPL, PLACE, REQUEST, place, place_live

UNSET = "1.7976931348623157E308"
UNSET_INTEGER = 2147483647
PROFITS, POSITION_PROFITS = 92, 94
A_MOMENT = 1709929800


def optional_amounts(told: Any) -> dict[str, Decimal | None]:
    """The values of all fields that may be unset."""
    hints = get_type_hints(type(told))
    names = [field.name for field in fields(told) if set(get_args(hints[field.name])) == {Decimal, type(None)}]
    assert names, f"a {type(told).__name__} has no such field"
    return {name: getattr(told, name) for name in names}


def set_amounts(told: Any) -> dict[str, Decimal]:
    return {name: value for name, value in optional_amounts(told).items() if value is not None}


NUMBERS_OF_AN_ORDER = ("lmtPrice", "auxPrice", "trailStopPrice", "trailingPercent", "lmtOffset")
FIGURES_OF_A_PREVIEW = (
    "initChange", "maintChange", "equityChange", "initAfter", "maintAfter", "equityAfter", "minCommission",
    "maxCommission",
)  # fmt: skip


@pytest.mark.parametrize("unset", [UNSET, ""], ids=["by the greatest double", "by nothing"])
@pytest.mark.parametrize("kind", [*OrderType, "REL"])
async def test_of_an_order_no_price_that_is_unset(
    node: TradingNode, gateway: ScriptedGateway, recorder: Recorder, kind: str, unset: str
) -> None:
    await place(node, gateway)
    gateway.open_order(
        7, orderRef="another", permId=UNSET_INTEGER, orderType=kind, **dict.fromkeys(NUMBERS_OF_AN_ORDER, unset)
    )
    gateway.order_status(7, "Submitted", filled=UNSET, average=UNSET, perm_id=UNSET_INTEGER)
    await recorder.until(lambda: len(recorder.updates) == 2)
    for told in recorder.updates:
        assert set_amounts(told) == {}
        assert (told.perm_id, told.filled_quantity) == (None, Decimal(0))


@pytest.mark.parametrize("unset", [0, UNSET])
async def test_of_a_fill_no_average_that_is_zero_or_unset(
    node: TradingNode, gateway: ScriptedGateway, recorder: Recorder, unset: object
) -> None:
    order_id = await place_live(node, gateway, recorder)
    gateway.order_status(order_id, "Submitted", perm_id=501, filled=4, average=unset)
    told = await recorder.until(lambda: recorder.updates[-1].filled_quantity and recorder.updates[-1])
    assert (told.filled_quantity, told.average_fill_price) == (Decimal(4), None)


@pytest.mark.parametrize("unset", [{"shares": UNSET}, {"price": UNSET}], ids=["its size", "its price"])
async def test_an_execution_without_its_size_or_its_price_is_none_and_that_is_said(
    node: TradingNode, gateway: ScriptedGateway, recorder: Recorder, unset: dict[str, object]
) -> None:
    order_id = await place_live(node, gateway, recorder)
    gateway.execution(order_id, "0001.01.01", perm_id=501, ref="ours-1", **unset)
    await recorder.until(lambda: [one for one in recorder.notices if "about an execution" in one.message])
    assert recorder.executions == []


async def test_an_execution_without_a_perm_id_has_none(
    node: TradingNode, gateway: ScriptedGateway, recorder: Recorder
) -> None:
    order_id = await place(node, gateway)
    for number, perm_id in enumerate((0, UNSET_INTEGER)):
        gateway.execution(order_id, f"000{number}.01.01", perm_id=perm_id, ref="ours-1", shares=1)
    await recorder.until(lambda: len(recorder.executions) == 2)
    assert {report.perm_id for report in recorder.executions} == {None}


async def test_of_a_commission_no_profit_that_is_unset_and_no_report_without_its_cost(
    node: TradingNode, gateway: ScriptedGateway, recorder: Recorder
) -> None:
    gateway.say(59, 1, "0001.01.01", UNSET, "USD", UNSET, "", "")
    gateway.say(59, 1, "0002.01.01", 1.05, "EUR", UNSET, "", "")
    report = await recorder.until(lambda: recorder.commissions and recorder.commissions[0])
    assert (report.exec_id, report.currency, set_amounts(report)) == ("0002.01.01", "EUR", {})


async def test_of_a_profit_and_loss_no_figure_that_is_unset(
    node: TradingNode, gateway: ScriptedGateway, recorder: Recorder
) -> None:
    node.account.subscribe_profit_and_loss()
    node.account.subscribe_position_profit_and_loss("DU1000001", AAPL.con_id)
    gateway.say(94, (await gateway.next(PROFITS))[1], UNSET, UNSET, UNSET)
    gateway.say(95, (await gateway.next(POSITION_PROFITS))[1], UNSET, UNSET, UNSET, UNSET, UNSET)
    await recorder.until(lambda: len(recorder.profits_and_losses) == 2)
    assert [set_amounts(told) for told in recorder.profits_and_losses] == [{}, {}]


async def test_of_a_preview_no_figure_that_is_unset(node: TradingNode, gateway: ScriptedGateway) -> None:
    previewing = asyncio.create_task(node.execution.preview(REQUEST, AAPL))
    figures = dict.fromkeys(FIGURES_OF_A_PREVIEW, UNSET)
    order_id = (await gateway.next(PLACE))[1]
    gateway.open_order(order_id, whatIf=1, status="PreSubmitted", **(figures | {"commission": 1.5}))
    assert set_amounts(await previewing) == {"commission": Decimal("1.5")}


@pytest.mark.parametrize("delayed", [False, True], ids=["live", "delayed"])
async def test_of_a_quote_no_price_of_minus_one_and_no_size_beside_it(
    node: TradingNode, gateway: ScriptedGateway, recorder: Recorder, *, delayed: bool
) -> None:
    book = (66, 67, 68) if delayed else (1, 2, 4)
    of_the_day = (72, 73, 75, 76) if delayed else (6, 7, 9, 14)
    request_id = await quotes_of(node, gateway, kind=3 if delayed else 1)
    for tick_type in (*book, *of_the_day):
        price(gateway, request_id, tick_type, 189.5, 100)
    await recorder.until(lambda: recorder.quotes and len(set_amounts(recorder.quotes[-1])) == 10)
    for tick_type in (*book, *of_the_day):
        price(gateway, request_id, tick_type, -1, 100)
    await recorder.until(lambda: not set_amounts(recorder.quotes[-1]))


async def test_of_a_quote_no_size_of_minus_one(node: TradingNode, gateway: ScriptedGateway, recorder: Recorder) -> None:
    request_id = await quotes_of(node, gateway)
    size(gateway, request_id, 8, 41_000)
    await recorder.until(lambda: recorder.quotes and recorder.quotes[-1].volume == 41_000)
    size(gateway, request_id, 8, -1)
    for tick_type, its_size in ((1, 0), (2, 3), (4, 5)):
        price(gateway, request_id, tick_type, 189.5, 100)
        size(gateway, request_id, its_size, -1)
    await recorder.until(lambda: recorder.quotes and recorder.quotes[-1].last is not None)
    await recorder.until(lambda: set(set_amounts(recorder.quotes[-1])) == {"bid", "ask", "last"})


async def test_of_a_quote_nothing_that_never_came(
    node: TradingNode, gateway: ScriptedGateway, recorder: Recorder
) -> None:
    price(gateway, await quotes_of(node, gateway), 1, 189.5, 100)
    quote = await recorder.until(lambda: recorder.quotes and recorder.quotes[0])
    assert set(set_amounts(quote)) == {"bid", "bid_size"}


async def test_of_bars_no_volume_no_average_and_no_count_of_minus_one(
    node: TradingNode, gateway: ScriptedGateway, recorder: Recorder
) -> None:
    node.data.subscribe_bars(EUR_USD)
    request_id = (await gateway.next(FIVE_SECOND_BARS))[2]
    gateway.say(50, 3, request_id, A_MOMENT, 1.0, 1.5, 0.5, 1.25, -1, -1, -1)
    told = await recorder.until(lambda: recorder.bars and recorder.bars[0])
    assert (set_amounts(told), told.trades) == ({}, None)
    node.data.subscribe_bars(AAPL)
    request_id = (await gateway.next(FIVE_SECOND_BARS))[2]
    gateway.say(50, 3, request_id, A_MOMENT, 1.0, 1.5, 0.5, 1.25, -1, -1, -1)
    told = await recorder.until(lambda: recorder.bars[1:] and recorder.bars[1])
    assert (set_amounts(told), told.trades) == ({}, None)
