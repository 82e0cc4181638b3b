"""A cancel behind a thousand data requests, from the call to the gateway's bytes, beside the library's own sender.

`python -m tests.benchmarks.cancels` measures this alone. The gateway is one that only listens, in this process.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace

from ib_insync import IB, Contract

from brokers.config import InteractiveBrokersDataClientConfig
from brokers.listener import NodeListener
from tests.benchmarks.report import Comparison, Leg, checked, say
from tests.brokers.scripted_gateway import ScriptedGateway, scripted_gateway
from tests.brokers.words.stage import AAPL, CANCEL, REQUEST, node_at, place

REQUESTS = 1000
SAMPLES = 30
# The library takes 22 s for each, so these few run side by side, each with a connection of its own.
BARE_SAMPLES = 5
# The thousand leave at 45 a second.
DEADLINE = 60.0


def measure() -> Comparison:
    return asyncio.run(_measure())


async def _measure() -> Comparison:
    ours = [await _ours() for _ in range(SAMPLES)]
    bare = await asyncio.gather(*(_bare() for _ in range(BARE_SAMPLES)))
    name = f"cancel behind {REQUESTS} data requests"
    return Comparison(
        name=name,
        product=checked(Leg(f"{name}, Gatehouse", ours), least=SAMPLES),
        bare=checked(Leg(f"{name}, ib_insync's sender", bare), least=BARE_SAMPLES),
        note="from the call to the gateway's bytes, each with a fresh connection",
    )


async def _ours() -> float:
    async with scripted_gateway() as gateway:
        config = InteractiveBrokersDataClientConfig(market_data_lines=2 * REQUESTS)
        node = node_at(gateway, NodeListener(), data_clients={"IB": config})
        await node.connect()
        await place(node, gateway)
        for con_id in range(1, REQUESTS + 1):
            node.data.subscribe_quotes(replace(AAPL, con_id=con_id))
        at = time.perf_counter()
        node.execution.cancel(REQUEST.client_order_id)
        seconds = await _cancelled(gateway) - at
        node.drop()
        return seconds


async def _bare() -> float:
    async with scripted_gateway() as gateway:
        client = IB().client
        await client.connectAsync("127.0.0.1", gateway.port, 1, timeout=10)
        for number in range(1, REQUESTS + 1):
            client.reqMktData(number, Contract(conId=number, exchange="SMART"), "", False, False, [])
        at = time.perf_counter()
        client.cancelOrder(1)
        seconds = await _cancelled(gateway) - at
        client.disconnect()
        return seconds


async def _cancelled(gateway: ScriptedGateway) -> float:
    """When it came."""
    async with asyncio.timeout(DEADLINE):
        while True:
            try:
                await gateway.next(CANCEL)
            except TimeoutError:
                continue  # its own deadline is shorter
            return time.perf_counter()


def main() -> None:
    found = measure()
    for leg in (found.product, found.bare):
        say(f"{leg.name}: p50 {leg.milliseconds(50):.2f} ms, p99 {leg.milliseconds(99):.2f} ms")
    say(f"p50 {found.ratio(50):.5f} times, p99 {found.ratio(99):.5f} times ib_insync's sender")


if __name__ == "__main__":
    main()
