"""What is asked before real money moves: a word that a person has typed, which no click and no held key can make up."""

from __future__ import annotations

from brokers.domain import TradingMode
from webapp.accounts.models import BrokerAccount
from webapp.trading.amounts import shown

LIVE_WORD = "LIVE"


class NotConfirmed(Exception):
    """The text says what to type. Nothing was sent."""


def is_asked(account: BrokerAccount) -> bool:
    return account.trading_mode == TradingMode.LIVE.value


def require(account: BrokerAccount, typed: str) -> None:
    """Raises NotConfirmed for a live account unless LIVE was typed, in whatever case."""
    if not is_asked(account) or typed.strip().upper() == LIVE_WORD:
        return
    instead = f", not {shown(typed)}" if typed.strip() else ""
    raise NotConfirmed(f"This is real money: type {LIVE_WORD}{instead}. Nothing was sent.")
