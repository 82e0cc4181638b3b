"""What an order would cost: worked out by IB, and never transmitted."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from decimal import Decimal

import pytest

from brokers.domain import OcaType, OrderPreview
from brokers.node import TradingNode
from brokers.refusals import NoAnswer, OrderRefused, RequestRefused
from tests.brokers.recorder import Recorder
from tests.brokers.scripted_gateway import ScriptedGateway
from tests.brokers.words.stage import (
    AAPL,
    PLACE,
    READ_ONLY,
    REQUEST,
    node_at,
    order_sent,
    place,
    received,
    whatever_was_sent_has_arrived,
)

UNSET = "1.7976931348623157E308"
FIGURES = {
    "initChange": "512.25",
    "maintChange": "465.5",
    "equityChange": "-1.0",
    "initAfter": "1512.25",
    "maintAfter": "1465.5",
    "equityAfter": "99999.0",
    "commission": 1.0,
    "minCommission": UNSET,
    "maxCommission": UNSET,
    "commissionCurrency": "USD",
}
NO_FIGURES = dict.fromkeys(FIGURES, UNSET)


async def asked(node: TradingNode, gateway: ScriptedGateway) -> tuple[asyncio.Task[OrderPreview], str]:
    previewing = asyncio.create_task(node.execution.preview(REQUEST, AAPL))
    return previewing, (await gateway.next(PLACE))[1]


def answer(gateway: ScriptedGateway, order_id: str, **figures: object) -> None:
    gateway.open_order(order_id, whatIf=1, status="PreSubmitted", **(FIGURES | figures))


async def test_margin_and_commission_come_as_ib_worked_them_out(
    node: TradingNode, gateway: ScriptedGateway, recorder: Recorder
) -> None:
    previewing, order_id = await asked(node, gateway)
    answer(gateway, order_id, warning="Your order will be held until the market opens.")
    assert await previewing == OrderPreview(
        initial_margin_change=Decimal("512.25"),
        maintenance_margin_change=Decimal("465.5"),
        equity_with_loan_change=Decimal(-1),
        initial_margin_after=Decimal("1512.25"),
        maintenance_margin_after=Decimal("1465.5"),
        equity_with_loan_after=Decimal(99999),
        commission=Decimal(1),
        min_commission=None,
        max_commission=None,
        commission_currency="USD",
        warning="Your order will be held until the market opens.",
    )
    assert not recorder.updates


async def test_figures_beyond_the_account_s_means_are_told_though_ib_refuses_the_order_after_them(
    node: TradingNode, gateway: ScriptedGateway, recorder: Recorder
) -> None:
    previewing, order_id = await asked(node, gateway)
    answer(gateway, order_id, initAfter="100000.5", equityAfter="99999.0")
    gateway.error(order_id, 201, "Order rejected - reason: your equity must exceed the initial margin")
    preview = await previewing
    assert (preview.initial_margin_after, preview.equity_with_loan_after) == (Decimal("100000.5"), Decimal(99999))
    await whatever_was_sent_has_arrived(node, gateway)
    assert not recorder.updates


async def test_it_is_asked_as_a_what_if_and_by_itself(node: TradingNode, gateway: ScriptedGateway) -> None:
    request = replace(REQUEST, oca_group="a", oca_type=OcaType.CANCEL_WITH_BLOCK, parent_client_order_id="other")
    previewing = asyncio.create_task(node.execution.preview(request, AAPL))
    sent = order_sent(await gateway.next(PLACE)).terms
    assert (sent["whatIf"], sent["ocaGroup"], sent["parentId"], sent["lmtPrice"]) == ("1", "", "0", "10.0")
    previewing.cancel()
    await asyncio.wait({previewing})


async def test_an_order_that_was_previewed_can_be_placed(node: TradingNode, gateway: ScriptedGateway) -> None:
    previewing, order_id = await asked(node, gateway)
    answer(gateway, order_id)
    await previewing
    assert int(await place(node, gateway)) > int(order_id)


async def test_a_first_answer_without_figures_is_not_taken_for_the_last(
    node: TradingNode, gateway: ScriptedGateway
) -> None:
    previewing, order_id = await asked(node, gateway)
    answer(gateway, order_id, **NO_FIGURES)
    answer(gateway, order_id)
    assert (await previewing).initial_margin_change == Decimal("512.25")


async def test_a_range_of_commission_alone_is_an_answer(node: TradingNode, gateway: ScriptedGateway) -> None:
    previewing, order_id = await asked(node, gateway)
    answer(gateway, order_id, **(NO_FIGURES | {"minCommission": 1.0, "maxCommission": 2.5}))
    preview = await previewing
    assert (preview.commission, preview.min_commission, preview.max_commission) == (None, Decimal(1), Decimal("2.5"))


@pytest.mark.parametrize("code", [110, 201, 202, 321, 388, 434, 460, 99999])
async def test_a_refusal_ends_it_with_ib_s_reason(
    node: TradingNode, gateway: ScriptedGateway, recorder: Recorder, code: int
) -> None:
    previewing, order_id = await asked(node, gateway)
    gateway.error(order_id, code, "no")
    with pytest.raises(RequestRefused, match=rf"no \(IB {code}\)") as refused:
        await previewing
    assert refused.value.code == code
    assert not recorder.updates


@pytest.mark.parametrize("code", [399, 404, 2109, 2137, 2161, 10349, 10167, 2170])
async def test_a_note_does_not_end_it(node: TradingNode, gateway: ScriptedGateway, code: int) -> None:
    previewing, order_id = await asked(node, gateway)
    gateway.error(order_id, code, "a note")
    answer(gateway, order_id)
    assert (await previewing).commission == 1


async def test_a_preview_that_ib_does_not_answer_is_said_so_and_its_late_answer_is_nobody_s(
    gateway: ScriptedGateway, recorder: Recorder
) -> None:
    node = node_at(gateway, recorder, request_deadline=0.1)
    await node.connect()
    previewing, order_id = await asked(node, gateway)
    with pytest.raises(NoAnswer, match="what the order would cost"):
        await previewing
    answer(gateway, order_id)
    gateway.error(order_id, 201)
    await whatever_was_sent_has_arrived(node, gateway)
    assert not recorder.updates
    node.drop()


async def test_a_preview_of_what_can_t_be_sent_asks_ib_nothing(node: TradingNode, gateway: ScriptedGateway) -> None:
    with pytest.raises(OrderRefused, match="needs a limit price"):
        await node.execution.preview(replace(REQUEST, limit_price=None), AAPL)
    with pytest.raises(OrderRefused, match="was given"):
        await node.execution.preview(replace(REQUEST, con_id=1), AAPL)
    await whatever_was_sent_has_arrived(node, gateway)
    assert not received(gateway, PLACE)


async def test_a_preview_shows_that_the_api_is_read_only(node: TradingNode, gateway: ScriptedGateway) -> None:
    previewing, order_id = await asked(node, gateway)
    gateway.error(order_id, 321, READ_ONLY)
    with pytest.raises(RequestRefused, match="Read-Only"):
        await previewing
    assert node.execution.is_read_only
