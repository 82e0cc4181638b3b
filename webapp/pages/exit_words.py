"""How long the ways out of a ticket live, in words: whoever holds a position overnight must know what guards it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC

from brokers.domain import TimeInForce
from webapp.trading.orders.brackets import Exit


def lifetime(exits: Sequence[Exit]) -> str:
    """Of the exits as they are sent, which share one time in force; empty without any."""
    if not exits:
        return ""
    names = " and ".join(one.attached_as.label.lower() for one in exits)
    terms, several = exits[0].terms, len(exits) > 1
    if terms.time_in_force == TimeInForce.GTC:
        return f"Its {names} {'stay' if several else 'stays'} until filled or cancelled, over the days to come too."
    ends = f"Its {names} {'end' if several else 'ends'} {_end(exits[0])}"
    leaves, pronoun = ("leave", "them") if several else ("leaves", "it")
    return f"{ends} and {leaves} the position without {pronoun}."


def _end(one: Exit) -> str:
    until = one.terms.good_till_date
    return "with the day" if until is None else f"at {until.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
