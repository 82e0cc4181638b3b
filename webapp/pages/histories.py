"""An order's past as its page shows it: each event with what it changed, each command with what became of it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from webapp.accounts.models import AccountEvent, BrokerAccount, User
from webapp.pages.steps import with_price_steps
from webapp.trading import fills, orders
from webapp.trading.models import Order, OrderCommand

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


@dataclass(frozen=True, slots=True)
class Asked:
    """One command. `tone` colours `outcome`."""

    command: OrderCommand
    verb: str
    outcome: str
    tone: str


def of(user: User, account: BrokerAccount, order: Order) -> dict[str, Any]:
    """What the template shows."""
    found = fills.of(user, account).filter(order=order)
    return {
        "order": with_price_steps(orders.as_body(order), order.instrument),
        "broker_orders": list(order.broker_orders.all()),
        "steps": list(steps(orders.events_of(order))),
        "commands": list(asked(order.commands.all())),
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


def asked(commands: Iterable[OrderCommand]) -> Iterator[Asked]:
    for command in commands:
        outcome, tone = STATES[OrderCommand.State(command.state)]
        yield Asked(command, VERBS[OrderCommand.Verb(command.verb)], outcome, tone)
