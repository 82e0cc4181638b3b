"""Watchlists: named lists of instruments, in the order in which they were added."""

from __future__ import annotations

from django.contrib.auth.models import AnonymousUser
from django.db import IntegrityError, transaction
from django.db.models import Max, QuerySet

from webapp.accounts.models import User
from webapp.trading.models import Instrument, Watchlist, WatchlistItem
from webapp.trading.refusals import WatchlistInvalid

# As many as one browser may subscribe to, and as many market-data lines as a login has by default.
MOST_ITEMS = 100
LONGEST_NAME = 60


def of(user: User | AnonymousUser) -> QuerySet[Watchlist]:
    """The user's own, oldest first."""
    if not user.is_authenticated:
        return Watchlist.objects.none()
    return Watchlist.objects.filter(user=user)


def create(*, user: User, name: str) -> Watchlist:
    """Raises WatchlistInvalid for a name that is empty, too long, unprintable or taken."""
    name = _checked(name)
    try:
        with transaction.atomic():
            return Watchlist.objects.create(user=user, name=name)
    except IntegrityError as error:
        raise WatchlistInvalid({"name": f"You have a watchlist named “{name}” already."}) from error


def add(*, watchlist: Watchlist, instrument: Instrument) -> WatchlistItem:
    """At the end, or where it stands already. Raises WatchlistInvalid when the list is full."""
    with transaction.atomic():
        Watchlist.objects.select_for_update(no_key=True).get(pk=watchlist.pk)
        present = WatchlistItem.objects.filter(watchlist=watchlist, instrument=instrument).first()
        return present or _append(watchlist, instrument)


def remove(*, watchlist: Watchlist, instrument: Instrument) -> None:
    """Nothing happens when it isn't on the list."""
    WatchlistItem.objects.filter(watchlist=watchlist, instrument=instrument).delete()


def _append(watchlist: Watchlist, instrument: Instrument) -> WatchlistItem:
    items = WatchlistItem.objects.filter(watchlist=watchlist)
    if items.count() >= MOST_ITEMS:
        raise WatchlistInvalid({"con_id": f"A watchlist holds {MOST_ITEMS} instruments; remove one first."})
    last = items.aggregate(last=Max("position"))["last"]
    position = 0 if last is None else last + 1
    return WatchlistItem.objects.create(watchlist=watchlist, instrument=instrument, position=position)


def _checked(name: str) -> str:
    name = name.strip()
    if not name:
        raise WatchlistInvalid({"name": "Enter a name."})
    if len(name) > LONGEST_NAME:
        raise WatchlistInvalid({"name": f"A name has at most {LONGEST_NAME} letters; this one has {len(name)}."})
    if not name.isprintable():
        raise WatchlistInvalid({"name": "A name can't hold control characters."})
    return name
