"""Which way."""

from __future__ import annotations

from brokers.domain import OrderSide

_SIDES = {"BUY": OrderSide.BUY, "BOT": OrderSide.BUY, "SELL": OrderSide.SELL, "SLD": OrderSide.SELL}


def side(word: str) -> OrderSide:
    """BUY or BOT, SELL or SLD. Raises ValueError on any other word: a guessed direction is worse than none."""
    try:
        return _SIDES[word.upper()]
    except KeyError:
        raise ValueError(f"IB named a side that is neither a purchase nor a sale: {word!r}") from None
