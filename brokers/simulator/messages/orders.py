"""Messages about orders.

openOrder gives every term of an order back. A real gateway doesn't echo all of them as they came: it fills in its own
defaults (`None` for no delta-neutral order, `IB` as the clearing intent, 0 as the price of a market order) and writes
`?` for a right that a stock doesn't have. Those are kept here, since clients trip over them.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from brokers.simulator.catalogue.combinations import IB_CON_ID
from brokers.simulator.catalogue.listings.instrument import COMBINATION, Instrument
from brokers.simulator.messages.contracts import contract_fields
from brokers.simulator.orders.order import Order
from brokers.simulator.orders.terms import may_trade_outside_regular_hours
from brokers.simulator.trading.whatif import Preview
from brokers.simulator.wire import UNSET_DOUBLE, UNSET_INTEGER, Value, decimal

Clock = Callable[[datetime], str]


def open_order(order: Order, preview: Preview | None = None) -> list[Value]:
    """An order as it stands, or, with a preview, what a what-if order would do to the account."""
    terms = _Terms(order)
    return [
        5,
        order.order_id,
        *traded_contract(order.instrument, exchange=order.exchange, right="?"),
        *_main_terms(terms),
        order.client_id,
        order.perm_id,
        *terms.named("outsideRth hidden discretionaryAmt goodAfterTime"),
        "",  # shares allocation
        *_extended_terms(terms),
        terms["auctionStrategy"],
        *terms.named("startingPrice stockRefPrice delta stockRangeLower stockRangeUpper"),
        terms["displaySize"],
        *terms.named("blockOrder sweepToFill allOrNone minQty ocaType eTradeOnly firmQuoteOnly nbboPriceCap"),
        *terms.named("parentId triggerMethod volatility volatilityType"),
        *_delta_neutral(terms, whole=True),
        *terms.named("continuousUpdate referencePriceType trailStopPrice trailingPercent"),
        "",  # basis points
        "",  # basis points' type
        *_combination(order),
        *_scale(terms),
        *_hedge(terms),
        terms["optOutSmartRouting"],
        *terms.named("clearingAccount clearingIntent notHeld"),
        *_delta_neutral_contract(order),
        *_algo(order, terms),
        terms["solicited"],
        *_state(order, preview),
        *terms.named("randomizeSize randomizePrice"),
        *_pegged_to_benchmark(terms),
        *_conditions(order, terms),
        *terms.named("adjustedOrderType triggerPrice trailStopPrice lmtPriceOffset adjustedStopPrice"),
        *terms.named("adjustedStopLimitPrice adjustedTrailingAmount adjustableTrailingUnit"),
        *terms.named("softDollarTierName softDollarTierValue"),
        "",  # soft dollar tier's display name
        *terms.named("cashQty dontUseAutoPriceForHedge isOmsContainer discretionaryUpToLimitPrice usePriceMgmtAlgo"),
        *terms.named("duration postToAts autoCancelParent"),
        *_pegged_offsets(terms),
    ]


def traded_contract(instrument: Instrument, *, exchange: str, right: str = "") -> list[Value]:
    """Every combination has the same contract id to IB's clients; what it is stands in its legs."""
    fields = contract_fields(instrument, exchange=exchange, right=right)
    return [IB_CON_ID, *fields[1:]] if instrument.security_type == COMBINATION else fields


class _Terms:
    """An order's terms by IB's names: as received, but with a real gateway's defaults where it has its own."""

    def __init__(self, order: Order) -> None:
        terms = order.message.terms
        unset = {name: UNSET_DOUBLE for name in _UNSET if decimal(terms[name]) is None}
        self._terms: dict[str, Value] = {**terms, **unset, **_defaults(order), **_progress(order)}

    def __getitem__(self, name: str) -> Value:
        return self._terms.get(name, "")

    def named(self, names: str) -> list[Value]:
        return [self[name] for name in names.split()]


# Prices that a gateway writes out as Java's largest number when they are unset. IB's own client reads nothing as 0.
_UNSET = ["triggerPrice", "lmtPriceOffset", "adjustedStopPrice", "adjustedStopLimitPrice", "adjustedTrailingAmount"]


