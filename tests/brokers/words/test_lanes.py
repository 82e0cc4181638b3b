"""Which of our messages leaves first."""

from __future__ import annotations

from dataclasses import replace

import pytest

from brokers.interactive_brokers.link.client import PacedClient
from tests.brokers.recorder import Recorder
from tests.brokers.scripted_gateway import ScriptedGateway
from tests.brokers.words.market import data_node
from tests.brokers.words.stage import AAPL, CANCEL, MARKET_DATA, place_live


@pytest.fixture
def left(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The kinds of the messages that were handed to the socket, in that order."""
    kinds: list[int] = []
    write = PacedClient._write

    def writing(client: PacedClient, message: str) -> None:
        kinds.append(int(message.split("\0", 1)[0]))
        write(client, message)

    monkeypatch.setattr(PacedClient, "_write", writing)
    return kinds


async def test_a_cancel_is_the_next_to_leave_behind_a_thousand_data_requests(
    gateway: ScriptedGateway, recorder: Recorder, left: list[int]
) -> None:
    node = data_node(gateway, recorder, market_data_lines=2000)
    await node.connect()
    order_id = await place_live(node, gateway, recorder)
    for con_id in range(1, 1001):
        node.data.subscribe_quotes(replace(AAPL, con_id=con_id))
    before = len(left)
    assert left.count(MARKET_DATA) < 1000
    node.execution.cancel("ours-1")
    assert left[before:] == [CANCEL]
    assert (await gateway.next(CANCEL))[2] == order_id
    node.drop()
