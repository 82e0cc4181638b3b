"""What the limits judge of an order that isn't at a limit."""

from __future__ import annotations

from typing import Any

import pytest

from tests.webapp.trading.examples import placed
from tests.webapp.trading.kinds import KINDS
from tests.webapp.trading.quoting import quoting
from webapp.accounts.models import BrokerAccount
from webapp.trading import limits
from webapp.trading.models import Instrument, Order
from webapp.trading.orders import LimitExceeded

pytestmark = pytest.mark.django_db

STOP = {"order_type": "STP", "limit_price": ""}
TRAIL = {"order_type": "TRAIL", "limit_price": ""}


def judged(account: BrokerAccount, **fields: Any) -> str:
    """The refusal; empty when it is taken. The newest quote is 190.00 to 190.10, last at 190.05."""
    with quoting():
        try:
            placed(account, **fields)
        except LimitExceeded as refusal:
            return f"{refusal.limit}: {refusal}"
    return ""


@pytest.mark.parametrize(
    ("fields", "comes_to"),
    [
        ({**STOP, "stop_price": "200.00"}, "2000"),
        # On the wrong side of the market it trades at once, at what the market asks.
        ({**STOP, "stop_price": "1.00"}, "1901"),
        ({**STOP, "side": "SELL", "stop_price": "1.00"}, "1900"),
        ({**TRAIL, "trailing_amount": "5.00"}, "1901"),
        ({**TRAIL, "trailing_percent": "2", "trail_stop_price": "195.00"}, "1950"),
        ({"order_type": "MIT", "limit_price": "", "stop_price": "180.00"}, "1901"),
        ({"order_type": "MOC", "limit_price": ""}, "1901"),
        ({"order_type": "STP LMT", "stop_price": "200.00", "limit_price": "201.00"}, "2010"),
        ({"order_type": "LIT", "stop_price": "180.00", "limit_price": "181.00"}, "1810"),
    ],
)
def test_what_it_comes_to_is_its_limit_or_the_greater_of_its_stop_and_the_quote(
    ready_account: BrokerAccount, aapl: Instrument, fields: dict[str, str], comes_to: str
) -> None:
    limits.set_limits(account=ready_account, max_notional="1", notional_currency="USD")
    assert f"This order comes to {comes_to} USD" in judged(ready_account, **fields)
    limits.set_limits(account=ready_account, max_notional=comes_to, notional_currency="USD")
    assert judged(ready_account, **fields) == ""


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({**STOP, "stop_price": "1900.00"}, "The stop price 1,900.00 is 899.74 % away from the newest quote, 190.05"),
        (
            {"order_type": "STP LMT", "stop_price": "191", "limit_price": "220"},
            "The limit price 220.00 is 15.76 % away",
        ),
        ({**TRAIL, "trailing_amount": "50"}, "The trailing amount 50.00 is 26.31 % of the newest quote, 190.05"),
        ({**TRAIL, "trailing_percent": "11"}, "The trailing percent is 11; this account's limit is 10 %"),
        ({**TRAIL, "trailing_percent": "1", "trail_stop_price": "220"}, "The first stop price 220.00 is 15.76 %"),
        (
            {"order_type": "TRAIL LIMIT", "limit_price": "", "trailing_percent": "1", "limit_price_offset": "-50"},
            "The offset from its stop to its limit -50.00 is 26.31 % of",
        ),
    ],
)
def test_each_price_and_each_distance_is_judged_by_the_band(
    ready_account: BrokerAccount, aapl: Instrument, fields: dict[str, str], says: str
) -> None:
    limits.set_limits(account=ready_account, price_band_percent="10")
    assert says in judged(ready_account, **fields)
    assert not Order.objects.exists()


@pytest.mark.parametrize("order_type", [kind for kind in KINDS if kind not in ("MKT", "MTL")])
def test_what_waits_for_its_price_or_its_auction_needs_no_live_quote(
    ready_account: BrokerAccount, aapl: Instrument, order_type: str
) -> None:
    with quoting(None):
        placed(ready_account, order_type=order_type, **KINDS[order_type])


@pytest.mark.parametrize("order_type", ["MKT", "MTL"])
def test_what_trades_at_once_at_any_price_needs_a_live_quote(
    ready_account: BrokerAccount, aapl: Instrument, order_type: str
) -> None:
    with quoting(None), pytest.raises(LimitExceeded, match=r"A market(-to-limit)? order needs a quote"):
        placed(ready_account, order_type=order_type, limit_price="")
