"""What each answer has to say at the least: clients that agree on nothing, or on something wrong, don't pass."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from itertools import pairwise
from typing import Any

Expectation = Callable[[Any], bool]

# The contract ids of the guide's queries and of what else is asked for; None where every listing has its own.
_CON_IDS = {
    "STK AMD": 4391,
    "STK INTC": 270639,
    "CASH EUR.USD": 12087792,
    "CFD IBUS30": 111987407,
    "FUT ES 20180921": None,
    "OPT SPY 20170721 240 C": None,
    "BOND US03076KAA60": None,
    "CRYPTO BTC": 479624278,
    "IND SPX": 416904,
    "CMDTY XAUUSD": 69067924,
    "CONTFUT ES": None,
}
_RESTING = {"LMT": "Submitted", **dict.fromkeys(("STP", "STP LMT", "TRAIL", "TRAIL LIMIT"), "PreSubmitted")}
_RESTING |= dict.fromkeys(("MIT", "LIT", "MOC", "LOC"), "PreSubmitted")
_RIGHTS = {"OPT SPY 20170721 240 C": {"strike": "240", "right": "C", "multiplier": "100"}}
_DATES = {"FUT ES 20180921": "20180921", "OPT SPY 20170721 240 C": "20170721"}


def is_expected(request: str, answer: Any) -> bool:
    """False also for a request that nobody wrote an expectation for, and for an answer without what it looks at."""
    try:
        return EXPECTED[request](answer)
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError):
        return False


def _described(name: str) -> Expectation:
    con_id, kind = _CON_IDS[name], name.split(" ")[0]
    facts = {"secType": kind, **_RIGHTS.get(name, {})}
    if con_id is not None:
        facts["conId"] = str(con_id)
    if name in _DATES:
        facts["lastTradeDateOrContractMonth"] = _DATES[name]

    def holds(answer: Any) -> bool:
        (found,) = answer
        return all(found[field] == value for field, value in facts.items()) and Decimal(found["minTick"]) > 0

    return holds


def _quotes(*, has_trades: bool) -> Expectation:
    def holds(answer: Any) -> bool:
        before, after = answer
        known = ["bid", "ask", "bidSize", "askSize", *(["last", "lastSize"] if has_trades else [])]
        both = all(quote[name] is not None for quote in answer for name in known)
        sides = all(Decimal(quote["bid"]) < Decimal(quote["ask"]) for quote in answer)
        return both and sides and before != after and before["marketDataType"] == "1"

    return holds


def _books(answer: Any) -> bool:
    before, after = answer
    whole = all(len(levels) == 5 for book in answer for levels in book)
    ordered = all(_is_falling(book[0]) and _is_falling(book[1][::-1]) for book in answer)
    return whole and ordered and before != after


def _is_falling(levels: Any) -> bool:
    prices = [Decimal(level["price"]) for level in levels]
    return all(better > worse for better, worse in pairwise(prices))


def _bars(least: int) -> Expectation:
    def holds(answer: Any) -> bool:
        whole = all(
            Decimal(bar["low"]) <= min(Decimal(bar["open"]), Decimal(bar["close"]))
            and Decimal(bar["high"]) >= max(Decimal(bar["open"]), Decimal(bar["close"]))
            for bar in answer
        )
        times = [bar["at"] for bar in answer]
        return len(answer) >= least and whole and times == sorted(set(times))

    return holds


def _placed(status: str) -> Expectation:
    return lambda answer: (answer["status"]["status"], answer["status"]["remaining"]) == (status, "10")


def _bracket(answer: Any) -> bool:
    return [answer[name]["status"] for name in "abc"] == ["Submitted", "PreSubmitted", "PreSubmitted"]


def _modified(answer: Any) -> bool:
    (order,) = answer["order"]
    return (order["lmtPrice"], order["totalQuantity"], answer["codes"]) == ("151.25", "20", [])


def _cancelled(answer: Any) -> bool:
    return answer["status"]["status"] == "Cancelled" and answer["codes"] == [202]


def _all_cancelled(answer: Any) -> bool:
    return set(answer["status"].values()) == {"Cancelled"} and answer["open"] == []


def _filled(quantity: str) -> Expectation:
    return lambda answer: (
        (answer["status"], answer["filled"], answer["remaining"]) == ("Filled", quantity, "0")
        and Decimal(answer["avgFillPrice"]) > 0
    )


def _executed(answer: Any) -> bool:
    seen = [(fill["side"], fill["shares"], fill["orderRef"], fill["currency"]) for fill in answer]
    costs = all(Decimal(fill["commission"]) > 0 for fill in answer)
    return costs and seen == [("BOT", "10", "bought", "USD"), ("SLD", "4", "sold", "USD")]


def _completed(answer: Any) -> bool:
    done = {(order["orderRef"], order["status"]) for order in answer}
    return {("bought", "Filled"), ("sold", "Filled"), ("resting LMT", "Cancelled"), ("pair", "Cancelled")} <= done


def _summarized(answer: Any) -> bool:
    return len(answer) == 6 and all(Decimal(value) > 0 for _account, _tag, value, _currency in answer)


def _profits(answer: Any) -> bool:
    whole, single = answer
    return single["position"] == "6" and all(whole[name] is not None for name in ("dailyPnL", "unrealizedPnL"))


EXPECTED: dict[str, Expectation] = {
    "connect": lambda answer: (
        answer == {"accounts": ["DU1000001"], "version": answer["version"]} and answer["version"] == 176
    ),
    "search": lambda answer: answer[0]["conId"] == "265598" and "OPT" in answer[0]["derivatives"],
    **{f"details {name}": _described(name) for name in _CON_IDS},
    "details of nothing": lambda answer: answer == {"refused": 200},
    "market rule": lambda answer: answer == [{"lowEdge": "0", "increment": "0.01"}],
    "option chain": lambda answer: len(answer[0]["strikes"]) > 10 and len(answer[0]["expirations"]) > 3,
    "details of a chain": lambda answer: len(answer) > 10 and {found["right"] for found in answer} == {"C"},
    "stream AAPL": _quotes(has_trades=True),
    "stream EUR.USD": _quotes(has_trades=False),
    "depth": _books,
    "tick by tick": lambda answer: Decimal(answer[0]["bidPrice"]) < Decimal(answer[0]["askPrice"]),
    "history 5 mins": _bars(70),
    "history 1 day": _bars(8),
    "head timestamp": lambda answer: "1980" < answer < "2020",
    "history ticks": lambda answer: (
        len(answer) >= 50 and [tick["at"] for tick in answer] == sorted(tick["at"] for tick in answer)
    ),
    "what-if": lambda answer: Decimal(answer["initMarginChange"]) > 0 and Decimal(answer["commission"]) > 0,
    **{f"place {kind}": _placed(status) for kind, status in _RESTING.items()},
    "place bracket": _bracket,
    "place BAG": _placed("Submitted"),
    "open orders": lambda answer: len(answer) == 13,
    "modify": _modified,
    "reject (110)": lambda answer: answer == {"codes": [110]},
    "cancel": _cancelled,
    "cancel all": _all_cancelled,
    "fill": _filled("10"),
    "fill to sell": _filled("4"),
    "executions, commissions": _executed,
    "completed orders": _completed,
    "positions": lambda answer: [(held["conId"], held["position"]) for held in answer] == [("265598", "6")],
    "account summary": _summarized,
    "profit and loss": _profits,
    "5-second bar": lambda answer: len(answer["known"]) == 7 and all(answer["inside"]),
}
