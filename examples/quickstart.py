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

from brokers import (
    InteractiveBrokersLiveDataClientFactory,
    InteractiveBrokersLiveExecClientFactory,
    NodeListener,
    TradingNode,
    TradingNodeConfig,
)
from brokers.domain import ExecutionReport, Instrument, OrderRequest, OrderSide, OrderType, Quote, TimeInForce

AMD = {"secType": "STK", "symbol": "AMD", "exchange": "SMART", "currency": "USD"}


class Script(NodeListener):
    def __init__(self) -> None:
        self.quotes: asyncio.Queue[Quote] = asyncio.Queue()
        self.fills: asyncio.Queue[ExecutionReport] = asyncio.Queue()

    def on_quote(self, quote: Quote) -> None:
        if quote.bid is not None and quote.ask is not None:
            self.quotes.put_nowait(quote)

    def on_execution(self, report: ExecutionReport, _instrument: Instrument | None) -> None:
        self.fills.put_nowait(report)


script = Script()


async def trade(node: TradingNode) -> None:
    account_code = node.account_codes[0]
    if not account_code.startswith("D"):
        raise SystemExit(f"{account_code} is no paper account, so nothing is ordered.")

    amd = await node.provider.query_one(AMD)
    print(f"{amd.long_name}, in steps of {amd.increment_at(Decimal(100))} {amd.currency}")

    node.data.subscribe_quotes(amd)
    for _ in range(10):
        quote = await script.quotes.get()
        print(f"{quote.at:%H:%M:%S} {amd.symbol} {quote.bid} / {quote.ask} ({quote.market_data_type})")

    order = OrderRequest(
        client_order_id=str(uuid.uuid4()),
        account_code=account_code,
        con_id=amd.con_id,
        side=OrderSide.BUY,
        order_type=OrderType.MKT,
        quantity=Decimal(10),
        time_in_force=TimeInForce.DAY,
    )
    node.execution.place(order, amd)
    fill = await script.fills.get()
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
