"""The tables of names agree with what the client library sends and reads."""

from __future__ import annotations

import inspect
from typing import Any

import pytest
from ib_insync import ExecutionFilter, Order, ScannerSubscription, Stock, WshEventData
from ib_insync.client import Client
from ib_insync.decoder import Decoder
from ib_insync.wrapper import Wrapper

from brokers.simulator.messages.names import ANSWER_NAMES, REQUEST_NAMES, request_id, request_name
from brokers.simulator.wire import SERVER_VERSION

ID = 4711

_GIVEN: dict[str, Any] = {
    "reqId": ID,
    "orderId": ID,
    "tickerId": ID,
    "contract": Stock("AAPL", "SMART", "USD"),
    "order": Order(),
    "execFilter": ExecutionFilter(),
    "subscription": ScannerSubscription(),
    "data": WshEventData(),
}
# Each needs its options as a list.
_LISTS = ("mktDataOptions", "mktDepthOptions", "chartOptions", "implVolOptions", "optPrcOptions", "miscOptions")


class Recorder(Client):
    """The library's own sender, whose messages stay here."""

    def __init__(self) -> None:
        self.sent: list[list[str]] = []
        self.optCapab = ""
        self.clientId = 1

    def serverVersion(self) -> int:  # noqa: N802 - the library's name
        return SERVER_VERSION

    def sendMsg(self, msg: str) -> None:  # noqa: N802 - the library's name
        self.sent.append(msg.split("\0")[:-1])

    def isConnected(self) -> bool:  # noqa: N802 - the library's name
        return True


def sent(name: str) -> tuple[list[str], bool]:
    """What the library sends for a request, and whether it has a number of its own."""
    method = getattr(Recorder(), name)
    parameters = list(inspect.signature(method).parameters)
    recorder = Recorder()
    arguments = [_GIVEN.get(one, [] if one in _LISTS or one.endswith("Options") else 1) for one in parameters]
    getattr(recorder, name)(*arguments)
    return recorder.sent[0], ID in arguments


@pytest.mark.parametrize("message_id", REQUEST_NAMES)
def test_a_request_has_the_library_s_name_and_its_number_where_the_library_puts_it(message_id: int) -> None:
    message, is_numbered = sent(request_name(message_id))
    assert message[0] == str(message_id)
    if message_id == 19:  # replaceFA puts its number last
        return
    assert request_id(message_id, message) == (str(ID) if is_numbered else None)


def test_every_answer_that_the_library_reads_has_a_name() -> None:
    handlers = Decoder(Wrapper(None), SERVER_VERSION).handlers  # type: ignore[arg-type]
    unused = {65, 66, 67, 68, 69, 70}  # of display groups and of verification, which nobody asks for
    assert ANSWER_NAMES.keys() == handlers.keys() - unused


def test_an_unknown_id_is_its_own_name() -> None:
    assert request_name(999) == "999"
    assert request_id(999, ["999", "1", "2"]) is None


def test_a_message_that_is_cut_short_has_no_number() -> None:
    assert request_id(1, ["1"]) is None
