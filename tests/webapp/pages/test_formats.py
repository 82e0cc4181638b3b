"""Numbers and words. The tables of cases are read by tests/js too, so that both sides say the same."""

from __future__ import annotations

import json
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from brokers.domain import OrderStatus, SessionState
from tests.webapp.trading.quoting import quote
from webapp.accounts.models import BrokerAccount
from webapp.bus.quotes import SeenQuote
from webapp.pages import formats, order_values, order_words, session_words, words
from webapp.pages.templatetags import gatehouse
from webapp.trading import estimates, price_steps
from webapp.trading.models import Instrument

HERE = Path(__file__).parent
NUMBERS: dict[str, list[Any]] = json.loads((HERE / "number_cases.json").read_text())
WORDS: dict[str, list[Any]] = json.loads((HERE / "word_cases.json").read_text())


@pytest.mark.parametrize(("text", "decimals", "shown"), NUMBERS["number"])
def test_a_number_is_grouped_padded_and_never_rounded(text: str | None, decimals: int, shown: str | None) -> None:
    assert formats.number(text, decimals) == shown


@pytest.mark.parametrize(("text", "decimals", "shown"), NUMBERS["average"])
def test_an_average_has_at_most_two_digits_more_than_a_price(
    text: str | None, decimals: int, shown: str | None
) -> None:
    assert formats.average(text, decimals) == shown


@pytest.mark.parametrize(("text", "decimals", "shown"), NUMBERS["signed"])
def test_a_change_carries_its_sign(text: str | None, decimals: int, shown: str | None) -> None:
    assert formats.signed(text, decimals) == shown


@pytest.mark.parametrize(("increment", "decimals"), NUMBERS["decimals_of"])
def test_an_increment_says_how_many_decimals_a_price_has(increment: str, decimals: int) -> None:
    assert formats.decimals_of(Decimal(increment)) == decimals


@pytest.mark.parametrize("case", WORDS["order_line"], ids=lambda case: case["line"])
def test_an_order_is_said_in_words(case: dict[str, Any]) -> None:
    assert order_words.order_line(case["order"], name="AAPL", steps="0:0.01") == case["line"]


@pytest.mark.parametrize("case", WORDS["met"], ids=lambda case: str(case["text"]))
def test_an_order_without_a_price_of_its_own_meets_a_side_of_the_quote(case: dict[str, Any]) -> None:
    prices = {name: price and Decimal(price) for name, price in case["quote"].items()}
    met = estimates.met_by(case["side"], quote(**prices))
    assert (met and order_values.met_words(*met, "0:0.01")) == case["text"]


@pytest.mark.parametrize("case", WORDS["when"], ids=lambda case: str(case["text"]))
def test_a_quote_says_how_old_it_is_and_of_what_kind_unless_it_is_live(case: dict[str, Any]) -> None:
    seen = SeenQuote(quote(market_data_type=case["market_data_type"]), case["is_stale"], "")
    assert order_values.when_words(seen, seen.quote.at + timedelta(seconds=case["seconds"])) == case["text"]


@pytest.mark.parametrize("case", WORDS["stop_words"], ids=lambda case: str(case["text"]))
def test_what_wakes_an_order_is_said_in_a_column(case: dict[str, Any]) -> None:
    assert order_words.stop_words(case["order"], "0:0.01") == case["text"]


@pytest.mark.parametrize(("steps", "price", "step", "decimals"), NUMBERS["steps"])
def test_a_price_has_the_digits_of_the_step_where_it_stands(
    steps: str, price: str, step: str | None, decimals: int
) -> None:
    assert price_steps.in_text_at(steps, Decimal(price)) == (None if step is None else Decimal(step))
    assert formats.decimals_at(steps, price) == decimals


@pytest.mark.parametrize(
    "case", [case for case in WORDS["order_value"] if case["price"]], ids=lambda case: str(case["value"])
)
def test_an_order_says_what_it_comes_to(case: dict[str, Any]) -> None:
    multiplier = Decimal(case["multiplier"]) if case["multiplier"] else None
    future = Instrument(security_type="FUT", currency="USD", multiplier=multiplier, price_magnifier=case["magnifier"])
    said = order_values.comes_to(BrokerAccount(), future, side="BUY", quantity=case["quantity"], price=case["price"])
    assert said.text == (case["value"] and f"{case['value']} USD")


@pytest.mark.parametrize("case", WORDS["state"], ids=lambda case: case["label"])
def test_a_session_that_waits_for_its_worker_is_not_called_stopped(case: dict[str, Any]) -> None:
    said = session_words.state_words(case)
    assert said.label == case["label"]
    assert session_words.why_not_ready(said.label, case["reason"]) == case["why"]


@pytest.mark.parametrize("case", WORDS["may_trade"], ids=lambda case: case["text"])
def test_whether_an_account_may_trade_is_yes_no_with_a_reason_or_not_known(case: dict[str, Any]) -> None:
    assert words.may_trade(case["allowed"], case["reason"]) == case["text"]


@pytest.mark.parametrize("case", WORDS["alert"], ids=lambda case: case["label"])
def test_an_alert_and_its_end_are_told_apart(case: dict[str, Any]) -> None:
    assert words.alert_label(case["alert"]) == case["label"]


@pytest.mark.parametrize("case", WORDS["live_trading"], ids=lambda case: case["label"])
def test_live_trading_turned_on_and_off_are_told_apart(case: dict[str, Any]) -> None:
    assert words.live_trading_label(case["on"]) == case["label"]


@pytest.mark.parametrize("case", WORDS["kill_switch"], ids=lambda case: case["text"] or "off")
def test_a_kill_switch_says_who_stopped_what_since_when_and_why(case: dict[str, Any]) -> None:
    assert words.kill_switch(case["body"]) == case["text"]


@pytest.mark.parametrize("case", WORDS["actions"], ids=lambda case: f"{case['state']}-{case['desired_state']}")
def test_a_page_offers_what_the_state_allows_and_nobody_has_asked_for_yet(case: dict[str, Any]) -> None:
    assert session_words.state_words(case).actions == tuple(case["allowed"])
    assert session_words.actions(case) == tuple(case["offered"])


def test_every_state_of_a_session_and_every_status_of_an_order_has_its_words() -> None:
    assert set(session_words.STATES) == set(SessionState)
    assert set(words.ORDER_STATUSES) == set(OrderStatus)
    assert all(entry.label and entry.doing and entry.advice for entry in session_words.STATES.values())


def test_start_is_not_offered_where_it_would_repeat_a_refused_password() -> None:
    assert session_words.actions({"state": SessionState.AUTH_FAILED, "desired_state": "STOPPED"}) == ("password",)


def test_an_unknown_cell_is_a_dash_that_says_so() -> None:
    markup = gatehouse.cell("commission", None, label="Commission")
    assert ">—</td>" in markup
    assert 'aria-label="Not known yet"' in markup


def test_a_cell_escapes_what_it_shows() -> None:
    assert "&lt;b&gt;" in gatehouse.cell("symbol", "<b>")


def test_a_time_is_written_in_utc_for_whom_no_script_translates() -> None:
    assert gatehouse.moment("2026-01-05T16:30:00+01:00") == (
        '<time datetime="2026-01-05T15:30:00+00:00" title="2026-01-05 15:30:00 UTC">2026-01-05 15:30:00 UTC</time>'
    )
    assert gatehouse.moment(None) == "—"
