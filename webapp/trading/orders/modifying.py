"""A user's change of an order that the broker works: asked for once, and never sent again by a machine."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any, TypedDict, Unpack
from uuid import UUID

from django.db import transaction

from brokers.domain import ORDER_TYPE_RULES, PRICE_NAMES, OrderSide, OrderType, TimeInForce
from webapp.accounts.models import BrokerAccount
from webapp.trading import limits
from webapp.trading.kill_switch.state import require_off
from webapp.trading.locks import hold
from webapp.trading.models import Order, OrderCommand
from webapp.trading.orders import changes, standing, trail
from webapp.trading.orders.asking import ask
from webapp.trading.orders.attached import belongs_to_a_group
from webapp.trading.orders.bodies import TermsBody, change_under_way, is_worked
from webapp.trading.orders.checks import FieldRefused, Findings, is_given
from webapp.trading.orders.finding import own_order
from webapp.trading.orders.seen import require_as_seen
from webapp.trading.orders.term_checks import TermFields, require_more_than_filled
from webapp.trading.refusals import OrderInvalid, OrderNotOpen
from webapp.trading.terms import NAMES, Terms, asked_by, columns_of, terms_of

_OTHER_WAY = {"trailing_amount": "trailing_percent", "trailing_percent": "trailing_amount"}


class ChangeWords(TypedDict, total=False):
    """What `modify` takes beside the order: the terms of an order, see TicketFields."""

    quantity: object
    limit_price: object
    stop_price: object
    trailing_amount: object
    trailing_percent: object
    trail_stop_price: object
    limit_price_offset: object
    time_in_force: object
    good_till_date: object
    outside_rth: object


@dataclass(frozen=True, slots=True)
class Change:
    """What the order shall be from now on, and what of it differs from what the broker works by."""

    order: Order
    terms: Terms
    differing: dict[str, Any]


def modify(
    *,
    account: BrokerAccount,
    client_order_id: UUID | str,
    seen: TermsBody | None = None,
    **asked: Unpack[ChangeWords],
) -> OrderCommand:
    """Write the command to change an open order; what is None or empty stays as it is.

    `seen` are the terms that whoever asks looked at: when the order has others by now, nothing is asked for.
    The same change again is the same command. `quantity` counts what is filled already. One way of trailing takes the
    other's place, and a time in force other than GTD ends with its date. The order keeps its terms until the broker
    says the new ones. Raises Order.DoesNotExist, OrderInvalid, OrderNotOpen, OrderChanged, SessionNotReady,
    LimitExceeded, KillSwitchEngaged and LiveTradingOff.
    """
    change = _wished(account, client_order_id, seen, asked)
    is_judged = change_under_way(change.order) is None
    if is_judged:
        # Judged before the account is held, as in `place`.
        _require_allowed(account)
        _require_within_limits(account, change)
    with transaction.atomic():
        held = hold(account.pk)
        judged, change = change, _wished(held, client_order_id, seen, asked)
        under_way = change_under_way(change.order)
        if under_way is not None:
            return _the_same(under_way, change)
        if not is_judged or change.terms != judged.terms:
            raise OrderNotOpen("The order has just become another one. Look at its terms, then change it.")
        return _ask_to_change(held, change)


def _ask_to_change(account: BrokerAccount, change: Change) -> OrderCommand:
    _require_allowed(account)
    command = ask(change.order, OrderCommand.Verb.MODIFY, **change.differing)
    trail.change_asked(change.order, command)
    changes.tell(change.order)
    return command


def _wished(account: BrokerAccount, client_order_id: UUID | str, seen: TermsBody | None, asked: ChangeWords) -> Change:
    order, wanted = own_order(account, client_order_id), _known(asked)
    _require_worked(order)
    if seen is not None:
        require_as_seen(order, seen, wanted)
    return _checked(order, wanted)


def _known(asked: ChangeWords) -> dict[str, object]:
    """Raises TypeError for what is no term of an order: a change that was mistyped must not look as if it were made."""
    unknown = asked.keys() - set(NAMES)
    if unknown:
        raise TypeError(f"An order has no {', '.join(sorted(unknown))}; what can be changed is {', '.join(NAMES)}.")
    return {name: value for name, value in asked.items() if is_given(value)}


def _require_worked(order: Order) -> None:
    if not is_worked(order):
        raise OrderNotOpen(f"Only an order that the broker works can be changed; this one is {order.status.lower()}.")


def _checked(order: Order, asked: dict[str, object]) -> Change:
    """Judged whole, as the broker will: what was right when it was placed may not be right any more."""
    current, order_type, findings = terms_of(order), OrderType(order.order_type), Findings()
    merged = {**columns_of(current), **_replaced(asked), **_foreign(order_type), **asked}
    terms = TermFields(merged, order_type, order.instrument).read(findings)
    if terms is not None and terms.quantity != current.quantity:
        findings.read("quantity", lambda: _require_changeable_quantity(order, terms.quantity))
    if terms is None or findings.errors:
        raise OrderInvalid(findings.errors)
    differing = _differing(current, terms)
    if not differing:
        raise OrderInvalid({"quantity": "This changes nothing: the order has these terms already."})
    return Change(order, terms, differing)


def _replaced(asked: dict[str, object]) -> dict[str, None]:
    """What ends with what is asked."""
    replaced = [_OTHER_WAY[name] for name in asked if name in _OTHER_WAY]
    if asked.get("time_in_force", TimeInForce.GTD) != TimeInForce.GTD:
        replaced.append("good_till_date")
    return dict.fromkeys(replaced)


def _foreign(order_type: OrderType) -> dict[str, None]:
    """IB may tell a price that a type doesn't have: the limit that a market-to-limit order got, say."""
    return dict.fromkeys(PRICE_NAMES.keys() - set(ORDER_TYPE_RULES[order_type].prices))


def _differing(current: Terms, terms: Terms) -> dict[str, Any]:
    """What is no more goes without saying: the broker takes it away with what takes its place."""
    was = columns_of(current)
    return {name: value for name, value in columns_of(terms).items() if value is not None and value != was[name]}


def _require_changeable_quantity(order: Order, quantity: Decimal) -> None:
    if belongs_to_a_group(order):
        raise FieldRefused(
            "An order and what is attached to it have one quantity, which can't be changed of one of them alone. "
            "Cancel them and place them anew."
        )
    require_more_than_filled(quantity, order.filled_quantity)


def _the_same(command: OrderCommand, change: Change) -> OrderCommand:
    if asked_by(command) != change.differing:
        raise OrderNotOpen("Another change of this order is under way. Wait for the broker's answer, then change it.")
    return command


def _require_allowed(account: BrokerAccount) -> None:
    require_off(account)
    standing.require_orders(account)


def _require_within_limits(account: BrokerAccount, change: Change) -> None:
    """A way out of a position is no way into one."""
    order = change.order
    if order.parent_id is None:
        intent = limits.Intent(order.instrument, OrderSide(order.side), OrderType(order.order_type), change.terms)
        limits.require_within(account, intent)


def check_change(
    *,
    account: BrokerAccount,
    client_order_id: UUID | str,
    seen: TermsBody | None = None,
    **asked: Unpack[ChangeWords],
) -> Change:
    """What `modify` would ask for; nothing is written.

    Raises Order.DoesNotExist, OrderInvalid, OrderNotOpen and OrderChanged.
    """
    return _wished(account, client_order_id, seen, asked)


def judge_change(*, account: BrokerAccount, change: Change) -> None:
    """Whether `modify` would take it as things stand now, as `placing.judge` does of an order."""
    _require_allowed(account)
    _require_within_limits(account, change)
