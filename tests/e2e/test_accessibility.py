"""axe-core reads every page, wide in the light and narrow in the dark: as an administrator and as a stranger see it.

Of Django's admin, the pages that ours lead to. The rest of it is Django's own, and not clean.

The pages come from the resolver, so a new one is read from the day it is added: one with a parameter that isn't known
here fails until there is something for it to name.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from typing import Any
from urllib.parse import urljoin

import pytest
from django.urls import URLPattern, URLResolver, get_resolver
from playwright.sync_api import Page, expect

from deploy.local.stack import ROOT
from tests.e2e.steps import AAPL, Visitor

AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
ADMIN, API = "admin/", "api/"
API_DOCS = "/api/v1/docs"
LOOKS = [
    pytest.param({"width": 1440, "height": 900}, "light", id="wide and light"),
    pytest.param({"width": 390, "height": 844}, "dark", id="narrow and dark"),
]
# Of what an address names and takes only a POST for, so that it need not be there.
ANY = {"int": "0", "uuid": str(uuid.UUID(int=0)), "str": "none", "path": "none", "slug": "none"}
VIOLATIONS = """
async () => (await axe.run(document)).violations.flatMap(({ id, help, nodes }) =>
  nodes.map(({ target, failureSummary }) => `${id}: ${help} at ${target.join(' ')}: ${failureSummary}`))
"""


def routes(patterns: list[Any], prefix: str = "") -> Iterator[str]:
    for entry in patterns:
        route = prefix + str(entry.pattern).removeprefix("^")
        if isinstance(entry, URLResolver):
            yield from routes(entry.url_patterns, route)
        elif isinstance(entry, URLPattern):
            yield route


def addresses(ids: dict[str, str]) -> list[str]:
    """Of Django's admin none, and of the API what names nothing: one of these is its documentation."""
    every = [route for route in routes(get_resolver().url_patterns) if not route.startswith(ADMIN)]
    ours = [route for route in every if not (route.startswith(API) and "<" in route)]
    return ["/" + re.sub(r"<(\w+):(\w+)>", lambda each: ids.get(each[2]) or ANY[each[1]], route) for route in ours]


@pytest.fixture
def ids(alice: Visitor, manage: Any) -> dict[str, str]:
    """alice is an administrator too, and has one of everything that an address can name."""
    user_id = manage(
        "shell",
        "--no-imports",
        "-c",
        f"from webapp.accounts.models import User; user = User.objects.get(username={alice.name!r}); "
        "user.is_staff = user.is_superuser = True; user.save(); print(user.pk)",
    )
    alice.open_trading_screen()
    alice.make_watchlist("Majors")
    alice.add("AAPL", AAPL)
    alice.click_ask(AAPL)
    client_order_id = alice.fill_ticket(quantity="1", limit_price=None)
    alice.send()
    alice.sees_status(client_order_id, "Filled")
    return {
        "account_id": alice.account_id,
        "client_order_id": client_order_id,
        "order_key": client_order_id,
        "con_id": str(AAPL),
        "user_id": user_id,
    }


def is_page(page: Page, address: str) -> bool:
    """Only what answers with a whole page: no fragment, no file, no redirect, nothing that wants a POST."""
    answer = page.request.get(urljoin(page.url, address), max_redirects=0)
    unnamed = any(f"/{value}/" in address for value in ANY.values())
    assert not (unnamed and answer.status == 404), f"{address} is no POST alone: give it something of alice's in `ids`"
    return answer.status == 200 and "<html" in answer.text()


@pytest.mark.timeout(600)  # some twenty pages, each read whole
@pytest.mark.parametrize(("size", "scheme"), LOOKS)
def test_axe_finds_nothing_on_any_page(alice: Visitor, ids: dict[str, str], size: Any, scheme: Any) -> None:
    found = all_violations(alice, addresses(ids), size, scheme)
    assert {f"/accounts/{alice.account_id}/trade/", f"/desk/accounts/{alice.account_id}/", "/desk/audit/"} <= set(found)
    assert not wrongs(found), "\n".join(wrongs(found))


@pytest.mark.timeout(600)
@pytest.mark.parametrize(("size", "scheme"), LOOKS)
def test_axe_finds_nothing_on_what_a_stranger_is_shown(visit: Any, size: Any, scheme: Any) -> None:
    stranger: Visitor = visit()
    stranger.page.goto("/")
    found = all_violations(stranger, addresses({}), size, scheme)
    assert {"/", "/auth/login/", "/auth/signup/", API_DOCS} <= set(found)
    found["/nothing/here/"] = violations(stranger.page, "/nothing/here/")
    assert not wrongs(found), "\n".join(wrongs(found))


def test_axe_finds_nothing_on_the_pages_of_djangos_admin_that_ours_lead_to(alice: Visitor, ids: dict[str, str]) -> None:
    linked = set()
    for address in ("/desk/", "/desk/users/", f"/desk/users/{ids['user_id']}/", "/desk/audit/"):
        alice.page.goto(address)
        linked |= {link.get_attribute("href") or "" for link in alice.page.locator("main a, header a, nav a").all()}
    of_admin = sorted(href for href in linked if href.startswith("/" + ADMIN))
    assert of_admin == ["/admin/", "/admin/accounts/user/"]
    found = {address: violations(alice.page, address) for address in of_admin}
    assert not wrongs(found), "\n".join(wrongs(found))


def all_violations(visitor: Visitor, every: list[str], size: Any, scheme: Any) -> dict[str, list[str]]:
    """By the address of each that is a page."""
    visitor.page.set_viewport_size(size)
    visitor.page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    return {each: violations(visitor.page, each) for each in every if is_page(visitor.page, each)}


def violations(page: Page, address: str) -> list[str]:
    page.goto(address)
    expect(page.locator("main")).to_be_visible()
    if address == API_DOCS:
        # A script draws it.
        expect(page.locator(".opblock").first).to_be_visible()
    page.evaluate(AXE.read_text())
    found: list[str] = page.evaluate(VIOLATIONS)
    return found


def wrongs(found: dict[str, list[str]]) -> list[str]:
    return [f"{address} {wrong}" for address, wrong_there in found.items() for wrong in wrong_there]
