"""What the account is worth now, in the tags of IB's account summary and account window."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from brokers.simulator.account import BASE_CURRENCY, Account, Position
from brokers.simulator.catalogue import Catalogue
from brokers.simulator.listings import Instrument
from brokers.simulator.market import Market
from brokers.simulator.orders import ZERO

_INITIAL_MARGIN = Decimal("0.5")
_MAINTENANCE_MARGIN = Decimal("0.25")
_CURRENCY_MARGIN = Decimal("0.03")
_LEVERAGE = 4
_CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Figure:
    """One tag's value as text; `currency` is empty for what is no money, and BASE for all currencies together."""

    tag: str
    text: str
    currency: str = ""


@dataclass(frozen=True, slots=True)
class Holding:
    """A position at the market's price, in its instrument's currency."""

    position: Position
    price: Decimal

    @property
    def value(self) -> Decimal:
        return self.position.quantity * self.price

    @property
    def unrealized_pnl(self) -> Decimal:
        return self.value - self.position.quantity * self.position.average_cost


class Valuation:
    def __init__(self, account: Account, market: Market, catalogue: Catalogue) -> None:
        self._account = account
        self._market = market
        self._catalogue = catalogue

    def holdings(self) -> list[Holding]:
        return [self.holding(position) for position in self._account.positions()]

    def holding(self, position: Position) -> Holding:
        return Holding(position, self._market.quote(position.instrument.con_id).mark)

    def rate(self, currency: str) -> Decimal:
        """How much one unit of a currency is in the base currency, at the middle of its pair's market."""
        if currency == BASE_CURRENCY:
            return Decimal(1)
        direct = self._catalogue.pair(currency, BASE_CURRENCY)
        if direct is not None:
            return self._market.quote(direct.con_id).middle
        inverse = self._catalogue.pair(BASE_CURRENCY, currency)
        if inverse is None:
            raise LookupError(f"no pair prices {currency} in {BASE_CURRENCY}")
        return 1 / self._market.quote(inverse.con_id).middle

    def in_base(self, amount: Decimal, currency: str) -> Decimal:
        return amount * self.rate(currency)

    @property
    def cash(self) -> Decimal:
        return sum((self.in_base(amount, currency) for currency, amount in self._account.cash.items()), ZERO)

    def _stocks(self) -> list[Holding]:
        return [holding for holding in self.holdings() if not holding.position.instrument.is_currency_pair]

    def _stock_value(self, *, gross: bool = False) -> Decimal:
        values = (self.in_base(one.value, one.position.instrument.currency) for one in self._stocks())
        return sum((abs(value) if gross else value for value in values), ZERO)

    @property
    def equity(self) -> Decimal:
        """Net liquidation value: cash in every currency, and stocks at the market. Currency positions are cash."""
        return self.cash + self._stock_value()

    def margin(self, share: Decimal = _INITIAL_MARGIN) -> Decimal:
        foreign = (abs(self.in_base(cash, name)) for name, cash in self._account.cash.items() if name != BASE_CURRENCY)
        return self._stock_value(gross=True) * share + sum(foreign, ZERO) * _CURRENCY_MARGIN

    @property
    def maintenance_margin(self) -> Decimal:
        return self.margin(_MAINTENANCE_MARGIN)

    def margin_of(self, instrument: Instrument, quantity: Decimal) -> Decimal:
        """The initial margin that `quantity` more (signed) needs; nothing for what only closes a position."""
        held = self._account.quantity(instrument)
        growth = max(abs(held + quantity) - abs(held), ZERO)
        share = _CURRENCY_MARGIN if instrument.is_currency_pair else _INITIAL_MARGIN
        return self.in_base(growth * self._market.quote(instrument.con_id).mark, instrument.currency) * share

    @property
    def available_funds(self) -> Decimal:
        return self.equity - self.margin()

    def summary(self) -> list[Figure]:
        """The tags that reqAccountSummary knows, in the base currency."""
        return [*self._facts(), *(Figure(tag, money(amount), BASE_CURRENCY) for tag, amount in self._amounts().items())]

    def _facts(self) -> Iterator[Figure]:
        equity = self.equity
        cushion = (equity - self.maintenance_margin) / equity if equity > 0 else ZERO
        leverage = self._stock_value(gross=True) / equity if equity > 0 else ZERO
        yield Figure("AccountType", "INDIVIDUAL")
        yield Figure("Cushion", money(cushion))
        yield Figure("Leverage", money(leverage))
        yield Figure("LookAheadNextChange", "0")
        yield Figure("DayTradesRemaining", "-1")

    def _amounts(self) -> dict[str, Decimal]:
        equity, initial, maintenance = self.equity, self.margin(), self.maintenance_margin
        return {
            "NetLiquidation": equity,
            "TotalCashValue": self.cash,
            "SettledCash": self.cash,
            "AccruedCash": ZERO,
            "BuyingPower": max(equity - initial, ZERO) * _LEVERAGE,
            "EquityWithLoanValue": equity,
            "PreviousDayEquityWithLoanValue": equity,
            "GrossPositionValue": self._stock_value(gross=True),
            "InitMarginReq": initial,
            "MaintMarginReq": maintenance,
            "AvailableFunds": equity - initial,
            "ExcessLiquidity": equity - maintenance,
            "FullInitMarginReq": initial,
            "FullMaintMarginReq": maintenance,
            "FullAvailableFunds": equity - initial,
            "FullExcessLiquidity": equity - maintenance,
            "LookAheadInitMarginReq": initial,
            "LookAheadMaintMarginReq": maintenance,
            "LookAheadAvailableFunds": equity - initial,
            "LookAheadExcessLiquidity": equity - maintenance,
        }

    def ledger(self) -> list[Figure]:
        """The account's balances currency by currency, and BASE for all of them together: `$LEDGER:ALL`."""
        currencies = list(self._account.cash)
        return [value for currency in [*currencies, "BASE"] for value in self._balances(currency)]

    def _balances(self, currency: str) -> Iterator[Figure]:
        everything = currency == "BASE"
        cash = self.cash if everything else self._account.cash[currency]
        stocks = self._in(currency, [(one.value, one.position) for one in self._stocks()])
        holdings = self.holdings()
        unrealized = self._in(currency, [(one.unrealized_pnl, one.position) for one in holdings])
        realized = self._in(currency, [(one.position.realized_pnl, one.position) for one in holdings])
        yield Figure("Currency", currency, currency)
        yield Figure("CashBalance", money(cash), currency)
        yield Figure("TotalCashBalance", money(cash), currency)
        yield Figure("StockMarketValue", money(stocks), currency)
        yield Figure("NetLiquidationByCurrency", money(cash + stocks), currency)
        yield Figure("UnrealizedPnL", money(unrealized), currency)
        yield Figure("RealizedPnL", money(realized), currency)
        yield Figure("ExchangeRate", format(Decimal(1) if everything else self.rate(currency), ".6f"), currency)

    def _in(self, currency: str, amounts: list[tuple[Decimal, Position]]) -> Decimal:
        """The sum of amounts of one currency, or for BASE of all, converted."""
        if currency == "BASE":
            return sum((self.in_base(amount, position.instrument.currency) for amount, position in amounts), ZERO)
        return sum((amount for amount, position in amounts if position.instrument.currency == currency), ZERO)


def money(amount: Decimal) -> str:
    return format(amount.quantize(_CENT, ROUND_HALF_UP), "f")
