"""The newest quote of an instrument, from the worker that would send the order: what it sees is what counts."""

from __future__ import annotations

from uuid import UUID

from webapp.bus import questions
from webapp.bus.quotes import SeenQuote, decode
from webapp.trading.models import Instrument

# Seconds. A stream that has to be opened first needs the broker's first word on it.
DEADLINE = 3.0
# How much earlier than that the worker gives up, so that "there is no price" arrives in time.
_ON_ITS_WAY = 0.5


class NoQuote(Exception):
    """There is none, or nobody could say. Its text is a sentence for the user."""


def newest_quote(account_id: UUID, instrument: Instrument, *, deadline: float = DEADLINE) -> SeenQuote:
    """Waits up to `deadline` seconds. Raises NoQuote."""
    try:
        body = {"con_id": instrument.pk, "seconds": deadline - _ON_ITS_WAY}
        answer = questions.ask(account_id, "quote", body, deadline=deadline)
    except (questions.NoAnswer, questions.Refused) as reason:
        raise NoQuote(str(reason)) from reason
    return decode(answer["quote"])
