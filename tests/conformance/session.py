"""The session that every client plays. Its answers are compared between clients, and each must say something at all."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.conformance.clients.base import Answer, Client, Fields, Refused
from tests.conformance.control import Control

APPLE: Fields = {"conId": 265598, "symbol": "AAPL", "secType": "STK", "exchange": "SMART", "currency": "USD"}
EURO: Fields = {"conId": 12087792, "symbol": "EUR", "secType": "CASH", "exchange": "IDEALPRO", "currency": "USD"}
SAP: Fields = {"conId": 14204, "symbol": "SAP", "secType": "STK", "exchange": "SMART", "currency": "EUR"}

# The eight queries of the guide that this project's library is a descendant of, and what else IB lists.
QUERIES: dict[str, Fields] = {
    "STK AMD": {"secType": "STK", "symbol": "AMD", "exchange": "SMART", "currency": "USD"},
    "STK INTC": {
        "secType": "STK",
        "symbol": "INTC",
        "exchange": "SMART",
        "primaryExchange": "NASDAQ",
        "currency": "USD",
    },
    "CASH EUR.USD": {"secType": "CASH", "symbol": "EUR", "currency": "USD", "exchange": "IDEALPRO"},
    "CFD IBUS30": {"secType": "CFD", "symbol": "IBUS30"},
    "FUT ES 20180921": {
        "secType": "FUT",
        "symbol": "ES",
        "exchange": "GLOBEX",
        "lastTradeDateOrContractMonth": "20180921",
        "includeExpired": True,
    },
    "OPT SPY 20170721 240 C": {
        "secType": "OPT",
        "symbol": "SPY",
        "exchange": "SMART",
        "currency": "USD",
        "lastTradeDateOrContractMonth": "20170721",
        "strike": 240,
        "right": "C",
        "includeExpired": True,
    },
    "BOND US03076KAA60": {"secType": "BOND", "secIdType": "ISIN", "secId": "US03076KAA60"},
    "CRYPTO BTC": {"secType": "CRYPTO", "symbol": "BTC", "exchange": "PAXOS", "currency": "USD"},
    "IND SPX": {"secType": "IND", "symbol": "SPX", "exchange": "CBOE", "currency": "USD"},
    "CMDTY XAUUSD": {"secType": "CMDTY", "symbol": "XAUUSD", "exchange": "SMART", "currency": "USD"},
    "CONTFUT ES": {"secType": "CONTFUT", "symbol": "ES", "exchange": "CME"},
}
UNKNOWN: Fields = {"secType": "STK", "symbol": "NOSUCHTHING", "exchange": "SMART", "currency": "USD"}

SUMMARY = ["NetLiquidation", "TotalCashValue", "BuyingPower", "AvailableFunds", "InitMarginReq", "MaintMarginReq"]

# Resting far from the market of AAPL, one of each type. Prices are away from 190 by a safe margin.
RESTING: dict[str, Fields] = {
    "LMT": {"action": "BUY", "lmtPrice": 150.0},
    "STP": {"action": "BUY", "auxPrice": 230.0},
    "STP LMT": {"action": "BUY", "auxPrice": 230.0, "lmtPrice": 231.0},
    "TRAIL": {"action": "SELL", "auxPrice": 20.0, "trailStopPrice": 150.0},
    "TRAIL LIMIT": {"action": "SELL", "auxPrice": 20.0, "trailStopPrice": 150.0, "lmtPriceOffset": 0.5},
    "MIT": {"action": "BUY", "auxPrice": 150.0},
    "LIT": {"action": "BUY", "auxPrice": 150.0, "lmtPrice": 151.0},
    "MOC": {"action": "BUY"},
    "LOC": {"action": "BUY", "lmtPrice": 150.0},
}


@dataclass
class Stage:
    """What the steps of one session share: `client` trades, and `observer` only reads, as client id 2."""

    client: Client
    observer: Client
    control: Control
    host: str
    port: int
    account: str = ""
    orders: dict[str, int] = field(default_factory=dict)
    expiry: str = ""


Play = Callable[[Stage], Answer]


def steps() -> dict[str, Play]:
    """Request by request, in the order in which they are made."""
    return {
        "connect": connect,
        "search": lambda stage: stage.client.search("AAPL"),
        **{f"details {name}": _details(query) for name, query in QUERIES.items()},
        "details of nothing": _details(UNKNOWN, refused=True),
        "market rule": lambda stage: stage.client.market_rule(26),
        "option chain": option_chain,
        "details of a chain": details_of_chain,
        "stream AAPL": lambda stage: stage.client.quotes(APPLE, stage.control.step),
        "stream EUR.USD": lambda stage: stage.client.quotes(EURO, stage.control.step),
        "depth": lambda stage: stage.client.depth({**APPLE, "exchange": "ISLAND"}, stage.control.step),
        "tick by tick": lambda stage: stage.client.ticks(APPLE, stage.control.step),
        "history 5 mins": _bars("1 D", "5 mins", "TRADES"),
        "history 1 day": _bars("2 W", "1 day", "MIDPOINT"),
        "head timestamp": lambda stage: stage.client.head_timestamp(APPLE),
        "history ticks": lambda stage: stage.client.past_ticks(APPLE, end=last_close(), count=50),
        "what-if": lambda stage: stage.client.preview(APPLE, _terms("MKT", "preview", action="BUY")),
        **{f"place {kind}": _place(kind, fields) for kind, fields in RESTING.items()},
        "place bracket": place_bracket,
        "place BAG": place_combination,
        "open orders": open_orders,
        "modify": modify,
        "reject (110)": reject,
        "cancel": cancel,
        "cancel all": cancel_all,
        "fill": fill,
        "fill to sell": close_position,
        "executions, commissions": lambda stage: stage.observer.executions(),
        "completed orders": lambda stage: stage.observer.completed_orders(),
        "positions": lambda stage: stage.observer.positions(),
        "account summary": lambda stage: stage.observer.summary(SUMMARY),
        "profit and loss": lambda stage: stage.client.profit_and_loss(stage.account, int(APPLE["conId"])),
        # The last, since how often the market steps meanwhile is up to the clock.
        "5-second bar": live_bar,
    }


def connect(stage: Stage) -> Answer:
    answer = stage.client.connect(stage.host, stage.port, 1)
    stage.account = answer["accounts"][0]
    stage.observer.connect(stage.host, stage.port, 2)
    return answer


def _details(query: Fields, *, refused: bool = False) -> Play:
    def play(stage: Stage) -> Answer:
        try:
            found = stage.client.details(query)
        except Refused as refusal:
            if refused:
                return {"refused": refusal.code}
            raise
        return found

    return play


def option_chain(stage: Stage) -> Answer:
    chains = stage.client.option_chain("SPY", 756733)
    stage.expiry = chains[0]["expirations"][0]
    return chains


def details_of_chain(stage: Stage) -> Answer:
    """Every strike of one right on one day."""
    query = {**QUERIES["OPT SPY 20170721 240 C"], "lastTradeDateOrContractMonth": stage.expiry, "includeExpired": False}
    del query["strike"]
    return sorted(stage.client.details(query), key=lambda found: float(found["strike"]))


def _bars(duration: str, size: str, what: str) -> Play:
    return lambda stage: stage.client.bars(APPLE, end=last_close(), duration=duration, size=size, what=what)


def last_close() -> str:
    """The end of the last whole trading day before yesterday, as IB writes it in UTC."""
    day = datetime.now(UTC).date() - timedelta(days=2)
    while day.weekday() >= 5:
        day -= timedelta(days=1)
    return f"{day:%Y%m%d}-21:00:00"


def _terms(kind: str, order_ref: str, **fields: Any) -> Fields:
    return {"orderType": kind, "totalQuantity": 10, "tif": "DAY", "orderRef": order_ref, **fields}


def _place(kind: str, fields: Fields) -> Play:
    def play(stage: Stage) -> Answer:
        stage.orders[kind] = order_id = stage.client.place(APPLE, _terms(kind, f"resting {kind}", **fields))
        return {"status": stage.client.status(order_id), "codes": stage.client.codes(order_id)}

    return play


def live_bar(stage: Stage) -> Answer:
    """Which bar it is depends on the clock, so each client's is held against itself."""
    bar = stage.client.live_bar(APPLE, stage.control.step)
    low, high = float(bar["low"]), float(bar["high"])
    inside = [low <= float(bar[name]) <= high for name in ("open_", "close", "wap")]
    return {"known": sorted(name for name, value in bar.items() if value is not None), "inside": inside}


