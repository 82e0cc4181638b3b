from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser

from webapp.accounts.models import User
from webapp.trading import display
from webapp.trading.models import DisplaySettings
from webapp.trading.refusals import DisplayInvalid

pytestmark = pytest.mark.django_db


def saved(user: User, **changes: Any) -> DisplaySettings:
    values = {"columns": ["last", "bid"], "palette": "green_red", "flashes": False, "single_keys": False}
    return display.save(user=user, **(values | changes))


def test_the_defaults_hold_for_who_chose_nothing(alice: User) -> None:
    for user in (alice, AnonymousUser()):
        settings = display.of(user)
        assert display.columns_of(settings) == display.DEFAULT_COLUMNS
        assert (settings.palette, settings.flashes, settings.single_keys) == ("blue_orange", True, True)
    assert not DisplaySettings.objects.exists()


def test_what_was_chosen_is_kept_in_its_order_for_that_user_alone(alice: User, bob: User) -> None:
    saved(alice)
    saved(alice, columns=["volume", "last"])
    settings = display.of(alice)
    assert display.columns_of(settings) == ("volume", "last")
    assert (settings.palette, settings.flashes, settings.single_keys) == ("green_red", False, False)
    assert display.columns_of(display.of(bob)) == display.DEFAULT_COLUMNS


def test_who_chose_the_default_columns_gets_those_of_a_later_version_too(alice: User) -> None:
    assert saved(alice, columns=display.DEFAULT_COLUMNS).columns == []


def test_a_column_that_there_is_no_more_is_left_out(alice: User) -> None:
    DisplaySettings.objects.create(user=alice, columns=["gone", "last"])
    assert display.columns_of(display.of(alice)) == ("last",)


@pytest.mark.parametrize(
    ("changes", "field", "says"),
    [
        ({"columns": []}, "columns", "one column at least"),
        ({"columns": ["last", "profit"]}, "columns", "no column 'profit'"),
        ({"columns": ["last", "last"]}, "columns", "once only"),
        ({"palette": "mauve"}, "palette", "no palette 'mauve'"),
        ({"palette": ""}, "palette", "blue_orange"),
    ],
)
def test_what_there_is_none_of_is_refused_and_nothing_is_stored(
    alice: User, changes: dict[str, Any], field: str, says: str
) -> None:
    with pytest.raises(DisplayInvalid) as refusal:
        saved(alice, **changes)
    assert says in refusal.value.errors[field]
    assert list(refusal.value.errors) == [field]
    assert not DisplaySettings.objects.exists()
