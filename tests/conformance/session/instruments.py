"""Finding instruments, and what is said of them: https://interactivebrokers.github.io/tws-api/contract_details.html."""

from __future__ import annotations

import re
from decimal import Decimal
from itertools import pairwise
from typing import Any

from tests.conformance.clients.base import Answer, Fields
from tests.conformance.rows import Expected, Play, Row, Stage, meets, refusal
from tests.conformance.session.scenery import CONTINUOUS_FUTURE, FUTURE, PAIR, QUERIES, stock

# What IB says of each, as far as it's the same on every day.
_FACTS: dict[str, Fields] = {
    "STK AMD": {
        "conId": "4391",
        "localSymbol": "AMD",
        "tradingClass": "NMS",
        "primaryExchange": "NASDAQ",
        "longName": "ADVANCED MICRO DEVICES",
        "minTick": "0.01",
        "stockType": "COMMON",
        "timeZoneId": "US/Eastern",
        "secIdList": [["ISIN", "US0079031078"]],
    },
    "STK INTC": {"conId": "270639", "primaryExchange": "NASDAQ", "secIdList": [["ISIN", "US4581401001"]]},
    # London's shares are quoted in pence.
    "STK VOD": {"primaryExchange": "LSE", "priceMagnifier": "100", "currency": "GBP"},
    "CASH EUR.USD": {"conId": "12087792", "localSymbol": "EUR.USD", "exchange": "IDEALPRO", "minTick": "0.00005"},
    "CFD IBUS30": {"conId": "111987407", "exchange": "SMART", "currency": "USD"},
    "FUT ES 20180921": {
        "lastTradeDateOrContractMonth": "20180921",
        "localSymbol": "ESU8",
        "multiplier": "50",
        "contractMonth": "201809",
        "tradingClass": "ES",
        "exchange": "GLOBEX",
    },
    "FUT ES": {
        "lastTradeDateOrContractMonth": "20261218",
        "localSymbol": "ESZ6",
        "multiplier": "50",
        "contractMonth": "202612",
        "minTick": "0.25",
        "underSymbol": "ES",
        "underSecType": "IND",
        "timeZoneId": "US/Central",
    },
    "OPT SPY 20170721 240 C": {
        "lastTradeDateOrContractMonth": "20170721",
        "localSymbol": "SPY   170721C00240000",
        "strike": "240",
        "right": "C",
        "multiplier": "100",
    },
    "OPT SPY": {
        "lastTradeDateOrContractMonth": "20261218",
        "localSymbol": "SPY   261218C00550000",
        "strike": "550",
        "right": "C",
        "multiplier": "100",
        "tradingClass": "SPY",
        "minTick": "0.01",
        "underConId": "756733",
        "underSymbol": "SPY",
        "underSecType": "STK",
    },
    "FOP ES": {
        "lastTradeDateOrContractMonth": "20261218",
        "localSymbol": "ESZ6 C5500",
        "strike": "5500",
        "right": "C",
        "multiplier": "50",
        "tradingClass": "ES",
        "underSymbol": "ESZ6",
        "underSecType": "FUT",
    },
    "BOND US03076KAA60": {
        "cusip": "03076KAA6",
        "maturity": "20270315",
        "issueDate": "20170313",
        "couponType": "VARIABLE",
        "currency": "USD",
    },
    "CRYPTO BTC": {"conId": "479624278", "localSymbol": "BTC.USD", "exchange": "PAXOS", "sizeIncrement": "0.00000001"},
    "IND SPX": {"conId": "416904", "exchange": "CBOE", "longName": "S&P 500 Stock Index"},
    "CMDTY XAUUSD": {"conId": "69067924", "currency": "USD"},
}
_UNKNOWN = {"secType": "STK", "symbol": "NOSUCHTHING", "exchange": "SMART", "currency": "USD"}
_FORGOTTEN = {name: value for name, value in QUERIES["FUT ES 20180921"].items() if name != "includeExpired"}

# A day of trading hours: closed, or parts of a day that end on the same day or the next.
_HOURS = re.compile(r"\d{8}:CLOSED|(\d{8}:\d{4}-\d{8}:\d{4})(,\d{8}:\d{4}-\d{8}:\d{4})*")
# Nobody trades an index.
_WITHOUT_ORDERS = ("IND", "CONTFUT")
_QUARTERS = "HMUZ"

# The increments of IB's market rules, from each low edge upwards, by the instrument that they hold for.
_INCREMENTS = {
    "STK AMD": [("0", "0.01")],
    "CASH EUR.USD": [("0", "0.00005")],
    "FUT ES": [("0", "0.25")],
    "FOP ES": [("0", "0.05"), ("10", "0.25")],
    "OPT SPY": [("0", "0.01")],
}


