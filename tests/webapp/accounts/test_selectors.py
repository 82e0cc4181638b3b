from __future__ import annotations

import pytest
from django.contrib.auth.models import AnonymousUser
from django.http import Http404

from webapp.accounts import selectors
from webapp.accounts.models import BrokerAccount

pytestmark = pytest.mark.django_db


def test_a_user_finds_their_own_account_by_its_id_or_its_text(account, alice):
    assert selectors.owned_account(alice, account.id) == account
    assert selectors.owned_account(alice, str(account.id)) == account


def test_an_account_comes_with_its_session(account, alice, django_assert_num_queries):
    found = selectors.owned_account(alice, account.id)
    with django_assert_num_queries(0):
        assert found.session.state == "STOPPED"


def test_anothers_account_does_not_exist_not_even_for_an_administrator(account, bob, charlie):
    for outsider in (bob, charlie, AnonymousUser()):
        with pytest.raises(Http404):
            selectors.owned_account(outsider, account.id)


@pytest.mark.parametrize("text", ["", "1", "not-an-id", "\x00", "0d22c1fe-6027-4cd1-89bc-460000000000"])
def test_an_id_that_nobody_has_and_text_that_is_none_are_the_same_404(account, alice, text):
    with pytest.raises(Http404) as refusal:
        selectors.owned_account(alice, text)
    assert str(refusal.value) == "There is no such account."


def test_the_list_of_accounts_is_ones_own_oldest_first(account, alice, bob):
    second = BrokerAccount.objects.create(user=alice, name="Live", trading_mode="live")
    BrokerAccount.objects.create(user=bob, name="Paper", trading_mode="paper")
    assert list(selectors.accounts_of(alice)) == [account, second]
    assert not selectors.accounts_of(AnonymousUser()).exists()
