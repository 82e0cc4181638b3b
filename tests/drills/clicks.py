"""A person's browser as far as orders go: signs in, clicks, and remembers what each click was answered."""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import httpx

from tests.drills.forms import fields_of

if TYPE_CHECKING:
    from webapp.accounts.models import BrokerAccount

AAPL = 265598
DEADLINE = 30.0
CREATED, AGAIN = 201, 200
EXITS = ("take_profit_price", "stop_loss_price")


@dataclass(frozen=True, slots=True)
class Click:
    """`status` is the answer's; None when none came, so that nobody knows whether the order was taken."""

    client_order_id: str
    status: int | None
    exits: int = 0  # how many ways out are attached to it

    @property
    def accepted(self) -> bool:
        return self.status in (CREATED, AGAIN)


@dataclass(slots=True)
class Clicker:
    """One signed-in user on one account. Safe to use from one thread; `clicks` is everything that was clicked."""

    client: httpx.Client
    account: BrokerAccount
    clicks: list[Click] = field(default_factory=list)
    cancels: list[str] = field(default_factory=list)  # the client_order_ids of those that were accepted

    @classmethod
    def sign_in(cls, url: str, account: BrokerAccount) -> Clicker:
        return cls(signed_in(url, account.user.username), account)

    @property
    def cookies(self) -> str:
        return "; ".join(f"{name}={value}" for name, value in self.client.cookies.items())

    def find(self, text: str = "AAPL") -> None:
        """Instruments are known once somebody has searched for them."""
        self.client.get(f"/accounts/{self.account.pk}/search/", params={"q": text}, headers={"HX-Request": "true"})

    def place(self, **changes: str) -> Click:
        """A limit order for 10 AAPL that rests, or what `changes` make of it."""
        form = {
            "client_order_id": str(uuid.uuid4()),
            "con_id": str(AAPL),
            "side": "BUY",
            "order_type": "LMT",
            "quantity": "10",
            "limit_price": "1.00",
            "time_in_force": "DAY",
            **changes,
        }
        status = self._post(self._orders, form)
        click = Click(form["client_order_id"], status, exits=sum(name in form for name in EXITS))
        self.clicks.append(click)
        return click

    def cancel(self, click: Click) -> int | None:
        status = self._post(f"{self._orders}{click.client_order_id}/cancel/", {})
        if status == httpx.codes.OK:
            self.cancels.append(click.client_order_id)
        return status

    def modify(self, click: Click, **terms: str) -> int | None:
        """As the form does it: what it was painted with goes back with what was typed. None as in `place`."""
        path = f"{self._orders}{click.client_order_id}/modify/"
        try:
            painted = fields_of(self.client.get(path, headers={"HX-Request": "true"}).text)
        except httpx.TransportError:
            return None
        return self._post(path, {**painted, **terms})

    def engage(self) -> int | None:
        """The account's kill switch."""
        return self._post(f"/accounts/{self.account.pk}/protection/engage/", {"reason": "a drill"})

    def release(self) -> int | None:
        return self._post(f"/accounts/{self.account.pk}/protection/release/", {})

    @property
    def _orders(self) -> str:
        return f"/accounts/{self.account.pk}/orders/"

    def _post(self, path: str, form: dict[str, str]) -> int | None:
        token = {"csrfmiddlewaretoken": self.client.cookies.get("csrftoken", "")}
        try:
            answer = self.client.post(path, data={**form, **token}, headers={"HX-Request": "true"})
        except httpx.TransportError:
            return None
        return answer.status_code


def signed_in(url: str, name: str) -> httpx.Client:
    """A browser of this user, whose name is their password."""
    client = httpx.Client(base_url=url, timeout=DEADLINE, headers={"Referer": f"{url}/", "Origin": url})
    submit(client, "/auth/login/", login=name, password=name)
    return client


def submit(client: httpx.Client, path: str, **fields: str) -> None:
    """A form that leads on to another page. Raises RuntimeError when it doesn't, without a word of what it held."""
    answer = client.post(path, data={**_token(client, path), **fields})
    if answer.status_code != httpx.codes.FOUND:
        raise RuntimeError(f"{path} was answered {answer.status_code}")


def marketable(quantity: str = "10") -> dict[str, Any]:
    """Fills at once, where `Trader` has put the market; no market order, which needs a quote that came just now."""
    return {"limit_price": "190.10", "quantity": quantity}


def bracketed(**order: str) -> dict[str, Any]:
    """The same with a take profit above its price and a stop loss below, both too far from it to be met."""
    price = Decimal(order["limit_price"])
    return {**order, "take_profit_price": f"{price * 2:.2f}", "stop_loss_price": f"{price / 2:.2f}"}


def _token(client: httpx.Client, path: str) -> dict[str, str]:
    page = client.get(path).text
    found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
    return {"csrfmiddlewaretoken": found[1]} if found else {}
