"""`ib_insync` and `ib_async`: two libraries with one way of asking."""

from __future__ import annotations

import importlib
from collections import defaultdict
from collections.abc import Callable
from typing import Any

from tests.conformance import facts
from tests.conformance.clients.base import DEADLINE, Answer, Client, Fields, Refused, Step

_QUOTE = [
    "bid",
    "bidSize",
    "ask",
    "askSize",
    "last",
    "lastSize",
    "open",
    "high",
    "low",
    "close",
    "volume",
    "marketDataType",
]


class LibraryClient(Client):
    def __init__(self, library: str) -> None:
        self._library = importlib.import_module(library)
        self._request_error = importlib.import_module(f"{library}.wrapper").RequestError
        self._ib = self._library.IB()
        self._ib.RaiseRequestErrors = True
        self._ib.RequestTimeout = DEADLINE
        self._codes: defaultdict[int, list[int]] = defaultdict(list)
        self._ib.errorEvent += lambda about, code, _text, _contract: self._codes[about].append(code)
        self._trades: dict[int, Any] = {}

    def connect(self, host: str, port: int, client_id: int) -> Answer:
        self._ib.connect(host, port, clientId=client_id, timeout=DEADLINE)
        return {"accounts": self._ib.managedAccounts(), "version": self._ib.client.serverVersion()}

    def close(self) -> None:
        self._ib.disconnect()

    def _asked(self, ask: Callable[[], Any]) -> Any:
        try:
            return ask()
        except self._request_error as error:
            raise Refused(error.code) from error

    def _contract(self, query: Fields) -> Any:
        legs = [self._library.ComboLeg(**leg) for leg in query.get("comboLegs", [])]
        return self._library.Contract(**{**query, "comboLegs": legs})

    def search(self, text: str) -> Answer:
        found = self._asked(lambda: self._ib.reqMatchingSymbols(text))
        return [
            {
                **facts.picked(one.contract, ["conId", "symbol", "secType", "primaryExchange", "currency"]),
                "derivatives": list(one.derivativeSecTypes),
            }
            for one in found
        ]

    def details(self, query: Fields) -> Answer:
        found = self._asked(lambda: self._ib.reqContractDetails(self._contract(query)))
        return [facts.details(one) for one in found]

    def market_rule(self, rule_id: int) -> Answer:
        return [facts.numbers(step, ["lowEdge", "increment"]) for step in self._ib.reqMarketRule(rule_id)]

    def option_chain(self, symbol: str, con_id: int) -> Answer:
        found = self._asked(lambda: self._ib.reqSecDefOptParams(symbol, "", "STK", con_id))
        return sorted(
            (
                {
                    **facts.picked(one, ["exchange", "underlyingConId", "tradingClass", "multiplier"]),
                    "expirations": sorted(one.expirations),
                    "strikes": sorted(map(facts.number, one.strikes), key=float),
                }
                for one in found
            ),
            key=lambda chain: (chain["exchange"], chain["tradingClass"]),
        )

    def quotes(self, query: Fields, step: Step) -> Answer:
        contract = self._contract(query)
        ticker = self._ib.reqMktData(contract)
        self.settle()
        first = facts.picked(ticker, _QUOTE)
        step()
        self.settle()
        second = facts.picked(ticker, _QUOTE)
        self._ib.cancelMktData(contract)
        return [first, second]

    def ticks(self, query: Fields, step: Step) -> Answer:
        contract = self._contract(query)
        ticker = self._ib.reqTickByTickData(contract, "BidAsk")
        seen: list[Any] = []
        ticker.updateEvent += lambda ticker: seen.extend(ticker.tickByTicks)
        self.settle()
        step()
        self.settle()
        self._ib.cancelTickByTickData(contract, "BidAsk")
        return [facts.numbers(tick, ["bidPrice", "askPrice", "bidSize", "askSize"]) for tick in seen]

    def live_bar(self, query: Fields, step: Step) -> Answer:
        bars = self._ib.reqRealTimeBars(self._contract(query), 5, "TRADES", False)
        while not bars:
            step()
            self.settle()
        self._ib.cancelRealTimeBars(bars)
        return facts.numbers(bars[0], facts.LIVE_BAR)

    def depth(self, query: Fields, step: Step) -> Answer:
        contract = self._contract(query)
        ticker = self._ib.reqMktDepth(contract, numRows=5)
        self.settle()
        first = self._book(ticker)
        step()
        self.settle()
        second = self._book(ticker)
        self._ib.cancelMktDepth(contract)
        return [first, second]

    @staticmethod
    def _book(ticker: Any) -> Answer:
        return [
            [facts.numbers(level, ["price", "size"]) for level in levels] for levels in (ticker.domBids, ticker.domAsks)
        ]

    def bars(self, query: Fields, *, end: str, duration: str, size: str, what: str) -> Answer:
        found = self._asked(
            lambda: self._ib.reqHistoricalData(self._contract(query), end, duration, size, what, True, 2)
        )
        return [
            {
                "at": facts.at(bar.date),
                **facts.numbers(bar, facts.BAR),
                "average": facts.number(bar.average),
                "count": facts.number(bar.barCount),
            }
            for bar in found
        ]

    def head_timestamp(self, query: Fields) -> Answer:
        return facts.at(self._asked(lambda: self._ib.reqHeadTimeStamp(self._contract(query), "TRADES", True, 2)))

    def past_ticks(self, query: Fields, *, end: str, count: int) -> Answer:
        found = self._asked(
            lambda: self._ib.reqHistoricalTicks(self._contract(query), "", end, count, "TRADES", useRth=True)
        )
        return [{"at": facts.at(tick.time), **facts.numbers(tick, ["price", "size"])} for tick in found]

    def preview(self, query: Fields, terms: Fields) -> Answer:
        state = self._asked(lambda: self._ib.whatIfOrder(self._contract(query), self._library.Order(**terms)))
        commission = {"commission": facts.number(state.commission), "currency": state.commissionCurrency}
        return {**facts.numbers(state, facts.MARGINS), **commission}

    def place(self, query: Fields, terms: Fields) -> int:
        trade = self._ib.placeOrder(self._contract(query), self._library.Order(**terms))
        self._trades[trade.order.orderId] = trade
        self.settle()
        return int(trade.order.orderId)

    def modify(self, order_id: int, changes: Fields) -> None:
        trade = self._trades[order_id]
        for name, value in changes.items():
            setattr(trade.order, name, value)
        self._ib.placeOrder(trade.contract, trade.order)
        self.settle()

    def cancel(self, order_id: int) -> None:
        self._ib.cancelOrder(self._trades[order_id].order)
        self.settle()

    def cancel_all(self) -> None:
        self._ib.reqGlobalCancel()
        self.settle()

    def settle(self) -> None:
        self._ib.reqCurrentTime()

    def status(self, order_id: int) -> Answer:
        return facts.picked(self._trades[order_id].orderStatus, facts.STATUS)

    def codes(self, order_id: int) -> Answer:
        return list(self._codes[order_id])

    def open_orders(self) -> Answer:
        trades = self._asked(self._ib.reqAllOpenOrders)
        return [
            {**facts.identity(one.contract), **facts.order(one.order), "status": one.orderStatus.status}
            for one in sorted(trades, key=lambda trade: trade.order.permId)
        ]

    def completed_orders(self) -> Answer:
        trades = self._asked(lambda: self._ib.reqCompletedOrders(False))
        return [
            {
                **facts.identity(one.contract),
                **facts.picked(one.order, ["action", "orderType", "orderRef", "filledQuantity"]),
                "status": one.orderStatus.status,
            }
            for one in sorted(trades, key=lambda trade: trade.order.permId)
        ]

    def executions(self) -> Answer:
        fills = self._asked(self._ib.reqExecutions)
        self.settle()
        return [
            {
                **facts.identity(one.contract),
                **facts.picked(one.execution, facts.EXECUTION),
                "commission": facts.number(one.commissionReport.commission),
                "currency": one.commissionReport.currency,
            }
            for one in sorted(fills, key=lambda fill: fill.execution.execId)
        ]

    def positions(self) -> Answer:
        held = self._asked(self._ib.reqPositions)
        return [
            {"account": one.account, **facts.identity(one.contract), **facts.numbers(one, ["position", "avgCost"])}
            for one in held
        ]

    def summary(self, tags: list[str]) -> Answer:
        values = self._asked(self._ib.accountSummary)
        return sorted([one.account, one.tag, one.value, one.currency] for one in values if one.tag in tags)

    def profit_and_loss(self, account: str, con_id: int) -> Answer:
        whole, single = self._ib.reqPnL(account), self._ib.reqPnLSingle(account, "", con_id)
        self.settle()
        profits = ["dailyPnL", "unrealizedPnL", "realizedPnL"]
        return [facts.numbers(whole, profits), facts.numbers(single, ["position", "value", *profits])]
