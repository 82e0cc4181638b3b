from __future__ import annotations

import asyncio

import pytest

from brokers.interactive_brokers.budget import Slots, Spacing
from brokers.refusals import SubscriptionRefused


async def test_turns_are_given_in_order_and_apart() -> None:
    spacing, came = Spacing(0.02), list[int]()

    async def caller(number: int) -> None:
        await spacing.turn()
        came.append(number)

    started = asyncio.get_running_loop().time()
    await asyncio.gather(*(caller(number) for number in range(3)))
    assert came == [0, 1, 2]
    assert asyncio.get_running_loop().time() - started >= 0.04


async def test_callers_that_gave_up_keep_nobody_waiting() -> None:
    spacing = Spacing(0.1)
    waiting = [asyncio.ensure_future(spacing.turn()) for _ in range(1000)]
    await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    for caller in waiting:
        caller.cancel()
    await asyncio.wait_for(spacing.turn(), 10)


def test_one_more_than_there_are_is_refused_with_its_name_and_a_place_given_back_is_free() -> None:
    slots = Slots(2, refusal="All {limit} are taken, so none is left for {name}.")
    slots.take("a", name="AAPL")
    slots.take("a", name="AAPL")
    slots.take("b", name="MSFT")
    with pytest.raises(SubscriptionRefused, match="All 2 are taken, so none is left for IBM"):
        slots.take("c", name="IBM")
    slots.give_back("a")
    slots.give_back("never taken")
    slots.take("c", name="IBM")
    assert slots.is_full


def test_what_ib_refuses_is_learned_as_the_limit() -> None:
    slots = Slots(100, refusal="All {limit} are taken, so none is left for {name}.")
    for number in range(4):
        slots.take(number, name="AAPL")
    slots.learn_that_ib_is_full()
    slots.give_back(3)
    with pytest.raises(SubscriptionRefused, match="All 3"):
        slots.take(4, name="AAPL")
