"""What an administrator sees and can do, through the real pages of the admin."""

from __future__ import annotations

import pytest
from django.contrib import admin
from django.contrib.auth.models import Permission
from django.core import signing
from django.urls import reverse

from tests.webapp.accounts.conftest import LOGIN
from webapp.accounts import credentials, tokens
from webapp.accounts.models import ApiToken, Credential, GatewaySession
from webapp.audit.models import AuditEntry

pytestmark = pytest.mark.django_db

ACCOUNTS = "/admin/accounts/brokeraccount/"


@pytest.fixture
def office(client, charlie):
    """charlie, signed in."""
    client.force_login(charlie)
    return client


@pytest.fixture
def connected(ready_account, hold, keysets):
    """alice's account with a stored login, a worker, a gateway and an error of the past."""
    credentials.store(account=ready_account, **LOGIN)
    hold(ready_account, gateway_id="gateway-4711", last_error="The link was lost.", state_reason="All is well.")
    return ready_account


def operate(office, action: str, *accounts) -> str:
    chosen = {"action": action, "_selected_action": [str(account.id) for account in accounts]}
    response = office.post(ACCOUNTS, chosen, follow=True)
    assert response.status_code == 200
    return response.content.decode()


def test_the_list_shows_every_account_its_state_and_its_gateway(office, connected):
    page = office.get(ACCOUNTS).content.decode()
    for shown in (
        "Paper",
        "alice",
        "DU1000001",
        "READY",
        "gateway-4711",
        "worker-1",
        "The link was lost.",
        "All is well.",
    ):
        assert shown in page


def test_the_list_shows_an_alert_and_narrows_to_those(office, connected):
    assert "down since" not in office.get(ACCOUNTS).content.decode()
    GatewaySession.objects.update(alert="Down for too long.", down_since="2026-11-29T04:45:00Z")
    page = office.get(ACCOUNTS, {"session__alert__isempty": "0"}).content.decode()
    assert "down since 2026-11-29 04:45 UTC" in page
    page = office.get(ACCOUNTS, {"session__alert__isempty": "1"}).content.decode()
    assert str(connected.id) not in page


def test_an_accounts_page_shows_its_lease_and_nothing_to_type_into(office, connected):
    page = office.get(f"{ACCOUNTS}{connected.id}/change/").content.decode()
    for shown in ("READY", "gateway-4711", "worker-1", "Fence", "Lease expires at", "The link was lost."):
        assert shown in page
    main = page[page.index('id="content"') :]
    assert 'type="text"' not in main
    assert "<textarea" not in main
    assert 'name="_save"' not in main


@pytest.mark.parametrize(
    ("search", "found"), [("READY", True), ("gateway-4711", True), ("alice", True), ("ERROR", False)]
)
def test_accounts_are_found_by_state_gateway_and_owner(office, connected, search, found):
    page = office.get(ACCOUNTS, {"q": search}).content.decode()
    assert (str(connected.id) in page) == found


@pytest.mark.parametrize(("state", "found"), [("READY", True), ("ERROR", False)])
def test_the_list_narrows_to_a_state(office, connected, state, found):
    page = office.get(ACCOUNTS, {"session__state__exact": state}).content.decode()
    assert (str(connected.id) in page) is found


def test_sessions_are_started_and_stopped_at_the_desk_and_not_here(office, connected):
    page = operate(office, "stop", connected)
    assert "Stop the session" not in page
    assert GatewaySession.objects.get().desired_state == "RUNNING"


def test_what_is_changed_here_is_in_the_audit_log_without_its_value(office, charlie, alice):
    new = {"usable_password": "true", "password1": "a-long-passphrase-3", "password2": "a-long-passphrase-3"}
    assert office.post(f"/admin/accounts/user/{alice.pk}/password/", new).status_code == 302
    entry = AuditEntry.objects.get(action="admin_change")
    assert (entry.actor, entry.via, entry.subject, entry.text) == ("charlie", "admin", "alice", "Changed password.")
    assert "passphrase" not in str(list(AuditEntry.objects.values()))


def test_a_token_that_is_removed_here_is_in_the_audit_log(office, alice):
    tokens.create(alice, "export")
    row = ApiToken.objects.get()
    office.post("/admin/accounts/apitoken/", {"action": "delete_selected", "_selected_action": row.pk, "post": "yes"})
    assert not ApiToken.objects.exists()
    assert AuditEntry.objects.get(action="admin_change").text == "Removed the api token."


def test_nobody_is_suspended_here_without_a_reason(office, alice):
    page = office.get(f"/admin/accounts/user/{alice.pk}/change/").content.decode()
    assert 'name="is_active"' not in page


@pytest.fixture
def clerk(client, bob):
    """bob, who may do with users whatever Django's own permissions let one do, and is no superuser."""
    bob.is_staff = True
    bob.save()
    bob.user_permissions.set(Permission.objects.filter(content_type__model__in=["user", "group"]))
    client.force_login(bob)
    return client


def test_who_may_change_users_makes_nobody_more_than_they_were(clerk, bob):
    page = f"/admin/accounts/user/{bob.pk}/change/"
    shown = clerk.get(page).content.decode()
    assert 'name="email"' in shown
    for field in ("is_superuser", "is_staff", "groups", "user_permissions"):
        assert f'name="{field}"' not in shown
    everything = {"username": "bob", "email": "bob@example.com", "is_superuser": "on", "date_joined_0": "2026-01-05"}
    assert clerk.post(page, {**everything, "date_joined_1": "12:00:00"}).status_code == 302
    bob.refresh_from_db()
    assert (bob.email, bob.is_superuser, bob.is_staff) == ("bob@example.com", False, True)
    assert bob.user_permissions.exists()


