"""A person at the web: signs up, connects an account, and buys; and the API, asked what became of it."""

from __future__ import annotations

import re
import uuid
from typing import Any

import httpx

from deploy.local.processes import LocalError, became_true

AAPL = 265598
ANSWER_DEADLINE = 30.0
# Seconds.
READY_DEADLINE, FILL_DEADLINE = 120.0, 60.0
_CSRF = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')


class Visitor:
    """`site` is its address without a path. Raises LocalError for every answer that isn't the one expected."""

    def __init__(self, site: str, name: str) -> None:
        self.name = name
        self._web = httpx.Client(base_url=site, timeout=ANSWER_DEADLINE, headers={"Referer": f"{site}/"})

    def close(self) -> None:
        self._web.close()

    def sign_up(self) -> None:
        password = uuid.uuid4().hex
        self._post("/auth/signup/", username=self.name, password1=password, password2=password)

    def connect(self) -> str:
        """The new account's id. The simulated broker takes every password that equals the username."""
        said = self._post(
            "/accounts/connect/",
            name="Trial",
            username="demo",
            password="demo",  # noqa: S106
            trading_mode="paper",
        )
        return said.headers["location"].rstrip("/").rpartition("/")[2]

    def buy(self, account: str) -> None:
        """One share of AAPL, at the market."""
        self._get(f"/accounts/{account}/search/", q="AAPL")
        self._post(
            f"/accounts/{account}/orders/",
            form=f"/accounts/{account}/trade/",
            con_id=str(AAPL),
            client_order_id=str(uuid.uuid4()),
            side="BUY",
            order_type="MKT",
            quantity="1",
            time_in_force="DAY",
        )

    def _get(self, path: str, **query: str) -> httpx.Response:
        answer = self._web.get(path, params=query)
        if answer.status_code != httpx.codes.OK:
            raise LocalError(f"GET {path} was answered with {answer.status_code}")
        return answer

    def _post(self, path: str, *, form: str | None = None, **fields: str) -> httpx.Response:
        """`form` is the page on which the form stands; by default the same."""
        token = _CSRF.search(self._get(form or path).text)
        if token is None:
            raise LocalError(f"{form or path} has no form")
        answer = self._web.post(path, data={**fields, "csrfmiddlewaretoken": token[1]})
        if answer.status_code not in (httpx.codes.FOUND, httpx.codes.OK, httpx.codes.CREATED):
            raise LocalError(f"POST {path} was answered with {answer.status_code}: {answer.text[:2000]}")
        return answer


class Api:
    def __init__(self, site: str, token: str) -> None:
        self._web = httpx.Client(
            base_url=f"{site}/api/v1", timeout=ANSWER_DEADLINE, headers={"Authorization": f"Bearer {token}"}
        )

    def close(self) -> None:
        self._web.close()

    def items(self, what: str) -> list[dict[str, Any]]:
        answer = self._web.get(f"/{what}")
        answer.raise_for_status()
        items: list[dict[str, Any]] = answer.json()["items"]
        return items

    def wait_until_ready(self) -> dict[str, Any]:
        """The account."""
        if not became_true(lambda: self.items("accounts")[0]["state"] == "READY", deadline=READY_DEADLINE, every=0.5):
            raise LocalError(f"The account is not READY within {READY_DEADLINE:g} s: {self.items('accounts')}")
        return self.items("accounts")[0]

    def wait_until_filled(self) -> dict[str, Any]:
        """The order."""
        if not became_true(lambda: self.items("orders")[0]["status"] == "FILLED", deadline=FILL_DEADLINE, every=0.5):
            raise LocalError(f"The order is not FILLED within {FILL_DEADLINE:g} s: {self.items('orders')}")
        return self.items("orders")[0]
