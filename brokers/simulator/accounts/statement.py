"""What an account is worth, in IB's words: the tags of the account summary and of the account window.

Tags, texts and their order are those of https://interactivebrokers.github.io/tws-api/account_summary.html and of what
gateways were seen to send. Figures of an account's segments (`-S`, `-C`, `-P`) are left out: here it has one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal

from brokers.simulator.accounts.account import BASE_CURRENCY
from brokers.simulator.accounts.amounts import ZERO, ledger_money, money, shortened
from brokers.simulator.accounts.valuation import Holding, Worth

# IB's name for all currencies together, in the base currency.
BASE = "BASE"

# For each dollar that is not tied up, what can be bought with it within a day.
_LEVERAGE = 4

_SIX_DIGITS = Decimal("0.000001")

# In which of a ledger's values a kind of instrument is counted.
_MARKET_VALUES = {
    "CorporateBondValue": frozenset({"BOND"}),
    "Cryptocurrency": frozenset({"CRYPTO"}),
    "FutureOptionValue": frozenset({"FOP"}),
    "OptionMarketValue": frozenset({"OPT"}),
    "StockMarketValue": frozenset({"STK", "CMDTY"}),
}
_EMPTY_BALANCES = (
    "AccruedCash",
    "FundValue",
    "FxCashBalance",
    "IssuerOptionValue",
    "MoneyMarketFundValue",
    "MutualFundValue",
    "NetDividend",
    "TBillValue",
    "TBondValue",
    "WarrantValue",
)
_EMPTY_AMOUNTS = (
    "AccruedDividend",
    "Billable",
    "Guarantee",
    "IndianStockHaircut",
    "NetLiquidationUncertainty",
    "PASharesValue",
    "PhysicalCertificateValue",
    "PostExpirationExcess",
    "PostExpirationMargin",
    "TotalDebitCardPendingCharges",
)


@dataclass(frozen=True, slots=True)
class Figure:
    """One tag's value as text; `currency` is empty for what is no money, and BASE for all currencies together."""

    tag: str
    text: str
    currency: str = ""


def summary(worth: Worth) -> list[Figure]:
    """Every tag that reqAccountSummary knows: first what is no money, then amounts of the base currency."""
    return [*_by_tag(_facts(worth)), *_by_tag(_amounts(worth))]


def ledger(worth: Worth) -> list[Figure]:
    """Balances currency by currency, BASE for all of them together among them: `$LEDGER:ALL`."""
    return [figure for currency in (BASE, *sorted(_currencies(worth))) for figure in _balances(worth, currency)]


def window(worth: Worth) -> list[Figure]:
    """What reqAccountUpdates sends: everything, tag by tag."""
    counted_by_currency = {"AccruedCash"}
    amounts = (figure for figure in _amounts(worth) if figure.tag not in counted_by_currency)
    empty = (Figure(tag, money(ZERO), BASE_CURRENCY) for tag in _EMPTY_AMOUNTS)
    return _by_tag([*_marks(worth), *_facts(worth), *amounts, *empty, *ledger(worth)])


def light_window(worth: Worth) -> list[Figure]:
    """What reqAccountUpdatesMulti sends a client that wants the ledger and the net liquidation value alone."""
    return _by_tag([Figure("NetLiquidation", money(worth.equity), BASE_CURRENCY), *ledger(worth)])


def _by_tag(figures: Iterable[Figure]) -> list[Figure]:
    return sorted(figures, key=lambda figure: figure.tag)


def _marks(worth: Worth) -> Iterator[Figure]:
    yield Figure("AccountCode", worth.account.code)
    yield Figure("AccountReady", "true")
    yield Figure("NLVAndMarginInReview", "false")
    yield Figure("SegmentTitle-S", "Securities")
    yield Figure("TradingType-S", "STKNOPT")


def _facts(worth: Worth) -> Iterator[Figure]:
    equity = worth.equity
    cushion = worth.excess_liquidity / equity if equity > 0 else ZERO
    leverage = worth.gross_position_value / equity if equity > 0 else ZERO
    yield Figure("AccountType", "INDIVIDUAL")
    yield Figure("Cushion", shortened(cushion.quantize(_SIX_DIGITS)))
    for day in ("", "T+1", "T+2", "T+3", "T+4"):
        yield Figure(f"DayTradesRemaining{day}", "-1")  # as many as it likes
    yield Figure("HighestSeverity", "0")
    yield Figure("Leverage", money(leverage))
    yield Figure("LookAheadNextChange", "0")


