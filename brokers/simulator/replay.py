"""Reading the ledger back, so that a restarted gateway knows what the broker would still know."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal

from brokers.simulator.booking import Books
from brokers.simulator.catalogue import Catalogue
from brokers.simulator.identity import Identity
from brokers.simulator.ledger import LedgerError, Row
from brokers.simulator.order_message import OrderMessage
from brokers.simulator.orders import CANCELLED, INACTIVE, SUBMITTED, Execution, Order, OrderBook


class Replay:
    """Applies rows in the order in which they were written. Raises LedgerError for one that doesn't fit the others."""

    def __init__(
        self, *, catalogue: Catalogue, orders: OrderBook, books: Books, identity: Identity, account: str
    ) -> None:
        self._catalogue = catalogue
        self._book = orders
        self._books = books
        self._identity = identity
        self._account = account
        self._orders: dict[int, Order] = {}
        # What was asked of an order, until a status row says that it was taken.
        self._asked: dict[int, Row] = {}
        self._uncharged: dict[str, Execution] = {}

    def apply(self, rows: Iterable[Row]) -> None:
        for row in rows:
            self._apply(row)
        # A kill between the two rows leaves an execution without its commission.
        for execution in self._uncharged.values():
            self._books.charge(execution)

    def _apply(self, row: Row) -> None:
        steps = {
            "gateway": self._check_account,
            "order": self._ask,
            "refusal": self._refuse,
            "status": self._note,
            "execution": self._execute,
            "commission": self._charge,
        }
        step = steps.get(row["kind"])
        if step is None:
            return
        try:
            step(row)
        except (KeyError, ValueError, TypeError, ArithmeticError) as error:
            raise LedgerError(f"the ledger's {row['kind']} row of {row.get('at')} can't be used: {error!r}") from error

    def _check_account(self, row: Row) -> None:
        if row["account"] != self._account:
            raise ValueError(f"it belongs to account {row['account']}, and {self._account} is logged in")

    def _ask(self, row: Row) -> None:
        perm_id = row["perm_id"]
        if perm_id is not None:
            self._asked[perm_id] = row
            self._identity.remember_perm_id(perm_id)

    def _refuse(self, row: Row) -> None:
        """A refused modification leaves the order as it was. A refused new order may still get a status, Inactive."""
        if row["perm_id"] in self._orders:
            self._asked.pop(row["perm_id"], None)

    def _note(self, row: Row) -> None:
        order = self._order(row["perm_id"])
        if row["status"] in (CANCELLED, INACTIVE):
            completed = "Cancelled by Trader" if row["status"] == CANCELLED else "Inactive"
            order.finish(row["status"], completed, at=datetime.fromisoformat(row["at"]))
        elif order.remaining:
            order.status = SUBMITTED
        self._book.track(order)

    def _order(self, perm_id: int) -> Order:
        """The order, with the terms that were asked of it last."""
        asked = self._asked.pop(perm_id, None)
        if asked is None:
            return self._orders[perm_id]
        message = OrderMessage.from_row(asked["message"])
        message.terms["tif"] = message.terms["tif"] or "DAY"
        if perm_id in self._orders:
            self._orders[perm_id].message = message
        else:
            self._orders[perm_id] = self._new_order(asked, message)
        return self._orders[perm_id]

    def _new_order(self, row: Row, message: OrderMessage) -> Order:
        matches = self._catalogue.find(message.contract)
        if not matches:
            raise ValueError(f"no instrument has contract id {row['con_id']}")
        match = matches[0]
        return Order(message, match.instrument, match.exchange, row["client_id"], row["perm_id"], self._account)

    def _execute(self, row: Row) -> None:
        self._identity.remember_exec_id(row["exec_id"])
        self._uncharged[row["exec_id"]] = self._books.fill(
            self._orders[row["perm_id"]],
            exec_id=row["exec_id"],
            quantity=Decimal(row["quantity"]),
            price=Decimal(row["price"]),
            exchange=row["exchange"],
            at=datetime.fromisoformat(row["executed_at"]),
        )

    def _charge(self, row: Row) -> None:
        self._books.charge(self._uncharged.pop(row["exec_id"]), Decimal(row["amount"]))
