"""Finds and describes instruments."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from brokers.config import InstrumentProviderConfig
from brokers.domain import ComboLeg, Instrument, OptionSeries, Right, SecurityType
from brokers.filters import Filter, Filters, InstrumentFilter, read_filter, read_filters
from brokers.interactive_brokers import contracts, convert
from brokers.interactive_brokers.connection import InteractiveBrokersConnection
from brokers.interactive_brokers.instruments import ids as instrument_ids
from brokers.interactive_brokers.instruments.chains import BOTH_RIGHTS, ChainBounds, Chains
from brokers.interactive_brokers.instruments.combinations import combination
from brokers.interactive_brokers.instruments.descriptions import SMART, Descriptions
from brokers.interactive_brokers.instruments.loading import Loading, Wish
from brokers.interactive_brokers.instruments.search import Search
from brokers.refusals import AmbiguousInstrument, InstrumentNotFound

# Of an ambiguous filter's matches, this many are told.
MOST_LISTED = 10


class InteractiveBrokersInstrumentProvider:
    """Keeps what it has described for the life of one node.

    Each question can raise NoAnswer, RequestRefused or LinkLost, and the ones that take a filter FilterRefused.
    """

    def __init__(
        self,
        *,
        connection: InteractiveBrokersConnection,
        config: InstrumentProviderConfig,
        on_described: Callable[[Instrument], None],
    ) -> None:
        self._config = config
        ids = sorted(config.load_ids, key=str)
        filters = config.instrument_filters if config.load_all else ()
        self._loading = Loading([*ids, *filters], find=self._wished, connection=connection)
        self._descriptions = Descriptions(connection=connection, on_described=on_described)
        self._chains = Chains(connection=connection, descriptions=self._descriptions)
        self._answers: dict[InstrumentFilter, list[Instrument]] = {}
        self._search = Search(connection=connection, descriptions=self._descriptions, describe=self.instrument)

    # What is loaded

    async def load(self) -> list[Instrument]:
        """The configured `load_ids`, and with `load_all` the configured filters.

        Raises InstrumentNotFound for what IB has never described to this node. What it has described stays known: it is
        asked for anew beside everything else, and a notice says when IB doesn't describe it any more.
        """
        return await self._loading.load()

    async def _wished(self, wish: Wish) -> list[Instrument]:
        return await self.query(wish) if isinstance(wish, InstrumentFilter) else [await self.load_async(wish)]

    async def load_all_async(self, filters: Filters | None = None) -> list[Instrument]:
        """All that fits any of the filters, by default the configured ones. Raises InstrumentNotFound."""
        asked = self._config.instrument_filters if filters is None else read_filters(filters)
        return [instrument for one in asked for instrument in await self.query(one)]

    async def load_ids_async(self, ids: Iterable[int | str]) -> list[Instrument]:
        """Each of them as `load_async` finds it, ordered by their text. Raises what that raises."""
        return [await self.load_async(one) for one in sorted(ids, key=str)]

    async def load_async(self, id: int | str) -> Instrument:  # noqa: A002 - its name in the guide
        """By `con_id` or by name (`EUR/USD.IDEALPRO`). Raises InstrumentNotFound or AmbiguousInstrument."""
        if isinstance(id, int):
            return await self.instrument(id)
        return self.find(id) or await self.query_one(instrument_ids.filter_of(id))

    # What is already known

    def find(self, id: int | str) -> Instrument | None:  # noqa: A002 - its name in the guide
        """What is already described, by `con_id` or by name, without asking IB."""
        if isinstance(id, int):
            return self._descriptions.get(id)
        return next((known for known in self._descriptions.all() if instrument_ids.name_of(known) == id), None)

    def get_all(self) -> dict[int, Instrument]:
        """All that is already described, by `con_id`."""
        return {known.con_id: known for known in self._descriptions.all()}

    def remember(self, instrument: Instrument) -> None:
        """One that the owner knows, from an earlier node for example: IB isn't asked for it."""
        self._descriptions.remember(instrument)

    # What is asked

    async def instrument(self, con_id: int) -> Instrument:
        """Raises InstrumentNotFound."""
        known = self._descriptions.get(con_id)
        if known is not None:
            return known
        found = await self._descriptions.ask(contracts.of_con_id(con_id))
        if not found:
            raise InstrumentNotFound(f"IB knows no contract with the id {con_id}.")
        return found[0]

    async def renew(self, instrument: Instrument) -> Instrument:
        """Asks IB anew, though it's known, for what changes by itself: its hours. Raises InstrumentNotFound.

        A combination is made of its legs anew.
        """
        if instrument.legs:
            for leg in instrument.legs:
                known = self.find(leg.con_id)
                await (self.renew(known) if known is not None else self.instrument(leg.con_id))
            terms = {"exchange": instrument.exchange, "symbol": instrument.symbol, "currency": instrument.currency}
            return await self.combination(instrument.legs, **terms)
        found = await self._descriptions.ask(contracts.of_con_id(instrument.con_id, exchange=instrument.exchange))
        if not found:
            raise InstrumentNotFound(f"IB doesn't know {instrument.display_symbol} ({instrument.con_id}) any more.")
        return found[0]

    async def query(self, filter: Filter) -> list[Instrument]:  # noqa: A002 - its name in the guide
        """All that fit; never empty. Raises InstrumentNotFound, which says what was asked.

        An answer is kept, except for what changes by itself: chains and continuous futures.
        """
        asked = read_filter(filter)
        if asked.asks_for_chain:
            return await self._with_chains(asked)
        if asked not in self._answers:
            found = await self._ask(asked)
            if asked.sec_type is SecurityType.CONTFUT:
                return found
            self._answers[asked] = found
        return list(self._answers[asked])

    async def query_one(self, filter: Filter) -> Instrument:  # noqa: A002 - its name in the guide
        """The one that fits. Raises AmbiguousInstrument with the matches, or InstrumentNotFound."""
        asked = read_filter(filter)
        found = await self.query(asked.contract_only)
        if len(found) > 1:
            raise AmbiguousInstrument(f"{len(found)} instruments fit {asked}: {_listed(found)}. Say which is meant.")
        return found[0]

    async def option_chain(
        self,
        underlying: Instrument,
        *,
        expiry_from: date | None = None,
        expiry_to: date | None = None,
        strike_from: Decimal | None = None,
        strike_to: Decimal | None = None,
        rights: Collection[Right] = BOTH_RIGHTS,
        exchange: str = "",
        trading_class: str = "",
    ) -> list[Instrument]:
        """The options on a stock, an index or a future, by expiry, strike and right; bounds are part of it.

        One request for each expiry: without bounds on it a chain can take a minute. `exchange` is SMART by default
        where IB has it. Raises InstrumentNotFound when there is none.
        """
        bounds = ChainBounds(
            expiry_from=expiry_from,
            expiry_to=expiry_to,
            strike_from=strike_from,
            strike_to=strike_to,
            rights=frozenset(rights),
            exchange=exchange,
            trading_class=trading_class,
        )
        return await self._chains.options(underlying, bounds)

    async def option_series(self, underlying: Instrument) -> list[OptionSeries]:
        """Which expiries and strikes of options there are on a stock, an index or a future, by trading class.

        One request, however many there are. Raises InstrumentNotFound when there are none.
        """
        return await self._chains.series(underlying)

    async def future_chain(
        self,
        underlying: Instrument,
        *,
        expiry_from: date | None = None,
        expiry_to: date | None = None,
        exchange: str = "",
        trading_class: str = "",
    ) -> list[Instrument]:
        """The futures beside this one, or of this continuous one, by expiry; bounds are part of it.

        Raises InstrumentNotFound when there is none.
        """
        bounds = ChainBounds(
            expiry_from=expiry_from, expiry_to=expiry_to, exchange=exchange, trading_class=trading_class
        )
        return await self._chains.futures(underlying, bounds)

    async def combination(
        self, legs: Sequence[ComboLeg], *, exchange: str = SMART, symbol: str = "", currency: str = ""
    ) -> Instrument:
        """A BAG of these legs, each of them looked up. Raises InstrumentNotFound for one that IB doesn't know."""
        placed = tuple(leg if leg.exchange else replace(leg, exchange=exchange) for leg in legs)
        parts = [await self.instrument(leg.con_id) for leg in placed]
        made = combination(placed, parts, symbol=symbol, exchange=exchange, currency=currency)
        self._descriptions.add(made)
        return made

    async def search(self, text: str, *, kinds: Collection[SecurityType] = frozenset(SecurityType)) -> list[Instrument]:
        """By symbol, by name, by ISIN, or `EUR.USD` for a currency pair; IB's order. Empty when IB knows none."""
        return await self._search.for_text(text, kinds=frozenset(kinds))

    async def _ask(self, asked: InstrumentFilter) -> list[Instrument]:
        if asked.combo_legs:
            made = await self.combination(
                asked.combo_legs, exchange=asked.exchange or SMART, symbol=asked.symbol, currency=asked.currency
            )
            return [made]
        contract = contracts.of_filter(asked, today=_today())
        found = await self._descriptions.ask(contract)
        if not found:
            expired = " (expired ones too)" if contract.includeExpired else ""
            raise InstrumentNotFound(
                f"IB knows no contract for {asked}{expired}. During its nightly maintenance that can be temporary."
            )
        return found

    async def _with_chains(self, asked: InstrumentFilter) -> list[Instrument]:
        """The instrument itself, and the chains on it. What it can't have itself, an expiry say, is the chain's."""
        is_above = asked.sec_type in (SecurityType.STK, SecurityType.IND, SecurityType.CONTFUT)
        above = replace(asked, last_trade_date_or_contract_month="", right=None, strike=None) if is_above else asked
        found = [await self.query_one(above)]
        bounds = _bounds(asked, is_above=is_above)
        if asked.build_futures_chain:
            found += await self._chains.futures(found[0], replace(bounds, exchange=""))
        if asked.build_options_chain:
            for one in _with_options(found):
                found += await self._chains.options(one, bounds)
        return list({one.con_id: one for one in found}.values())


