"""Whether an instrument's data comes at all: its place is open, its farm not quiet, and the link up."""

from __future__ import annotations

from collections.abc import Iterable

from brokers.simulator.catalogue.hours import Calendar, Hours, Phase
from brokers.simulator.catalogue.listings import Instrument
from brokers.simulator.connections.link import Link


class Airing:
    def __init__(self, calendar: Calendar, link: Link) -> None:
        self._calendar = calendar
        self._link = link
        self._silent_farms: set[str] = set()
        self._silent_con_ids: set[int] = set()
        # Hours are looked up once a second for each place, not once a quote.
        self._phases: dict[Hours, tuple[int, Phase]] = {}

    def silence(self, *, farm: str | None = None, con_ids: Iterable[int] = ()) -> None:
        self._silent_con_ids.update(con_ids)
        if farm is not None:
            self._silent_farms.add(farm)

    def resume(self, *, farm: str | None = None, con_ids: Iterable[int] | None = None) -> None:
        """Ends the silence of a farm, of some contracts, or of everything when neither is named."""
        if farm is None and con_ids is None:
            self._silent_farms.clear()
            self._silent_con_ids.clear()
        self._silent_farms.discard(farm or "")
        self._silent_con_ids.difference_update(con_ids or ())

    def is_silent(self, instrument: Instrument) -> bool:
        return not self._link.is_clear or self.is_silenced(instrument)

    def is_silenced(self, instrument: Instrument) -> bool:
        """Whether it is its farm, or it alone, that is quiet."""
        return instrument.farm in self._silent_farms or instrument.con_id in self._silent_con_ids

    def is_closed(self, instrument: Instrument) -> bool:
        return self.phase(instrument) is Phase.CLOSED

    def is_on(self, instrument: Instrument) -> bool:
        """Whether new prices come of it now."""
        return not self.is_silent(instrument) and not self.is_closed(instrument)

    def phase(self, instrument: Instrument) -> Phase:
        second = int(self._calendar.now().timestamp())
        known = self._phases.get(instrument.hours)
        if known is None or known[0] != second:
            known = self._phases[instrument.hours] = (second, self._calendar.phase(instrument))
        return known[1]
