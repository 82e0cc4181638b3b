"""Sharing's pages: invited, accepted, trading as a trader, looking as a viewer, and taken back."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from tests.webapp.trading.examples import placed
from webapp.accounts import sharing
from webapp.accounts.models import AccountShare, BrokerAccount, User
from webapp.trading.kill_switch.state import engaged_on
from webapp.trading.models import Instrument, Order

pytestmark = pytest.mark.django_db

HTMX = {"HX-Request": "true"}


@pytest.fixture
def page(ready_account: BrokerAccount) -> str:
    return f"/accounts/{ready_account.id}/"


@pytest.fixture
def bobs(bob: User) -> Client:
    client = Client()
    client.force_login(bob)
    return client


@pytest.fixture
def share(ready_account: BrokerAccount, bob: User) -> Callable[[str], AccountShare]:
    def shared(role: str) -> AccountShare:
        share = sharing.invite(account=ready_account, username="bob", role=role)
        sharing.accept(share)
        return share

    return shared


def test_an_account_is_shared_seen_and_taken_back(browser: Client, bobs: Client, page: str) -> None:
    browser.post(f"{page}sharing/", {"username": "bob", "role": "viewer"})
    assert "Invited" in browser.get(f"{page}sharing/").content.decode()
    assert "<strong>alice</strong> wants to share <strong>Paper</strong>" in bobs.get("/accounts/").content.decode()
    invitation = AccountShare.objects.get()
    accepted = bobs.post(f"/invitations/{invitation.pk}/accept/")
    assert accepted["Location"] == f"{page}trade/"
    assert bobs.get(f"{page}trade/").status_code == 200
    index = bobs.get("/accounts/").content.decode()
    assert "Shared with you" in index
    assert "alice, you are a viewer" in index
    assert "Has access" in browser.get(f"{page}sharing/").content.decode()
    browser.post(f"{page}sharing/{invitation.pk}/end/")
    assert bobs.get(f"{page}trade/").status_code == 404
    assert "Shared with you" not in bobs.get("/accounts/").content.decode()


def test_the_owner_reads_the_same_of_a_name_that_nobody_has(browser: Client, bob: User, page: str) -> None:
    said = [
        browser.post(f"{page}sharing/", {"username": name, "role": "viewer"}, follow=True).content.decode()
        for name in ("bob", "bab")
    ]
    assert "If somebody here is called bob, they can accept it" in said[0]
    listed = browser.get(f"{page}sharing/").content.decode()
    assert listed.count("Invited</span>") == 2
    assert "If somebody here is called bab, they can accept it" in said[1]


def test_the_page_says_whose_responsibility_market_data_is(browser: Client, page: str) -> None:
    text = browser.get(f"{page}sharing/").content.decode()
    assert "Market data is licensed to your broker login." in text
    assert "Towards Interactive Brokers you are responsible" in text


def test_what_cannot_be_invited_is_said_at_its_field(browser: Client, page: str) -> None:
    response = browser.post(f"{page}sharing/", {"username": "alice", "role": "viewer"})
    assert response.status_code == 422
    assert "This account is your own." in response.content.decode()


def test_an_invitation_is_declined_and_gone(bobs: Client, ready_account: BrokerAccount, bob: User) -> None:
    invitation = sharing.invite(account=ready_account, username="bob", role="viewer")
    bobs.post(f"/invitations/{invitation.pk}/decline/")
    assert "wants to share" not in bobs.get("/accounts/").content.decode()
    assert bobs.post(f"/invitations/{invitation.pk}/accept/").status_code == 404


def test_who_was_let_in_may_leave(bobs: Client, page: str, share: Callable[[str], AccountShare]) -> None:
    share("trader")
    assert "isn&#x27;t shared with you any more" in bobs.post(f"{page}leave/", follow=True).content.decode()
    assert bobs.get(page).status_code == 404


def test_a_trader_places_and_cancels_and_stops_all_and_changes_nothing_else(
    bobs: Client,
    page: str,
    share: Callable[[str], AccountShare],
    ticket: Callable[..., dict[str, str]],
    ready_account: BrokerAccount,
    aapl: Instrument,
) -> None:
    share("trader")
    assert bobs.post(f"{page}orders/", ticket(), headers=HTMX).status_code == 201
    order = Order.objects.get()
    assert bobs.post(f"{page}orders/{order.client_order_id}/cancel/", headers=HTMX).status_code == 200
    bobs.post(f"{page}protection/engage/", {"reason": "too fast"})
    engaged = engaged_on(ready_account.pk)
    assert engaged is not None
    assert engaged.engaged_by == User.objects.get(username="bob")
    for owners in (
        "protection/release/",
        "protection/",
        "start/",
        "stop/",
        "restart/",
        "password/",
        "live-trading/off/",
    ):
        response = bobs.post(f"{page}{owners}")
        assert response.status_code == 403, owners
        assert "Only alice, who owns Paper, may do this." in response.content.decode()
    assert engaged_on(ready_account.pk) is not None


def test_everybody_who_sees_the_account_reads_who_placed_an_order_and_who_cancelled_it(
    browser: Client,
    bobs: Client,
    page: str,
    share: Callable[[str], AccountShare],
    ticket: Callable[..., dict[str, str]],
    aapl: Instrument,
) -> None:
    shared = share("trader")
    bobs.post(f"{page}orders/", ticket(), headers=HTMX)
    order = Order.objects.get()
    browser.post(f"{page}orders/{order.client_order_id}/cancel/", headers=HTMX)
    assert [str(command.by) for command in order.commands.all()] == ["bob", "alice"]
    for role in ("trader", "viewer"):
        sharing.change_role(share=shared, role=role)
        for reader in (browser, bobs):
            text = reader.get(f"{page}orders/{order.client_order_id}/").content.decode()
            assert '<td data-label="By">bob</td>' in text, role
            assert '<td data-label="By">alice</td>' in text, role
            assert "Cancelled by alice at" in text, role


def test_a_viewer_is_offered_no_order_and_refused_one_with_a_sentence(
    bobs: Client,
    page: str,
    share: Callable[[str], AccountShare],
    ticket: Callable[..., dict[str, str]],
    aapl: Instrument,
) -> None:
    share("viewer")
    assert "You look on" in bobs.get(f"{page}trade/").content.decode()
    response = bobs.post(f"{page}orders/", ticket(), headers=HTMX)
    assert (response.status_code, response["Content-Type"]) == (403, "text/plain; charset=utf-8")
    assert response.content.decode().startswith("alice shares Paper with you as a viewer, who may look and not trade.")
    assert not Order.objects.exists()


def test_pages_offer_others_what_they_may_do_alone(
    bobs: Client, page: str, share: Callable[[str], AccountShare], ready_account: BrokerAccount, aapl: Instrument
) -> None:
    share("viewer")
    placed(ready_account)
    for path in ("", "protection/", "trade/"):
        text = bobs.get(f"{page}{path}").content.decode()
        for address in ("password/", "start/", "stop/", "restart/", "engage/", "release/", "sharing/", "log/"):
            assert f"{page}{address}" not in text, (path, address)
