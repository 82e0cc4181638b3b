from __future__ import annotations

import pytest
from django.contrib.auth.models import AnonymousUser

from tests.webapp.trading.racing import race
from webapp.accounts.models import User
from webapp.trading import watchlists
from webapp.trading.models import Instrument, WatchlistItem
from webapp.trading.refusals import WatchlistInvalid

pytestmark = pytest.mark.django_db


def test_instruments_stand_in_the_order_in_which_they_were_added(
    alice: User, aapl: Instrument, eurusd: Instrument
) -> None:
    tech = watchlists.create(user=alice, name=" Tech ")
    watchlists.add(watchlist=tech, instrument=eurusd)
    watchlists.add(watchlist=tech, instrument=aapl)
    (listed,) = watchlists.of(alice)
    assert listed.name == "Tech"
    assert [item.instrument for item in listed.items.all()] == [eurusd, aapl]


def test_an_instrument_is_on_a_list_once(alice: User, aapl: Instrument) -> None:
    tech = watchlists.create(user=alice, name="Tech")
    first = watchlists.add(watchlist=tech, instrument=aapl)
    assert watchlists.add(watchlist=tech, instrument=aapl) == first
    assert tech.items.count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_tabs_that_add_the_same_instrument_at_once_add_it_once(alice: User, aapl: Instrument) -> None:
    tech = watchlists.create(user=alice, name="Tech")
    race(lambda: watchlists.add(watchlist=tech, instrument=aapl), times=4)
    assert tech.items.count() == 1


def test_removing_twice_is_removing(alice: User, aapl: Instrument) -> None:
    tech = watchlists.create(user=alice, name="Tech")
    watchlists.add(watchlist=tech, instrument=aapl)
    watchlists.remove(watchlist=tech, instrument=aapl)
    watchlists.remove(watchlist=tech, instrument=aapl)
    assert tech.items.count() == 0


def test_a_watchlist_is_its_owners_alone(alice: User, bob: User) -> None:
    watchlists.create(user=alice, name="Tech")
    assert list(watchlists.of(bob)) == []
    assert list(watchlists.of(AnonymousUser())) == []


def test_two_people_may_use_the_same_name(alice: User, bob: User) -> None:
    watchlists.create(user=alice, name="Tech")
    assert watchlists.create(user=bob, name="Tech").name == "Tech"


@pytest.mark.parametrize(
    ("name", "says"), [("", "Enter"), ("   ", "Enter"), ("x" * 61, "61"), ("a\x00b", "control"), ("a\nb", "control")]
)
def test_a_name_that_is_none_is_refused_beside_its_field(alice: User, name: str, says: str) -> None:
    with pytest.raises(WatchlistInvalid) as refusal:
        watchlists.create(user=alice, name=name)
    assert says in refusal.value.errors["name"]


def test_a_name_that_is_taken_is_refused_beside_its_field(alice: User) -> None:
    watchlists.create(user=alice, name="Tech")
    with pytest.raises(WatchlistInvalid) as refusal:
        watchlists.create(user=alice, name="Tech")
    assert "“Tech” already" in refusal.value.errors["name"]


def test_a_full_list_takes_no_more(alice: User, aapl: Instrument, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watchlists, "MOST_ITEMS", 0)
    tech = watchlists.create(user=alice, name="Tech")
    with pytest.raises(WatchlistInvalid, match="remove one first"):
        watchlists.add(watchlist=tech, instrument=aapl)
    assert not WatchlistItem.objects.exists()
