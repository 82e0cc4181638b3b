from __future__ import annotations

import asyncio
import json
import uuid
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
import redis.asyncio
from hypothesis import given
from hypothesis import strategies as st

from brokers.domain import MarketDataType, Quote, StreamStatus
from webapp.bus import keys, quotes
from webapp.bus.redis import messages

AT = datetime(2026, 3, 2, 15, 30, 0, 250000, tzinfo=UTC)


def quote(**values: Any) -> Quote:
    return Quote(**{"con_id": 265598, "at": AT, "market_data_type": MarketDataType.LIVE, **values})


def test_a_quote_is_encoded_with_its_change_and_its_time() -> None:
    full = quote(
        bid=Decimal("189.50"),
        bid_size=Decimal(300),
        ask=Decimal("189.52"),
        ask_size=Decimal(200),
        last=Decimal("189.51"),
        last_size=Decimal(100),
        close=Decimal("188.01"),
        open=Decimal("188.20"),
        high=Decimal("190.00"),
        low=Decimal("187.95"),
        volume=Decimal(41_208_333),
        implied_volatility=Decimal("0.2345"),
        delta=Decimal("-0.48"),
    )
    assert json.loads(quotes.encode(full)) == {
        "con_id": 265598,
        "bid": "189.5",
        "bid_size": "300",
        "ask": "189.52",
        "ask_size": "200",
        "last": "189.51",
        "last_size": "100",
        "close": "188.01",
        "open": "188.2",
        "high": "190",
        "low": "187.95",
        "volume": "41208333",
        "implied_volatility": "0.2345",
        "delta": "-0.48",
        "change": "1.5",
        "market_data_type": "live",
        "is_stale": False,
        "stale_reason": "",
        "at": "2026-03-02T15:30:00.250000+00:00",
    }


@pytest.mark.parametrize("is_stale", [True, None])
def test_a_quote_that_can_not_be_relied_on_says_why(is_stale: bool | None) -> None:
    status = StreamStatus(con_id=265598, at=AT, is_stale=is_stale, reason="The farm usfarm is down.")
    decoded = json.loads(quotes.encode(quote(), status))
    assert (decoded["is_stale"], decoded["stale_reason"]) == (is_stale, "The farm usfarm is down.")


def test_what_never_came_is_null_and_never_zero() -> None:
    decoded = json.loads(quotes.encode(quote(bid=Decimal("1.1"))))
    unknown = {key for key, value in decoded.items() if value is None}
    prices = {"bid_size", "ask", "ask_size", "last", "last_size", "close", "change"}
    assert unknown == prices | {"open", "high", "low", "volume", "implied_volatility", "delta"}


def test_what_a_worker_of_an_earlier_version_does_not_tell_is_not_known() -> None:
    told = json.loads(quotes.encode(quote(bid=Decimal("1.1"), volume=Decimal(5))))
    earlier = {name: value for name, value in told.items() if name not in ("open", "high", "low", "volume")}
    assert quotes.decode(json.dumps(earlier)).quote == quote(bid=Decimal("1.1"))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("1E+3", "1000"),
        ("5E-8", "0.00000005"),
        ("100", "100"),
        ("1.1000000000", "1.1"),
        ("0.00", "0"),
        ("-0.0", "0"),
        ("-2.50", "-2.5"),
    ],
)
def test_numbers_are_plain(value: str, text: str) -> None:
    assert json.loads(quotes.encode(quote(last=Decimal(value))))["last"] == text


amounts = st.none() | st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**15), max_value=10**15)


@given(last=amounts, close=amounts, offset=st.integers(-12, 12))
def test_no_value_changes_on_its_way(last: Decimal | None, close: Decimal | None, offset: int) -> None:
    at = AT.astimezone(timezone(timedelta(hours=offset)))
    encoded = quotes.encode(quote(last=last, close=close, at=at))
    decoded = json.loads(encoded)
    assert "\n" not in encoded
    assert "E" not in (decoded["last"] or "")
    assert (Decimal(decoded["last"]) if decoded["last"] is not None else None) == last
    assert (Decimal(decoded["close"]) if decoded["close"] is not None else None) == close
    assert datetime.fromisoformat(decoded["at"]) == AT


async def test_batches_add_up_to_the_snapshot(connection: redis.asyncio.Redis, account_id: uuid.UUID) -> None:
    assert await quotes.publish(connection, account_id, 3, 1, {1: '{"a":1}', 2: '{"a":2}'})
    assert await quotes.publish(connection, account_id, 3, 2, {2: '{"a":3}'})
    assert await quotes.snapshot(connection, account_id) == (3, 2, {1: '{"a":1}', 2: '{"a":3}'})


