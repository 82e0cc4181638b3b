"""IB's own client. It only sends and calls back, so what a library would collect is collected here."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

from ibapi.client import EClient
from ibapi.contract import ComboLeg, Contract
from ibapi.execution import ExecutionFilter
from ibapi.order import Order
from ibapi.order_cancel import OrderCancel

from tests.conformance import facts
from tests.conformance.clients.base import DEADLINE, Answer, Client, Fields, Refused, Step
from tests.conformance.clients.ibapi_recorder import Recorder

# IB's tick types, live and delayed, by the name that a quote has for them.
_PRICES = {1: "bid", 2: "ask", 4: "last", 6: "high", 7: "low", 9: "close", 14: "open"}
_DELAYED_PRICES = {66: "bid", 67: "ask", 68: "last", 72: "high", 73: "low", 75: "close", 76: "open"}
_SIZES = {0: "bidSize", 3: "askSize", 5: "lastSize", 8: "volume"}
_DELAYED_SIZES = {69: "bidSize", 70: "askSize", 71: "lastSize", 74: "volume"}
_QUOTE = ["bid", "bidSize", "ask", "askSize", "last", "lastSize", "open", "high", "low", "close", "volume"]
# The arguments of orderStatus after the order's id.
_STATUS = [
    "status",
    "filled",
    "remaining",
    "avgFillPrice",
    "permId",
    "parentId",
    "lastFillPrice",
    "clientId",
    "whyHeld",
    "mktCapPrice",
]
MESSAGES_A_SECOND = 40
_INSERT, _UPDATE, _DELETE = 0, 1, 2
# Codes of notices, and of what is only said of an order: they end no request.
_NOTICES = frozenset({399, 2109, 2137, 2161, 10167, 10349})


class PacedClient(EClient):
    """IB's own client sends as fast as it is told to, and a gateway refuses more than 50 messages a second."""

    def __init__(self, heard: Recorder) -> None:
        super().__init__(heard)
        self._free_at = 0.0

    def sendMsg(self, *message: Any) -> None:  # noqa: N802
        now = time.monotonic()
        self._free_at = max(self._free_at, now) + 1 / MESSAGES_A_SECOND
        time.sleep(max(0.0, self._free_at - now))
        super().sendMsg(*message)


