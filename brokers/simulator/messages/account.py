"""Messages about money and positions."""

from __future__ import annotations

from decimal import Decimal

from brokers.simulator.account import Position
from brokers.simulator.messages.contracts import contract_fields
from brokers.simulator.valuation import Figure, Holding, money
from brokers.simulator.wire import Value


def account_value(account: str, figure: Figure) -> list[Value]:
    return [6, 2, figure.tag, figure.text, figure.currency, account]


def portfolio_value(account: str, holding: Holding) -> list[Value]:
    instrument = holding.position.instrument
    return [
        7,
        8,
        *contract_fields(instrument, exchange=instrument.primary_exchange, right="0"),
        holding.position.quantity,
        rounded(holding.price),
        money(holding.value),
        rounded(holding.position.average_cost),
        money(holding.unrealized_pnl),
        money(holding.position.realized_pnl),
        account,
    ]


def account_update_time(clock: str) -> list[Value]:
    """`clock` is the hour and minute, as in 09:30."""
    return [8, 1, clock]


def account_download_end(account: str) -> list[Value]:
    return [54, 1, account]


def position(account: str, held: Position) -> list[Value]:
    instrument = held.instrument
    exchange = instrument.primary_exchange
    return [61, 3, account, *contract_fields(instrument, exchange=exchange), held.quantity, rounded(held.average_cost)]


def position_end() -> list[Value]:
    return [62, 1]


def account_summary(request_id: int, account: str, figure: Figure) -> list[Value]:
    return [63, 1, request_id, account, figure.tag, figure.text, figure.currency]


def account_summary_end(request_id: int) -> list[Value]:
    return [64, 1, request_id]


def position_multi(request_id: int, account: str, held: Position) -> list[Value]:
    instrument = held.instrument
    contract = contract_fields(instrument, exchange=instrument.primary_exchange)
    return [71, 1, request_id, account, *contract, held.quantity, rounded(held.average_cost), ""]


def position_multi_end(request_id: int) -> list[Value]:
    return [72, 1, request_id]


def account_update_multi(request_id: int, account: str, figure: Figure) -> list[Value]:
    return [73, 1, request_id, account, "", figure.tag, figure.text, figure.currency]


def account_update_multi_end(request_id: int) -> list[Value]:
    return [74, 1, request_id]


def pnl(request_id: int, *, unrealized: Decimal, realized: Decimal) -> list[Value]:
    return [94, request_id, money(unrealized + realized), money(unrealized), money(realized)]


def pnl_single(request_id: int, holding: Holding) -> list[Value]:
    unrealized, realized = holding.unrealized_pnl, holding.position.realized_pnl
    amounts = [money(amount) for amount in (unrealized + realized, unrealized, realized, holding.value)]
    return [95, request_id, holding.position.quantity, *amounts]


def rounded(price: Decimal) -> Decimal:
    """An average has no last digit; IB sends some eight."""
    return round(price, 8)
