"""Panes: their keys, and how they ride with quotes."""

from __future__ import annotations

import uuid

import pytest
import redis.asyncio

from webapp.bus import interest, quotes
from webapp.bus.panes import Pane, Span


@pytest.mark.parametrize("pane", [Pane(265598), Pane(-7), *(Pane(265598, span) for span in Span)], ids=str)
def test_a_pane_is_known_by_its_key(pane: Pane) -> None:
    assert Pane.parse(str(pane)) == pane


@pytest.mark.parametrize(
    "key",
    [
        "",
        "depth",
        "depth:",
        "depth:x",
        "depth:1:1d",
        "bars:1",
        "bars:1:2d",
        "quotes:1",
        "depth:1 ",
        "depth:" + "1" * 19,
    ],
)
def test_what_is_no_key_is_refused(key: str) -> None:
    with pytest.raises(ValueError, match=r"pane|Span"):
        Pane.parse(key)


async def test_interest_in_panes_stands_beside_that_in_quotes(
    connection: redis.asyncio.Redis, account_id: uuid.UUID
) -> None:
    book, chart = Pane(1), Pane(1, Span.DAY)
    await interest.want(connection, account_id, [2])
    assert await interest.want_panes(connection, account_id, [str(book), str(chart), "later:3"]) == 3
    assert await interest.wanted_panes(connection, account_id) == {book, chart}
    assert await interest.wanted(connection, account_id) == {2}


async def test_a_batch_brings_quotes_and_panes_and_the_snapshot_keeps_both(
    connection: redis.asyncio.Redis, account_id: uuid.UUID
) -> None:
    told: dict[quotes.Key, str] = {1: '{"con_id":1}', "depth:1": '{"pane":"depth:1"}'}
    await quotes.publish(connection, account_id, 1, 1, told)
    assert await quotes.snapshot(connection, account_id) == (1, 1, told)
    assert quotes.decode_batch('1 1\n1 {"con_id":1}\ndepth:1 {"pane":"depth:1"}') == quotes.Batch(1, 1, told)