def _details(query: Fields) -> Play:
    return lambda stage: stage.client.instruments.details(query)


def _described(name: str) -> Expected:
    """One contract of which all of this is said, and nothing that contradicts itself."""
    kind = name.split(" ")[0]

    def holds(answer: Any) -> bool:
        (found,) = answer
        return meets(found, {"secType": kind, **_FACTS[name]}) and _is_coherent(found)

    return holds


def _is_coherent(found: Fields) -> bool:
    """It trades on the exchange that was named, and there is a market rule for each of its exchanges."""
    exchanges, rules = found["validExchanges"].split(","), found["marketRuleIds"].split(",")
    # A bond's details have no hours.
    hours = () if found["secType"] == "BOND" else (found["tradingHours"], found["liquidHours"])
    can_be_ordered = {"LMT", "MKT"} <= set(found["orderTypes"].split(","))
    return (
        found["exchange"] in exchanges
        and len(exchanges) == len(rules)
        and all(_HOURS.fullmatch(day) for days in hours for day in days.split(";"))
        and can_be_ordered is (found["secType"] not in _WITHOUT_ORDERS)
        and all(Decimal(found[name]) > 0 for name in ("minTick", "minSize", "sizeIncrement"))
    )


def futures(stage: Stage) -> Answer:
    found = stage.client.instruments.details({"secType": "FUT", "symbol": "ES", "exchange": "CME"})
    return [[one["localSymbol"], one["lastTradeDateOrContractMonth"]] for one in found]


def _is_quarterly(answer: Any) -> bool:
    """The nearest quarters, none left out."""
    names = [name for name, _ in answer]
    months = [_QUARTERS.index(name[2]) for name in names]
    follows = all((after - before) % 4 == 1 for before, after in pairwise(months))
    days = [day for _, day in answer]
    return follows and answer[:2] == [["ESZ6", "20261218"], ["ESH7", "20270319"]] and days == sorted(set(days))


def continuous_future(stage: Stage) -> Answer:
    """Beside the contract id of the future that it stands for."""
    (front,) = stage.client.instruments.details(FUTURE)
    (found,) = stage.client.instruments.details(CONTINUOUS_FUTURE)
    return [found, front["conId"]]


def _is_front(answer: Any) -> bool:
    found, front = answer
    return meets(found, {"secType": "CONTFUT", "conId": front, "multiplier": "50"}) and _is_coherent(found)


def market_rules(stage: Stage) -> Answer:
    """Each instrument's rule is picked by the place of its exchange among its exchanges."""
    return {name: _increments(stage, QUERIES[name]) for name in _INCREMENTS}


def _increments(stage: Stage, query: Fields) -> Answer:
    (found,) = stage.client.instruments.details(query)
    place = found["validExchanges"].split(",").index(found["exchange"])
    rule = stage.client.instruments.market_rule(int(found["marketRuleIds"].split(",")[place]))
    return [[step["lowEdge"], step["increment"]] for step in rule]


def _is_apple_first(answer: Any) -> bool:
    return answer[0]["conId"] == "265598" and "OPT" in answer[0]["derivatives"]


def _has_depth(answer: Any) -> bool:
    """Nasdaq's book names its makers, and Chicago has one of futures."""
    kinds = {(one["exchange"], one["secType"]): one["serviceDataType"] for one in answer}
    return kinds["ISLAND", "STK"] == "Deep2" and ("CME", "FUT") in kinds


ROWS: tuple[Row, ...] = (
    Row("search by symbol", lambda stage: stage.client.instruments.search("AAPL"), _is_apple_first),
    Row("search by name", lambda stage: stage.client.instruments.search("apple"), _is_apple_first),
    Row("search for nothing", lambda stage: stage.client.instruments.search("qzqzqz"), []),
    *(Row(f"details {name}", _details(query), _described(name)) for name, query in QUERIES.items()),
    Row("details by contract id", _details({"conId": 4391, "exchange": "SMART"}), _described("STK AMD")),
    Row(
        "details of several",
        lambda stage: sorted(one["currency"] for one in stage.client.instruments.details(stock("VOD", 0, currency=""))),
        ["GBP", "USD"],
    ),
    Row("futures of a symbol", futures, _is_quarterly),
    Row("details CONTFUT ES", continuous_future, _is_front),
    refusal("details BAG (321)", _details(PAIR), 321),
    refusal("details of nothing (200)", _details(_UNKNOWN), 200),
    refusal("details of what has expired (200)", _details(_FORGOTTEN), 200),
    Row("market rules", market_rules, {name: list(map(list, steps)) for name, steps in _INCREMENTS.items()}),
    Row("depth exchanges", lambda stage: stage.client.instruments.depth_exchanges(), _has_depth),
)
