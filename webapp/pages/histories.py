"""An order's past as its page shows it: each event with what it changed, each command with what became of it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from brokers.domain import PRICE_NAMES
from webapp.accounts.models import AccountEvent, BrokerAccount, User
from webapp.pages import formats, order_words
from webapp.pages.steps import with_price_steps
from webapp.trading import fills, orders, price_steps
from webapp.trading.models import Order, OrderCommand
from webapp.trading.terms import NAMES

VERBS = {
    OrderCommand.Verb.SUBMIT: "Place",
    OrderCommand.Verb.MODIFY: "Change",
    OrderCommand.Verb.CANCEL: "Cancel",
}
# With the tone that colours it. "Refused" is by us or by the broker; the reason says.
STATES = {
    OrderCommand.State.PENDING: ("Waits for a worker", "busy"),
    OrderCommand.State.SENDING: ("Being sent", "busy"),
    OrderCommand.State.SENT: ("Sent", "ok"),
    OrderCommand.State.REFUSED: ("Refused", "bad"),
    OrderCommand.State.UNKNOWN: ("Unknown", "warn"),
    OrderCommand.State.ABSENT: ("Never arrived", "bad"),
}


@dataclass(frozen=True, slots=True)
class Step:
    """One event. `changed` names the fields that differ from the event before; all of the first one's."""

    number: int
    at: datetime
    body: Mapping[str, Any]
    changed: frozenset[str]

    @property
    def has_new_terms(self) -> bool:
        return not self.changed.isdisjoint(NAMES)


@dataclass(frozen=True, slots=True)
class Asked:
    """One command, with what it asks for in words. `tone` colours `outcome`."""

    command: OrderCommand
    verb: str
    terms: str
    outcome: str
    tone: str


def of(user: User, account: BrokerAccount, order: Order) -> dict[str, Any]:
    """What the template shows."""
    found = fills.of(user, account).filter(order=order)
    return {
        "order": with_price_steps(orders.as_body(order), order.instrument),
        "broker_orders": list(order.broker_orders.all()),
        "steps": list(steps(orders.events_of(order))),
        "commands": list(asked(order.commands.select_related("by"), price_steps.as_text(order.instrument))),
        "fills": [with_price_steps(fills.as_body(fill), fill.instrument) for fill in found],
    }


def digest(history: Mapping[str, Any]) -> str:
    """Another one for each thing that is new."""
    commands = [(each.command.pk, each.outcome, each.command.claimed_at) for each in history["commands"]]
    numbers = [step.number for step in history["steps"]]
    told = json.dumps([history["order"], history["fills"], commands, numbers], default=str)
    return hashlib.sha256(told.encode()).hexdigest()[:16]


def steps(events: Iterable[AccountEvent]) -> Iterator[Step]:
    before: Mapping[str, Any] = {}
    for event in events:
        changed = frozenset(name for name, value in event.body.items() if before.get(name) != value)
        yield Step(event.number, event.at, event.body, changed)
        before = event.body


def asked(commands: Iterable[OrderCommand], steps_text: str) -> Iterator[Asked]:
    for command in commands:
        outcome, tone = STATES[OrderCommand.State(command.state)]
        verb = OrderCommand.Verb(command.verb)
        terms = list(terms_in_words(orders.asked_by(command), steps_text))
        if verb == OrderCommand.Verb.MODIFY and command.outside_rth is False:
            terms.append("regular hours alone")
        yield Asked(command, VERBS[verb], ", ".join(terms), outcome, tone)


def terms_in_words(terms: Mapping[str, Any], steps_text: str) -> Iterator[str]:
    """What a command asks for: all of a new order, of a change what it changes."""
    limit = _price(terms.get("limit_price"), steps_text)
    size = (formats.number(terms.get("quantity")), f"at a limit of {limit}" if limit else None)
    if any(size):
        yield " ".join(part for part in size if part)
    for name, words in PRICE_NAMES.items():
        if name != "limit_price" and name in terms:
            yield f"{words} {_price(terms[name], steps_text)}"
    if "time_in_force" in terms:
        yield order_words.LASTING.get(terms["time_in_force"], terms["time_in_force"])
    if "good_till_date" in terms:
        yield f"until {terms['good_till_date']:%Y-%m-%d %H:%M:%S} UTC"
    if terms.get("outside_rth"):
        yield "outside regular hours"


def _price(value: Decimal | None, steps_text: str) -> str | None:
    return formats.number(value, formats.decimals_at(steps_text, value))
