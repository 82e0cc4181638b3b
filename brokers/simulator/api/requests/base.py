"""The shape of every request."""

from __future__ import annotations

from collections.abc import Callable

from brokers.simulator.connections.long_answers import LongAnswer
from brokers.simulator.connections.session import Session
from brokers.simulator.gateway import Gateway
from brokers.simulator.wire import Fields

# Reads what follows the message id, and answers into the session, or begins to: a long answer is still to be made. May
# raise FieldError or RequestRefused, and so may the long answer's steps.
Request = Callable[[Gateway, Session, Fields], LongAnswer | None]


class RequestRefused(Exception):
    """A request that was read and can't be served; it is answered with IB's code."""

    def __init__(self, request_id: int, code: int, text: str) -> None:
        super().__init__(f"{code}: {text}")
        self.request_id = request_id
        self.code = code
        self.text = text
