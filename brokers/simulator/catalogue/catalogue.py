"""Finding instruments: by contract id, by a contract's fields, by a few typed letters."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from brokers.simulator.catalogue.chains import SECURITY_TYPES, Chains, OptionParameters
from brokers.simulator.catalogue.combinations import Combination, combine
from brokers.simulator.catalogue.descriptions import is_described
from brokers.simulator.catalogue.hours import Calendar
from brokers.simulator.catalogue.listings import INSTRUMENTS, Instrument
from brokers.simulator.catalogue.listings.futures import continuous
from brokers.simulator.catalogue.listings.instrument import CFD, CONTINUOUS_FUTURE, FUTURE
from brokers.simulator.catalogue.listings.past import PAST

# reqMatchingSymbols answers with sixteen at most.
MATCHES = 16


@dataclass(frozen=True, slots=True)
class Match:
    """An instrument, and the exchange that the client's contract named (or the one that IB would take)."""

    instrument: Instrument
    exchange: str


class Catalogue:
    """Iterating gives what is always listed and always moves. Options, futures, what expired and combinations are found
    by `get` and `find` alone: there are too many of them to be priced when nobody looks.
    """

    def __init__(self, instruments: Sequence[Instrument] = INSTRUMENTS, *, calendar: Calendar | None = None) -> None:
        self._calendar = calendar or Calendar()
        self._by_con_id = {instrument.con_id: instrument for instrument in instruments}
        self._past = {instrument.con_id: instrument for instrument in PAST}
        self._combinations: dict[int, Combination] = {}
        self._chains = Chains(self._calendar)

    def __iter__(self) -> Iterator[Instrument]:
        return iter(self._by_con_id.values())

    def get(self, con_id: int) -> Instrument | None:
        """Whatever has this id, expired or not; a combination's own id is known once it was made."""
        known = self._by_con_id.get(con_id) or self._past.get(con_id) or self._chains.get(con_id)
        if known is None and con_id in self._combinations:
            return self._combinations[con_id].instrument
        return known

    def pair(self, base: str, quote: str) -> Instrument | None:
        """The currency pair that prices `base` in `quote`, where there is one."""
        return next((one for one in self if one.is_currency_pair and (one.symbol, one.currency) == (base, quote)), None)

    def find(self, contract: Mapping[str, str]) -> list[Match]:
        """Every instrument that a client's contract describes; what the contract leaves empty is not asked.

        `contract` has IB's own field names. A contract id decides alone, as it does at IB. What has expired is found
        only with `includeExpired`. Options and futures are found by their security type.
        """
        exchange = contract["exchange"]
        described = (one for one in self._candidates(contract) if exchange in ("", *one.venue.exchanges))
        return [Match(one, exchange or one.venue.default_exchange) for one in described]

    def _candidates(self, contract: Mapping[str, str]) -> list[Instrument]:
        con_id, expired = contract["conId"], contract.get("includeExpired") in ("1", "True")
        found = self._described(contract, expired=expired) if con_id in ("", "0") else self._with_id(contract)
        return [one for one in found if expired or not self.has_expired(one)]

    def _with_id(self, contract: Mapping[str, str]) -> list[Instrument]:
        con_id = contract["conId"]
        found = self.get(int(con_id)) if con_id.isdecimal() else None
        if found is None:
            return []
        is_front = found.security_type == FUTURE and contract["secType"] == CONTINUOUS_FUTURE
        return [continuous(found) if is_front else found]

    def _described(self, contract: Mapping[str, str], *, expired: bool) -> list[Instrument]:
        candidates = [*self, *(self._past.values() if expired else ()), *self._listed(contract, expired=expired)]
        return [one for one in candidates if is_described(one, contract)]

    def _listed(self, contract: Mapping[str, str], *, expired: bool) -> Iterator[Instrument]:
        wanted = SECURITY_TYPES.intersection(contract["secType"].upper().split("+"))
        symbol, local_symbol = contract["symbol"].upper(), contract["localSymbol"].upper()
        if not wanted or not (symbol or local_symbol):
            return iter(())
        return self._chains.named(security_types=wanted, symbol=symbol, local_symbol=local_symbol, expired=expired)

    def combination(
        self, legs: Sequence[Sequence[str]], *, symbol: str = "", exchange: str = "", expired: bool = False
    ) -> Combination:
        """A BAG of `legs`, each with at least contract id, ratio, action and exchange, as messages carry them.

        Raises CombinationRefused, also for a leg that has expired, unless `expired` ones are wanted. From then on `get`
        knows the combination's instrument by its own id, which is the same for the same legs.
        """
        made = combine(legs, self.get if expired else self._alive, symbol=symbol, exchange=exchange)
        return self._combinations.setdefault(made.instrument.con_id, made)

    def combination_of(self, con_id: int) -> Combination | None:
        """The combination whose instrument has this id, once it was made."""
        return self._combinations.get(con_id)

    def has_expired(self, instrument: Instrument) -> bool:
        """Whether its last day is over where it trades; a combination's, as soon as one leg's is."""
        made = self._combinations.get(instrument.con_id)
        if made is not None:
            return any(self.has_expired(leg.instrument) for leg in made.legs)
        return bool(instrument.expiry) and instrument.is_expired(self._calendar.today(instrument))

    def _alive(self, con_id: int) -> Instrument | None:
        found = self.get(con_id)
        return None if found is None or self.has_expired(found) else found

    def derivatives(self, instrument: Instrument) -> list[str]:
        """The security types of what is written on an instrument, as reqMatchingSymbols tells them."""
        written = self._chains.derivatives(instrument)
        if any(one.security_type == CFD and one.under_con_id == instrument.con_id for one in self):
            written.append(CFD)
        return sorted(written)

    def option_parameters(self, under: Instrument, exchange: str = "") -> list[OptionParameters]:
        """The chains of options on a share, an index or a future, by exchange and class."""
        return self._chains.option_parameters(under, exchange)

    def matching(self, pattern: str) -> list[Instrument]:
        """What a person may mean by a few typed letters: exact symbols first, then beginnings of symbols and names."""
        wanted = pattern.strip().upper()
        if not wanted:
            return []
        ranked = sorted((rank, number) for number, one in enumerate(self) if (rank := _rank(one, wanted)) is not None)
        instruments = list(self)
        return [instruments[number] for _, number in ranked[:MATCHES]]


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