def test_who_may_change_users_sets_nobodys_password_nor_touches_a_superuser(clerk, alice, charlie):
    new = {"usable_password": "true", "password1": "a-long-passphrase-3", "password2": "a-long-passphrase-3"}
    assert clerk.post(f"/admin/accounts/user/{alice.pk}/password/", new).status_code == 403
    assert "/password/" not in clerk.get(f"/admin/accounts/user/{alice.pk}/change/").content.decode()
    assert clerk.post(f"/admin/accounts/user/{charlie.pk}/change/", {"username": "c"}).status_code == 403
    assert clerk.post(f"/admin/accounts/user/{charlie.pk}/delete/", {"post": "yes"}).status_code == 403
    alice.refresh_from_db()
    assert alice.check_password("alice-password")


def test_a_groups_rights_are_a_superusers_to_write(clerk):
    assert clerk.get("/admin/auth/group/add/").status_code == 403


def test_a_superuser_finds_the_rights_and_the_way_to_a_password(office, alice):
    shown = office.get(f"/admin/accounts/user/{alice.pk}/change/").content.decode()
    for field in ("is_superuser", "is_staff", "groups", "user_permissions"):
        assert f'name="{field}"' in shown
    assert "../password/" in shown


def test_a_user_who_is_no_staff_sees_no_page_of_the_admin(client, alice, connected):
    client.force_login(alice)
    for address in every_page(connected):
        assert client.get(address).status_code == 302, address


def test_a_stranger_is_sent_to_the_sign_in_page_of_the_site(client):
    assert client.get("/admin/", follow=True).redirect_chain[-1] == ("/auth/login/?next=%2Fadmin%2F", 302)


@pytest.mark.usefixtures("charlie")
def test_an_administrators_password_can_not_be_guessed_at_without_end(client):
    page = "/auth/login/?next=/admin/"
    for turn in range(6):
        client.post(page, {"login": "charlie", "password": f"guess {turn}"})
    refused = client.post(page, {"login": "charlie", "password": "charlie-password"})
    assert "Too many failed login attempts" in refused.content.decode()
    assert client.get("/admin/").status_code == 302


def test_a_credential_has_no_page(office, connected):
    assert not admin.site.is_registered(Credential)
    assert office.get("/admin/accounts/credential/").status_code == 404
    assert "credential" not in office.get("/admin/").content.decode().lower()


def test_addresses_of_mail_that_is_never_sent_have_no_page(office):
    assert office.get("/admin/account/emailaddress/").status_code == 404


def test_an_account_can_not_be_added_changed_or_removed_by_hand(office, connected):
    assert office.get(f"{ACCOUNTS}add/").status_code == 403
    assert office.post(f"{ACCOUNTS}{connected.id}/change/", {"name": "Other"}).status_code == 403
    assert office.post(f"{ACCOUNTS}{connected.id}/delete/", {"post": "yes"}).status_code == 403
    connected.refresh_from_db()
    assert connected.name == "Paper"


def test_a_user_with_an_account_can_not_be_removed_from_under_its_gateway(office, alice, connected):
    office.post(f"/admin/accounts/user/{alice.id}/delete/", {"post": "yes"})
    connected.refresh_from_db()
    assert connected.user == alice


def test_a_token_can_be_removed_and_nothing_else(office, alice):
    text = tokens.create(alice, "export")
    row = ApiToken.objects.get()
    assert office.post(f"/admin/accounts/apitoken/{row.id}/change/", {"name": "x"}).status_code == 403
    assert office.get("/admin/accounts/apitoken/add/").status_code == 403
    office.post(f"/admin/accounts/apitoken/{row.id}/delete/", {"post": "yes"})
    assert tokens.authenticate(text) is None


def test_no_page_of_the_admin_holds_a_password_or_what_could_open_one(office, alice, connected, keysets):
    token = tokens.create(alice, "export")
    operate(office, "stop", connected)
    sealed = bytes(Credential.objects.get().sealed)
    secrets = {
        "the broker's password": LOGIN["password"],
        "the broker's username": LOGIN["username"],
        "the sealed login": signing.b64_encode(sealed[:30]).decode()[:40],
        "the sealed login's bytes": sealed.hex()[:40],
        "the token": token,
        "the token's hash": ApiToken.objects.get().token_hash,
        "alice's own password": "alice-password",
        "alice's own hash": alice.password,
    }
    for address in every_page(connected):
        response = office.get(address)
        assert response.status_code in (200, 302, 403), address
        page = response.content.decode()
        found = [name for name, secret in secrets.items() if secret in page]
        assert found == [], address


def every_page(account) -> list[str]:
    """Each registered model's list, form and history, and all pages of the account's own rows."""
    pages = [reverse("admin:index"), f"{ACCOUNTS}?q=correct", f"{ACCOUNTS}{account.id}/delete/"]
    for model in admin.site._registry:
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        pages += [reverse(f"{name}_changelist"), reverse(f"{name}_add")]
        for row in model._default_manager.all()[:3]:
            pages += [reverse(f"{name}_{page}", args=[row.pk]) for page in ("change", "history", "delete")]
    return pages
