"""Watchlists: named lists of instruments. Both the lists and what is on them stand in the user's own order."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import TypeVar

from django.contrib.auth.models import AnonymousUser
from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from webapp.accounts.models import User
from webapp.trading.models import Instrument, Watchlist, WatchlistItem
from webapp.trading.refusals import WatchlistInvalid

# More than a login has market-data lines: only what is on screen is subscribed.
MOST_ITEMS = 200
MOST_LISTS = 50
LONGEST_NAME = 60
# Of the list that is made for whoever adds an instrument before naming one.
FIRST_NAME = "Main"

Key = TypeVar("Key", bound=Hashable)


def of(user: User | AnonymousUser) -> QuerySet[Watchlist]:
    """The user's own, in their order."""
    if not user.is_authenticated:
        return Watchlist.objects.none()
    return Watchlist.objects.filter(user=user)


def create(*, user: User, name: str) -> Watchlist:
    """Behind the others. Raises WatchlistInvalid for a name that is empty, too long, unprintable or taken."""
    name = _checked(name)
    try:
        with transaction.atomic():
            lists = _locked_lists(user)
            if len(lists) >= MOST_LISTS:
                raise WatchlistInvalid({"name": f"You have {MOST_LISTS} watchlists, the most there can be."})
            return Watchlist.objects.create(user=user, name=name, position=_behind([row.position for row in lists]))
    except IntegrityError as error:
        raise _taken(name) from error


def rename(*, watchlist: Watchlist, name: str) -> None:
    """Raises WatchlistInvalid as `create` does."""
    name = _checked(name)
    try:
        with transaction.atomic():
            Watchlist.objects.filter(pk=watchlist.pk).update(name=name)
    except IntegrityError as error:
        raise _taken(name) from error
    watchlist.name = name


def delete(*, watchlist: Watchlist) -> None:
    """With what is on it; the instruments themselves stay known."""
    watchlist.delete()


def move_list(*, watchlist: Watchlist, before: Watchlist | None) -> None:
    """To stand before another one of the same user, or behind all."""
    with transaction.atomic():
        lists = _locked_lists(watchlist.user)
        places = _moved([one.pk for one in lists], watchlist.pk, before.pk if before else None)
        for one in lists:
            one.position = places[one.pk]
        Watchlist.objects.bulk_update(lists, ["position"])


def add(*, watchlist: Watchlist, instrument: Instrument) -> WatchlistItem:
    """At the end, or where it stands already. Raises WatchlistInvalid when the list is full."""
    with transaction.atomic():
        _lock(watchlist)
        present = WatchlistItem.objects.filter(watchlist=watchlist, instrument=instrument).first()
        return present or _append(watchlist, instrument)


def add_to_first(*, user: User, instrument: Instrument) -> Watchlist:
    """On the user's first list, which is made when there is none. Raises WatchlistInvalid when that one is full."""
    with transaction.atomic():
        lists = _locked_lists(user)
        watchlist = lists[0] if lists else create(user=user, name=FIRST_NAME)
        add(watchlist=watchlist, instrument=instrument)
        return watchlist


def move(*, watchlist: Watchlist, instrument: Instrument, before: Instrument | None) -> None:
    """To stand before another instrument of the list, or at its end. Nothing moves for one that isn't on it."""
    with transaction.atomic():
        _lock(watchlist)
        items = list(watchlist.items.all())
        con_ids = [item.instrument_id for item in items]
        if instrument.pk not in con_ids:
            return
        places = _moved(con_ids, instrument.pk, before.pk if before else None)
        for item in items:
            item.position = places[item.instrument_id]
        WatchlistItem.objects.bulk_update(items, ["position"])


def remove(*, watchlist: Watchlist, instrument: Instrument) -> None:
    """Nothing happens when it isn't on the list."""
    WatchlistItem.objects.filter(watchlist=watchlist, instrument=instrument).delete()


def _append(watchlist: Watchlist, instrument: Instrument) -> WatchlistItem:
    items = WatchlistItem.objects.filter(watchlist=watchlist)
    if items.count() >= MOST_ITEMS:
        raise WatchlistInvalid({"con_id": f"A watchlist holds {MOST_ITEMS} instruments; remove one first."})
    position = _behind(list(items.values_list("position", flat=True)))
    return WatchlistItem.objects.create(watchlist=watchlist, instrument=instrument, position=position)


def _lock(watchlist: Watchlist) -> None:
    Watchlist.objects.select_for_update(no_key=True).get(pk=watchlist.pk)


def _locked_lists(user: User) -> list[Watchlist]:
    """All of the user's. The lock is on the user, so that two new lists don't take the same place."""
    User.objects.select_for_update(no_key=True).get(pk=user.pk)
    return list(of(user))


def _moved(keys: Sequence[Key], moving: Key, before: Key | None) -> dict[Key, int]:
    """The place of each, with one of them before another, or behind all when that isn't there."""
    rest = [key for key in keys if key != moving]
    place = rest.index(before) if before in rest else len(rest)
    return {key: position for position, key in enumerate([*rest[:place], moving, *rest[place:]])}


def _behind(positions: list[int]) -> int:
    return max(positions, default=-1) + 1


def _taken(name: str) -> WatchlistInvalid:
    return WatchlistInvalid({"name": f"You have a watchlist named “{name}” already."})


def _checked(name: str) -> str:
    name = name.strip()
    if not name:
        raise WatchlistInvalid({"name": "Enter a name."})
    if len(name) > LONGEST_NAME:
        raise WatchlistInvalid({"name": f"A name has at most {LONGEST_NAME} letters; this one has {len(name)}."})
    if not name.isprintable():
        raise WatchlistInvalid({"name": "A name can't hold control characters."})
    return name
