"""A user who is suspended: signs in no more, has no page and no token, and reads why; then comes back."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.contrib.auth.models import Permission
from django.core.cache import cache
from django.test import Client

from webapp.accounts import people, tokens
from webapp.accounts.models import BrokerAccount, GatewaySession, User
from webapp.accounts.refusals import AccountInvalid
from webapp.audit.models import AuditEntry

pytestmark = pytest.mark.django_db

PASSWORD = "alice-password"


@pytest.fixture(autouse=True)
def fresh_limits() -> Iterator[None]:
    """Tries are counted by address, which all tests share."""
    cache.clear()
    yield
    cache.clear()


def suspend(desk: Client, user: User, **fields: str) -> str:
    response = desk.post(f"/desk/users/{user.pk}/suspend/", {"reason": "Shared a password.", **fields}, follow=True)
    assert response.status_code == 200
    return response.content.decode()


def sign_in(password: str = PASSWORD) -> tuple[Client, str]:
    client = Client()
    response = client.post("/auth/login/", {"login": "alice", "password": password}, follow=True)
    return client, response.content.decode()


def test_the_list_shows_users_and_finds_them(desk: Client, account: BrokerAccount, bob: User) -> None:
    page = desk.get("/desk/users/").content.decode()
    for name in ("alice", "bob", "charlie"):
        assert name in page
    assert [user.username for user in desk.get("/desk/users/", {"q": "ali"}).context["page"]] == ["alice"]


def test_a_suspended_user_is_out_at_once_and_reads_why(desk: Client, account: BrokerAccount, alice: User) -> None:
    inside, _ = sign_in()
    token = tokens.create(alice, "robot")
    robot = Client(headers={"Authorization": f"Bearer {token}"})
    assert inside.get("/accounts/").status_code == robot.get("/api/v1/accounts").status_code == 200
    assert "Let alice in again" in suspend(desk, alice)
    assert inside.get("/accounts/").status_code == 302
    assert robot.get("/api/v1/accounts").status_code == 401
    outside, page = sign_in()
    assert "Shared a password." in page
    assert outside.get("/accounts/").status_code == 302


def test_who_doesnt_know_the_password_reads_nothing_of_it(desk: Client, alice: User) -> None:
    suspend(desk, alice)
    _, page = sign_in("a guess")
    assert "Shared a password." not in page
    assert "suspended" not in page


def test_sessions_go_on_unless_the_accounts_are_suspended_as_well(desk: Client, ready_account: BrokerAccount) -> None:
    suspend(desk, ready_account.user)
    assert GatewaySession.objects.get().desired_state == "RUNNING"
    desk.post(f"/desk/users/{ready_account.user_id}/resume/")
    suspend(desk, ready_account.user, with_accounts="on")
    assert GatewaySession.objects.get().desired_state == "STOPPED"
    assert BrokerAccount.objects.get().suspended_reason == "Shared a password."


def test_a_user_comes_back(desk: Client, alice: User) -> None:
    suspend(desk, alice)
    desk.post(f"/desk/users/{alice.pk}/resume/")
    inside, _ = sign_in()
    assert inside.get("/accounts/").status_code == 200
    told = AuditEntry.objects.filter(subject="alice").order_by("id").values_list("action", "actor", "text")
    assert list(told) == [("user_suspended", "charlie", "Shared a password."), ("user_resumed", "charlie", "")]


def test_nobody_suspends_themselves_nor_staff_a_superuser(alice: User, bob: User) -> None:
    with pytest.raises(AccountInvalid, match="can't suspend yourself"):
        people.suspend(user=alice, by=alice, reason="Tired.")
    bob.is_superuser = True
    with pytest.raises(AccountInvalid, match="only another superuser"):
        people.suspend(user=bob, by=alice, reason="Tired.")
    assert not AuditEntry.objects.exists()


@pytest.fixture
def clerk(bob: User) -> Client:
    """bob, staff, who may suspend users and nothing else."""
    bob.is_staff = True
    bob.save()
    bob.user_permissions.add(Permission.objects.get(codename="suspend_user"))
    client = Client()
    client.force_login(bob)
    return client


def test_only_a_superuser_ends_a_superusers_suspension(clerk: Client, charlie: User, bob: User) -> None:
    User.objects.filter(pk=charlie.pk).update(is_active=False)
    page = clerk.post(f"/desk/users/{charlie.pk}/resume/", follow=True).content.decode()
    assert "only another superuser" in page
    assert 'action="/desk/' not in page
    charlie.refresh_from_db()
    assert not charlie.is_active


def test_who_may_suspend_users_alone_suspends_no_account(clerk: Client, ready_account: BrokerAccount) -> None:
    user = ready_account.user
    assert "with_accounts" not in clerk.get(f"/desk/users/{user.pk}/").content.decode()
    asked = {"reason": "Shared a password.", "with_accounts": "on"}
    assert clerk.post(f"/desk/users/{user.pk}/suspend/", asked).status_code == 403
    user.refresh_from_db()
    assert user.is_active
    suspend(clerk, user)
    user.refresh_from_db()
    assert not user.is_active
    assert GatewaySession.objects.get().desired_state == "RUNNING"


def test_a_suspension_without_a_reason_changes_nothing(desk: Client, alice: User) -> None:
    assert "Say why" in suspend(desk, alice, reason=" ")
    alice.refresh_from_db()
    assert alice.is_active