async def test_what_is_dropped_is_published_and_not_stored(
    connection: redis.asyncio.Redis, account_id: uuid.UUID
) -> None:
    await quotes.publish(connection, account_id, 3, 1, {1: "{}", 2: "{}", "depth:1": "{}"})
    assert await quotes.publish(
        connection, account_id, 3, 2, {1: '{"last":1}', 2: '{"a":2}', "depth:1": "{}"}, dropped=[1, "depth:1"]
    )
    assert await quotes.snapshot(connection, account_id) == (3, 2, {2: '{"a":2}'})


async def test_a_worker_that_lost_its_lease_drops_nothing(
    connection: redis.asyncio.Redis, account_id: uuid.UUID
) -> None:
    await quotes.publish(connection, account_id, 4, 1, {1: "{}"})
    assert not await quotes.publish(connection, account_id, 3, 9, {1: "{}"}, dropped=[1])
    assert await quotes.snapshot(connection, account_id) == (4, 1, {1: "{}"})


async def test_without_quotes_the_snapshot_is_empty(connection: redis.asyncio.Redis, account_id: uuid.UUID) -> None:
    assert await quotes.snapshot(connection, account_id) == (0, 0, {})


async def test_a_new_epoch_drops_the_prices_of_the_one_before(
    connection: redis.asyncio.Redis, account_id: uuid.UUID
) -> None:
    await quotes.publish(connection, account_id, 3, 9, {1: "{}"})
    await quotes.publish(connection, account_id, 4, 1, {2: "{}"})
    assert await quotes.snapshot(connection, account_id) == (4, 1, {2: "{}"})


async def test_a_worker_that_lost_its_lease_can_publish_nothing(
    connection: redis.asyncio.Redis, account_id: uuid.UUID
) -> None:
    await quotes.publish(connection, account_id, 4, 1, {1: '{"new":1}'})
    async with connection.pubsub() as pubsub, asyncio.timeout(10):
        await pubsub.subscribe(keys.quotes(account_id))
        heard = messages(pubsub)
        await anext(heard)
        assert not await quotes.publish(connection, account_id, 3, 10, {1: '{"old":1}'})
        await connection.publish(keys.quotes(account_id), "the next word")
        assert (await anext(heard))["data"] == "the next word"
    assert await quotes.snapshot(connection, account_id) == (4, 1, {1: '{"new":1}'})


async def test_a_published_batch_is_read_back_as_it_was(connection: redis.asyncio.Redis, account_id: uuid.UUID) -> None:
    changed = {265598: quotes.encode(quote(last=Decimal("1.5"))), 2: '{"text":"two words"}'}
    async with connection.pubsub() as pubsub, asyncio.timeout(10):
        await pubsub.subscribe(keys.quotes(account_id))
        heard = messages(pubsub)
        await anext(heard)
        await quotes.publish(connection, account_id, 7, 12, changed)
        assert quotes.decode_batch((await anext(heard))["data"]) == quotes.Batch(epoch=7, seq=12, quotes=changed)
        await quotes.publish(connection, account_id, 7, 13, {})
        assert quotes.decode_batch((await anext(heard))["data"]) == quotes.Batch(epoch=7, seq=13, quotes={})
        await quotes.forget(connection, account_id)
        assert quotes.decode_batch((await anext(heard))["data"]) is None


async def test_forgotten_prices_are_gone_and_an_older_worker_brings_none_back(
    connection: redis.asyncio.Redis, account_id: uuid.UUID
) -> None:
    await quotes.publish(connection, account_id, 7, 12, {1: "{}"})
    assert await quotes.forget(connection, account_id)
    assert await quotes.snapshot(connection, account_id) == (7, 12, {})
    assert not await quotes.publish(connection, account_id, 6, 99, {1: "{}"})
    assert await quotes.snapshot(connection, account_id) == (7, 12, {})


async def test_an_older_worker_that_stops_forgets_nothing_of_the_newer_one(
    connection: redis.asyncio.Redis, account_id: uuid.UUID
) -> None:
    await quotes.publish(connection, account_id, 7, 12, {1: "{}"})
    assert not await quotes.forget(connection, account_id, epoch=6)
    assert await quotes.snapshot(connection, account_id) == (7, 12, {1: "{}"})


async def test_forgetting_what_never_was_leaves_nothing(connection: redis.asyncio.Redis, account_id: uuid.UUID) -> None:
    assert await quotes.forget(connection, account_id)
    assert not await connection.exists(keys.snapshot(account_id))


@pytest.mark.parametrize("rubbish", ["", "1", "one two", "1 2\nthree", "1 2 3"])
def test_a_batch_that_is_none_raises(rubbish: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        quotes.decode_batch(rubbish)


async def test_a_snapshot_that_nobody_forgot_goes_after_a_week(
    connection: redis.asyncio.Redis, account_id: uuid.UUID
) -> None:
    await quotes.publish(connection, account_id, 1, 1, {1: "{}"})
    assert 0 < await connection.ttl(keys.snapshot(account_id)) <= 7 * 24 * 3600
