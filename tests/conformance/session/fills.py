"""Orders that fill, and what is told of their executions:
https://interactivebrokers.github.io/tws-api/executions_commissions.html.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from tests.conformance.clients.base import Answer, Fields
from tests.conformance.rows import Play, Row, Stage
from tests.conformance.session.placing import place, placing, terms, told
from tests.conformance.session.resting import APPLE_AT_190
from tests.conformance.session.scenery import APPLE, NVIDIA


def filled(price: str, quantity: str = "10", side: str = "BOT") -> Fields:
    """The whole order, at this price and in one execution, that is charged."""
    return {
        "executions": [["STK", side, quantity, price, True]],
        "status": "Filled",
        "filled": quantity,
        "remaining": "0",
        "avgFillPrice": price,
        "lastFillPrice": price,
        "course": lambda course: course[-1] == "Filled" and course.count("Filled") == 1,
        "codes": [],
    }


def market_to_limit(stage: Stage) -> Answer:
    """More than the best price has: the rest stays there as a limit order."""
    stage.market("NVDA", bid=121.80, ask=121.85, last=121.80, ask_size=300)
    now = place(stage, "MTL", NVIDIA, terms("MTL", totalQuantity=500))
    (resting,) = stage.observer.orders.all_open()
    stage.client.orders.cancel(stage.order_ids["MTL"])
    return {**now, "limit": resting["lmtPrice"], "after": told(stage, "MTL")["status"]}


def executions(**wanted: Any) -> Play:
    return lambda stage: stage.observer.orders.executions(**wanted)


def correct(stage: Stage) -> Answer:
    """An exchange corrects the last execution: it comes again under the next version of its id."""
    stage.control.do("correct", price=121.84)
    return [
        [fill["version"], fill["price"], fill["cumQty"]] for fill in stage.observer.orders.executions(symbol="NVDA")
    ]


def _fill(side: str, shares: str, price: str, reference: str, **facts: str) -> Fields:
    """A dollar at the least is what it costs, and half a cent a share: IB's fixed price for American shares."""
    cost = {"commission": "1", "currency": "USD", "version": "01", "acctNumber": "DU1000001"}
    return {"side": side, "shares": shares, "price": price, "orderRef": reference, **cost, **facts}


_BOUGHT = _fill("BOT", "10", "190.05", "MKT, bought", cumQty="10", avgPrice="190.05", exchange="ISLAND")
_BETTER = _fill("BOT", "5", "190.05", "LMT, bought")
# A seller also pays the exchange and the regulator, where that is simulated.
_SOLD = {**_fill("SLD", "4", "190", "MKT, sold"), "commission": lambda cost: Decimal(cost) >= 1}
_PART = _fill("BOT", "300", "121.85", "MTL", commission="1.5")


def completed(stage: Stage) -> Answer:
    """How the orders of these rows ended."""
    references = ("MKT, bought", "LMT, bought", "MKT, sold", "MTL", "LMT")
    done = stage.observer.orders.completed()
    return {one["orderRef"]: [one["status"], one["filledQuantity"]] for one in done if one["orderRef"] in references}


_COMPLETED = {
    "LMT": ["Cancelled", "0"],
    "MKT, bought": ["Filled", "10"],
    "LMT, bought": ["Filled", "5"],
    "MKT, sold": ["Filled", "4"],
    "MTL": ["Cancelled", "300"],
}

ROWS: tuple[Row, ...] = (
    Row("fill MKT", placing("MKT, bought", APPLE, terms("MKT"), market=APPLE_AT_190), filled("190.05")),
    # At the market's price, which is better than its limit.
    Row(
        "fill LMT", placing("LMT, bought", APPLE, terms("LMT", lmtPrice=191.0, totalQuantity=5)), filled("190.05", "5")
    ),
    Row(
        "fill to sell",
        placing("MKT, sold", APPLE, terms("MKT", action="SELL", totalQuantity=4)),
        filled("190", "4", "SLD"),
    ),
    Row(
        "fill MTL in part (202)",
        market_to_limit,
        {"status": "Submitted", "filled": "300", "remaining": "200", "limit": "121.85", "after": "Cancelled"},
        (202,),
    ),
    Row("executions, commissions", executions(), [_BOUGHT, _BETTER, _SOLD, _PART]),
    Row("executions of a symbol", executions(symbol="NVDA"), [_PART]),
    Row("executions of a side", executions(side="SELL"), [_SOLD]),
    Row("executions of another client", executions(clientId=2), []),
    Row("an execution is corrected", correct, lambda answer: answer[-1] == ["02", "121.84", "300"]),
    Row("completed orders", completed, _COMPLETED),
)
