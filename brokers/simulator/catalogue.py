"""Finding instruments: by contract id, by a contract's fields, by a few typed letters."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from brokers.simulator.listings import INSTRUMENTS, Instrument

# reqMatchingSymbols answers with sixteen at most.
MATCHES = 16


@dataclass(frozen=True, slots=True)
class Match:
    """An instrument, and the exchange that the client's contract named (or the one that IB would take)."""

    instrument: Instrument
    exchange: str


class Catalogue:
    def __init__(self, instruments: Sequence[Instrument] = INSTRUMENTS) -> None:
        self._by_con_id = {instrument.con_id: instrument for instrument in instruments}

    def __iter__(self) -> Iterator[Instrument]:
        return iter(self._by_con_id.values())

    def get(self, con_id: int) -> Instrument | None:
        return self._by_con_id.get(con_id)

    def pair(self, base: str, quote: str) -> Instrument | None:
        """The currency pair that prices `base` in `quote`, where there is one."""
        return next((one for one in self if one.is_currency_pair and (one.symbol, one.currency) == (base, quote)), None)

    def find(self, contract: Mapping[str, str]) -> list[Match]:
        """Every instrument that a client's contract describes; what the contract leaves empty is not asked.

        `contract` has IB's own field names. A contract id decides alone, as it does at IB.
        """
        exchange = contract["exchange"]
        described = [one for one in self._candidates(contract) if exchange in ("", *one.venue.exchanges)]
        return [Match(one, exchange or one.venue.default_exchange) for one in described]

    def _candidates(self, contract: Mapping[str, str]) -> list[Instrument]:
        con_id = contract["conId"]
        if con_id not in ("", "0"):
            found = self.get(int(con_id)) if con_id.isdecimal() else None
            return [found] if found else []
        return [one for one in self if _is_described(one, contract)]

    def matching(self, pattern: str) -> list[Instrument]:
        """What a person may mean by a few typed letters: exact symbols first, then beginnings of symbols and names."""
        wanted = pattern.strip().upper()
        if not wanted:
            return []
        ranked = sorted((rank, number) for number, one in enumerate(self) if (rank := _rank(one, wanted)) is not None)
        instruments = list(self)
        return [instruments[number] for _, number in ranked[:MATCHES]]


def _is_described(instrument: Instrument, contract: Mapping[str, str]) -> bool:
    if contract.get("secId"):
        return contract.get("secIdType") == "ISIN" and contract["secId"] == instrument.isin
    if not (contract["symbol"] or contract["localSymbol"]):
        return False
    facts = {
        "symbol": instrument.symbol,
        "secType": instrument.security_type,
        "currency": instrument.currency,
        "localSymbol": instrument.local_symbol,
        "tradingClass": instrument.trading_class,
        "primaryExchange": instrument.primary_exchange,
    }
    return all(not contract[name] or contract[name].upper() == fact.upper() for name, fact in facts.items())


def _rank(instrument: Instrument, wanted: str) -> int | None:
    compact = wanted.replace("/", ".")
    names = (instrument.symbol, instrument.local_symbol, instrument.local_symbol.replace(".", ""))
    if compact in names:
        return 0
    if any(name.startswith(compact) for name in names):
        return 1
    if any(word.startswith(wanted) for word in instrument.long_name.upper().split()):
        return 2
    return 2 if len(wanted) > 2 and wanted in instrument.long_name.upper() else None