def _defaults(order: Order) -> dict[str, Value]:
    terms = order.message.terms
    return {
        "auxPrice": _or(terms["auxPrice"], "0.0"),
        "account": order.account,
        "openClose": "",
        "displaySize": UNSET_INTEGER if terms["displaySize"] in ("", "0") else terms["displaySize"],
        "ocaType": "3" if terms["ocaType"] in ("", "0") else terms["ocaType"],
        "parentId": _or(terms["parentId"], "0"),
        "volatilityType": _or(terms["volatilityType"], "0"),
        "referencePriceType": _or(terms["referencePriceType"], "0"),
        "clearingIntent": terms["clearingIntent"] or "IB",
        "adjustedOrderType": terms["adjustedOrderType"] or "None",
        "adjustableTrailingUnit": _or(terms["adjustableTrailingUnit"], "0"),
        "cashQty": _or(terms["cashQty"], "0.0"),
        "dontUseAutoPriceForHedge": "1",
    }


def _progress(order: Order) -> dict[str, Value]:
    """Terms that the broker or the market has made of what was asked."""
    return {
        "lmtPrice": "0.0" if order.limit_price is None else order.limit_price,
        "ocaGroup": order.oca_group,
        "outsideRth": may_trade_outside_regular_hours(order.message),
        "trailStopPrice": _stop_price(order),
    }


def _stop_price(order: Order) -> Value:
    if order.course.stop_price is not None:
        return order.course.stop_price
    text = order.message.terms["trailStopPrice"]
    return text if decimal(text) is not None else UNSET_DOUBLE


def _or(text: str, default: str) -> str:
    return text if decimal(text) is not None else default


def _main_terms(terms: _Terms) -> list[Value]:
    return terms.named(
        "action totalQuantity orderType lmtPrice auxPrice tif ocaGroup account openClose origin orderRef"
    )


def _extended_terms(terms: _Terms) -> list[Value]:
    return terms.named(
        "faGroup faMethod faPercentage faProfile modelCode goodTillDate rule80A percentOffset settlingFirm "
        "shortSaleSlot designatedLocation exemptCode"
    )


def _delta_neutral(terms: _Terms, *, whole: bool) -> list[Value]:
    """`None` is a value to the protocol, and one that is not empty: the delta-neutral fields follow it."""
    kind = terms["deltaNeutralOrderType"] or "None"
    settlement = terms.named("deltaNeutralSettlingFirm deltaNeutralClearingAccount deltaNeutralClearingIntent")
    return [
        kind,
        terms["deltaNeutralAuxPrice"],
        terms["deltaNeutralConId"] or 0,
        *([*settlement, terms["deltaNeutralOpenClose"] or "?"] if whole else []),
        terms["deltaNeutralShortSale"] or 0,
        terms["deltaNeutralShortSaleSlot"] or 0,
        terms["deltaNeutralDesignatedLocation"],
    ]


def _combination(order: Order) -> list[Value]:
    message = order.message
    return [
        ",".join(f"{leg.instrument.con_id}|{leg.weight}" for leg in order.legs),
        len(message.combo_legs),
        *(text for leg in message.combo_legs for text in leg),
        len(message.leg_prices),
        *message.leg_prices,
        len(message.combo_routing),
        *(text for pair in message.combo_routing for text in pair),
    ]


def _scale(terms: _Terms) -> list[Value]:
    scale = terms.named("scaleInitLevelSize scaleSubsLevelSize scalePriceIncrement")
    if (decimal(str(scale[-1])) or 0) > 0:
        scale += terms.named("scalePriceAdjustValue scalePriceAdjustInterval scaleProfitOffset scaleAutoReset")
        scale += terms.named("scaleInitPosition scaleInitFillQty scaleRandomPercent")
    return scale


def _hedge(terms: _Terms) -> list[Value]:
    return terms.named("hedgeType hedgeParam") if terms["hedgeType"] else [""]


def _delta_neutral_contract(order: Order) -> list[Value]:
    contract = order.message.delta_neutral_contract
    return [1, *contract] if contract else [0]