class IbapiClient(Client):
    def __init__(self) -> None:
        self._heard = Recorder()
        self._client = PacedClient(self._heard)
        self._next_id = 0
        self._placed: dict[int, tuple[Contract, Order]] = {}

    def connect(self, host: str, port: int, client_id: int) -> Answer:
        self._client.connect(host, port, client_id)
        self._reading = threading.Thread(target=self._client.run, name="ibapi", daemon=True)
        self._reading.start()
        self._heard.wait(lambda: bool(self._heard.said["nextValidId", None]), "next order id")
        self._next_id = max(1, self._heard.said["nextValidId", None][-1][0])
        accounts = self._heard.said["accounts", None][-1][0]
        return {"accounts": [code for code in accounts.split(",") if code], "version": self._client.serverVersion()}

    def close(self) -> None:
        self._client.disconnect()
        self._reading.join(DEADLINE)

    def _new_id(self) -> int:
        self._next_id += 1
        return self._next_id - 1

    def _asked(self, ask: Callable[[int], None], *, name: str) -> list[Any]:
        """Everything of this name that came until the request's end. Raises Refused."""
        request_id = self._new_id()
        ask(request_id)
        said, errors = self._heard.said, self._heard.errors
        self._heard.wait(lambda: bool(said["end", request_id] or self._refusals(request_id)), f"answer to {name}")
        if not said["end", request_id]:
            raise Refused(self._refusals(request_id)[0])
        errors.pop(request_id, None)
        return said[name, request_id]

    def _refusals(self, request_id: int) -> list[int]:
        return [code for code in self._heard.errors[request_id] if code not in _NOTICES]

    def search(self, text: str) -> Answer:
        (found,) = self._asked(lambda request_id: self._client.reqMatchingSymbols(request_id, text), name="samples")[0]
        return [
            {
                **facts.picked(one.contract, ["conId", "symbol", "secType", "primaryExchange", "currency"]),
                "derivatives": list(one.derivativeSecTypes),
            }
            for one in found
        ]

    def details(self, query: Fields) -> Answer:
        found = self._asked(lambda about: self._client.reqContractDetails(about, _contract(query)), name="details")
        return [facts.details(one) for (one,) in found]

    def market_rule(self, rule_id: int) -> Answer:
        self._client.reqMarketRule(rule_id)
        said = self._heard.said
        self._heard.wait(lambda: bool(said["rule", rule_id]), "market rule")
        return [facts.numbers(step, ["lowEdge", "increment"]) for step in said["rule", rule_id][-1][0]]

    def option_chain(self, symbol: str, con_id: int) -> Answer:
        found = self._asked(
            lambda about: self._client.reqSecDefOptParams(about, symbol, "", "STK", con_id), name="chain"
        )
        chains = [
            {
                "exchange": exchange,
                "underlyingConId": facts.plain(underlying),
                "tradingClass": trading_class,
                "multiplier": facts.plain(multiplier),
                "expirations": sorted(expirations),
                "strikes": sorted(map(facts.number, strikes), key=float),
            }
            for exchange, underlying, trading_class, multiplier, expirations, strikes in found
        ]
        return sorted(chains, key=lambda chain: (chain["exchange"], chain["tradingClass"]))

    def quotes(self, query: Fields, step: Step) -> Answer:
        about = self._new_id()
        self._client.reqMktData(about, _contract(query), "", False, False, [])
        self.settle()
        first = self._quote(about)
        step()
        self.settle()
        second = self._quote(about)
        self._client.cancelMktData(about)
        return [first, second]

    def _quote(self, about: int) -> Answer:
        quote: dict[str, Any] = dict.fromkeys(_QUOTE)
        for kind, price in self._heard.said["price", about]:
            name = _PRICES.get(kind) or _DELAYED_PRICES.get(kind)
            if name is not None:
                quote[name] = facts.number(price)
        for kind, size in self._heard.said["size", about]:
            name = _SIZES.get(kind) or _DELAYED_SIZES.get(kind)
            if name is not None:
                quote[name] = facts.number(size)
        return {**quote, "marketDataType": facts.number(self._heard.said["kind", about][-1][0])}

    def ticks(self, query: Fields, step: Step) -> Answer:
        about = self._new_id()
        self._client.reqTickByTickData(about, _contract(query), "BidAsk", 0, False)
        self.settle()
        step()
        self.settle()
        self._client.cancelTickByTickData(about)
        names = ["bidPrice", "askPrice", "bidSize", "askSize"]
        return [dict(zip(names, map(facts.number, tick), strict=True)) for tick in self._heard.said["tick", about]]

    def live_bar(self, query: Fields, step: Step) -> Answer:
        about = self._new_id()
        self._client.reqRealTimeBars(about, _contract(query), 5, "TRADES", False, [])
        bars = self._heard.said["live bar", about]
        while not bars:
            step()
            self.settle()
        self._client.cancelRealTimeBars(about)
        return dict(zip(facts.LIVE_BAR, map(facts.number, bars[0]), strict=True))

    def depth(self, query: Fields, step: Step) -> Answer:
        about = self._new_id()
        self._client.reqMktDepth(about, _contract(query), 5, False, [])
        self.settle()
        first = self._book(about)
        step()
        self.settle()
        second = self._book(about)
        self._client.cancelMktDepth(about, False)
        return [first, second]

    def _book(self, about: int) -> Answer:
        sides: tuple[list[Any], list[Any]] = ([], [])
        for position, operation, side, price, size in self._heard.said["depth", about]:
            levels = sides[1 - side]
            level = {"price": facts.number(price), "size": facts.number(size)}
            if operation == _INSERT:
                levels.insert(position, level)
            elif operation == _UPDATE:
                levels[position] = level
            elif operation == _DELETE:
                levels.pop(position)
        return [list(levels) for levels in sides]

    def bars(self, query: Fields, *, end: str, duration: str, size: str, what: str) -> Answer:
        found = self._asked(
            lambda about: self._client.reqHistoricalData(
                about, _contract(query), end, duration, size, what, True, 2, False, []
            ),
            name="bar",
        )
        return [
            {
                "at": facts.at(bar.date),
                **facts.numbers(bar, facts.BAR),
                "average": facts.number(bar.wap),
                "count": facts.number(bar.barCount),
            }
            for (bar,) in found
        ]

    def head_timestamp(self, query: Fields) -> Answer:
        found = self._asked(
            lambda about: self._client.reqHeadTimeStamp(about, _contract(query), "TRADES", 1, 2), name="head"
        )
        return facts.at(found[0][0])

    def past_ticks(self, query: Fields, *, end: str, count: int) -> Answer:
        found = self._asked(
            lambda about: self._client.reqHistoricalTicks(
                about, _contract(query), "", end, count, "TRADES", 1, False, []
            ),
            name="ticks",
        )
        ticks = [tick for (some,) in found for tick in some]
        return [{"at": facts.at(tick.time), **facts.numbers(tick, ["price", "size"])} for tick in ticks]

    def preview(self, query: Fields, terms: Fields) -> Answer:
        order_id = self._new_id()
        self._client.placeOrder(order_id, _contract(query), _order({**terms, "whatIf": True}))
        said = self._heard.said
        self._heard.wait(lambda: bool(said["openOrder", order_id] or self._refusals(order_id)), "preview")
        if not said["openOrder", order_id]:
            raise Refused(self._refusals(order_id)[0])
        state = said["openOrder", order_id][-1][2]
        commission = {"commission": facts.number(state.commissionAndFees), "currency": state.commissionAndFeesCurrency}
        return {**facts.numbers(state, facts.MARGINS), **commission}

    def place(self, query: Fields, terms: Fields) -> int:
        order_id = self._new_id()
        self._placed[order_id] = (_contract(query), _order(terms))
        self._client.placeOrder(order_id, *self._placed[order_id])
        self.settle()
        return order_id

    def modify(self, order_id: int, changes: Fields) -> None:
        contract, order = self._placed[order_id]
        for name, value in changes.items():
            setattr(order, name, value)
        self._client.placeOrder(order_id, contract, order)
        self.settle()

    def cancel(self, order_id: int) -> None:
        self._client.cancelOrder(order_id, OrderCancel())
        self.settle()

    def cancel_all(self) -> None:
        self._client.reqGlobalCancel(OrderCancel())
        self.settle()

    def settle(self) -> None:
        said = self._heard.said["time", None]
        before = len(said)
        self._client.reqCurrentTime()
        self._heard.wait(lambda: len(said) > before, "current time")

    def status(self, order_id: int) -> Answer:
        last = dict(zip(_STATUS, self._heard.said["status", order_id][-1], strict=True))
        return {name: facts.plain(last[name]) for name in facts.STATUS}

    def codes(self, order_id: int) -> Answer:
        return list(self._heard.errors[order_id])

    def open_orders(self) -> Answer:
        said = self._heard.said
        said["openOrders", None].clear()
        ended = len(said["openOrderEnd", None])
        self._client.reqAllOpenOrders()
        self._heard.wait(lambda: len(said["openOrderEnd", None]) > ended, "open orders")
        found = sorted(said["openOrders", None], key=lambda told: told[1].permId)
        return [
            {**facts.identity(contract), **facts.order(order), "status": state.status}
            for contract, order, state in found
        ]

    def completed_orders(self) -> Answer:
        said = self._heard.said
        self._client.reqCompletedOrders(False)
        self._heard.wait(lambda: bool(said["completedEnd", None]), "completed orders")
        found = sorted(said["completed", None], key=lambda told: told[1].permId)
        return [
            {
                **facts.identity(contract),
                **facts.picked(order, ["action", "orderType", "orderRef", "filledQuantity"]),
                "status": state.status,
            }
            for contract, order, state in found
        ]

    def executions(self) -> Answer:
        found = self._asked(lambda about: self._client.reqExecutions(about, ExecutionFilter()), name="execution")
        self.settle()
        return [self._fill(*told) for told in sorted(found, key=lambda told: told[1].execId)]

    def _fill(self, contract: Contract, execution: Any) -> Answer:
        (report,) = self._heard.said["commission", execution.execId][-1]
        return {
            **facts.identity(contract),
            **facts.picked(execution, facts.EXECUTION),
            "commission": facts.number(report.commissionAndFees),
            "currency": report.currency,
        }

    def positions(self) -> Answer:
        said = self._heard.said
        self._client.reqPositions()
        self._heard.wait(lambda: bool(said["positionEnd", None]), "positions")
        return [
            {
                "account": account,
                **facts.identity(contract),
                "position": facts.number(size),
                "avgCost": facts.number(cost),
            }
            for account, contract, size, cost in said["position", None]
        ]

    def summary(self, tags: list[str]) -> Answer:
        found = self._asked(lambda about: self._client.reqAccountSummary(about, "All", ",".join(tags)), name="summary")
        return sorted([account, tag, value, currency] for account, tag, value, currency in found)

    def profit_and_loss(self, account: str, con_id: int) -> Answer:
        whole, single = self._new_id(), self._new_id()
        self._client.reqPnL(whole, account, "")
        self._client.reqPnLSingle(single, account, "", con_id)
        self.settle()
        said = self._heard.said
        daily, unrealized, realized = map(facts.number, said["pnl", whole][-1])
        position, one_daily, one_unrealized, one_realized, value = map(facts.number, said["pnlSingle", single][-1])
        return [
            {"dailyPnL": daily, "unrealizedPnL": unrealized, "realizedPnL": realized},
            {
                "position": position,
                "value": value,
                "dailyPnL": one_daily,
                "unrealizedPnL": one_unrealized,
                "realizedPnL": one_realized,
            },
        ]


def _contract(fields: Fields) -> Contract:
    contract = _with_fields(Contract(), fields)
    contract.comboLegs = [_with_fields(ComboLeg(), leg) for leg in fields.get("comboLegs", [])]
    return contract


def _order(fields: Fields) -> Order:
    return _with_fields(Order(), fields)


def _with_fields(thing: Any, fields: Fields) -> Any:
    for name, value in fields.items():
        if not hasattr(thing, name):
            raise AttributeError(f"{type(thing).__name__} has no {name}")
        setattr(thing, name, value)
    return thing
