"""All options or futures on one underlying, within bounds.

IB tells the expiries and strikes of options in one answer (reqSecDefOptParams), and their contracts by expiry: asking
for each strike would take hundreds of requests. https://interactivebrokers.github.io/tws-api/options.html
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from ib_insync import Contract, OptionChain

from brokers.domain import Instrument, OptionSeries, Right, SecurityType
from brokers.interactive_brokers import contracts, convert
from brokers.interactive_brokers.connection import InteractiveBrokersConnection
from brokers.interactive_brokers.instruments.descriptions import SMART, Descriptions
from brokers.refusals import FilterRefused, InstrumentNotFound

# Seconds. One expiry of an index can be some hundred contracts.
CHAIN_DEADLINE = 60.0

# What an option on it is.
_OPTIONS_ON = {
    SecurityType.STK: SecurityType.OPT,
    SecurityType.IND: SecurityType.OPT,
    SecurityType.FUT: SecurityType.FOP,
}
BOTH_RIGHTS = frozenset(Right)


@dataclass(frozen=True, slots=True)
class ChainBounds:
    """What of a chain is wanted, both ends included; None is no bound."""

    expiry_from: date | None = None
    expiry_to: date | None = None
    strike_from: Decimal | None = None
    strike_to: Decimal | None = None
    rights: Collection[Right] = BOTH_RIGHTS
    exchange: str = ""
    trading_class: str = ""

    def take_expiry(self, expiry: date | None) -> bool:
        if expiry is None:
            return False
        return (self.expiry_from is None or expiry >= self.expiry_from) and (
            self.expiry_to is None or expiry <= self.expiry_to
        )

    def take_strike(self, strike: Decimal | None) -> bool:
        if strike is None:
            return False
        return (self.strike_from is None or strike >= self.strike_from) and (
            self.strike_to is None or strike <= self.strike_to
        )

    def take(self, option: Instrument) -> bool:
        return self.take_expiry(option.expiry) and self.take_strike(option.strike) and option.right in self.rights

    def __str__(self) -> str:
        said = [
            f"from {self.expiry_from}" if self.expiry_from else "",
            f"to {self.expiry_to}" if self.expiry_to else "",
        ]
        said += [f"strikes from {self.strike_from}" if self.strike_from is not None else ""]
        said += [f"strikes to {self.strike_to}" if self.strike_to is not None else ""]
        said += [f"at {self.exchange}" if self.exchange else "", self.trading_class]
        return " ".join(filter(None, said)) or "at all"


class Chains:
    def __init__(self, *, connection: InteractiveBrokersConnection, descriptions: Descriptions) -> None:
        self._connection = connection
        self._descriptions = descriptions

    async def series(self, underlying: Instrument) -> list[OptionSeries]:
        """By trading class. Raises FilterRefused for what has no options, InstrumentNotFound for none."""
        _kind_of_options_on(underlying)
        found = _chosen(await self._parameters(underlying), ChainBounds(), underlying)
        if not found:
            raise InstrumentNotFound(f"IB lists no options on {underlying.display_symbol}.")
        return sorted(map(convert.option_series, found), key=lambda series: series.trading_class)

    async def options(self, underlying: Instrument, bounds: ChainBounds) -> list[Instrument]:
        """By expiry, strike and right. Raises FilterRefused for what has no options, InstrumentNotFound for none."""
        kind = _kind_of_options_on(underlying)
        found: dict[int, Instrument] = {}
        for chain in _chosen(await self._parameters(underlying), bounds, underlying):
            for expiry in _expiries(chain, bounds):
                contract = _of_expiry(underlying, kind, chain, expiry, bounds)
                answer = await self._descriptions.ask(contract, deadline=CHAIN_DEADLINE)
                found |= {option.con_id: option for option in answer if bounds.take(option)}
        if not found:
            raise InstrumentNotFound(f"IB lists no options on {underlying.display_symbol} {bounds}.")
        return sorted(found.values(), key=_place)

    async def _parameters(self, underlying: Instrument) -> list[OptionChain]:
        contract = contracts.of_instrument(underlying)
        future_exchange = underlying.exchange if underlying.security_type is SecurityType.FUT else ""
        return await self._connection.ask(
            lambda session: session.instruments.option_chain_parameters(contract, future_exchange=future_exchange),
            what=f"the option chain of {underlying.display_symbol}",
        )

    async def futures(self, underlying: Instrument, bounds: ChainBounds) -> list[Instrument]:
        """By expiry. `underlying` is any future of the chain, a continuous one, or the index below them."""
        contract = Contract(
            secType=SecurityType.FUT.value,
            symbol=underlying.symbol,
            exchange=bounds.exchange or underlying.exchange,
            currency=underlying.currency,
            tradingClass=bounds.trading_class,
        )
        answer = await self._descriptions.ask(contract, deadline=CHAIN_DEADLINE)
        found = [future for future in answer if bounds.take_expiry(future.expiry)]
        if not found:
            raise InstrumentNotFound(f"IB lists no futures on {underlying.symbol} at {contract.exchange} {bounds}.")
        return sorted(found, key=_place)


def _kind_of_options_on(underlying: Instrument) -> SecurityType:
    kind = _OPTIONS_ON.get(underlying.security_type)
    if kind is None:
        known = ", ".join(_OPTIONS_ON)
        raise FilterRefused(f"{underlying.display_symbol} is a {underlying.security_type}; {known} have options.")
    return kind


def _chosen(chains: Iterable[OptionChain], bounds: ChainBounds, underlying: Instrument) -> list[OptionChain]:
    """IB lists the same options once for each exchange; one exchange's are enough."""
    fitting = [chain for chain in chains if bounds.trading_class in ("", chain.tradingClass)]
    listed = {chain.exchange for chain in fitting}
    preferred = (bounds.exchange,) if bounds.exchange else (SMART, underlying.exchange, *sorted(listed))
    exchange = next((name for name in preferred if name in listed), None)
    return [chain for chain in fitting if chain.exchange == exchange]


def _expiries(chain: OptionChain, bounds: ChainBounds) -> list[str]:
    """None at all when no strike of the chain is within the bounds."""
    if not any(bounds.take_strike(convert.to_decimal(strike)) for strike in chain.strikes):
        return []
    return sorted(expiry for expiry in chain.expirations if bounds.take_expiry(convert.day(expiry)))


def _of_expiry(
    underlying: Instrument, kind: SecurityType, chain: OptionChain, expiry: str, bounds: ChainBounds
) -> Contract:
    one_right = next(iter(bounds.rights)) if len(set(bounds.rights)) == 1 else None
    return Contract(
        secType=kind.value,
        symbol=underlying.symbol,
        lastTradeDateOrContractMonth=expiry,
        right=one_right.value if one_right is not None else "",
        multiplier=chain.multiplier,
        exchange=chain.exchange,
        currency=underlying.currency,
        tradingClass=chain.tradingClass,
    )


def _place(instrument: Instrument) -> tuple[date, Decimal, str]:
    return instrument.expiry or date.max, instrument.strike or Decimal(0), instrument.right or ""
