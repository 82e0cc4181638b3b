"""A bare `ib_insync` client that places and cancels one order whenever it is told to.

`python -m tests.benchmarks.bare_orders --port PORT --con-id CON_ID --price PRICE`: prints `ready`; for each line on its
input places an order, waits until it is submitted, cancels it, waits until that is confirmed, and prints
{"order_ref", "at"} with the moment just before `placeOrder`, in seconds since 1970. Ends with its input.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import time

from ib_insync import IB, Contract, LimitOrder, Trade

HOST = "127.0.0.1"
CLIENT_ID = 102
DEADLINE = 10.0


async def main() -> None:
    options = _options()
    ib = IB()
    await ib.connectAsync(HOST, options.port, clientId=CLIENT_ID, timeout=DEADLINE)
    [contract] = await ib.qualifyContractsAsync(Contract(conId=options.con_id))
    _say("ready")
    number = 0
    while await asyncio.to_thread(sys.stdin.readline):
        order = LimitOrder("BUY", 1, options.price, tif="DAY", orderRef=f"bare-{number}")
        _say(json.dumps({"order_ref": order.orderRef, "at": await _place(ib, contract, order)}))
        number += 1
    ib.disconnect()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.bare_orders")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--con-id", type=int, required=True)
    parser.add_argument("--price", type=float, required=True)
    return parser.parse_args()


async def _place(ib: IB, contract: Contract, order: LimitOrder) -> float:
    at = time.time()
    trade = ib.placeOrder(contract, order)
    await _reached(trade, "Submitted")
    ib.cancelOrder(order)
    await _reached(trade, "Cancelled")
    return at


async def _reached(trade: Trade, status: str) -> None:
    """Raises TimeoutError."""
    there = asyncio.Event()

    def look(_trade: Trade | None = None) -> None:
        if trade.orderStatus.status == status:
            there.set()

    trade.statusEvent += look
    look()
    async with asyncio.timeout(DEADLINE):
        await there.wait()


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(main())
