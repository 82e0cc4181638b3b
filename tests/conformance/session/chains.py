"""Option chains: https://interactivebrokers.github.io/tws-api/options.html."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from itertools import pairwise
from typing import Any

from tests.conformance.clients.base import Answer, Fields
from tests.conformance.rows import Row, Stage, refusal
from tests.conformance.session.scenery import FUTURE, OPTION

_SPY, _SPX = 756733, 416904
_FRIDAY = 4
_TODAY = "20261118"
_CALLS: Fields = {name: value for name, value in OPTION.items() if name != "strike"}


def spy(stage: Stage) -> Answer:
    return stage.client.instruments.chains("SPY", "STK", _SPY)


def _is_on_spy(answer: Any) -> bool:
    """One for each exchange, SMART among them; options on a share are about a hundred of it and end on Fridays, or on
    the day before one that is a holiday."""
    places = [chain["exchange"] for chain in answer]
    days = {day for chain in answer for day in chain["expirations"]}
    return (
        "SMART" in places
        and len(places) == len(set(places))
        and all(
            (one["underlyingConId"], one["tradingClass"], one["multiplier"]) == ("756733", "SPY", "100")
            for one in answer
        )
        and {"20261120", "20261218", "20280121"} <= days
        and min(days) >= _TODAY
        and all(_FRIDAY - date.fromisoformat(day).weekday() in (0, 1) for day in days)
        and all({"500", "550", "600"} <= set(chain["strikes"]) for chain in answer)
    )


def spx(stage: Stage) -> Answer:
    """Of an index, with monthlies and weeklies in classes of their own."""
    return sorted({chain["tradingClass"] for chain in stage.client.instruments.chains("SPX", "IND", _SPX)})


def future(stage: Stage) -> Answer:
    """Of one future, whose options are on its own exchange."""
    (found,) = stage.client.instruments.details(FUTURE)
    chains = stage.client.instruments.chains("ES", "FUT", int(found["conId"]), "CME")
    return [{**chain, "underlyingConId": chain["underlyingConId"] == found["conId"]} for chain in chains]


def _is_on_future(answer: Any) -> bool:
    """The quarter's options end with the future, and the weeklies of their own classes before it."""
    about = {(one["exchange"], one["multiplier"], one["underlyingConId"]) for one in answer}
    (quarterly,) = (one for one in answer if one["tradingClass"] == "ES")
    return about == {("CME", "50", True)} and quarterly["expirations"] == ["20261218"] and len(answer) > 1


def calls(stage: Stage) -> Answer:
    """Every strike of one right on one day."""
    found = sorted(stage.client.instruments.details(_CALLS), key=lambda one: Decimal(one["strike"]))
    (chain,) = (one for one in spy(stage) if one["exchange"] == "SMART")
    return [found, chain["strikes"]]


def _are_calls(answer: Any) -> bool:
    """Each strike once, each of those that the chain names."""
    found, strikes = answer
    listed = [Decimal(one["strike"]) for one in found]
    same = {(one["lastTradeDateOrContractMonth"], one["right"], one["multiplier"], one["underConId"]) for one in found}
    return (
        len(found) > 10
        and all(before < after for before, after in pairwise(listed))
        and same == {("20261218", "C", "100", "756733")}
        and {one["strike"] for one in found} <= set(strikes)
        and len({one["conId"] for one in found}) == len(found)
    )


ROWS: tuple[Row, ...] = (
    Row("option chain of a share", spy, _is_on_spy),
    Row("option chain of an index", spx, ["SPX", "SPXW"]),
    Row("option chain of a future", future, _is_on_future),
    refusal("option chain of nothing (321)", lambda stage: stage.client.instruments.chains("SPY", "STK", 1), 321),
    Row("details of a chain", calls, _are_calls),
)
