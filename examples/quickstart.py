"""Credentials from the environment, one query, ten quotes, one paper order, its fill.

From a clean clone, against a simulated gateway that the script starts and stops:

    python3 -m venv .venv && .venv/bin/pip install ib_insync==0.9.86
    TWS_USERNAME=demo TWS_PASSWORD=demo .venv/bin/python -m examples.quickstart

With a gateway of your own, logged in to a paper account, take out the line with `gateway`; it's then expected at
127.0.0.1:4002, and its login is its own affair.
"""

import asyncio
import logging
import uuid
from decimal import Decimal
from typing import TypeVar

from brokers import (
    InteractiveBrokersLiveDataClientFactory,
    InteractiveBrokersLiveExecClientFactory,
    NodeListener,
    TradingNode,
    TradingNodeConfig,
)
from brokers.domain import (
    ExecutionReport,
    Instrument,
    OrderRequest,
    OrderSide,
    OrderType,
    OrderUpdate,
    Quote,
    TimeInForce,
)

Come = TypeVar("Come")

# Seconds. Outside of trading hours a real broker sends no quote and fills no order.
PATIENCE = 60.0

AMD = {"secType": "STK", "symbol": "AMD", "exchange": "SMART", "currency": "USD"}


class Script(NodeListener):
    def __init__(self) -> None:
        self.quotes: asyncio.Queue[Quote] = asyncio.Queue()
        self.fills: asyncio.Queue[ExecutionReport] = asyncio.Queue()
        self.order_id = str(uuid.uuid4())  # of the one order that is placed; today's others are told, too
        self.standing = "nothing was ordered"

    def on_quote(self, quote: Quote) -> None:
        if quote.bid is not None and quote.ask is not None:
            self.quotes.put_nowait(quote)

    def on_order_update(self, update: OrderUpdate) -> None:
        if update.order_ref == self.order_id:
            self.standing = f"the order is {update.status} ({update.reason or update.ib_status})"

    def on_execution(self, report: ExecutionReport, _instrument: Instrument | None) -> None:
        if report.order_ref == self.order_id:
            self.fills.put_nowait(report)


script = Script()


async def next_of(queue: asyncio.Queue[Come], what: str) -> Come:
    try:
        async with asyncio.timeout(PATIENCE):
            return await queue.get()
    except TimeoutError:
        raise SystemExit(f"{what} did not come within {PATIENCE:g} s; {script.standing}.") from None


async def trade(node: TradingNode) -> None:
    account_code = node.account_codes[0]
    if not account_code.startswith("D"):
        raise SystemExit(f"{account_code} is no paper account, so nothing is ordered.")

    amd = await node.provider.query_one(AMD)
    print(f"{amd.long_name}, in steps of {amd.increment_at(Decimal(100))} {amd.currency}")

    node.data.subscribe_quotes(amd)
    for number in range(1, 11):
        quote = await next_of(script.quotes, f"Quote {number} of {amd.symbol}")
        print(f"{quote.at:%H:%M:%S} {amd.symbol} {quote.bid} / {quote.ask} ({quote.market_data_type})")

    order = OrderRequest(
        client_order_id=script.order_id,
        account_code=account_code,
        con_id=amd.con_id,
        side=OrderSide.BUY,
        order_type=OrderType.MKT,
        quantity=Decimal(10),
        time_in_force=TimeInForce.DAY,
    )
    node.execution.place(order, amd)
    script.standing = "IB has said nothing of the order"
    fill = await next_of(script.fills, f"The fill of {order.side} {order.quantity} {amd.symbol}")
    print(f"filled: {fill.side} {fill.quantity} {amd.symbol} at {fill.price} {amd.currency}, execution {fill.exec_id}")


if __name__ == "__main__":
    logging.basicConfig(level=logging.WARNING)
    logging.getLogger("brokers.node").setLevel(logging.INFO)

    login = {"username": "TWS_USERNAME", "password": "TWS_PASSWORD"}  # the variables' names, never their values
    config = TradingNodeConfig(
        gateway={"runtime": "simulator"},
        data_clients={"IB": login},
        exec_clients={"IB": login},
    )
    node = TradingNode(config=config, listener=script)
    node.add_data_client_factory("IB", InteractiveBrokersLiveDataClientFactory)
    node.add_exec_client_factory("IB", InteractiveBrokersLiveExecClientFactory)
    node.build()
    node.run(trade)