def place_bracket(stage: Stage) -> Answer:
    """Nothing of it moves before its last order comes, which is the only one to be transmitted."""
    buy = _terms("LMT", "bracket", action="BUY", lmtPrice=150.0, transmit=False)
    parent = stage.client.place(APPLE, buy)
    attached = {"action": "SELL", "parentId": parent}
    profit = stage.client.place(APPLE, _terms("LMT", "profit", lmtPrice=230.0, transmit=False, **attached))
    loss = stage.client.place(APPLE, _terms("STP", "loss", auxPrice=140.0, transmit=True, **attached))
    return {name: stage.client.status(number) for name, number in zip("abc", (parent, profit, loss), strict=True)}


def place_combination(stage: Stage) -> Answer:
    legs = [
        {"conId": APPLE["conId"], "ratio": 1, "action": "BUY", "exchange": "SMART"},
        {"conId": 272093, "ratio": 1, "action": "SELL", "exchange": "SMART"},
    ]
    pair: Fields = {"secType": "BAG", "symbol": "AAPL", "exchange": "SMART", "currency": "USD", "comboLegs": legs}
    order_id = stage.client.place(pair, _terms("LMT", "pair", action="BUY", lmtPrice=-300.0))
    return {"status": stage.client.status(order_id), "codes": stage.client.codes(order_id)}


