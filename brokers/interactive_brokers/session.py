"""One connection's worth of `ib_insync`, and the only face of it that the rest of this package sees."""

# mypy: disable-error-code="no-untyped-call"
# The library's client carries no annotations: they are given here.

from __future__ import annotations

import logging
from datetime import UTC, datetime
from typing import Any

from ib_insync import IB, Contract, ContractDetails, Execution, Order, OrderState, Ticker
from ib_insync.objects import PriceIncrement

from brokers.domain import MarketDataType
from brokers.interactive_brokers import convert
from brokers.interactive_brokers.client import PacedClient
from brokers.interactive_brokers.ears import Ears, Word
from brokers.interactive_brokers.wrapper import FaithfulWrapper, TellingDecoder

# What IB says of one position: account code, contract, size, average cost.
SaidPosition = tuple[str, Contract, float, float]


class Session:
    """Made anew for every connection. Its questions have no deadline of their own: the connection gives them one.

    They raise `ib_insync`'s RequestError on a refusal and ConnectionError when the connection ends.
    """

    def __init__(self, ears: Ears, *, gateway_time_zone: str) -> None:
        self._ib = _Library(gateway_time_zone=gateway_time_zone)
        self._wrapper = FaithfulWrapper(self._ib, ears)
        self._client = PacedClient(self._wrapper, ears)
        self._client.decoder = TellingDecoder(self._wrapper, ears)
        self._ib.wrapper, self._ib.client = self._wrapper, self._client
        self._ib.pendingTickersEvent += lambda tickers: ears.tell(Word.TICKERS, tickers)
        self.closed = self._client.conn.disconnected  # an event: why, or an empty text

    @property
    def is_ready(self) -> bool:
        return self._client.isReady()

    @property
    def account_codes(self) -> list[str]:
        return list(self._wrapper.accounts)

    async def handshake(self, host: str, port: int, client_id: int) -> None:
        """The API's own handshake and nothing more. What `connectAsync` asks for afterwards, a resync asks for here:
        the library logs an answer that doesn't come and goes on as if it had been empty.
        """
        self._wrapper.clientId = client_id
        await self._client.connectAsync(host, port, client_id, timeout=None)

    def close(self) -> None:
        """Ends the connection once the socket has taken what it was handed."""
        self._client.disconnect()
        self._wrapper.abandon_requests()

    def abort(self) -> None:
        """Ends the connection at once, whether or not the other side still reads."""
        self._client.abort()
        self._client.reset()
        self._wrapper.abandon_requests()

    @property
    def last_heard(self) -> datetime:
        """When anything last came from the gateway."""
        heard: datetime = self._wrapper.lastTime
        return heard

    def silent_for(self) -> float:
        """Seconds since then."""
        return (datetime.now(UTC) - self.last_heard).total_seconds()

    async def current_time(self) -> datetime:
        return await self._ib.reqCurrentTimeAsync()

    # Instruments

    async def contract_details(self, contract: Contract) -> list[ContractDetails]:
        return await self._ib.reqContractDetailsAsync(contract)

    async def market_rule(self, rule_id: int) -> list[PriceIncrement]:
        """Like the library's own, without its deadline of 1 s, after which it answers None."""
        future = self._wrapper.startReq(f"marketRule-{rule_id}")
        self._client.reqMarketRule(rule_id)
        increments: list[PriceIncrement] = await future
        return increments

    async def matching_symbols(self, text: str) -> list[Contract]:
        """Like the library's own, without its deadline of 4 s, after which it answers None."""
        request_id = self._client.getReqId()
        future = self._wrapper.startReq(request_id)
        self._client.reqMatchingSymbols(request_id, text)
        return [description.contract for description in await future]

    # Streams

    def ask_market_data_type(self, kind: MarketDataType) -> None:
        self._ib.reqMarketDataType(convert.MARKET_DATA_NUMBERS[kind])

    def open_stream(self, contract: Contract) -> tuple[int, Ticker]:
        """The request's id and the ticker that it fills. The library files both under this very Contract object."""
        ticker = self._ib.reqMktData(contract)
        return self._wrapper.ticker2ReqId["mktData"][ticker], ticker

    def close_stream(self, contract: Contract, request_id: int) -> None:
        self._ib.cancelMktData(contract)
        # The library keeps both for ever, and a day of changing screens would keep every ticker it ever had.
        self._wrapper.tickers.pop(id(contract), None)
        self._wrapper.reqId2Ticker.pop(request_id, None)

    # Orders

    def begin_ids_at(self, first: int) -> None:
        """Of orders and requests alike: the library counts both with one counter."""
        self._client.updateReqId(first)

    def new_order_id(self) -> int:
        """Above every id that IB or an order has shown on this connection."""
        return self._client.getReqId()

    def place(self, contract: Contract, order: Order) -> None:
        """Past `IB.placeOrder`, which keeps a book of its own. Raises ValueError before a byte leaves."""
        self._client.placeOrder(order.orderId, contract, order)

    def cancel(self, order_id: int) -> None:
        self._client.cancelOrder(order_id)

    async def what_if(self, contract: Contract, order: Order) -> OrderState:
        """Margin and commission of an order that is never transmitted."""
        return await self._ib.whatIfOrderAsync(contract, order)

    async def open_orders(self) -> list[Order]:
        answer: list[Any] = await self._ib.reqAllOpenOrdersAsync()
        return answer

    async def completed_orders(self) -> list[Order]:
        answer: list[Any] = await self._ib.reqCompletedOrdersAsync(False)
        return answer

    async def executions(self) -> list[Execution]:
        answer: list[Any] = await self._ib.reqExecutionsAsync()
        return answer

    # Accounts

    async def positions(self) -> list[SaidPosition]:
        answer: list[Any] = await self._ib.reqPositionsAsync()
        return answer

    async def account_summary(self, tags: str) -> int:
        """Subscribes to the summary of every account and returns its request id once the first values are in."""
        request_id = self._client.getReqId()
        future = self._wrapper.startReq(request_id)
        self._client.reqAccountSummary(request_id, "All", tags)
        await future
        return request_id

    def end_account_summary(self, request_id: int) -> None:
        self._client.cancelAccountSummary(request_id)


class _Library(IB):
    """`ib_insync` before it is given its parts.

    Not by its own __init__, which makes parts of its own, and asks for the account summary after every 1102 in a task
    that nobody waits for.
    """

    RaiseRequestErrors = True

    def __init__(self, *, gateway_time_zone: str) -> None:
        self._createEvents()
        self._logger = logging.getLogger("ib_insync.ib")
        self.TimezoneTWS = gateway_time_zone
