"""When an instrument trades, asked of the session that a page belongs to."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from webapp.accounts.models import BrokerAccount
from webapp.bus import questions

pytestmark = pytest.mark.django_db(transaction=True)

AAPL = 265598


def test_hours_are_told_some_days_ahead_in_utc(ready: BrokerAccount) -> None:
    answer = questions.ask(ready.id, "trading_hours", {"con_id": AAPL}, deadline=10)
    assert datetime.fromisoformat(answer["hours_until"]) > datetime.now(UTC)
    for name in ("trading_hours", "liquid_hours"):
        pairs = [tuple(map(datetime.fromisoformat, pair)) for pair in answer[name]]
        assert pairs
        assert all(start < end and start.utcoffset() == end.utcoffset() is not None for start, end in pairs)


def test_an_id_that_the_broker_does_not_know_is_refused_with_its_words(ready: BrokerAccount) -> None:
    with pytest.raises(questions.Refused, match="no contract with the id 4711"):
        questions.ask(ready.id, "trading_hours", {"con_id": 4711}, deadline=10)
