"""Instruments by what a person typed: a symbol, a name, an ISIN or a currency pair."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

from brokers.domain import Instrument, SecurityType
from brokers.filters import InstrumentFilter, isin
from brokers.interactive_brokers import contracts, convert
from brokers.interactive_brokers.budget import Spacing
from brokers.interactive_brokers.connection import InteractiveBrokersConnection
from brokers.interactive_brokers.instruments.descriptions import Descriptions
from brokers.refusals import NodeError

log = logging.getLogger(__name__)

# IB answers a search with up to 16 symbols; a list on a page needs no more than this.
MOST_RESULTS = 10
# IB: one second between two symbol searches.
APART = 1.0
_KINDS_WITH_ISIN = (SecurityType.STK, SecurityType.BOND, SecurityType.FUND)


class Search:
    """`describe` is what is known of a `con_id`, or what IB says of it."""

    def __init__(
        self,
        *,
        connection: InteractiveBrokersConnection,
        descriptions: Descriptions,
        describe: Callable[[int], Awaitable[Instrument]],
    ) -> None:
        self._connection = connection
        self._descriptions = descriptions
        self._describe = describe
        self._spacing = Spacing(APART)

    async def for_text(self, text: str, *, kinds: frozenset[SecurityType]) -> list[Instrument]:
        text = text.strip()
        if not text or convert.unsendable([text]) is not None:
            return []
        pair = contracts.currency_pair(text) if SecurityType.CASH in kinds else None
        found = await self._descriptions.ask(pair) if pair is not None else await self._for_isin(text, kinds)
        return found or await self._for_symbol(text, kinds)

    async def _for_isin(self, text: str, kinds: frozenset[SecurityType]) -> list[Instrument]:
        """IB wants to be told of what kind it is; one ISIN is listed at many exchanges, in several currencies."""
        named = isin(text)
        asked = [kind for kind in _KINDS_WITH_ISIN if named and kind in kinds]
        filters = [InstrumentFilter(sec_type=kind, sec_id_type="ISIN", sec_id=named) for kind in asked]
        today = datetime.now(UTC).date()
        answers = [await self._descriptions.ask(contracts.of_filter(one, today=today)) for one in filters]
        return [instrument for answer in answers for instrument in answer]

    async def _for_symbol(self, text: str, kinds: frozenset[SecurityType]) -> list[Instrument]:
        await self._spacing.turn()
        matches = await self._connection.ask(
            lambda session: session.instruments.matching_symbols(text), what=f"instruments like {text!r}"
        )
        # A bond's issuer is listed without an id.
        wanted = [match.conId for match in matches if match.secType in kinds and match.conId][:MOST_RESULTS]
        described = await asyncio.gather(*(self._describe(con_id) for con_id in wanted), return_exceptions=True)
        return _those_described(wanted, described)


def _those_described(con_ids: list[int], described: list[Instrument | BaseException]) -> list[Instrument]:
    found = [answer for answer in described if isinstance(answer, Instrument)]
    failures = [answer for answer in described if isinstance(answer, BaseException)]
    for failure in failures:
        if not isinstance(failure, NodeError):
            raise failure
        log.warning("left out of the search's %d results: %s", len(con_ids), failure)
    if failures and not found:
        raise failures[0]
    return found
