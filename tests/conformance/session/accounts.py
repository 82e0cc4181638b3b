"""Money, positions, profit and loss: https://interactivebrokers.github.io/tws-api/account_portfolio.html.

Nobody else trades on the account, so it holds what the rows before have bought and sold.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from tests.conformance.clients.base import Answer
from tests.conformance.rows import Play, Row, Stage, refusal
from tests.conformance.session.placing import place, terms
from tests.conformance.session.scenery import APPLE

_HELD = {
    # Three orders to fill and a capped one; six more in three combinations.
    "AAPL": 10 + 5 - 4 + 1 + 6,
    # Three that were bought and five that were sold as they woke; three in three combinations.
    "MSFT": 3 * 10 - 5 * 10 - 3,
    "NVDA": 300,
    # What was immediate or whole.
    "INTC": 100 + 300 + 300,
    # A bracket from its entry to its profit, and what groups have filled.
    "KO": 10 - 10 + 10 + 4 + 4,
    "IBM": 3 + 3 * 10,
    # By hand.
    "AMD": 7,
}
# Three hundred at the corrected price, and half a cent for each of them.
_COST_OF_NVIDIA = "121.845"
_TAGS = ("NetLiquidation", "TotalCashValue", "BuyingPower", "AvailableFunds", "InitMarginReq", "MaintMarginReq")
_CENT = Decimal("0.01")
_STRANGER = "DU9999999"


def positions(stage: Stage) -> Answer:
    return stage.observer.accounts.positions()


def _are_held(answer: Any) -> bool:
    held = {one["symbol"]: Decimal(one["position"]) for one in answer}
    costs = {one["symbol"]: one["avgCost"] for one in answer}
    return held == _HELD and costs["NVDA"] == _COST_OF_NVIDIA and {one["account"] for one in answer} == {"DU1000001"}


def positions_of(stage: Stage) -> Answer:
    """Of the account by its name, of all accounts, and of everyone as before."""
    return [*(stage.observer.accounts.positions_of(account) for account in (stage.account, "")), positions(stage)]


def position_changes(stage: Stage) -> Answer:
    """A client that asked for positions is told of each that changes."""
    changed = stage.observer.accounts.positions_while(
        lambda: place(stage, "one more", APPLE, terms("MKT", totalQuantity=1))
    )
    return [[one["symbol"], one["position"]] for one in changed]


def window(stage: Stage) -> Answer:
    return stage.observer.accounts.window(stage.account)


def _is_whole(answer: Any) -> bool:
    """The window's figures agree with each other and with the portfolio."""
    figures, portfolio = answer["figures"], answer["portfolio"]
    held = {one["symbol"]: Decimal(one["position"]) for one in portfolio if one["position"] != "0"}
    values = [Decimal(one["marketValue"]) for one in portfolio]
    return (
        (figures["AccountCode"], figures["AccountReady"]) == ("DU1000001", "true")
        and held == _held_now()
        and all(map(_is_priced, portfolio))
        and _adds_up(lambda tag: Decimal(figures[f"{tag} USD"]), values)
        and _has_currencies(figures)
    )


def _adds_up(amount: Callable[[str], Decimal], values: list[Decimal]) -> bool:
    """How IB makes one figure of others: https://interactivebrokers.github.io/tws-api/account_summary.html."""
    equity, available = amount("EquityWithLoanValue"), amount("AvailableFunds")
    return (
        _are_near(available, equity - amount("InitMarginReq"))
        and _are_near(amount("ExcessLiquidity"), equity - amount("MaintMarginReq"))
        and _are_near(amount("BuyingPower"), available * 4)
        and _are_near(amount("NetLiquidation"), amount("TotalCashValue") + sum(values))
        and _are_near(amount("GrossPositionValue"), sum(map(abs, values), Decimal(0)))
    )


def _held_now() -> dict[str, int]:
    return {**_HELD, "AAPL": _HELD["AAPL"] + 1}


def _is_priced(one: Any) -> bool:
    """A share's value is its number times its price, and what that is above its cost isn't realized."""
    size, price, value = (Decimal(one[name]) for name in ("position", "marketPrice", "marketValue"))
    profit = value - size * Decimal(one["averageCost"])
    return _are_near(value, size * price) and _are_near(Decimal(one["unrealizedPNL"]), profit)


def _are_near(one: Decimal, other: Decimal) -> bool:
    return abs(one - other) <= _CENT * 10


