"""Money and positions, as IB's callbacks tell of them. Raise Refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.conformance import facts
from tests.conformance.clients.base import Answer, Link

_PROFITS = ["dailyPnL", "unrealizedPnL", "realizedPnL"]


class Accounts:
    def __init__(self, link: Link) -> None:
        self._link = link

    def positions(self) -> Answer:
        """Of every account."""
        with self._link.listening() as said:
            self._link.call("reqPositions")
        said.require("positionEnd")
        self._link.call("cancelPositions")
        return _positions(said["position"])

    def positions_while(self, act: Callable[[], Any]) -> Answer:
        """The positions that change meanwhile."""
        self._link.call("reqPositions")
        self._link.settle()
        with self._link.listening() as said:
            act()
        self._link.call("cancelPositions")
        return _positions(said["position"])

    def positions_of(self, account: str) -> Answer:
        about = self._link.new_id()
        with self._link.listening() as said:
            self._link.call("reqPositionsMulti", about, account, "")
        said.require("positionMultiEnd")
        self._link.call("cancelPositionsMulti", about)
        found = said["positionMulti"]
        return _positions((account, contract, size, cost) for _, account, _, contract, size, cost in found)

    def window(self, account: str) -> Answer:
        """The account window: its figures by tag and currency, and the portfolio."""
        with self._link.listening() as said:
            self._link.call("reqAccountUpdates", True, account)
        said.require("accountDownloadEnd")
        self._link.call("reqAccountUpdates", False, account)
        return {
            "figures": _figures(said["updateAccountValue"], ("tag", "value", "currency", "account")),
            "portfolio": [_held(*told) for told in said["updatePortfolio"]],
        }

    def updates_of(self, account: str, *, is_light: bool) -> Answer:
        """The window's figures by a request that may name any account; light ones are the ledger's alone."""
        about = self._link.new_id()
        with self._link.listening() as said:
            self._link.call("reqAccountUpdatesMulti", about, account, "", is_light)
        said.require("accountUpdateMultiEnd")
        self._link.call("cancelAccountUpdatesMulti", about)
        told = [arguments[1:] for arguments in said["accountUpdateMulti"] if arguments[0] == about]
        return _figures(told, ("account", "model", "tag", "value", "currency"))

    def summary(self, *tags: str, group: str = "All") -> Answer:
        """By tag and currency, of a subscription that ends with it."""
        about = self.subscribe_summary(*tags, group=group)
        figures = _figures(self._link.heard.of("accountSummary", about), ("account", "tag", "value", "currency"))
        self.end_summary(about)
        return figures

    def subscribe_summary(self, *tags: str, group: str = "All") -> int:
        about = self._link.new_id()
        with self._link.listening() as said:
            self._link.call("reqAccountSummary", about, group, ",".join(tags))
        said.require("accountSummaryEnd")
        return about

    def end_summary(self, about: int) -> None:
        self._link.call("cancelAccountSummary", about)

    def profit(self, account: str) -> Answer:
        """Profit and loss of an account; None where none is told."""
        about = self._link.new_id()
        with self._link.listening():
            self._link.call("reqPnL", about, account, "")
        self._link.call("cancelPnL", about)
        return _newest(self._link.heard.of("pnl", about), _PROFITS)

    def profit_of(self, account: str, con_id: int) -> Answer:
        """Of one position."""
        about = self._link.new_id()
        with self._link.listening():
            self._link.call("reqPnLSingle", about, account, "", con_id)
        self._link.call("cancelPnLSingle", about)
        return _newest(self._link.heard.of("pnlSingle", about), ["position", *_PROFITS, "value"])


def _positions(told: Any) -> Answer:
    found = [
        {"account": account, **facts.identity(contract), "position": facts.number(size), "avgCost": facts.number(cost)}
        for account, contract, size, cost in told
    ]
    return sorted(found, key=lambda one: int(one["conId"]))


def _figures(told: Any, names: tuple[str, ...]) -> dict[str, str]:
    """`NetLiquidation USD` -> its text; what is no money has no currency behind its tag."""
    named = (dict(zip(names, arguments, strict=True)) for arguments in told)
    return {f"{one['tag']} {one['currency']}".rstrip(): one["value"] for one in named}


def _held(contract: Any, *told: Any) -> Answer:
    *numbers, account = told
    names = ["position", "marketPrice", "marketValue", "averageCost", "unrealizedPNL", "realizedPNL"]
    return {"account": account, **facts.identity(contract), **dict(zip(names, map(facts.number, numbers), strict=True))}


def _newest(told: list[Any], names: list[str]) -> Answer:
    return dict(zip(names, map(facts.number, told[-1]), strict=True)) if told else None
