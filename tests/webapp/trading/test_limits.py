from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from brokers.domain import MarketDataType
from tests.webapp.trading.examples import placed
from tests.webapp.trading.quoting import STALE, quote, quoting
from webapp.accounts.models import AccountEvent, BrokerAccount, GatewaySession
from webapp.trading import limits, orders
from webapp.trading.limits import LimitsInvalid
from webapp.trading.models import AccountValue, Instrument, Order, OrderCommand, RiskLimits
from webapp.trading.orders import LimitExceeded, SessionNotReady

pytestmark = pytest.mark.django_db

MARKET = {"order_type": "MKT", "limit_price": ""}


def refused(account: BrokerAccount, **fields: Any) -> LimitExceeded:
    with pytest.raises(LimitExceeded) as refusal:
        placed(account, **fields)
    assert not Order.objects.exists()
    assert not OrderCommand.objects.exists()
    return refusal.value


def test_an_account_without_limits_takes_any_limit_order(ready_account: BrokerAccount, aapl: Instrument) -> None:
    placed(ready_account, quantity="100000", limit_price="999999")


def test_a_quantity_over_the_limit_is_refused_and_names_both(ready_account: BrokerAccount, aapl: Instrument) -> None:
    limits.set_limits(account=ready_account, max_quantity="10")
    placed(ready_account, quantity="10")
    Order.objects.all().delete()
    refusal = refused(ready_account, quantity="11")
    assert refusal.limit == "max_quantity"
    assert "11 is over this account's limit of 10" in str(refusal)
    assert "Nothing was sent" in str(refusal)


def test_what_a_limit_order_comes_to_is_limited(ready_account: BrokerAccount, aapl: Instrument) -> None:
    limits.set_limits(account=ready_account, max_notional="1905", notional_currency="USD")
    placed(ready_account, quantity="10", limit_price="190.50")
    Order.objects.all().delete()
    refusal = refused(ready_account, quantity="10", limit_price="190.51")
    assert refusal.limit == "max_notional"
    assert "1905.1 USD" in str(refusal)


def test_a_market_order_is_taken_to_cost_what_the_quote_asks(ready_account: BrokerAccount, aapl: Instrument) -> None:
    limits.set_limits(account=ready_account, max_notional="1901", notional_currency="USD")
    with quoting(quote(bid=Decimal("190.00"), ask=Decimal("190.11"))):
        assert refused(ready_account, quantity="10", **MARKET).limit == "max_notional"
        placed(ready_account, quantity="10", side="SELL", **MARKET)


def test_another_currency_is_converted_at_the_brokers_rates(ready_account: BrokerAccount, aapl: Instrument) -> None:
    limits.set_limits(account=ready_account, max_notional="1000", notional_currency="EUR")
    rate(ready_account, "USD", "1")
    rate(ready_account, "EUR", "2")
    assert "1000.5 EUR" in str(refused(ready_account, quantity="10", limit_price="200.10"))
    placed(ready_account, quantity="10", limit_price="200")


def test_without_an_exchange_rate_nothing_is_within_the_limit(ready_account: BrokerAccount, aapl: Instrument) -> None:
    limits.set_limits(account=ready_account, max_notional="1000000", notional_currency="EUR")
    refusal = refused(ready_account, quantity="1")
    assert "no exchange rate of USD to EUR" in str(refusal)


def rate(account: BrokerAccount, currency: str, value: str) -> None:
    AccountValue.objects.create(
        account=account, account_code="DU1000001", tag="ExchangeRate", currency=currency, value=Decimal(value)
    )


@pytest.mark.parametrize("price", ["199.55", "180.55"])
def test_a_price_within_the_band_is_taken(ready_account: BrokerAccount, aapl: Instrument, price: str) -> None:
    limits.set_limits(account=ready_account, price_band_percent="5")
    with quoting():
        placed(ready_account, limit_price=price)


@pytest.mark.parametrize("price", ["199.56", "180.54"])
def test_a_price_outside_the_band_is_refused_either_way(
    ready_account: BrokerAccount, aapl: Instrument, price: str
) -> None:
    limits.set_limits(account=ready_account, price_band_percent="5")
    with quoting():
        refusal = refused(ready_account, limit_price=price)
    assert refusal.limit == "price_band_percent"
    assert price in str(refusal)
    assert "190.05" in str(refusal)


def test_a_band_needs_a_quote_to_be_judged_by(ready_account: BrokerAccount, aapl: Instrument) -> None:
    limits.set_limits(account=ready_account, price_band_percent="5")
    with quoting(None):
        assert "no price of it" in str(refused(ready_account))


def test_a_market_order_with_a_quote_that_can_be_relied_on_is_taken(
    ready_account: BrokerAccount, aapl: Instrument
) -> None:
    with quoting():
        placed(ready_account, **MARKET)


