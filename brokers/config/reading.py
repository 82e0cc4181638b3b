"""Configs from dicts, and one answer from several places that may each give it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import fields
from enum import StrEnum
from typing import Any, TypeVar

from brokers.nearest import meant
from brokers.refusals import ConfigRefused

Config = TypeVar("Config")
Word = TypeVar("Word", bound=StrEnum)

# How the guides of several years call them.
ALIASES = {
    "host": "gateway_host",
    "port": "gateway_port",
    "ibg_host": "gateway_host",
    "ibg_port": "gateway_port",
    "ibg_client_id": "client_id",
    "account_code": "account_id",
}


def read_config(kind: type[Config], given: object, *, where: str, aliases: Mapping[str, str] = ALIASES) -> Config:
    """A config object as it is, or made of a dict. Raises ConfigRefused; it never quotes a value."""
    if isinstance(given, kind):
        return given
    if not isinstance(given, Mapping):
        raise ConfigRefused(f"{where} is a {kind.__name__} or a dict, and not {type(given).__name__}.")
    known = {one.name for one in fields(kind) if one.init}  # type: ignore[arg-type]  # every config is a dataclass
    usable = {alias: name for alias, name in aliases.items() if name in known}
    values: dict[str, Any] = {}
    for key, value in given.items():
        name = key if key in known else usable.get(key)
        if name is None:
            raise ConfigRefused(f"{where} has no key {key!r}. {meant(str(key), [*sorted(known), *usable])}")
        if name in values and values[name] != value:
            raise ConfigRefused(f"{where} gives {name} twice, under two of its names.")
        values[name] = value
    return kind(**values)


def read_word(setting: str, given: object, words: type[Word]) -> Word:
    """In any case. Raises ConfigRefused, which lists the words that there are."""
    try:
        return words(str(given).lower())
    except ValueError:
        raise ConfigRefused(f"{setting} can't be {given!r}; it is one of {', '.join(words)}.") from None


def read_ids(given: object) -> frozenset[int | str]:
    """Raises ConfigRefused for what isn't several ids; a text by itself would be taken for its letters."""
    if given is None:
        return frozenset()
    if not isinstance(given, Iterable) or isinstance(given, str | bytes | Mapping):
        raise ConfigRefused(
            f"load_ids is a list of con_ids and names, as in [265598, 'EUR/USD.IDEALPRO'], and not {given!r}."
        )
    ids = tuple(given)
    for one in ids:
        if isinstance(one, bool) or not isinstance(one, int | str):
            raise ConfigRefused(f"load_ids holds con_ids and names such as 'EUR/USD.IDEALPRO', and {one!r} is neither.")
    return frozenset(ids)


def the_one(setting: str, given: Iterable[tuple[str, Any]], *, secret: bool = False) -> Any:
    """What the places say that say anything (not None); None when none does. Raises ConfigRefused when two differ."""
    said = [(where, value) for where, value in given if value is not None]
    for where, value in said[1:]:
        if value != said[0][1]:
            values = "" if secret else f": {said[0][1]!r} and {value!r}"
            raise ConfigRefused(
                f"{setting} is given in {said[0][0]} and, differently, in {where}{values}. A node has one connection: "
                "give it in one place, or the same in both."
            )
    return said[0][1] if said else None


def put(config: Any, name: str, value: object) -> None:
    """Into a frozen config that is still being made."""
    object.__setattr__(config, name, value)


def put_read(config: Any, name: str, kind: type[Any]) -> None:
    """A config within a config: None stays None."""
    if getattr(config, name) is not None:
        put(config, name, read_config(kind, getattr(config, name), where=name, aliases={}))