def _has_currencies(figures: dict[str, str]) -> bool:
    """Cash stands in each currency, and in BASE for all of them, at their rates."""
    currencies = {tag.split()[1] for tag in figures if tag.startswith("CashBalance ")} - {"BASE"}
    cash = [Decimal(figures[f"CashBalance {one}"]) * Decimal(figures[f"ExchangeRate {one}"]) for one in currencies]
    return {"USD", "EUR"} <= currencies and abs(sum(cash) - Decimal(figures["CashBalance BASE"])) < 1


def summary(stage: Stage) -> Answer:
    """The same figures by subscription, beside those of the account window."""
    figures = stage.observer.accounts.window(stage.account)["figures"]
    return [stage.observer.accounts.summary(*_TAGS), {f"{tag} USD": figures[f"{tag} USD"] for tag in _TAGS}]


def _are_the_same(answer: Any) -> bool:
    one, other = answer
    return len(one) == len(_TAGS) and one == other and all(Decimal(value) > 0 for value in one.values())


def ledger(stage: Stage) -> Answer:
    """In which currencies there is cash; BASE is all of them together."""
    figures = stage.observer.accounts.summary("$LEDGER:ALL")
    return sorted(tag.removeprefix("CashBalance ") for tag in figures if tag.startswith("CashBalance "))


def too_many_summaries(stage: Stage) -> Answer:
    """A client has two. One more is refused."""
    accounts = stage.observer.accounts
    open_ones = [accounts.subscribe_summary("NetLiquidation") for _ in range(2)]
    try:
        return accounts.summary("NetLiquidation")
    finally:
        for about in open_ones:
            accounts.end_summary(about)


def updates_of(stage: Stage) -> Answer:
    """All of the window's figures by a request of their own, and the ledger's alone."""
    whole, light = (stage.observer.accounts.updates_of(stage.account, is_light=is_light) for is_light in (False, True))
    shown = stage.observer.accounts.window(stage.account)["figures"]
    return {
        "as the window": whole == shown,
        "ledger": "CashBalance EUR" in light and "NetLiquidation USD" in light,
        "margins": "InitMarginReq USD" in light,
    }


def profit(stage: Stage) -> Answer:
    """Of the account, beside that of its positions."""
    portfolio = stage.observer.accounts.window(stage.account)["portfolio"]
    return [stage.observer.accounts.profit(stage.account), [one["unrealizedPNL"] for one in portfolio]]


def _is_the_sum(answer: Any) -> bool:
    whole, parts = answer
    sums = _are_near(Decimal(whole["unrealizedPnL"]), sum(map(Decimal, parts), Decimal(0)))
    return sums and all(whole[name] is not None for name in ("dailyPnL", "realizedPnL"))


def profit_of_apple(stage: Stage) -> Answer:
    (held,) = (one for one in window(stage)["portfolio"] if one["symbol"] == "AAPL")
    return [stage.observer.accounts.profit_of(stage.account, APPLE["conId"]), held]


def _is_of_the_position(answer: Any) -> bool:
    told, held = answer
    pairs = [("position", "position"), ("value", "marketValue"), ("unrealizedPnL", "unrealizedPNL")]
    return all(_are_near(Decimal(told[one]), Decimal(held[other])) for one, other in pairs)


def _profit_of(account: str, con_id: int) -> Play:
    return lambda stage: stage.observer.accounts.profit_of(account, con_id)


ROWS: tuple[Row, ...] = (
    Row("positions", positions, _are_held),
    Row("positions of an account", positions_of, lambda answer: answer[0] == answer[1] == answer[2] != []),
    refusal("positions of another's account (321)", lambda stage: stage.observer.accounts.positions_of(_STRANGER), 321),
    Row("positions as they change", position_changes, [["AAPL", str(_held_now()["AAPL"])]]),
    Row("account window", window, _is_whole),
    Row(
        "account window of another (321)",
        lambda stage: stage.observer.accounts.window(_STRANGER),
        {"refused": 321},
        (-321,),
    ),
    Row("account summary", summary, _are_the_same),
    Row("account summary by currency", ledger, lambda answer: {"BASE", "EUR", "USD"} <= set(answer)),
    refusal("account summary, one too many (322)", too_many_summaries, 322),
    refusal(
        "account summary of no group (321)",
        lambda stage: stage.observer.accounts.summary("NetLiquidation", group="Nobody"),
        321,
    ),
    Row("account updates", updates_of, {"as the window": True, "ledger": True, "margins": False}),
    Row("profit and loss", profit, _is_the_sum),
    Row("profit and loss of a position", profit_of_apple, _is_of_the_position),
    Row("profit and loss of no position (2150)", _profit_of("DU1000001", 1), None, (2150,)),
    Row("profit and loss of another's account (321)", _profit_of(_STRANGER, APPLE["conId"]), None, (321,)),
)
