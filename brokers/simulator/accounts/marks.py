"""The market as the books see it: one price for each instrument, and currencies by their pairs."""

from __future__ import annotations

from decimal import Decimal

from brokers.simulator.accounts.tariffs import BASE_CURRENCY
from brokers.simulator.catalogue.catalogue import Catalogue
from brokers.simulator.catalogue.listings import Instrument
from brokers.simulator.market.market import Market, Quote


class Marks:
    def __init__(self, market: Market, catalogue: Catalogue) -> None:
        self._market = market
        self._catalogue = catalogue

    def mark(self, instrument: Instrument) -> Decimal:
        """What its positions are valued at: the last trade, or the middle where there are no trades.

        Raises LookupError for what isn't quoted.
        """
        return self._market.quote(instrument.con_id).mark

    def quote(self, con_id: int) -> Quote | None:
        """None for what is not quoted: an option after its last day, say."""
        instrument = self._catalogue.get(con_id)
        if instrument is None or self._catalogue.has_expired(instrument):
            return None
        return self._market.quote(con_id)

    def underlying(self, instrument: Instrument) -> Decimal | None:
        """The price of what an option is on; None when that isn't listed here."""
        quote = self.quote(instrument.under_con_id)
        return quote.mark if quote is not None else None

    def rate(self, currency: str) -> Decimal:
        """How much one unit of a currency is in the base currency, at the middle of its pair's market.

        Raises LookupError when no pair says so.
        """
        if currency == BASE_CURRENCY:
            return Decimal(1)
        direct = self._catalogue.pair(currency, BASE_CURRENCY)
        if direct is not None:
            return self._market.quote(direct.con_id).middle
        inverse = self._catalogue.pair(BASE_CURRENCY, currency)
        if inverse is None:
            raise LookupError(f"no pair prices {currency} in {BASE_CURRENCY}")
        return 1 / self._market.quote(inverse.con_id).middle
