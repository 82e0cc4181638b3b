"""What an order would bind and cost, asked of the account's gateway, which then has no order."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.workers.conftest import Place
from tests.workers.trading import AAPL, RESTING
from webapp.accounts.models import BrokerAccount
from webapp.trading import previews
from webapp.trading.models import Order
from webapp.trading.refusals import PreviewRefused

pytestmark = pytest.mark.django_db(transaction=True)

WANTED = {**RESTING, "con_id": AAPL, "limit_price": "150.00"}


def test_an_order_s_margin_and_commission_are_said_and_nothing_is_placed(place: Place, trading: BrokerAccount) -> None:
    trading.refresh_from_db()
    preview = previews.preview(account=trading, **WANTED)
    assert preview.figures.initial_margin_change is not None
    assert preview.figures.initial_margin_change > 0
    assert preview.figures.commission is not None
    assert preview.figures.commission > Decimal(0)
    assert (preview.margin_currency, preview.figures.commission_currency) == ("USD", "USD")
    assert not Order.objects.exists()
    assert {row["event"] for row in place.ledger(trading, "order")} == {"what_if"}


def test_a_stop_s_are_said_too(trading: BrokerAccount) -> None:
    trading.refresh_from_db()
    stop = {**WANTED, "order_type": "STP", "limit_price": None, "stop_price": "250.00", "stop_loss_price": "240.00"}
    assert previews.as_body(previews.preview(account=trading, **stop))["initial_margin_change"]


def test_what_the_broker_would_not_take_is_refused_in_its_own_words(trading: BrokerAccount) -> None:
    trading.refresh_from_db()
    with pytest.raises(PreviewRefused, match=r"^The broker would not take this order: .*Precautionary"):
        previews.preview(account=trading, **{**WANTED, "limit_price": "5000.00"})
