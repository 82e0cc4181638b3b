"""How long a bracket's exits live, said before it is sent, by the terms that they are sent with."""

from __future__ import annotations

import html
from collections.abc import Callable
from typing import Any

import pytest

from webapp.trading.models import Order

pytestmark = pytest.mark.django_db

DAY = "end with the day and leave the position without them."
BOTH = {"take_profit_price": "195", "stop_loss_price": "180"}


@pytest.mark.parametrize(
    ("terms", "words", "sent"),
    [
        ({"time_in_force": "DAY", **BOTH}, f"Its take profit and stop loss {DAY}", "DAY"),
        ({"time_in_force": "IOC", **BOTH}, f"Its take profit and stop loss {DAY}", "DAY"),
        ({"stop_loss_price": "180"}, "Its stop loss ends with the day and leaves the position without it.", "DAY"),
        (
            {"time_in_force": "GTC", **BOTH},
            "Its take profit and stop loss stay until filled or cancelled, over the days to come too.",
            "GTC",
        ),
        (
            {"time_in_force": "GTD", "good_till": "2099-01-05T15:00", "time_zone": "America/New_York", **BOTH},
            "Its take profit and stop loss end at 2099-01-05 20:00 UTC and leave the position without them.",
            "GTD",
        ),
    ],
)
def test_a_review_says_how_long_the_exits_live_as_they_are_sent(
    review: Callable[[dict[str, str]], Any],
    place: Callable[[dict[str, str]], Any],
    ticket: Callable[..., dict[str, str]],
    terms: dict[str, str],
    words: str,
    sent: str,
) -> None:
    form = ticket(**terms)
    assert words in html.unescape(review(form).content.decode())
    assert place(form).status_code == 201
    assert {one.time_in_force for one in Order.objects.exclude(parent=None)} == {sent}


def test_an_order_without_exits_says_nothing_of_any(
    review: Callable[[dict[str, str]], Any], ticket: Callable[..., dict[str, str]]
) -> None:
    assert "the position without" not in review(ticket()).content.decode()