def _today() -> date:
    return datetime.now(UTC).date()


def _listed(found: Sequence[Instrument]) -> str:
    told = "; ".join(_told(one) for one in found[:MOST_LISTED])
    return f"{told}; and {len(found) - MOST_LISTED} more" if len(found) > MOST_LISTED else told


def _told(one: Instrument) -> str:
    return (
        f"{one.security_type} {one.display_symbol} {one.primary_exchange or one.exchange} {one.currency} ({one.con_id})"
    )


def _with_options(found: Sequence[Instrument]) -> list[Instrument]:
    """A continuous future has no options; the futures that it stands for have."""
    futures = [one for one in found if one.security_type is SecurityType.FUT]
    return futures or list(found)


def _bounds(asked: InstrumentFilter, *, is_above: bool) -> ChainBounds:
    """Days count from today, in UTC."""
    first, last = _span(asked.last_trade_date_or_contract_month if is_above else "")
    least, most = asked.min_expiry_days, asked.max_expiry_days
    strike = asked.strike if is_above else None
    return ChainBounds(
        expiry_from=first or (_today() + timedelta(days=least) if least is not None else None),
        expiry_to=last or (_today() + timedelta(days=most) if most is not None else None),
        strike_from=strike if strike is not None else asked.min_strike,
        strike_to=strike if strike is not None else asked.max_strike,
        rights=BOTH_RIGHTS if asked.right is None else frozenset({asked.right}),
        exchange=asked.options_chain_exchange,
    )


def _span(day_or_month: str) -> tuple[date | None, date | None]:
    """The first and the last day of `20180921` or of `201809`."""
    if len(day_or_month) != 6:
        return convert.day(day_or_month), convert.day(day_or_month)
    first = convert.day(day_or_month + "01")
    return first, first and (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
