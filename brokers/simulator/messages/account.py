"""Messages about money and positions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from brokers.simulator.accounts.account import Position
from brokers.simulator.accounts.amounts import money
from brokers.simulator.accounts.statement import Figure
from brokers.simulator.accounts.valuation import Holding
from brokers.simulator.catalogue.listings import Instrument
from brokers.simulator.messages.contracts import contract_fields
from brokers.simulator.wire import UNSET_DOUBLE, Value


@dataclass(frozen=True, slots=True)
class Profit:
    """What is not known is None, and goes out as IB's largest number."""

    daily: Decimal | None
    unrealized: Decimal | None
    realized: Decimal | None

    def fields(self) -> list[Value]:
        return [
            UNSET_DOUBLE if amount is None else money(amount) for amount in (self.daily, self.unrealized, self.realized)
        ]


def account_value(account: str, figure: Figure) -> list[Value]:
    return [6, 2, figure.tag, figure.text, figure.currency, account]


def portfolio_value(account: str, holding: Holding) -> list[Value]:
    instrument = holding.instrument
    return [
        7,
        8,
        *contract_fields(instrument, exchange=_listed_on(instrument), right="0"),
        holding.position.quantity,
        rounded(holding.price / instrument.price_magnifier),
        money(holding.value),
        _average_cost(holding.position),
        money(holding.unrealized_pnl),
        money(holding.realized_pnl),
        account,
    ]


def account_update_time(clock: str) -> list[Value]:
    """`clock` is the hour and minute, as in 09:30."""
    return [8, 1, clock]


def account_download_end(account: str) -> list[Value]:
    return [54, 1, account]


def position(account: str, held: Position) -> list[Value]:
    return [61, 3, account, *_contract(held.instrument), held.quantity, _average_cost(held)]


def position_end() -> list[Value]:
    return [62, 1]


def account_summary(request_id: int, account: str, figure: Figure) -> list[Value]:
    return [63, 1, request_id, account, figure.tag, figure.text, figure.currency]


def account_summary_end(request_id: int) -> list[Value]:
    return [64, 1, request_id]


def position_multi(request_id: int, account: str, held: Position) -> list[Value]:
    """The last field is the model, which no account here has."""
    contract = _contract(held.instrument)
    return [71, 1, request_id, account, *contract, held.quantity, _average_cost(held), ""]


def position_multi_end(request_id: int) -> list[Value]:
    return [72, 1, request_id]


def account_update_multi(request_id: int, account: str, figure: Figure) -> list[Value]:
    return [73, 1, request_id, account, "", figure.tag, figure.text, figure.currency]


def account_update_multi_end(request_id: int) -> list[Value]:
    return [74, 1, request_id]


def family_codes(accounts: Sequence[str]) -> list[Value]:
    """Account ids, each with its family's code; an account without a family is a star and no code."""
    return [78, len(accounts), *(field for account in accounts for field in (account, ""))]


def pnl(request_id: int, profit: Profit) -> list[Value]:
    return [94, request_id, *profit.fields()]


def pnl_single(request_id: int, quantity: Decimal, profit: Profit, value: Decimal | None) -> list[Value]:
    return [95, request_id, quantity, *profit.fields(), UNSET_DOUBLE if value is None else money(value)]


def rounded(price: Decimal) -> Decimal:
    """An average has no last digit; IB sends some eight."""
    return round(price, 8)


def _average_cost(held: Position) -> Value:
    return rounded(held.average_cost) if held.tells_cost else UNSET_DOUBLE


def _listed_on(instrument: Instrument) -> str:
    return instrument.primary_exchange or instrument.venue.default_exchange


def _contract(instrument: Instrument) -> list[Value]:
    return contract_fields(instrument, exchange=instrument.primary_exchange)
