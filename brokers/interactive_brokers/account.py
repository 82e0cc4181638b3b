"""What the accounts behind a login hold: positions, the account summary, profit and loss."""

from __future__ import annotations

import asyncio
import contextlib

from ib_insync import Contract

from brokers.domain import Position
from brokers.interactive_brokers import convert
from brokers.interactive_brokers.connection import InteractiveBrokersConnection
from brokers.interactive_brokers.held import Held
from brokers.interactive_brokers.instruments.introductions import Introductions
from brokers.interactive_brokers.link.ears import Word
from brokers.interactive_brokers.link.session import Session
from brokers.interactive_brokers.profit_and_loss import ProfitAndLossStreams
from brokers.listener import NodeListener
from brokers.patience import Patience, again_while
from brokers.refusals import LinkLost, NoAnswer, RequestRefused

# https://interactivebrokers.github.io/tws-api/account_summary.html; $LEDGER:ALL is the cash by currency.
SUMMARY_TAGS = (
    "NetLiquidation,TotalCashValue,SettledCash,AccruedCash,BuyingPower,EquityWithLoanValue,GrossPositionValue,"
    "InitMarginReq,MaintMarginReq,AvailableFunds,ExcessLiquidity,Cushion,$LEDGER:ALL"
)

OUT_OF_DATE = "What was told of it before may be out of date; it is asked again."


class AccountReader:
    """Of every account behind the login. IB sends changes by itself once it was asked, on each connection.

    A value's key is its account, tag and currency: IB gives each tag by currency, and in the account's base currency
    under the name BASE, which is no sum to be added to the others.
    """

    def __init__(
        self,
        *,
        connection: InteractiveBrokersConnection,
        introductions: Introductions,
        listener: NodeListener,
    ) -> None:
        self._connection = connection
        self._introductions = introductions
        self._listener = listener
        self._profits = ProfitAndLossStreams(connection=connection, listener=listener)
        self._summary: tuple[Session, int] | None = None
        self._held = Held()
        self._asking = asyncio.Lock()  # one subscription ends before the next begins
        self._asking_positions = asyncio.Lock()  # the library tells two answers apart by nothing
        self._restoring: asyncio.Task[None] | None = None
        connection.hear(Word.POSITION, self._on_position)
        connection.hear(Word.ACCOUNT_VALUE, self._on_account_value)
        connection.when_streams_are_lost(self._restore)
        connection.when_it_ends(self.stop)

    async def read_positions(self) -> tuple[Position, ...]:
        """All that IB lists. What isn't among them is closed, and if it was told before, told as zero now."""
        async with self._asking_positions:
            self._held.begin_question()
            answer = await self._connection.ask(lambda session: session.account.positions(), what="positions")
            try:
                positions = tuple(convert.position(*said) for said in answer)
            except ValueError as error:
                raise NoAnswer(f"IB did not tell all positions: {error}.") from error
            for account_code, contract in list(self._held.untold()):
                self._on_position(account_code, contract, 0.0, convert.UNSET_DOUBLE)
        return positions

    async def read_values(self) -> bool:
        """True once the first figures of all accounts were told."""
        async with self._asking:
            self._end_summary()
            session = self._connection.session
            request_id = await self._connection.ask(
                lambda session: session.account.account_summary(SUMMARY_TAGS), what="the account summary"
            )
            self._summary = (session, request_id)
        return True

    async def read_all_values(self) -> None:
        """Tells every figure that IB keeps, by currency, of every account behind the login.

        Accounts are asked one after the other: IB serves one such request at a time, where `reqAccountUpdates` serves
        one account alone. Raises NoAnswer, RequestRefused or LinkLost.
        """
        for account_code in self._connection.account_codes:
            await self._read_all_values_of(account_code)

    async def _read_all_values_of(self, account_code: str) -> None:
        await self._connection.ask(
            lambda session: session.account.account_updates(account_code), what=f"the values of {account_code}"
        )

    def begin(self) -> None:
        """For a new connection: takes up the streams that were there. Raises LinkLost."""
        self._profits.begin()

    def subscribe_profit_and_loss(self) -> None:
        """Of every account behind the login, about once a second, also after the node has connected again.

        Raises LinkLost.
        """
        self._profits.subscribe_accounts()

    def unsubscribe_profit_and_loss(self) -> None:
        self._profits.unsubscribe_accounts()

    def subscribe_position_profit_and_loss(self, account_code: str, con_id: int) -> None:
        """The same of one position. Raises LinkLost."""
        self._profits.subscribe_position(account_code, con_id)

    def unsubscribe_position_profit_and_loss(self, account_code: str, con_id: int) -> None:
        self._profits.unsubscribe_position(account_code, con_id)

    def _end_summary(self) -> None:
        """IB allows two subscriptions to the summary at a time."""
        if self._summary is not None and self._summary[0] is self._connection.session:
            self._connection.session.account.end_account_summary(self._summary[1])
        self._summary = None

    def _restore(self) -> None:
        """IB is back and has dropped what was subscribed: it's asked for again."""
        if self._summary is not None or self._restoring is not None:
            self.stop()
            self._restoring = asyncio.create_task(self._read_again())

    async def _read_again(self) -> None:
        patience = Patience(backoff=self._connection.backoff(), tell=self._connection.remark)
        with contextlib.suppress(LinkLost):  # the next connection's resync reads both
            for read in (self.read_values, self.read_positions):
                await again_while((NoAnswer, RequestRefused), read, patience=patience, meanwhile=OUT_OF_DATE)

    def stop(self) -> None:
        if self._restoring is not None:
            self._restoring.cancel()
            self._restoring = None

    def _on_position(self, account_code: str, contract: Contract, size: float, average_cost: float) -> None:
        position = convert.position(account_code, contract, size, average_cost)
        self._held.note(account_code, contract, size)
        self._introductions.deliver(contract, lambda _instrument: self._listener.on_position(position))

    def _on_account_value(self, account_code: str, tag: str, value: str, currency: str) -> None:
        told = convert.account_value(account_code, tag, value, currency)
        if told is not None:
            self._listener.on_account_value(told)