def _algo(order: Order, terms: _Terms) -> list[Value]:
    if not terms["algoStrategy"]:
        return [""]
    params = order.message.algo_params
    return [terms["algoStrategy"], len(params), *(text for pair in params for text in pair)]


def _state(order: Order, preview: Preview | None) -> list[Value]:
    if preview is None:
        return [0, order.status, *[UNSET_DOUBLE] * 9, "", "", "", "", order.warning]
    return [1, "PreSubmitted", *preview.margins, preview.commission, "", "", preview.currency, ""]


def _pegged_to_benchmark(terms: _Terms) -> list[Value]:
    if terms["orderType"] not in ("PEG BENCH", "PEGBENCH"):
        return []
    return terms.named(
        "referenceContractId isPeggedChangeAmountDecrease peggedChangeAmount referenceChangeAmount referenceExchangeId"
    )


def _conditions(order: Order, terms: _Terms) -> list[Value]:
    conditions = order.message.conditions
    if not conditions:
        return [0]
    texts = [text for condition in conditions for text in condition]
    return [len(conditions), *texts, *terms.named("conditionsIgnoreRth conditionsCancelOrder")]


def _pegged_offsets(terms: _Terms) -> list[Value]:
    return terms.named("minTradeQty minCompeteSize competeAgainstBestOffset midOffsetAtWhole midOffsetAtHalf")


def open_order_end() -> list[Value]:
    return [53, 1]


def order_status(order: Order) -> list[Value]:
    return [
        3,
        order.order_id,
        order.status,
        order.filled,
        order.remaining,
        round(order.average_price, 8),
        order.perm_id,
        order.parent.order_id if order.parent else 0,
        order.last_price,
        order.client_id,
        order.why_held,
        order.course.cap or 0,
    ]


def order_bound(order: Order) -> list[Value]:
    """An order that a person placed by hand is now one of client 0's, with an id to call it by."""
    return [100, order.perm_id, order.client_id, order.order_id]


def completed_order(order: Order, clock: Clock) -> list[Value]:
    """An order that is done. It has no order id and no client id any more, and its quantity is what was left of it."""
    terms = _Terms(order)
    return [
        101,
        *traded_contract(order.instrument, exchange=order.exchange, right="?"),
        order.side,
        order.remaining,
        *terms.named("orderType lmtPrice auxPrice tif ocaGroup account openClose origin orderRef"),
        order.perm_id,
        *terms.named("outsideRth hidden discretionaryAmt goodAfterTime"),
        *_extended_terms(terms),
        *terms.named("startingPrice stockRefPrice delta stockRangeLower stockRangeUpper"),
        *terms.named("displaySize sweepToFill allOrNone minQty ocaType triggerMethod volatility volatilityType"),
        *_delta_neutral(terms, whole=False),
        *terms.named("continuousUpdate referencePriceType trailStopPrice trailingPercent"),
        *_combination(order),
        *_scale(terms),
        *_hedge(terms),
        *terms.named("clearingAccount clearingIntent notHeld"),
        *_delta_neutral_contract(order),
        *_algo(order, terms),
        terms["solicited"],
        order.status,
        *terms.named("randomizeSize randomizePrice"),
        *_pegged_to_benchmark(terms),
        *_conditions(order, terms),
        *_completion(order, terms, clock),
        *_pegged_offsets(terms),
    ]


def _completion(order: Order, terms: _Terms, clock: Clock) -> list[Value]:
    return [
        *terms.named("trailStopPrice lmtPriceOffset cashQty dontUseAutoPriceForHedge isOmsContainer"),
        "",  # auto-cancel date
        order.filled,
        UNSET_INTEGER,  # reference futures' contract id
        terms["autoCancelParent"],
        "Not an insider or substantial shareholder",
        0,  # imbalance only
        0,  # route marketable to best offer
        order.parent.perm_id if order.parent else 0,
        clock(order.done_at) if order.done_at else "",
        order.completed_status,
    ]


def completed_orders_end() -> list[Value]:
    return [102]