def test_no_market_order_on_a_stale_quote(ready_account: BrokerAccount, aapl: Instrument) -> None:
    with quoting(status=STALE):
        refusal = refused(ready_account, **MARKET)
    assert refusal.limit == "fresh_quote"
    assert "no quote for 30 seconds" in str(refusal)


def test_no_market_order_on_a_delayed_quote(ready_account: BrokerAccount, aapl: Instrument) -> None:
    with quoting(quote(market_data_type=MarketDataType.DELAYED)):
        assert "the newest one is delayed" in str(refused(ready_account, **MARKET))


def test_no_market_order_on_a_quote_of_long_ago(ready_account: BrokerAccount, aapl: Instrument) -> None:
    """At night no silence is called stale."""
    with quoting(age=timedelta(hours=9)):
        assert "540 minutes old" in str(refused(ready_account, **MARKET))


def test_no_price_is_judged_by_a_stale_quote(ready_account: BrokerAccount, aapl: Instrument) -> None:
    limits.set_limits(account=ready_account, price_band_percent="5", fresh_quote=False)
    with quoting(status=STALE):
        assert "no quote for 30 seconds" in str(refused(ready_account))
    limits.set_limits(account=ready_account, max_notional="100000", notional_currency="USD", fresh_quote=False)
    with quoting(status=STALE):
        assert "no quote for 30 seconds" in str(refused(ready_account, **MARKET))


def test_no_market_order_without_a_quote(ready_account: BrokerAccount, aapl: Instrument) -> None:
    with quoting(None):
        assert "no price of it" in str(refused(ready_account, **MARKET))


def test_an_owner_can_allow_market_orders_without_a_quote(ready_account: BrokerAccount, aapl: Instrument) -> None:
    limits.set_limits(account=ready_account, fresh_quote=False)
    placed(ready_account, **MARKET)


def test_only_listed_instruments_are_allowed(
    ready_account: BrokerAccount, aapl: Instrument, eurusd: Instrument
) -> None:
    limits.set_limits(account=ready_account, con_ids=[eurusd.pk])
    assert refused(ready_account).limit == "instruments"
    placed(ready_account, con_id=str(eurusd.pk), quantity="1", limit_price="1.10000")


def test_only_listed_security_types_are_allowed(
    ready_account: BrokerAccount, aapl: Instrument, eurusd: Instrument
) -> None:
    limits.set_limits(account=ready_account, security_types=["CASH"])
    assert "AAPL is of type STK" in str(refused(ready_account))
    placed(ready_account, con_id=str(eurusd.pk), quantity="1", limit_price="1.10000")


def test_a_session_that_is_not_ready_is_said_before_any_limit(ready_account: BrokerAccount, aapl: Instrument) -> None:
    limits.set_limits(account=ready_account, max_quantity="1")
    GatewaySession.objects.update(state="STOPPED")
    with pytest.raises(SessionNotReady):
        placed(ready_account)


def test_the_same_ticket_again_is_the_same_order_though_limits_were_tightened(
    ready_account: BrokerAccount, aapl: Instrument
) -> None:
    order = placed(ready_account)
    limits.set_limits(account=ready_account, max_quantity="1")
    again = orders.place(
        account=ready_account,
        client_order_id=str(order.client_order_id),
        con_id=str(aapl.pk),
        side="BUY",
        order_type="LMT",
        quantity="10",
        limit_price="190.50",
    )
    assert (again.order, again.created) == (order, False)


def test_limits_are_told_to_the_accounts_browsers(ready_account: BrokerAccount, aapl: Instrument) -> None:
    limits.set_limits(account=ready_account, max_quantity="5", con_ids=[aapl.pk], security_types=["STK"])
    event = AccountEvent.objects.latest("number")
    assert event.kind == "limits"
    assert event.body["max_quantity"] == "5"
    assert (event.body["con_ids"], event.body["security_types"]) == ([aapl.pk], ["STK"])


def test_every_wrong_field_is_named_and_nothing_is_kept(ready_account: BrokerAccount) -> None:
    with pytest.raises(LimitsInvalid) as invalid:
        limits.set_limits(
            account=ready_account,
            max_quantity="-1",
            max_notional="many",
            notional_currency="dollars",
            price_band_percent="0.001",
            security_types=["SHARES"],
            con_ids=["12"],
        )
    assert set(invalid.value.errors) == {
        "max_quantity",
        "max_notional",
        "notional_currency",
        "price_band_percent",
        "security_types",
        "instruments",
    }
    assert not RiskLimits.objects.exists()


def test_a_limit_is_taken_away_by_leaving_it_empty(ready_account: BrokerAccount, aapl: Instrument) -> None:
    limits.set_limits(account=ready_account, max_quantity="1", con_ids=[aapl.pk])
    limits.set_limits(account=ready_account, max_quantity="")
    placed(ready_account, quantity="1000")
