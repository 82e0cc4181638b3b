from __future__ import annotations

import pytest
from django.contrib.auth.models import AnonymousUser

from tests.webapp.trading.racing import race
from webapp.accounts.models import User
from webapp.trading import watchlists
from webapp.trading.models import Instrument, Watchlist, WatchlistItem
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


def names(user: User) -> list[str]:
    return [row.name for row in watchlists.of(user)]


def test_lists_stand_in_the_order_in_which_they_were_made_until_one_is_moved(alice: User) -> None:
    first, second, third = (watchlists.create(user=alice, name=name) for name in ("First", "Second", "Third"))
    watchlists.move_list(watchlist=third, before=first)
    assert names(alice) == ["Third", "First", "Second"]
    watchlists.move_list(watchlist=third, before=None)
    watchlists.move_list(watchlist=second, before=second)
    assert names(alice) == ["First", "Third", "Second"]
    watchlists.create(user=alice, name="Fourth")
    assert names(alice) == ["First", "Third", "Second", "Fourth"]


@pytest.fixture
def four(alice: User, aapl: Instrument) -> tuple[Watchlist, list[Instrument]]:
    """A list with four instruments on it."""
    tech = watchlists.create(user=alice, name="Tech")
    instruments = [copy_of(aapl, con_id) for con_id in (1, 2, 3, 4)]
    for instrument in instruments:
        watchlists.add(watchlist=tech, instrument=instrument)
    return tech, instruments


def copy_of(instrument: Instrument, con_id: int) -> Instrument:
    values = {field.attname: getattr(instrument, field.attname) for field in Instrument._meta.concrete_fields}
    return Instrument.objects.create(**{**values, "con_id": con_id})


def order_of(watchlist: Watchlist) -> list[int]:
    return [item.instrument_id for item in watchlist.items.all()]


@pytest.mark.parametrize(
    ("moving", "before", "then"),
    [
        (4, 1, [4, 1, 2, 3]),
        (1, 3, [2, 1, 3, 4]),
        (1, None, [2, 3, 4, 1]),
        (2, 2, [1, 3, 4, 2]),
        (3, 4, [1, 2, 3, 4]),
    ],
)
def test_an_instrument_is_moved_before_another_or_to_the_end(
    four: tuple[Watchlist, list[Instrument]], moving: int, before: int | None, then: list[int]
) -> None:
    tech, instruments = four
    at = before and instruments[before - 1]
    watchlists.move(watchlist=tech, instrument=instruments[moving - 1], before=at or None)
    assert order_of(tech) == then


def test_what_left_the_list_meanwhile_neither_moves_nor_is_a_place(
    four: tuple[Watchlist, list[Instrument]],
) -> None:
    tech, (one, two, *_) = four
    watchlists.remove(watchlist=tech, instrument=two)
    watchlists.move(watchlist=tech, instrument=two, before=one)
    assert order_of(tech) == [1, 3, 4]
    watchlists.move(watchlist=tech, instrument=one, before=two)
    assert order_of(tech) == [3, 4, 1]
    watchlists.add(watchlist=tech, instrument=two)
    assert order_of(tech) == [3, 4, 1, 2]


@pytest.mark.django_db(transaction=True)
def test_moves_at_once_leave_every_instrument_in_a_place_of_its_own(
    four: tuple[Watchlist, list[Instrument]],
) -> None:
    tech, instruments = four
    turns = iter(instruments)
    race(lambda: watchlists.move(watchlist=tech, instrument=next(turns), before=instruments[0]), times=4)
    assert sorted(item.position for item in tech.items.all()) == [0, 1, 2, 3]


def test_a_list_is_renamed_and_its_name_is_free_again(alice: User) -> None:
    tech = watchlists.create(user=alice, name="Tech")
    watchlists.rename(watchlist=tech, name=" Chips ")
    watchlists.rename(watchlist=tech, name="Chips")
    watchlists.create(user=alice, name="Tech")
    assert names(alice) == ["Chips", "Tech"]
    with pytest.raises(WatchlistInvalid, match="“Tech” already"):
        watchlists.rename(watchlist=tech, name="Tech")
    with pytest.raises(WatchlistInvalid, match="Enter a name"):
        watchlists.rename(watchlist=tech, name=" ")
    assert names(alice) == ["Chips", "Tech"]


def test_a_deleted_list_leaves_the_others_and_its_instruments(four: tuple[Watchlist, list[Instrument]]) -> None:
    tech, instruments = four
    watchlists.create(user=tech.user, name="Other")
    watchlists.delete(watchlist=tech)
    assert names(tech.user) == ["Other"]
    assert Instrument.objects.filter(pk__in=[one.pk for one in instruments]).count() == 4


def test_there_is_an_end_to_the_lists_of_one_user(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watchlists, "MOST_LISTS", 1)
    watchlists.create(user=alice, name="Tech")
    with pytest.raises(WatchlistInvalid, match="the most there can be"):
        watchlists.create(user=alice, name="More")