def open_orders(stage: Stage) -> Answer:
    """Numbers that each client counts for itself, and groups named after one, are only there or not."""
    return [
        {**order, "parentId": order["parentId"] != "0", "ocaGroup": bool(order["ocaGroup"])}
        for order in stage.observer.open_orders()
    ]


def modify(stage: Stage) -> Answer:
    stage.client.modify(stage.orders["LMT"], {"lmtPrice": 151.25, "totalQuantity": 20})
    found = [order for order in stage.observer.open_orders() if order["orderRef"] == "resting LMT"]
    return {"order": found, "codes": stage.client.codes(stage.orders["LMT"])}


def reject(stage: Stage) -> Answer:
    order_id = stage.client.place(APPLE, _terms("LMT", "off the increment", action="BUY", lmtPrice=150.001))
    return {"codes": stage.client.codes(order_id)}


def cancel(stage: Stage) -> Answer:
    order_id = stage.orders["LMT"]
    stage.client.cancel(order_id)
    return {"status": stage.client.status(order_id), "codes": stage.client.codes(order_id)}


def cancel_all(stage: Stage) -> Answer:
    stage.client.cancel_all()
    return {
        "status": {kind: stage.client.status(order_id)["status"] for kind, order_id in stage.orders.items()},
        "open": stage.observer.open_orders(),
    }


def fill(stage: Stage) -> Answer:
    order_id = stage.client.place(APPLE, _terms("MKT", "bought", action="BUY"))
    stage.control.step()
    stage.client.settle()
    return stage.client.status(order_id)


def close_position(stage: Stage) -> Answer:
    order_id = stage.client.place(APPLE, _terms("MKT", "sold", action="SELL", totalQuantity=4))
    stage.control.step()
    stage.client.settle()
    return stage.client.status(order_id)
