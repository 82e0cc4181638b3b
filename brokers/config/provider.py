"""Which instruments a node loads."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from brokers.config.reading import put, read_ids
from brokers.filters import Filter, Filters, InstrumentFilter, frozen, read_filter, read_filters, separate
from brokers.refusals import ConfigRefused

if TYPE_CHECKING:
    from brokers.config.types import Read

# The default of a `Read` setting, which a type checker would take for the setting itself.
_EMPTY: Any = ()


@dataclass(frozen=True, slots=True)
class InstrumentProviderConfig:
    """What is loaded as soon as the node is connected.

    `load_ids` are `con_id`s or names such as `EUR/USD.IDEALPRO`. With `load_all`, all that fits `filters` is loaded: a
    dict, its items, or a list of these (see `brokers.filters`). The last four are for every filter that doesn't say
    otherwise: whether the chains on what fits are loaded too, and which expiries of them, in days from today (UTC).

    Raises FilterRefused, and ConfigRefused for `load_all` without a filter: IB can't list all that it has.
    """

    load_all: bool = False
    load_ids: Read[Iterable[int | str] | None, frozenset[int | str]] = _EMPTY
    filters: Read[Filters | None, tuple[Filter, ...]] = _EMPTY
    build_options_chain: bool | None = None
    build_futures_chain: bool | None = None
    min_expiry_days: int | None = None
    max_expiry_days: int | None = None

    def __post_init__(self) -> None:
        put(self, "load_ids", read_ids(self.load_ids))
        put(self, "filters", () if self.filters is None else tuple(frozen(one) for one in separate(self.filters)))
        if self.load_all and not (self.filters or self.load_ids):
            raise ConfigRefused("load_all needs filters that say what to load: Interactive Brokers can't list it all.")
        read_filters(self.filters)

    @classmethod
    def merged(cls, configs: Iterable[InstrumentProviderConfig]) -> InstrumentProviderConfig:
        """All that any of them wants, each thing once: a node has one provider."""
        several = list(configs)
        loading = [config for config in several if config.load_all]
        filters = dict.fromkeys(one for config in loading or several for one in config.instrument_filters)
        return cls(
            load_all=bool(loading),
            load_ids=frozenset().union(*(config.load_ids for config in several)),
            filters=tuple(filters),
        )

    @property
    def instrument_filters(self) -> tuple[InstrumentFilter, ...]:
        """The filters as they were read, each with this config's wishes for chains."""
        wishes = {
            "build_options_chain": self.build_options_chain,
            "build_futures_chain": self.build_futures_chain,
            "min_expiry_days": self.min_expiry_days,
            "max_expiry_days": self.max_expiry_days,
        }
        given = {name: wish for name, wish in wishes.items() if wish is not None}
        return tuple(read_filter(one, otherwise=given) for one in separate(self.filters))
