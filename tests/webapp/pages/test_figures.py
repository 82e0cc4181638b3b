"""Which of the account's figures come first, and what they are called."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from webapp.pages import figures
from webapp.trading.models import AccountValue

AT = datetime(2026, 1, 5, 15, 30, tzinfo=UTC)


def value(tag: str, amount: int, currency: str = "USD", code: str = "DU1") -> AccountValue:
    return AccountValue(account_code=code, tag=tag, currency=currency, value=Decimal(amount), updated_at=AT)


@pytest.mark.parametrize(
    ("tag", "words"),
    [
        ("NetLiquidation", "Net liquidation"),
        ("UnrealizedPnL", "Unrealized P&L"),
        ("RealizedPnL", "Realized P&L"),
        ("MaintMarginReq", "Maintenance margin"),
        ("DailyPnL", "Daily P&L"),
        ("NetLiquidationByCurrency", "Net liquidation by currency"),
        ("RegTMargin", "Reg T margin"),
        ("SMA", "SMA"),
        ("AccruedCash-S", "Accrued cash -S"),
        ("DayTradesRemainingT+1", "Day trades remaining T+1"),
        ("", ""),
    ],
)
def test_a_tag_becomes_words(tag: str, words: str) -> None:
    assert figures.label(tag) == words


def test_what_a_trader_wants_comes_first_in_one_order_and_the_rest_behind() -> None:
    rows = [value("AccruedCash", 1), value("BuyingPower", 2), value("NetLiquidation", 3), value("RealizedPnL", 4)]
    [shown] = figures.by_account_code(rows, {})
    assert [figure.tag for figure in shown.first] == ["NetLiquidation", "BuyingPower", "RealizedPnL"]
    assert [figure.tag for figure in shown.rest] == ["AccruedCash"]


def test_a_figure_in_several_currencies_comes_first_in_the_accounts_own() -> None:
    rows = [
        value("NetLiquidation", 100, "EUR"),
        value("UnrealizedPnL", 7, "BASE"),
        value("UnrealizedPnL", 5, "EUR"),
        value("UnrealizedPnL", 3, "USD"),
    ]
    [shown] = figures.by_account_code(rows, {})
    assert [(figure.value, figure.currency) for figure in shown.first] == [(100, "EUR"), (7, "EUR")]
    assert [(figure.value, figure.currency) for figure in shown.rest] == [(5, "EUR"), (3, "USD")]


def test_two_accounts_behind_one_login_keep_their_figures_apart() -> None:
    rows = [value("NetLiquidation", 1, code="DU1"), value("NetLiquidation", 2, code="DU2")]
    assert [(each.account_code, each.first[0].value) for each in figures.by_account_code(rows, {})] == [
        ("DU1", 1),
        ("DU2", 2),
    ]


def test_figures_say_when_the_newest_of_them_was_told_and_which_fill_they_can_not_know_of() -> None:
    rows = [value("NetLiquidation", 1), value("BuyingPower", 2), value("NetLiquidation", 3, code="DU2")]
    rows[1].updated_at = AT + timedelta(seconds=5)
    later, meanwhile = AT + timedelta(seconds=6), AT + timedelta(seconds=4)
    first, second = figures.by_account_code(rows, {"DU1": meanwhile, "DU2": later})
    assert (first.at, first.filled_at) == (AT + timedelta(seconds=5), None)
    assert (second.at, second.filled_at) == (AT, later)
