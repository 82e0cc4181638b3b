"""A user's change of an order that the broker works: asked for once, and never sent again by a machine."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from django.db import transaction

from brokers.domain import OrderSide, OrderType
from webapp.accounts.models import BrokerAccount
from webapp.trading import limits
from webapp.trading.amounts import AmountInvalid, plain
from webapp.trading.kill_switch.state import require_off
from webapp.trading.locks import hold
from webapp.trading.models import Order, OrderCommand
from webapp.trading.orders import changes, standing, trail
from webapp.trading.orders.asking import ask
from webapp.trading.orders.bodies import change_under_way, is_worked
from webapp.trading.orders.checks import FieldRefused, read_limit_price, read_quantity
from webapp.trading.orders.finding import own_order
from webapp.trading.refusals import OrderInvalid, OrderNotOpen


@dataclass(frozen=True, slots=True)
class Terms:
    """What the order shall be from now on."""

    quantity: Decimal
    limit_price: Decimal | None


def modify(
    *, account: BrokerAccount, client_order_id: UUID | str, quantity: object = None, limit_price: object = None
) -> OrderCommand:
    """Write the command to change an open order; what is None stays as it is. The same change again, the same command.

    `quantity` counts what is filled already. The order keeps its terms until the broker says the new ones. Raises
    Order.DoesNotExist, OrderInvalid, OrderNotOpen, SessionNotReady, LimitExceeded, KillSwitchEngaged and
    LiveTradingOff.
    """
    order, terms = _wished(account, client_order_id, quantity, limit_price)
    is_judged = change_under_way(order) is None
    if is_judged:
        # Judged before the account is held, as in `place`.
        _require_allowed(account)
        limits.require_within(account, _intent(order, terms))
    with transaction.atomic():
        held = hold(account.pk)
        order, terms = _wished(held, client_order_id, quantity, limit_price)
        under_way = change_under_way(order)
        if under_way is not None:
            return _the_same(under_way, terms)
        if not is_judged:
            raise OrderNotOpen("The change before this one has just been answered. Look at the order, then change it.")
        return _ask_to_change(held, order, terms)


def _ask_to_change(account: BrokerAccount, order: Order, terms: Terms) -> OrderCommand:
    _require_allowed(account)
    command = ask(order, OrderCommand.Verb.MODIFY, quantity=terms.quantity, limit_price=terms.limit_price)
    trail.change_asked(order, command)
    changes.tell(order)
    return command


def _wished(
    account: BrokerAccount, client_order_id: UUID | str, quantity: object, limit_price: object
) -> tuple[Order, Terms]:
    order = own_order(account, client_order_id)
    _require_worked(order)
    return order, _checked(order, quantity, limit_price)


def _require_worked(order: Order) -> None:
    if not is_worked(order):
        raise OrderNotOpen(f"Only an order that the broker works can be changed; this one is {order.status.lower()}.")


def _checked(order: Order, quantity: object, limit_price: object) -> Terms:
    errors: dict[str, str] = {}
    terms = Terms(order.quantity, order.limit_price)
    try:
        terms = Terms(_quantity(order, quantity), terms.limit_price)
    except (FieldRefused, AmountInvalid) as refusal:
        errors["quantity"] = str(refusal)
    try:
        terms = Terms(terms.quantity, _limit_price(order, limit_price))
    except (FieldRefused, AmountInvalid) as refusal:
        errors["limit_price"] = str(refusal)
    if errors:
        raise OrderInvalid(errors)
    if (terms.quantity, terms.limit_price) == (order.quantity, order.limit_price):
        raise OrderInvalid({"quantity": "This changes nothing: the order has these terms already."})
    return terms


def _quantity(order: Order, value: object) -> Decimal:
    if value is None or value == "":
        return Decimal(order.quantity)
    quantity = read_quantity(value, order.instrument)
    if quantity <= order.filled_quantity:
        raise FieldRefused(
            f"{plain(order.filled_quantity)} are filled already, so the quantity must be more than that, not "
            f"{plain(quantity)}. To stop the rest, cancel the order."
        )
    return quantity


def _limit_price(order: Order, value: object) -> Decimal | None:
    if value is None or value == "":
        return None if order.limit_price is None else Decimal(order.limit_price)
    return read_limit_price(value, OrderType(order.order_type), order.instrument)


def _the_same(command: OrderCommand, terms: Terms) -> OrderCommand:
    if (command.quantity, command.limit_price) != (terms.quantity, terms.limit_price):
        raise OrderNotOpen("Another change of this order is under way. Wait for the broker's answer, then change it.")
    return command


def _require_allowed(account: BrokerAccount) -> None:
    require_off(account)
    standing.require_orders(account)


def _intent(order: Order, terms: Terms) -> limits.Intent:
    return limits.Intent(
        instrument=order.instrument,
        side=OrderSide(order.side),
        order_type=OrderType(order.order_type),
        quantity=terms.quantity,
        limit_price=terms.limit_price,
    )
