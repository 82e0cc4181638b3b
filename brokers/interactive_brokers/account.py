"""What the accounts behind a login hold: positions and the account summary."""

from __future__ import annotations

from ib_insync import Contract

from brokers.domain import Position
from brokers.interactive_brokers import convert
from brokers.interactive_brokers.connection import InteractiveBrokersConnection
from brokers.interactive_brokers.ears import Word
from brokers.interactive_brokers.introductions import Introductions
from brokers.interactive_brokers.session import Session
from brokers.listener import NodeListener
from brokers.refusals import NoAnswer

# https://interactivebrokers.github.io/tws-api/account_summary.html; $LEDGER:ALL is the cash by currency.
SUMMARY_TAGS = (
    "NetLiquidation,TotalCashValue,SettledCash,AccruedCash,BuyingPower,EquityWithLoanValue,GrossPositionValue,"
    "InitMarginReq,MaintMarginReq,AvailableFunds,ExcessLiquidity,Cushion,$LEDGER:ALL"
)


class AccountReader:
    """Subscribes to both once per connection; IB then sends changes by itself."""

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
        self._summary: tuple[Session, int] | None = None
        connection.hear(Word.POSITION, self._on_position)
        connection.hear(Word.ACCOUNT_VALUE, self._on_account_value)

    async def read_positions(self) -> tuple[Position, ...]:
        """All that IB lists; what isn't among them is closed."""
        answer = await self._connection.ask(lambda session: session.account.positions(), what="positions")
        try:
            return tuple(convert.position(*said) for said in answer)
        except ValueError as error:
            raise NoAnswer(f"IB did not tell all positions: {error}.") from error

    async def read_values(self) -> bool:
        """True once the first figures of all accounts were told."""
        self._end_summary()
        session = self._connection.session
        request_id = await self._connection.ask(
            lambda session: session.account.account_summary(SUMMARY_TAGS), what="the account summary"
        )
        self._summary = (session, request_id)
        return True

    def _end_summary(self) -> None:
        """IB allows two subscriptions to the summary at a time."""
        if self._summary is not None and self._summary[0] is self._connection.session:
            self._connection.session.account.end_account_summary(self._summary[1])
        self._summary = None

    def _on_position(self, account_code: str, contract: Contract, size: float, average_cost: float) -> None:
        position = convert.position(account_code, contract, size, average_cost)
        self._introductions.deliver(contract, lambda _instrument: self._listener.on_position(position))

    def _on_account_value(self, account_code: str, tag: str, value: str, currency: str) -> None:
        told = convert.account_value(account_code, tag, value, currency)
        if told is not None:
            self._listener.on_account_value(told)
