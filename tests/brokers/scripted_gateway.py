"""A gateway that says what a test tells it to, over real TCP: for words that the simulator has no reason to say.

It completes the handshake and then only listens. Everything that the client sends is kept.
"""

from __future__ import annotations

import asyncio
import struct
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

DEADLINE = 10.0
# The fields of an openOrder at server version 176, for an order without legs, algorithm or conditions.
OPEN_ORDER = """
orderId conId symbol secType expiry strike right multiplier exchange currency localSymbol tradingClass
action totalQuantity orderType lmtPrice auxPrice tif ocaGroup account openClose origin orderRef clientId permId
outsideRth hidden discretionaryAmt goodAfterTime allocation faGroup faMethod faPercentage faProfile modelCode
goodTillDate rule80A percentOffset settlingFirm shortSaleSlot designatedLocation exemptCode auctionStrategy
startingPrice stockRefPrice delta stockRangeLower stockRangeUpper displaySize blockOrder sweepToFill allOrNone minQty
ocaType eTradeOnly firmQuoteOnly nbboPriceCap parentId triggerMethod volatility volatilityType deltaNeutralOrderType
deltaNeutralAuxPrice continuousUpdate referencePriceType trailStopPrice trailingPercent basisPoints basisPointsType
legsDescription legs orderLegs routing scaleInit scaleSubs scaleIncrement hedgeType optOut clearingAccount
clearingIntent notHeld deltaNeutral algoStrategy solicited whatIf status
initBefore maintBefore equityBefore initChange maintChange equityChange initAfter maintAfter equityAfter
commission minCommission maxCommission commissionCurrency warning randomizeSize randomizePrice conditions
adjustedType trigger adjustedTrail lmtOffset adjustedStop adjustedStopLimit adjustedTrailing adjustableUnit
tierName tierValue tierDisplay cashQty noAutoPrice omsContainer upToLimit priceMgmt duration postToAts autoCancel
minTradeQty minCompeteSize competeOffset midWhole midHalf
""".split()  # noqa: SIM905 - a list of them would be two screens long


class ScriptedGateway:
    def __init__(self) -> None:
        self.port = 0
        self.received: list[list[str]] = []
        self._writer: asyncio.StreamWriter | None = None
        self._changed = asyncio.Event()
        self.greeting: list[tuple[object, ...]] = [(15, 1, "DU1000001"), (9, 1, 1)]
        self.silent = False
        self.version = 176
        self.offered = ""  # the versions that the client knows
        self.first_bytes = b""  # said once the client has begun, before the greeting

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writer = writer
        try:
            await reader.readexactly(4)  # API\0
            self.offered = await self._read(reader)
            if self.silent:
                await reader.read()
                return
            self.say(self.version, "20240304 14:30:00 UTC")
            while True:
                self._receive(await self._read(reader))
        except (asyncio.IncompleteReadError, ConnectionResetError):  # the client has hung up
            return
        finally:
            writer.close()

    async def _read(self, reader: asyncio.StreamReader) -> str:
        size = struct.unpack(">I", await reader.readexactly(4))[0]
        return (await reader.readexactly(size)).decode()

    def _receive(self, frame: str) -> None:
        fields = frame.split("\0")[:-1]
        self.received.append(fields)
        if fields[0] == "71":
            self.say_bytes(self.first_bytes)
            for said in self.greeting:
                self.say(*said)
        self._changed.set()

    def say(self, *fields: object) -> None:
        assert self._writer is not None
        frame = "".join(f"{field}\0" for field in fields).encode()
        self._writer.write(struct.pack(">I", len(frame)) + frame)

    def say_bytes(self, raw: bytes) -> None:
        assert self._writer is not None
        self._writer.write(raw)

    def hang_up(self) -> None:
        assert self._writer is not None
        self._writer.close()

    def error(self, request_id: object, code: int, text: str = "words of IB's") -> None:
        self.say(4, 2, request_id, code, text, "")

    def order_status(self, order_id: object, status: str, **changes: object) -> None:
        said: dict[str, object] = {
            "filled": 0, "remaining": 10, "average": 0, "perm_id": 0, "parent": 0, "last": 0, "client": 1, "held": "",
        }  # fmt: skip
        said |= changes
        self.say(3, order_id, status, *said.values(), 0)

    def execution(self, order_id: object, exec_id: str, **changes: object) -> None:
        said: dict[str, object] = {
            "request": -1, "side": "BOT", "shares": 10, "price": 189.5, "perm_id": 0, "ref": "", "client": 1,
            "time": "20240304 09:30:00 US/Eastern",
        }  # fmt: skip
        said |= changes
        self.say(
            11, said["request"], order_id, 265598, "AAPL", "STK", "", 0, "", "", "NASDAQ", "USD", "AAPL", "NMS",
            exec_id, said["time"], "DU1000001", "NASDAQ", said["side"], said["shares"], said["price"],
            said["perm_id"], said["client"], 0, said["shares"], said["price"], said["ref"], "", "", "", 1,
        )  # fmt: skip

    def open_order(self, order_id: object, **changes: object) -> None:
        said: dict[str, object] = {
            "orderId": order_id, "conId": 265598, "symbol": "AAPL", "secType": "STK", "exchange": "SMART",
            "currency": "USD", "localSymbol": "AAPL", "action": "BUY", "totalQuantity": 10, "orderType": "LMT",
            "lmtPrice": 10.0, "tif": "DAY", "account": "DU1000001", "clientId": 1, "status": "Submitted",
            "legs": 0, "orderLegs": 0, "routing": 0, "deltaNeutral": 0, "conditions": 0,
        }  # fmt: skip
        assert changes.keys() <= set(OPEN_ORDER), changes
        said |= changes
        self.say(5, *(said.get(name, "") for name in OPEN_ORDER))

    def answer_details(self, request_id: object) -> None:
        """Contract details of AAPL, and their end."""
        self.say(
            10, request_id, "AAPL", "STK", "", 0, "", "SMART", "USD", "AAPL", "NMS", "NMS", 265598, 0.01, "", "LMT,MKT",
            "SMART", 1, 0, "APPLE INC", "NASDAQ", "", "", "", "", "US/Eastern", "", "", "", "", 0, 1, "", "", "", "",
            "COMMON", 1, 1, 100,
        )  # fmt: skip
        self.say(52, 1, request_id)

    async def next(self, kind: int, *, having: Callable[[list[str]], bool] = lambda _: True) -> list[str]:
        """The first message of this kind that came; it's taken out of `received`."""
        async with asyncio.timeout(DEADLINE):
            while True:
                for fields in self.received:
                    if fields[0] == str(kind) and having(fields):
                        self.received.remove(fields)
                        return fields
                self._changed.clear()
                await self._changed.wait()


@asynccontextmanager
async def scripted_gateway() -> AsyncIterator[ScriptedGateway]:
    gateway = ScriptedGateway()
    server = await asyncio.start_server(gateway.serve, "127.0.0.1", 0)
    gateway.port = server.sockets[0].getsockname()[1]
    try:
        yield gateway
    finally:
        if gateway._writer is not None:
            gateway._writer.transport.abort()
        server.close()
        await server.wait_closed()
