"""bob looks at alice's account as a viewer: he walks every address with every method, and nothing changes.

The siblings of `test_outsider.py`, over the same addresses: what is added there is walked here.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.core.cache import cache

from tests.webapp.test_outsider import (
    METHODS,
    NAMING,
    SOCKETS,
    Address,
    everything_of_the_tenants,
    knock,
    route_of,
    signed_in,
    walk,
)
from tests.webapp.test_outsider import hers as hers
from webapp.accounts import sharing
from webapp.accounts.models import BrokerAccount, User

pytestmark = pytest.mark.django_db

LEAVING = "accounts/<uuid:account_id>/leave/"
# What a viewer gets to see, by the address's end.
SEEN = ("", "trade/", "values/", "protection/", "search/", "fills.csv")


@pytest.fixture(autouse=True)
def fresh_limits() -> Iterator[None]:
    """Tries are counted."""
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def viewer(hers: dict[str, object], bob: User) -> User:
    share_with(bob, hers, "viewer")
    return bob


def share_with(user: User, hers: dict[str, object], role: str) -> None:
    account = BrokerAccount.objects.get(pk=hers["account_id"])
    sharing.accept(sharing.invite(account=account, username=user.username, role=role))


@pytest.mark.parametrize("address", [one for one in NAMING if one.route != LEAVING], ids=route_of)
def test_a_viewer_changes_nothing_wherever_he_goes(address: Address, hers: dict[str, object], viewer: User) -> None:
    client = signed_in(viewer)
    before = everything_of_the_tenants()

    statuses = walk(client, address.with_ids(hers), hers)

    assert everything_of_the_tenants() == before
    # 503: a question whose session isn't there.
    assert max(status for status in statuses.values() if status != 503) < 500, statuses


@pytest.mark.parametrize("path", SEEN)
def test_a_viewer_sees_what_the_account_shows(path: str, hers: dict[str, object], viewer: User) -> None:
    query = {"q": "AAPL"} if path == "search/" else {}
    response = signed_in(viewer).get(f"/accounts/{hers['account_id']}/{path}", query)

    assert response.status_code == 200


def test_a_viewer_may_leave_and_leaves_nothing_else_behind(hers: dict[str, object], viewer: User) -> None:
    client = signed_in(viewer)
    before = everything_of_the_tenants()

    assert walk(client, f"/accounts/{hers['account_id']}/leave/", hers, ("post",)) == {"post": 302}

    after = everything_of_the_tenants()
    assert [name for name in before if before[name] != after[name]] == ["AccountShare"]
    assert [share for share in before["AccountShare"] if share not in after["AccountShare"]] == [
        share for share in before["AccountShare"] if share["user_id"] == viewer.pk
    ]


@pytest.mark.parametrize("address", [one for one in NAMING if "watchlist_id" in one.parameters], ids=route_of)
def test_her_watchlists_stay_her_own(address: Address, hers: dict[str, object], viewer: User) -> None:
    assert set(walk(signed_in(viewer), address.with_ids(hers), hers, METHODS).values()) <= {404, 405}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("address", SOCKETS, ids=route_of)
async def test_her_socket_opens_for_a_viewer(address: Address, hers: dict[str, object], viewer: User) -> None:
    assert await knock(address.with_ids(hers), viewer) == 101


@pytest.mark.parametrize("path", ["orders", "fills"])
def test_a_revoked_users_token_reads_nothing_with_its_next_request(
    path: str, hers: dict[str, object], viewer: User
) -> None:
    client, address = signed_in(viewer), f"/api/v1/{path}?account={hers['account_id']}"
    assert len(client.get(address).json()["items"]) == 1

    sharing.end(BrokerAccount.objects.get(pk=hers["account_id"]).shares.get(user=viewer))

    assert client.get(address).status_code == 404
    assert client.get(f"/api/v1/{path}").json()["items"] == []
