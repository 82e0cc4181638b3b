"""Verbs about orders and executions: what IB, or a person at another screen, does with them."""

from __future__ import annotations

from decimal import Decimal

from brokers.simulator.orders.order import Execution, Order
from brokers.simulator.scenario.verbs.stage import Stage
from brokers.simulator.scenario.verbs.table import (
    Answer,
    Argument,
    Verb,
    VerbRefused,
    amount,
    choice,
    instrument,
    switch,
    text,
    whole,
)


def drop_orders(stage: Stage, *, count: int) -> None:
    stage.gateway.desk.drop_silently(count)


def double_modifies(stage: Stage, *, count: int) -> None:
    stage.gateway.desk.double_modifies(count)


def fill(stage: Stage, *, order: str, quantity: Decimal | None, price: Decimal | None) -> Answer:
    found = _order(stage, order)
    wanted = found.remaining if quantity is None else quantity
    if wanted > found.remaining:
        raise VerbRefused(f"{order} has {found.remaining} left to fill, not {wanted}")
    if found.legs:
        raise VerbRefused(f"{order} is of a combination, which fills at its legs' prices: quote puts those somewhere")
    stage.gateway.desk.fill(found, quantity=wanted, price=price or _market_price(stage, found))
    return {"perm_id": found.perm_id, "status": found.status}


def _market_price(stage: Stage, order: Order) -> Decimal:
    quote = stage.gateway.market.quote(order.instrument.con_id)
    return quote.ask if order.sign > 0 else quote.bid


def cancel_order(stage: Stage, *, order: str, reason: str) -> Answer:
    found = _order(stage, order)
    stage.gateway.desk.withdraw(found, reason=reason)
    return {"perm_id": found.perm_id, "status": found.status}


def _order(stage: Stage, named: str) -> Order:
    opened = stage.gateway.orders.open()
    found = [order for order in opened if named in (order.order_ref, str(order.perm_id))]
    if len(found) != 1:
        known = ", ".join(f"{order.perm_id} {order.order_ref}".rstrip() for order in opened) or "none"
        raise VerbRefused(f"{len(found)} open orders are called {named!r}; open are (perm id, reference): {known}")
    return found[0]


def place_elsewhere(
    stage: Stage,
    *,
    instrument: str,
    side: str,
    quantity: Decimal,
    limit_price: Decimal | None,
    account: str | None,
) -> Answer:
    con_id = stage.instrument(instrument).con_id
    try:
        order = stage.gateway.desk.elsewhere.place(
            con_id=con_id,
            side=side,
            quantity=quantity,
            order_type="MKT" if limit_price is None else "LMT",
            limit_price=limit_price,
            account=account,
        )
    except ValueError as error:
        raise VerbRefused(str(error)) from error
    return {"perm_id": order.perm_id, "status": order.status}


def fill_elsewhere(
    stage: Stage, *, instrument: str, side: str, quantity: Decimal, price: Decimal | None, account: str | None
) -> Answer:
    con_id = stage.instrument(instrument).con_id
    try:
        order = stage.gateway.desk.elsewhere.fill(
            con_id=con_id, side=side, quantity=quantity, price=price, account=account
        )
    except ValueError as error:
        raise VerbRefused(str(error)) from error
    return {"perm_id": order.perm_id, "status": order.status}


def correct(stage: Stage, *, exec_id: str | None, price: Decimal) -> Answer:
    wrong = exec_id or _last_execution(stage).exec_id
    try:
        return {"exec_id": stage.gateway.desk.correct(wrong, price=price).exec_id}
    except ValueError as error:
        raise VerbRefused(str(error)) from error


def _last_execution(stage: Stage) -> Execution:
    executions = stage.gateway.orders.executions
    if not executions:
        raise VerbRefused("there is no execution yet that could be corrected")
    return executions[-1]


def withhold_cost(stage: Stage, *, instrument: str, on: bool) -> None:
    found = stage.instrument(instrument)
    for code, account in stage.gateway.accounts_by_code.items():
        account.position(found).tells_cost = not on
        stage.gateway.accounts.position_changed(code, found)


def permit(stage: Stage, *, security_type: str, on: bool) -> None:
    without = stage.gateway.desk.permissions.without
    without.discard(security_type) if on else without.add(security_type)


def restrict(stage: Stage, *, instrument: str, on: bool) -> None:
    restricted, con_id = stage.gateway.desk.permissions.restricted, stage.instrument(instrument).con_id
    restricted.add(con_id) if on else restricted.discard(con_id)


_ORDER = text("order")
_INSTRUMENT = instrument("instrument")
_PRICE = amount("price", None)
_BY_HAND: tuple[Argument, ...] = (_INSTRUMENT, choice("side", ("BUY", "SELL")), amount("quantity"))
_ACCOUNT = text("account", None)
_SECURITY_TYPES = ("STK", "OPT", "FUT", "FOP", "CASH", "BOND", "CFD", "CRYPTO", "CMDTY", "BAG")

VERBS = (
    Verb("drop_orders", "The next new orders get no word and never exist.", drop_orders, (whole("count", 1, low=1),)),
    Verb(
        "double_modifies",
        "The next modifies leave their orders as they are and become orders of their own: two perm ids behind one "
        "order id and reference, as after a modify in an outage. A cancel by that id ends the newer, another one the "
        "older.",
        double_modifies,
        (whole("count", 1, low=1),),
    ),
    Verb(
        "fill",
        "Executes so much of an open order (all that is left, when not said) at a price (the market's, when not said), "
        "whether or not its client is there. The order is named by its reference or its perm id.",
        fill,
        (_ORDER, amount("quantity", None), _PRICE),
    ),
    Verb(
        "cancel_order",
        "The broker ends an open order by itself (202, with this reason).",
        cancel_order,
        (_ORDER, text("reason", "The broker cancelled it")),
    ),
    Verb(
        "place_elsewhere",
        "A person places an order by hand in TWS, at the market or at a limit: no order id, no reference.",
        place_elsewhere,
        (*_BY_HAND, amount("limit_price", None), _ACCOUNT),
    ),
    Verb(
        "fill_elsewhere",
        "An order placed by hand in TWS that is filled at once, at this price or at the market's.",
        fill_elsewhere,
        (*_BY_HAND, _PRICE, _ACCOUNT),
    ),
    Verb(
        "correct",
        "An execution (the last one, when not said) comes again with a higher last part of its id and another price.",
        correct,
        (text("exec_id", None), amount("price")),
    ),
    Verb(
        "withhold_cost",
        "The average cost of the positions in an instrument comes unset, or comes again.",
        withhold_cost,
        (_INSTRUMENT, switch("on", True)),
    ),
    Verb(
        "permit",
        "Whether the login may trade a kind of instrument; an order for another is refused (460).",
        permit,
        (choice("security_type", _SECURITY_TYPES), switch("on")),
    ),
    Verb(
        "restrict",
        "The accounts may not hold this instrument (203), or may again.",
        restrict,
        (_INSTRUMENT, switch("on", True)),
    ),
)
