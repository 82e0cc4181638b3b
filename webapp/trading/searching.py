"""Finding instruments: the broker is asked first, and what is known already helps when it doesn't answer."""

from __future__ import annotations

from dataclasses import dataclass

from brokers.domain import SessionState
from webapp.accounts.models import BrokerAccount
from webapp.bus import questions
from webapp.trading import instruments
from webapp.trading.models import Instrument

LONGEST_TEXT = 40


@dataclass(frozen=True, slots=True)
class Found:
    """`message` says why the broker's own answer is missing; empty when it is there."""

    instruments: list[Instrument]
    message: str = ""


def problem(text: str) -> str:
    """What is wrong with a search text, in a sentence; empty when nothing is."""
    if not text:
        return "Type a symbol or a name, AAPL or EUR.USD for example."
    if len(text) > LONGEST_TEXT:
        return f"A search has at most {LONGEST_TEXT} characters; this one has {len(text)}."
    if not text.isprintable():
        return "The search holds a control character. Type it instead of pasting it."
    return ""


def find(account: BrokerAccount, text: str) -> Found:
    """What the broker lists for `text`, in its order, then what is known besides."""
    known = list(instruments.search_known(text))
    if not SessionState(account.session.state).takes_orders:
        return Found(known, "The session isn't ready, so only instruments that were seen before are listed.")
    try:
        answer = questions.ask(account.id, "search", {"text": text})
    except (questions.NoAnswer, questions.Refused) as reason:
        return Found(known, str(reason))
    return Found(_merged(answer["con_ids"], known))


def _merged(con_ids: list[int], known: list[Instrument]) -> list[Instrument]:
    rows = Instrument.objects.in_bulk(con_ids)
    listed = [rows[con_id] for con_id in con_ids if con_id in rows]
    return listed + [instrument for instrument in known if instrument.con_id not in rows]
