"""What a node says, sorted: quotes to the conflator, everything else to the services, in order."""

from __future__ import annotations

import logging
from collections.abc import Callable
from decimal import Decimal
from functools import partial
from uuid import UUID

from django.db import transaction

from brokers.domain import (
    AccountValue,
    Bar,
    CommissionReport,
    Depth,
    ExecutionReport,
    Instrument,
    Notice,
    OrderUpdate,
    Position,
    ProfitAndLoss,
    Quote,
    StreamKind,
    StreamStatus,
)
from brokers.listener import LinkState, NodeListener
from webapp.accounts import events
from webapp.accounts.models import AccountEvent
from webapp.trading import fills, instruments, orders, positions
from workers.account_values import NewestValues
from workers.last_words import LastWords
from workers.panes.following import Panes
from workers.profits import Profits
from workers.quotes import Conflator
from workers.rows import RowWriter, Write

log = logging.getLogger(__name__)

# "A farm is back" and "a farm is asleep" come at every login and ask nothing of anyone.
ROUTINE_NOTICES = frozenset({2104, 2106, 2107, 2108, 2158})


class Bridge(NodeListener):
    """What one account's node says. Called on the loop, so it only puts things into queues."""

    def __init__(
        self, *, account_id: UUID, quotes: Conflator, rows: RowWriter, on_link: Callable[[LinkState], None]
    ) -> None:
        self._account_id = account_id
        self._quotes = quotes
        self._rows = rows
        self._on_link = on_link
        self._values = NewestValues(account_id)
        self._last_words = LastWords()
        # Set once there is a node to ask.
        self.panes: Panes | None = None
        self.profits: Profits | None = None
        self._held: dict[tuple[str, int], Decimal] = {}

    @property
    def held(self) -> set[tuple[str, int]]:
        """The open positions by account code and con_id, as the broker last said."""
        return {subject for subject, quantity in self._held.items() if quantity}

    @property
    def held_con_ids(self) -> set[int]:
        return {con_id for _, con_id in self.held}

    def hear_anew(self) -> None:
        """Before a sync: what the broker repeats then is written again."""
        self._last_words.forget()

    def close_missing(self, held: tuple[Position, ...]) -> None:
        """`held` is all that the broker has: a position that isn't in it is closed."""
        seen = {(position.account_code, position.con_id): position.quantity for position in held}
        self._held = seen
        close = partial(positions.close_missing, account_id=self._account_id, seen=tuple(seen))
        self._put("positions that are gone", close)

    def on_quote(self, quote: Quote) -> None:
        self._quotes.put(quote)

    def on_stream_status(self, status: StreamStatus) -> None:
        if status.stream is StreamKind.QUOTES:
            self._quotes.mark(status)
        elif self.panes is not None:
            self.panes.on_stream_status(status)

    def on_depth(self, depth: Depth) -> None:
        if self.panes is not None:
            self.panes.on_depth(depth)

    def on_bar(self, bar: Bar) -> None:
        if self.panes is not None:
            self.panes.on_bar(bar)

    def on_instrument(self, instrument: Instrument) -> None:
        if self._last_words.is_described(instrument):
            return
        self._put(f"instrument {instrument.con_id}", partial(instruments.upsert, instrument))

    def on_order_update(self, update: OrderUpdate) -> None:
        if self._last_words.is_repeated(update):
            return
        what = f"order {update.order_ref or update.perm_id} {update.ib_status}"
        self._put(what, partial(orders.apply_update, account_id=self._account_id, update=update))

    def on_execution(self, report: ExecutionReport, instrument: Instrument | None) -> None:
        if instrument is not None:
            self.on_instrument(instrument)
        record = partial(fills.record_execution, account_id=self._account_id, report=report)
        self._put(f"execution {report.exec_id}", record)

    def on_commission(self, report: CommissionReport) -> None:
        record = partial(fills.record_commission, account_id=self._account_id, report=report)
        self._put(f"commission of {report.exec_id}", record)

    def on_position(self, position: Position) -> None:
        self._held[position.account_code, position.con_id] = position.quantity
        record = partial(positions.record, account_id=self._account_id, position=position)
        self._put(f"position in {position.con_id}", record)

    def on_account_value(self, value: AccountValue) -> None:
        if self._values.put(value):
            self._put("account values", self._values.write)

    def on_profit_and_loss(self, profit_and_loss: ProfitAndLoss) -> None:
        if self.profits is not None:
            self.profits.put(profit_and_loss)

    def on_notice(self, notice: Notice) -> None:
        log.info("account %s: notice %s: %s", self._account_id, notice.code, notice.message)
        if notice.code not in ROUTINE_NOTICES:
            self._put(f"notice {notice.code}", partial(record_notice, self._account_id, notice))

    def on_link(self, state: LinkState) -> None:
        self._on_link(state)

    def _put(self, what: str, record: Callable[[], object]) -> None:
        self._rows.put(Write(what, record))


def record_notice(account_id: UUID, notice: Notice) -> None:
    """Tell the account's browsers what the gateway said. `code` is IB's, or OURS."""
    body = {
        "code": notice.code,
        "message": notice.message,
        "at": notice.at.isoformat(),
        "client_order_id": notice.order_ref or None,
        "con_id": notice.con_id,
    }
    with transaction.atomic():
        events.append(account_id=account_id, kind=AccountEvent.Kind.NOTICE, subject=str(notice.code), body=body)
