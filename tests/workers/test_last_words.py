from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from brokers.domain import OrderSide, OrderStatus, OrderUpdate
from tests.brokers.words.describing import SPY
from workers.last_words import LastWords

FILLED = OrderUpdate(
    order_ref="5f0c1c5e-8a3e-4d0a-9d53-0f6f0f2b7c11",
    perm_id=900,
    order_id=6,
    account_code="DU1",
    con_id=265598,
    side=OrderSide.BUY,
    order_type="MKT",
    quantity=Decimal(10),
    time_in_force="DAY",
    status=OrderStatus.FILLED,
    ib_status="Filled",
    filled_quantity=Decimal(10),
    at=datetime(2026, 11, 29, 15, tzinfo=UTC),
)


def test_an_end_in_the_same_words_is_news_once() -> None:
    words = LastWords()
    assert not words.is_repeated(FILLED)
    assert words.is_repeated(replace(FILLED, at=datetime(2026, 11, 29, 16, tzinfo=UTC)))
    words.forget()
    assert not words.is_repeated(FILLED)


@pytest.mark.parametrize("changed", [{"reason": "late"}, {"perm_id": 901}, {"filled_quantity": Decimal(9)}])
def test_other_words_on_an_end_are_news(changed: dict[str, object]) -> None:
    words = LastWords()
    words.is_repeated(FILLED)
    assert not words.is_repeated(replace(FILLED, **changed))  # type: ignore[arg-type]


def test_an_order_that_works_is_always_news() -> None:
    """Its row may have become UNKNOWN since, and the same words put that right."""
    words, works = LastWords(), replace(FILLED, status=OrderStatus.SUBMITTED, ib_status="Submitted")
    assert not words.is_repeated(works)
    assert not words.is_repeated(works)


def test_an_instrument_is_news_when_it_is_described_otherwise() -> None:
    words = LastWords()
    assert not words.is_described(SPY)
    assert words.is_described(SPY)
    assert not words.is_described(replace(SPY, long_name="Another name"))
    words.forget()
    assert not words.is_described(SPY)
