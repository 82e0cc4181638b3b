"""Reading placeOrder, the protocol's longest message, at server version 176.

Nothing is interpreted here: every field is kept as the text that came, under IB's own name for it, so that openOrder
can give it back and the ledger can show it.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from brokers.simulator.wire import FieldError, Fields, decimal, flag, integer


def names(text: str) -> tuple[str, ...]:
    """Field names as they stand in a row, for tables that would be a page long with a line for each."""
    return tuple(text.split())


CONTRACT = names(
    "conId symbol secType lastTradeDateOrContractMonth strike right multiplier exchange primaryExchange currency "
    "localSymbol tradingClass"
)
_SECURITY_ID = names("secIdType secId")
_MAIN = names(
    "action totalQuantity orderType lmtPrice auxPrice tif ocaGroup account openClose origin orderRef transmit parentId "
    "blockOrder sweepToFill displaySize triggerMethod outsideRth hidden"
)
_EXTENDED = names(
    "sharesAllocation discretionaryAmt goodAfterTime goodTillDate faGroup faMethod faPercentage faProfile modelCode "
    "shortSaleSlot designatedLocation exemptCode ocaType rule80A settlingFirm allOrNone minQty percentOffset "
    "eTradeOnly firmQuoteOnly nbboPriceCap auctionStrategy startingPrice stockRefPrice delta stockRangeLower "
    "stockRangeUpper overridePercentageConstraints volatility volatilityType deltaNeutralOrderType deltaNeutralAuxPrice"
)
_DELTA_NEUTRAL = names(
    "deltaNeutralConId deltaNeutralSettlingFirm deltaNeutralClearingAccount deltaNeutralClearingIntent "
    "deltaNeutralOpenClose deltaNeutralShortSale deltaNeutralShortSaleSlot deltaNeutralDesignatedLocation"
)
_SCALE = names(
    "continuousUpdate referencePriceType trailStopPrice trailingPercent scaleInitLevelSize scaleSubsLevelSize "
    "scalePriceIncrement"
)
_SCALE_PRICES = names(
    "scalePriceAdjustValue scalePriceAdjustInterval scaleProfitOffset scaleAutoReset scaleInitPosition "
    "scaleInitFillQty scaleRandomPercent"
)
_ACTIVE_TIMES = names("scaleTable activeStartTime activeStopTime hedgeType")
_CLEARING = names("optOutSmartRouting clearingAccount clearingIntent notHeld")
_WHAT_IF = names("algoId whatIf orderMiscOptions solicited randomizeSize randomizePrice")
_PEGGED_TO_BENCHMARK = names(
    "referenceContractId isPeggedChangeAmountDecrease peggedChangeAmount referenceChangeAmount referenceExchangeId"
)
_ADJUSTED = names(
    "adjustedOrderType triggerPrice lmtPriceOffset adjustedStopPrice adjustedStopLimitPrice adjustedTrailingAmount "
    "adjustableTrailingUnit extOperator softDollarTierName softDollarTierValue cashQty mifid2DecisionMaker "
    "mifid2DecisionAlgo mifid2ExecutionTrader mifid2ExecutionAlgo dontUseAutoPriceForHedge isOmsContainer "
    "discretionaryUpToLimitPrice usePriceMgmtAlgo duration postToAts autoCancelParent advancedErrorOverride "
    "manualOrderTime"
)

_NUMBERS = names(
    "totalQuantity lmtPrice auxPrice origin parentId displaySize triggerMethod discretionaryAmt shortSaleSlot "
    "exemptCode ocaType minQty percentOffset nbboPriceCap auctionStrategy startingPrice stockRefPrice delta "
    "stockRangeLower stockRangeUpper volatility volatilityType deltaNeutralAuxPrice deltaNeutralConId "
    "deltaNeutralShortSaleSlot referencePriceType trailStopPrice trailingPercent scaleInitLevelSize "
    "scaleSubsLevelSize scalePriceIncrement scalePriceAdjustValue scalePriceAdjustInterval scaleProfitOffset "
    "scaleInitPosition scaleInitFillQty referenceContractId peggedChangeAmount referenceChangeAmount triggerPrice "
    "lmtPriceOffset adjustedStopPrice adjustedStopLimitPrice adjustedTrailingAmount adjustableTrailingUnit cashQty "
    "duration postToAts minTradeQty minCompeteSize competeAgainstBestOffset midOffsetAtWhole midOffsetAtHalf"
)
_FLAGS = names(
    "transmit blockOrder sweepToFill outsideRth hidden allOrNone eTradeOnly firmQuoteOnly "
    "overridePercentageConstraints deltaNeutralShortSale continuousUpdate scaleAutoReset scaleRandomPercent "
    "optOutSmartRouting notHeld whatIf solicited randomizeSize randomizePrice isPeggedChangeAmountDecrease "
    "conditionsIgnoreRth conditionsCancelOrder dontUseAutoPriceForHedge isOmsContainer discretionaryUpToLimitPrice "
    "usePriceMgmtAlgo autoCancelParent"
)

_COMBO_LEG_FIELDS = 8
# A condition's own fields after its type: price, time, margin, execution, volume, percent change.
_CONDITION_FIELDS = {"1": 6, "3": 3, "4": 3, "5": 4, "6": 5, "7": 5}


@dataclass(slots=True)
class OrderMessage:
    """One placeOrder as it came: IB's field names, and the text of each."""

    order_id: int
    contract: dict[str, str]
    terms: dict[str, str]
    combo_legs: list[list[str]] = field(default_factory=list)
    leg_prices: list[str] = field(default_factory=list)
    combo_routing: list[list[str]] = field(default_factory=list)
    delta_neutral_contract: list[str] = field(default_factory=list)
    algo_params: list[list[str]] = field(default_factory=list)
    conditions: list[list[str]] = field(default_factory=list)

    @classmethod
    def blank(cls, contract: dict[str, str], terms: dict[str, str]) -> OrderMessage:
        """One that nobody sent: an order placed by hand. What isn't named in `contract` and `terms` is empty."""
        named = (*_MAIN, *_EXTENDED, *_SCALE, *_ACTIVE_TIMES, *_CLEARING, "algoStrategy", *_WHAT_IF, *_ADJUSTED)
        return cls(
            0,
            dict.fromkeys((*CONTRACT, *_SECURITY_ID), "") | contract,
            dict.fromkeys(named, "") | {"transmit": "1"} | terms,
        )

    def as_row(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_row(cls, row: dict[str, Any]) -> OrderMessage:
        return cls(**row)


def read_order(fields: Fields) -> OrderMessage:
    """The whole message, to its last field. Raises FieldError when a field is missing, unreadable or left over."""
    message = OrderMessage(fields.integer(), fields.named(CONTRACT), {})
    message.contract |= fields.named(_SECURITY_ID)
    message.terms |= fields.named(_MAIN)
    if message.contract["secType"] == "BAG":
        _read_combination(message, fields)
    _read_terms(message, fields)
    _read_algo(message, fields)
    _read_conditions(message, fields)
    message.terms |= fields.named(_ADJUSTED)
    _read_pegged_offsets(message, fields)
    fields.finish()
    integer(message.contract["conId"])
    _check(message.terms)
    return message


def _check(terms: dict[str, str]) -> None:
    """Reads each number and flag once, so that no later step can stumble over one."""
    for name in _NUMBERS:
        decimal(terms.get(name, ""))
    for name in _FLAGS:
        flag(terms.get(name, ""))


def _read_combination(message: OrderMessage, fields: Fields) -> None:
    message.combo_legs = [fields.texts(_COMBO_LEG_FIELDS) for _ in range(fields.count())]
    message.leg_prices = fields.texts(fields.count())
    message.combo_routing = [fields.texts(2) for _ in range(fields.count())]


def _read_terms(message: OrderMessage, fields: Fields) -> None:
    terms = message.terms
    terms |= fields.named(_EXTENDED)
    if terms["deltaNeutralOrderType"]:
        terms |= fields.named(_DELTA_NEUTRAL)
    terms |= fields.named(_SCALE)
    if (decimal(terms["scalePriceIncrement"]) or 0) > 0:
        terms |= fields.named(_SCALE_PRICES)
    terms |= fields.named(_ACTIVE_TIMES)
    if terms["hedgeType"]:
        terms |= fields.named(["hedgeParam"])
    terms |= fields.named(_CLEARING)
    if fields.flag():
        message.delta_neutral_contract = fields.texts(3)


def _read_algo(message: OrderMessage, fields: Fields) -> None:
    message.terms |= fields.named(["algoStrategy"])
    if message.terms["algoStrategy"]:
        message.algo_params = [fields.texts(2) for _ in range(fields.count())]
    message.terms |= fields.named(_WHAT_IF)
    if message.terms["orderType"] in ("PEG BENCH", "PEGBENCH"):
        message.terms |= fields.named(_PEGGED_TO_BENCHMARK)


def _read_conditions(message: OrderMessage, fields: Fields) -> None:
    message.conditions = [_read_condition(fields) for _ in range(fields.count())]
    if message.conditions:
        message.terms |= fields.named(["conditionsIgnoreRth", "conditionsCancelOrder"])


def _read_condition(fields: Fields) -> list[str]:
    kind = fields.text()
    if kind not in _CONDITION_FIELDS:
        raise FieldError(f"{kind!r} is not a kind of order condition")
    return [kind, *fields.texts(_CONDITION_FIELDS[kind])]


def _read_pegged_offsets(message: OrderMessage, fields: Fields) -> None:
    """Fields that only some exchanges and order types have, at the very end."""
    terms, order_type = message.terms, message.terms["orderType"]
    if message.contract["exchange"] == "IBKRATS":
        terms |= fields.named(["minTradeQty"])
    if order_type in ("PEG BEST", "PEGBEST"):
        terms |= fields.named(["minCompeteSize", "competeAgainstBestOffset"])
    up_to_middle = terms.get("competeAgainstBestOffset") in ("Infinity", "Infinite")
    if up_to_middle or order_type in ("PEG MID", "PEGMID"):
        terms |= fields.named(["midOffsetAtWhole", "midOffsetAtHalf"])
