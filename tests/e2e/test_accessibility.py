"""axe-core reads every page of ours that a signed-in administrator is shown, wide in the light and narrow in the dark.

Left out are Django's admin, the API's documentation, and the pages of who isn't signed in.

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
# Pages that a library brings, and what is no page.
OTHERS = ("admin/", "api/", "static/")
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
    ours = [route for route in routes(get_resolver().url_patterns) if not route.startswith(OTHERS)]
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
    alice.page.set_viewport_size(size)
    alice.page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    found, read = {}, []
    for address in addresses(ids):
        if is_page(alice.page, address):
            found[address] = violations(alice.page, address)
            read.append(address)
    assert {f"/accounts/{alice.account_id}/trade/", f"/desk/accounts/{alice.account_id}/", "/desk/audit/"} <= set(read)
    wrongs = [f"{address} {wrong}" for address, wrong_there in found.items() for wrong in wrong_there]
    assert not wrongs, "\n".join(wrongs)


def violations(page: Page, address: str) -> list[str]:
    page.goto(address)
    expect(page.locator("main")).to_be_visible()
    page.evaluate(AXE.read_text())
    found: list[str] = page.evaluate(VIOLATIONS)
    return found
