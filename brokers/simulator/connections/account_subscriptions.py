"""What a client asked to hear of accounts, and what it was told already: only what differs is told again."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from brokers.simulator.accounts.statement import BASE, Figure
from brokers.simulator.wire import Value

# The accounts of a subscription that names none: all of them.
EVERY_ACCOUNT = ""


@dataclass(slots=True)
class Told:
    """Messages as they were sent last, by what they are about."""

    _last: dict[tuple[str, ...], list[Value]] = field(default_factory=dict)

    def is_news(self, about: tuple[str, ...], message: list[Value]) -> bool:
        """Whether the client was told something else of it, or nothing; from now on it was told this."""
        if self._last.get(about) == message:
            return False
        self._last[about] = message
        return True

    def knows(self, about: tuple[str, ...]) -> bool:
        return about in self._last


@dataclass(slots=True)
class SummarySubscription:
    """Of every account, the tags that were asked for."""

    tags: frozenset[str]
    told: Told = field(default_factory=Told)

    def wanted(self, summary: Iterable[Figure], ledger: Iterable[Figure]) -> list[Figure]:
        known = [figure for figure in summary if figure.tag in self.tags]
        return [*known, *(figure for figure in ledger if self._wants_currency(figure.currency))]

    def _wants_currency(self, currency: str) -> bool:
        """`$LEDGER` is the base currency's balances, `$LEDGER:EUR` one currency's, `$LEDGER:ALL` every one's."""
        if "$LEDGER:ALL" in self.tags or f"$LEDGER:{currency}" in self.tags:
            return True
        return "$LEDGER" in self.tags and currency == BASE


@dataclass(slots=True)
class WindowSubscription:
    """The account window of one account: figures and portfolio. A client has one at a time."""

    account: str
    told: Told = field(default_factory=Told)


@dataclass(slots=True)
class UpdatesSubscription:
    """Figures of one account or of every one; `is_light` for the ledger and net liquidation value alone."""

    account: str
    is_light: bool
    told: Told = field(default_factory=Told)


@dataclass(slots=True)
class ProfitSubscription:
    """Profit and loss of one account, or of one contract in it."""

    account: str
    con_id: int | None = None
    told: Told = field(default_factory=Told)


class AccountSubscriptions:
    """One client's, by its own request ids."""

    def __init__(self) -> None:
        self.wants_positions = False
        self.window: WindowSubscription | None = None
        self.summaries: dict[int, SummarySubscription] = {}
        self.updates: dict[int, UpdatesSubscription] = {}
        self.positions: dict[int, str] = {}
        self.profits: dict[int, ProfitSubscription] = {}
