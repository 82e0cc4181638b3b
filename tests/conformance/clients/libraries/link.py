"""The connection of a library, with an ear on the callbacks that pass from its decoder to its books."""

from __future__ import annotations

import asyncio
import importlib
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any

from tests.conformance.clients.base import DEADLINE, Answer, Fields, Link, NoAnswer, Refused
from tests.conformance.clients.heard import Heard

_INVALID = 321
_CALLBACKS = (
    "accountDownloadEnd",
    "accountSummary",
    "accountSummaryEnd",
    "accountUpdateMulti",
    "accountUpdateMultiEnd",
    "commissionReport",
    "completedOrder",
    "completedOrdersEnd",
    "execDetails",
    "nextValidId",
    "openOrder",
    "openOrderEnd",
    "orderBound",
    "orderStatus",
    "pnl",
    "pnlSingle",
    "position",
    "positionEnd",
    "positionMulti",
    "positionMultiEnd",
    "updateAccountValue",
    "updatePortfolio",
)


class LibraryLink(Link):
    def __init__(self, library: str) -> None:
        self.library = importlib.import_module(library)
        self._request_error = importlib.import_module(f"{library}.wrapper").RequestError
        self.ib = self.library.IB()
        self.ib.RaiseRequestErrors = True
        self.ib.RequestTimeout = DEADLINE
        self.ib.client.MaxRequests = 0
        self.ib.errorEvent += self._keep_error
        self._listen()
        self.heard = Heard()

    def _listen(self) -> None:
        wrapper, client = self.ib.wrapper, self.ib.client
        for name in _CALLBACKS:
            setattr(wrapper, name, partial(self._keep, name, getattr(wrapper, name)))
        # A decoder looks its callbacks up when it is made.
        client.decoder = type(client.decoder)(wrapper, 0)

    def _keep(self, name: str, pass_on: Callable[..., Any], *arguments: Any) -> Any:
        self.heard.keep(name, *arguments)
        return pass_on(*arguments)

    def _keep_error(self, about: int, code: int, text: str, _contract: Any) -> None:
        """`ib_async` takes 321 for a warning, also about a request, which it would then wait for in vain."""
        self.heard.keep_error(about, code)
        if code == _INVALID and about in self.ib.wrapper._futures:
            self.ib.wrapper._endReq(about, self._request_error(about, code, text), success=False)

    def connect(self, host: str, port: int, client_id: int) -> Answer:
        self.heard = Heard()
        self.library.util.run(self._connect(host, port, client_id))
        self.settle()
        return {"accounts": self.ib.managedAccounts(), "version": self.ib.client.serverVersion()}

    async def _connect(self, host: str, port: int, client_id: int) -> None:
        """The libraries wait until their deadline for a gateway that has hung up on them."""
        ended = asyncio.Event()
        self.ib.client.apiError += lambda _text: ended.set()
        connecting = asyncio.ensure_future(self.ib.connectAsync(host, port, clientId=client_id, timeout=DEADLINE))
        ending = asyncio.ensure_future(ended.wait())
        await asyncio.wait({connecting, ending}, return_when=asyncio.FIRST_COMPLETED)
        ending.cancel()
        refusal = self.heard.refusal(-1)
        if refusal is not None and not connecting.done():
            connecting.cancel()
            await asyncio.wait({connecting})
            raise Refused(refusal)
        await connecting

    def close(self) -> None:
        self.ib.disconnect()

    def wait_for_notice(self, code: int) -> None:
        while code not in self.heard.codes(-1):
            if not self.ib.waitOnUpdate(DEADLINE):
                raise NoAnswer(f"no notice {code} within {DEADLINE:g} s")

    def wait_for_end(self) -> None:
        """Whatever waits is broken off with an error when any connection of the process ends."""
        while self.ib.isConnected():
            with suppress(ConnectionError):
                self.ib.waitOnUpdate(DEADLINE)

    def new_id(self) -> int:
        return int(self.ib.client.getReqId())

    def call(self, request: str, *arguments: Any) -> None:
        getattr(self.ib.client, request)(*arguments)

    def asked(self, ask: Callable[[], Any]) -> Any:
        """What the library answers. Raises Refused."""
        try:
            return ask()
        except self._request_error as error:
            raise Refused(error.code) from error

    def current_time(self) -> int:
        return int(self.ib.reqCurrentTime().timestamp())

    def contract(self, query: Fields) -> Any:
        legs = [self.library.ComboLeg(**leg) for leg in query.get("comboLegs", [])]
        return self.library.Contract(**{**query, "comboLegs": legs})

    def order(self, terms: Fields) -> Any:
        return self.library.Order(**terms)
