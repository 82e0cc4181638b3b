"""A page's questions to the session that it shows."""

from __future__ import annotations

from typing import Any

from brokers.domain import SessionState
from webapp.accounts.models import BrokerAccount
from webapp.bus import questions
from webapp.bus.questions import NoAnswer, Refused

__all__ = ["NoAnswer", "Refused", "ask"]


def ask(account: BrokerAccount, question: str, body: dict[str, Any]) -> dict[str, Any]:
    """As `questions.ask`, without the wait for a session that isn't connected. Raises NoAnswer or Refused."""
    if not SessionState(account.session.state).takes_cancels:
        raise NoAnswer("The session isn't ready, so the broker can't be asked.")
    return questions.ask(account.id, question, body)
