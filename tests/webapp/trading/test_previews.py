from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from brokers.domain import OrderPreview, OrderRequest, OrderSide, OrderType, TimeInForce
from tests.webapp.trading.examples import fields
from webapp.accounts.models import BrokerAccount, GatewaySession
from webapp.bus import questions
from webapp.trading import previews
from webapp.trading.models import AccountValue, Instrument, Order, OrderCommand
from webapp.trading.refusals import OrderInvalid, SessionNotReady

pytestmark = pytest.mark.django_db

REQUEST = OrderRequest(
    client_order_id="ours",
    account_code="DU1",
    con_id=265598,
    side=OrderSide.SELL,
    order_type=OrderType.TRAIL_LIMIT,
    quantity=Decimal("0.5"),
    time_in_force=TimeInForce.GTD,
    trailing_percent=Decimal("2.5"),
    limit_price_offset=Decimal("-0.00000001"),
    good_till_date=datetime(2030, 1, 1, 12, tzinfo=UTC),
    outside_rth=True,
)
FIGURES = OrderPreview(
    initial_margin_change=Decimal("1234.50"),
    maintenance_margin_change=None,
    equity_with_loan_change=Decimal("-1"),
    initial_margin_after=Decimal(0),
    maintenance_margin_after=None,
    equity_with_loan_after=None,
    commission=None,
    min_commission=Decimal("0.35"),
    max_commission=Decimal("1.05"),
    commission_currency="USD",
    warning="Warning: your order size is large.",
)


def test_a_request_crosses_the_bus_as_it_was() -> None:
    assert previews.request_from_question(previews.request_as_question(REQUEST)) == REQUEST


def test_figures_cross_the_bus_as_they_were_and_what_nobody_said_stays_unsaid(
    ready_account: BrokerAccount,
) -> None:
    crossed = previews.figures_from_answer(previews.figures_as_answer(FIGURES))
    assert crossed == FIGURES
    body = previews.as_body(previews.Preview(crossed, None))
    assert (body["initial_margin_change"], body["maintenance_margin_change"]) == ("1234.5", None)
    assert (body["commission"], body["min_commission"], body["commission_currency"]) == (None, "0.35", "USD")


def test_terms_that_can_not_be_an_order_are_refused_by_field_and_nobody_is_asked(
    ready_account: BrokerAccount, aapl: Instrument
) -> None:
    with pytest.raises(OrderInvalid) as refusal:
        previews.preview(account=ready_account, **wanted(order_type="STP"))
    assert set(refusal.value.errors) == {"stop_price", "limit_price"}


def test_a_session_that_is_not_ready_is_said_at_once(ready_account: BrokerAccount, aapl: Instrument) -> None:
    GatewaySession.objects.update(state="STOPPED")
    with pytest.raises(SessionNotReady, match="can ask what an order would cost only when it is ready"):
        previews.preview(account=ready_account, **wanted())


def test_where_nobody_listens_it_is_said_and_nothing_is_written(ready_account: BrokerAccount, aapl: Instrument) -> None:
    with pytest.raises(questions.NoAnswer):
        previews.preview(account=ready_account, **wanted())
    assert not Order.objects.exists()
    assert not OrderCommand.objects.exists()


def test_margins_are_in_the_currency_that_the_account_is_worth_in(ready_account: BrokerAccount) -> None:
    from webapp.trading import account_values

    assert account_values.base_currency(ready_account) is None
    for currency in ("BASE", "CHF"):
        AccountValue.objects.create(
            account=ready_account, account_code="DU1000001", tag="NetLiquidation", currency=currency, value=1
        )
    assert account_values.base_currency(ready_account) == "CHF"


def wanted(**changes: Any) -> Any:
    return fields(**changes)
