"""The connection of IB's own client, which reads in a thread."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from functools import partial
from typing import Any

from ibapi.client import EClient
from ibapi.contract import ComboLeg, Contract
from ibapi.order import Order
from ibapi.wrapper import EWrapper

from tests.conformance.clients.base import DEADLINE, Answer, Fields, Link, Refused
from tests.conformance.clients.heard import Arguments, Heard

# The libraries know these callbacks by the names that they had before.
_FORMER_NAMES = {"commissionAndFeesReport": "commissionReport"}


class Recorder(EWrapper):
    """Keeps every callback under its name."""

    def __init__(self, heard: Heard) -> None:
        super().__init__()
        for name, callback in vars(EWrapper).items():
            if callable(callback) and not name.startswith("_") and name != "error":
                setattr(self, name, partial(heard.keep, _FORMER_NAMES.get(name, name)))
        self._heard = heard

    def error(self, reqId: int, _time: int, errorCode: int, *_words: str) -> None:  # noqa: N803
        self._heard.keep_error(reqId, errorCode)


class IbapiLink(Link):
    def __init__(self) -> None:
        self.heard = Heard()
        self.client = EClient(Recorder(self.heard))
        self._next_id = 0

    def connect(self, host: str, port: int, client_id: int) -> Answer:
        heard = self.heard = Heard()
        self.client = EClient(Recorder(heard))
        self.client.connect(host, port, client_id)
        self._reading = threading.Thread(target=self.client.run, name="ibapi", daemon=True)
        self._reading.start()
        heard.wait(lambda: bool(heard["nextValidId"] or heard.refusal(-1)), "next order id")
        refusal = heard.refusal(-1)
        if refusal is not None:
            self.wait_for_end()
            raise Refused(refusal)
        self._next_id = heard["nextValidId"][-1][0]
        (accounts,) = heard["managedAccounts"][-1]
        self.settle()
        return {"accounts": [code for code in accounts.split(",") if code], "version": self.client.serverVersion()}

    def close(self) -> None:
        """The gateway is told at once, where IB's own `disconnect` leaves a reader on the socket for a second more. The
        reader hears of it too, and ends the rest."""
        with suppress(OSError, AttributeError):  # the gateway has hung up already
            self.client.conn.socket.shutdown(socket.SHUT_RDWR)
        self.wait_for_end()

    def wait_for_notice(self, code: int) -> None:
        self.heard.wait(lambda: code in self.heard.codes(-1), f"notice {code}")

    def wait_for_end(self) -> None:
        self._reading.join(DEADLINE)

    def new_id(self) -> int:
        self._next_id += 1
        return self._next_id - 1

    def call(self, request: str, *arguments: Any) -> None:
        getattr(self.client, request)(*arguments)

    def asked(self, request: str, *arguments: Any, told: str, ends: str) -> list[Arguments]:
        """What was told of a request with an id of its own until its end. Raises Refused."""
        about, heard = self.new_id(), self.heard
        self.call(request, about, *arguments)
        heard.wait(lambda: bool(heard.of(ends, about)) or heard.refusal(about) is not None, f"answer to {request}")
        refusal = heard.refusal(about)
        if refusal is not None:
            raise Refused(refusal)
        return heard.of(told, about)

    def current_time(self) -> int:
        heard, before = self.heard, len(self.heard["currentTime"])
        self.client.reqCurrentTime()
        heard.wait(lambda: len(heard["currentTime"]) > before, "current time")
        return int(heard["currentTime"][-1][0])

    def contract(self, query: Fields) -> Contract:
        contract = _with_fields(Contract(), query)
        contract.comboLegs = [_with_fields(ComboLeg(), leg) for leg in query.get("comboLegs", [])]
        return contract

    def order(self, terms: Fields) -> Order:
        return _with_fields(Order(), terms)


def _with_fields(thing: Any, fields: Fields) -> Any:
    for name, value in fields.items():
        if not hasattr(thing, name):
            raise AttributeError(f"{type(thing).__name__} has no {name}")
        setattr(thing, name, value)
    return thing
