"""Option chains, asked of the session that a page belongs to."""

from __future__ import annotations

import time
from typing import Any

import pytest

from tests.workers.conftest import DEADLINE, Place
from webapp.accounts.models import BrokerAccount
from webapp.bus import questions
from webapp.trading.models import Instrument

pytestmark = pytest.mark.django_db(transaction=True)

AAPL = 265598


def asked(account: BrokerAccount, question: str, **body: Any) -> dict[str, Any]:
    """As a page asks: again while the broker is still listing."""
    ends = time.monotonic() + DEADLINE
    while True:
        try:
            return questions.ask(account.id, question, body, deadline=10)
        except questions.Refused as refusal:
            if "still listing" not in str(refusal) or time.monotonic() > ends:
                raise


def test_an_expiry_of_a_chain_is_listed_by_strike_and_known_to_pages(ready: BrokerAccount, place: Place) -> None:
    series = asked(ready, "option_series", con_id=AAPL)["series"]
    chosen = series[0]
    assert chosen["trading_class"] == "AAPL"
    assert chosen["expiries"] == sorted(chosen["expiries"])

    wish = {"con_id": AAPL, "expiry": chosen["expiries"][1], "trading_class": "AAPL"}
    listed = asked(ready, "options", **wish)["con_ids"]
    rows = Instrument.objects.in_bulk(listed)
    assert len(rows) == len(listed) > 20
    assert {str(row.expiry) for row in rows.values()} == {wish["expiry"]}
    assert {row.under_con_id for row in rows.values()} == {AAPL}
    places = [(rows[con_id].strike, rows[con_id].right) for con_id in listed]
    assert places == sorted(places, key=lambda place: (place[0] or 0, place[1]))

    def lookups() -> list[str]:
        return [row["name"] for row in place.ledger(ready, "request") if row["name"] == "reqContractDetails"]

    before = len(lookups())
    assert asked(ready, "options", **wish)["con_ids"] == listed
    assert len(lookups()) == before


def test_what_has_no_options_is_refused_in_a_sentence(ready: BrokerAccount) -> None:
    [eurusd] = asked(ready, "search", text="EUR.USD")["con_ids"]
    with pytest.raises(questions.Refused, match=r"EUR\.USD is a CASH"):
        asked(ready, "option_series", con_id=eurusd)