def _amounts(worth: Worth) -> Iterator[Figure]:
    cash, equity, with_loan = worth.total_cash, worth.equity, worth.equity_with_loan
    amounts = {
        "NetLiquidation": equity,
        "TotalCashValue": cash,
        "SettledCash": cash,
        "AccruedCash": ZERO,
        "BuyingPower": max(worth.available_funds, ZERO) * _LEVERAGE,
        "EquityWithLoanValue": with_loan,
        "PreviousDayEquityWithLoanValue": with_loan,
        "GrossPositionValue": worth.gross_position_value,
        **_regulation_t(worth),
        **_margins(worth),
    }
    return (Figure(tag, money(amount), BASE_CURRENCY) for tag, amount in amounts.items())


def _regulation_t(worth: Worth) -> dict[str, Decimal]:
    """Of securities alone. IB's pages write ReqTEquity and ReqTMargin; its gateways know RegTEquity and RegTMargin."""
    needed = worth.securities_margin.initial
    equity = worth.equity_with_loan
    return {"RegTEquity": equity, "RegTMargin": needed, "SMA": max(equity - needed, ZERO)}


def _margins(worth: Worth) -> dict[str, Decimal]:
    """IB sends each for now, for full margin and as it will be; here a margin is the same at any hour."""
    now = {
        "InitMarginReq": worth.margin.initial,
        "MaintMarginReq": worth.margin.maintenance,
        "AvailableFunds": worth.available_funds,
        "ExcessLiquidity": worth.excess_liquidity,
    }
    return {f"{when}{tag}": amount for when in ("", "Full", "LookAhead") for tag, amount in now.items()}


def _currencies(worth: Worth) -> set[str]:
    """All in which there is, or was, money or something to hold."""
    return {*worth.cash, *(one.instrument.currency for one in worth.holdings)}


def _balances(worth: Worth, currency: str) -> Iterator[Figure]:
    cash = _cash(worth, currency)
    futures = _sum(worth, currency, lambda one: one.unsettled if one.is_settled_in_differences else ZERO)
    owned = _sum(worth, currency, lambda one: one.value if one.is_owned else ZERO)
    amounts = {
        "CashBalance": cash,
        "FuturesPNL": futures,
        "TotalCashBalance": cash + futures,
        "NetLiquidationByCurrency": cash + futures + owned,
        "UnrealizedPnL": _sum(worth, currency, lambda one: one.unrealized_pnl),
        "RealizedPnL": _sum(worth, currency, lambda one: one.realized_pnl),
        **dict.fromkeys(_EMPTY_BALANCES, ZERO),
        **{tag: _market_value(worth, currency, kinds) for tag, kinds in _MARKET_VALUES.items()},
    }
    yield Figure("AccountOrGroup", worth.account.code, currency)
    yield Figure("Currency", currency, currency)
    yield Figure("RealCurrency", BASE_CURRENCY if currency == BASE else currency, currency)
    yield Figure("ExchangeRate", _exchange_rate(worth, currency), currency)
    for tag, amount in amounts.items():
        yield Figure(tag, ledger_money(amount), currency)


def _cash(worth: Worth, currency: str) -> Decimal:
    if currency == BASE:
        return sum((worth.in_base(amount, name) for name, amount in worth.cash.items()), ZERO)
    return worth.cash.get(currency, ZERO)


def _sum(worth: Worth, currency: str, amount: Callable[[Holding], Decimal]) -> Decimal:
    """The sum of amounts of one currency, or for BASE of all, converted."""
    if currency == BASE:
        return worth.total(amount)
    return sum((amount(one) for one in worth.holdings if one.instrument.currency == currency), ZERO)


def _market_value(worth: Worth, currency: str, kinds: frozenset[str]) -> Decimal:
    return _sum(worth, currency, lambda one: one.value if one.instrument.security_type in kinds else ZERO)


def _exchange_rate(worth: Worth, currency: str) -> str:
    rate = Decimal(1) if currency == BASE else worth.rate(currency)
    return shortened(round(rate, 7))
