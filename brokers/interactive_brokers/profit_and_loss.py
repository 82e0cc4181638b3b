"""Profit and loss, of every account behind the login and of single positions, for as long as the node lives."""

from __future__ import annotations

from datetime import UTC, datetime

from ib_insync import Contract

from brokers.domain import Notice
from brokers.interactive_brokers import convert
from brokers.interactive_brokers.connection import InteractiveBrokersConnection
from brokers.interactive_brokers.link.ears import Word
from brokers.listener import LinkState, NodeListener

# An account, and one of its positions or None for all of it.
_Subject = tuple[str, int | None]


class ProfitAndLossStreams:
    """What is wanted outlives the connection; the request ids belong to one.

    https://interactivebrokers.github.io/tws-api/pnl.html: one request for each account, each about once a second.
    """

    def __init__(self, *, connection: InteractiveBrokersConnection, listener: NodeListener) -> None:
        self._connection = connection
        self._listener = listener
        self._all_accounts = False
        self._positions: dict[_Subject, None] = {}
        self._open: dict[int, _Subject] = {}
        connection.hear(Word.PROFIT_AND_LOSS, self._on_profit_and_loss)
        connection.hear(Word.ERROR, self._on_error)
        connection.when_streams_are_lost(self._reopen)

    def subscribe_accounts(self) -> None:
        """Raises LinkLost."""
        self._all_accounts = True
        self._open_missing()

    def subscribe_position(self, account_code: str, con_id: int) -> None:
        """Raises LinkLost."""
        self._positions[account_code, con_id] = None
        self._open_missing()

    def unsubscribe_position(self, account_code: str, con_id: int) -> None:
        """Nothing happens when it isn't subscribed."""
        self._positions.pop((account_code, con_id), None)
        self._close_unwanted()

    def unsubscribe_accounts(self) -> None:
        self._all_accounts = False
        self._close_unwanted()

    def begin(self) -> None:
        """For a new connection: the ids of the one before mean nothing on it."""
        self._open.clear()
        self._open_missing()

    def _wanted(self) -> list[_Subject]:
        accounts = self._connection.account_codes if self._all_accounts else []
        return [*((account_code, None) for account_code in accounts), *self._positions]

    def _open_missing(self) -> None:
        streaming = set(self._open.values())
        for subject in self._wanted():
            if subject not in streaming:
                self._open[self._connection.session.account.open_profit_and_loss(*subject)] = subject

    def _close_unwanted(self) -> None:
        wanted = set(self._wanted())
        for request_id, subject in list(self._open.items()):
            if subject not in wanted:
                self._close(request_id, subject)

    def _close(self, request_id: int, subject: _Subject) -> None:
        del self._open[request_id]
        if self._connection.link is not LinkState.DOWN:
            self._connection.session.account.close_profit_and_loss(request_id, subject[1])

    def _reopen(self) -> None:
        """IB is back and has dropped them; it is told so, lest it serves one twice."""
        for request_id, subject in list(self._open.items()):
            self._close(request_id, subject)
        self._open_missing()

    def _on_profit_and_loss(self, request_id: int, said: convert.SaidProfit) -> None:
        if request_id in self._open:  # or it was just closed
            account_code, con_id = self._open[request_id]
            self._listener.on_profit_and_loss(
                convert.profit_and_loss(said, account_code=account_code, con_id=con_id, received_at=datetime.now(UTC))
            )

    def _on_error(self, request_id: int, code: int, text: str, _waited_for: bool, _contract: Contract | None) -> None:
        if request_id not in self._open:
            return
        account_code, con_id = self._open[request_id]
        message = f"About the profit and loss of {account_code}: {text.strip()}"
        self._listener.on_notice(Notice(code=code, message=message, at=datetime.now(UTC), con_id=con_id))
