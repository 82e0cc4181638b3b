"""An account shared by invitation: who may do what, and what an owner can't learn of who is here."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.http import Http404

from webapp.accounts import selectors, sharing
from webapp.accounts.models import INVITED_FOR, AccountShare, BrokerAccount, User
from webapp.accounts.permissions import Permission
from webapp.accounts.refusals import AccountInvalid, NotAllowed
from webapp.accounts.selectors import account_for, accounts_of, invitations_of

pytestmark = pytest.mark.django_db


def shared(account: BrokerAccount, user: User, role: str) -> AccountShare:
    share = sharing.invite(account=account, username=user.username, role=role)
    sharing.accept(share)
    return share


def may(user: User, account: BrokerAccount) -> set[Permission]:
    return {permission for permission in Permission if is_allowed(user, account, permission)}


def is_allowed(user: User, account: BrokerAccount, permission: Permission) -> bool:
    try:
        account_for(user, account.pk, may=permission)
    except (Http404, NotAllowed):
        return False
    return True


def test_an_invitation_alone_grants_nothing(account: BrokerAccount, bob: User) -> None:
    sharing.invite(account=account, username="bob", role="trader")
    assert may(bob, account) == set()
    assert not accounts_of(bob)


@pytest.mark.parametrize(
    ("role", "granted"),
    [("viewer", {Permission.VIEW}), ("trader", {Permission.VIEW, Permission.TRADE})],
)
def test_who_accepts_may_what_the_role_says(
    account: BrokerAccount, bob: User, role: str, granted: set[Permission]
) -> None:
    shared(account, bob, role)
    assert may(bob, account) == granted
    [seen] = accounts_of(bob)
    assert (seen.pk, seen.role, seen.user.username) == (account.pk, role, "alice")


def test_the_owner_may_everything_and_sees_the_account_once_however_many_share_it(
    account: BrokerAccount, alice: User, bob: User
) -> None:
    shared(account, bob, "viewer")
    shared(account, User.objects.create_user(username="charlie"), "trader")
    assert may(alice, account) == set(Permission)
    assert [seen.role for seen in accounts_of(alice)] == ["owner"]


def test_what_is_seen_and_not_granted_is_refused_with_a_sentence(account: BrokerAccount, bob: User) -> None:
    shared(account, bob, "viewer")
    with pytest.raises(NotAllowed, match="alice shares Paper with you as a viewer, who may look and not trade"):
        account_for(bob, account.pk, may=Permission.TRADE)
    with pytest.raises(NotAllowed, match="Only alice, who owns Paper, may do this"):
        account_for(bob, account.pk, may=Permission.OWN)


def test_a_role_changes_and_ends_with_the_next_question(account: BrokerAccount, bob: User) -> None:
    share = shared(account, bob, "trader")
    sharing.change_role(share=share, role="viewer")
    assert may(bob, account) == {Permission.VIEW}
    sharing.end(share)
    assert may(bob, account) == set()
    with pytest.raises(Http404):
        account_for(bob, account.pk)


class TestWhatAnOwnerLearns:
    """Nothing of who is here, before somebody accepts."""

    def rows(self, account: BrokerAccount) -> list[tuple[object, ...]]:
        return [(share.role, share.accepted_at, share.ends_at > share.invited_at) for share in account.shares.all()]

    def test_a_name_that_nobody_has_is_invited_like_one_that_somebody_has(
        self, account: BrokerAccount, bob: User
    ) -> None:
        for name in (bob.username, "nobody-of-that-name"):
            sharing.invite(account=account, username=name, role="viewer")
        first, second = self.rows(account)
        assert first == second

    def test_a_decline_looks_like_an_invitation_that_waits(self, account: BrokerAccount, bob: User) -> None:
        share = sharing.invite(account=account, username="bob", role="viewer")
        before = self.rows(account)
        sharing.decline(share)
        assert self.rows(account) == before
        assert not invitations_of(bob)

    def test_who_signs_up_under_an_invited_name_later_gets_nothing(self, account: BrokerAccount) -> None:
        share = sharing.invite(account=account, username="charlie", role="trader")
        charlie = User.objects.create_user(username="charlie")
        assert not invitations_of(charlie)
        with pytest.raises(AccountInvalid):
            sharing.accept(share)  # should anybody ever find a way
        assert may(charlie, account) == set()


def test_an_invitation_ends_by_itself(account: BrokerAccount, bob: User) -> None:
    share = sharing.invite(account=account, username="bob", role="viewer")
    assert [invitation.pk for invitation in invitations_of(bob)] == [share.pk]
    AccountShare.objects.update(invited_at=selectors.oldest_open() - timedelta(seconds=1))
    assert not invitations_of(bob)
    with pytest.raises(AccountInvalid, match="over"):
        sharing.accept(share)
    assert timedelta(days=1) < INVITED_FOR


def test_a_declined_invitation_cannot_be_accepted_any_more(account: BrokerAccount, bob: User) -> None:
    share = sharing.invite(account=account, username="bob", role="viewer")
    sharing.decline(share)
    with pytest.raises(AccountInvalid, match="over"):
        sharing.accept(share)
    assert may(bob, account) == set()


@pytest.mark.parametrize(
    ("username", "role", "wrong"),
    [
        ("", "viewer", "username"),
        ("a\nb", "viewer", "username"),
        ("alice", "viewer", "username"),
        ("b", "king", "role"),
    ],
)
def test_what_cannot_be_meant_is_refused_at_its_field(
    account: BrokerAccount, username: str, role: str, wrong: str
) -> None:
    with pytest.raises(AccountInvalid) as refused:
        sharing.invite(account=account, username=username, role=role)
    assert list(refused.value.errors) == [wrong]
    assert not AccountShare.objects.exists()


def test_nobody_is_invited_twice_and_not_by_the_hundred(
    account: BrokerAccount, bob: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    sharing.invite(account=account, username="bob", role="viewer")
    with pytest.raises(AccountInvalid, match="bob is on the list already"):
        sharing.invite(account=account, username="bob", role="trader")
    monkeypatch.setattr(sharing, "MOST", 1)
    with pytest.raises(AccountInvalid, match="1 people at most"):
        sharing.invite(account=account, username="charlie", role="viewer")
