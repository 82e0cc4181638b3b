"""Which of our messages leaves first."""

from __future__ import annotations

from dataclasses import replace

from brokers.interactive_brokers.budget import CEILING, Lane
from tests.brokers.recorder import Recorder
from tests.brokers.scripted_gateway import ScriptedGateway
from tests.brokers.words.market import data_node
from tests.brokers.words.stage import AAPL, CANCEL, MARKET_DATA, place_live, received


async def test_a_cancel_is_the_next_to_leave_behind_a_thousand_data_requests(
    gateway: ScriptedGateway, recorder: Recorder
) -> None:
    node = data_node(gateway, recorder, market_data_lines=2000)
    await node.connect()
    order_id = await place_live(node, gateway, recorder)
    for con_id in range(1, 1001):
        node.data.subscribe_quotes(replace(AAPL, con_id=con_id))
    node.execution.cancel("ours-1")
    assert (await gateway.next(CANCEL))[2] == order_id
    # Only those are ahead of it that had left before it was asked for.
    assert len(received(gateway, MARKET_DATA)) <= CEILING[Lane.DATA]
    node.drop()
