"""Reading the ledger back, so that a restarted gateway knows what the broker would still know."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal

from brokers.simulator.accounts.booking import Books
from brokers.simulator.catalogue.catalogue import Catalogue, Match
from brokers.simulator.catalogue.listings.instrument import COMBINATION
from brokers.simulator.orders.book import OrderBook
from brokers.simulator.orders.message import OrderMessage
from brokers.simulator.orders.order import CANCELLED, INACTIVE, Commission, Course, Execution, LegFill, Order
from brokers.simulator.orders.refusals import OrderRefused
from brokers.simulator.orders.rules import find_instrument
from brokers.simulator.orders.terms import parent_id_of
from brokers.simulator.records.identity import Identity
from brokers.simulator.records.ledger import LedgerError, Row


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

    def apply(self, rows: Iterable[Row]) -> list[Commission]:
        """Returns the commissions that no row tells of: a kill between the two leaves an execution without its own.

        They are booked by now, and belong into the ledger before anything else happens to their executions.
        """
        for row in rows:
            self._apply(row)
        return [self._books.charge(execution) for execution in self._uncharged.values()]

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
        order = self._order(row["perm_id"], row.get("con_id"))
        order.course = Course.from_row(row.get("course", {}))
        order.why_held = row.get("why_held", "")
        self._rename(order, row["order_id"])
        if Decimal(row["remaining"]) != order.remaining:
            order.reduce_to(Decimal(row["remaining"]))
        if _is_final(row):
            order.finish(row["status"], _completed(row), at=datetime.fromisoformat(row.get("done_at") or row["at"]))
        elif order.remaining:
            order.status = row["status"]
        self._book.track(order)

    def _rename(self, order: Order, order_id: int) -> None:
        """An order that was placed by hand got an id."""
        if order.order_id != order_id:
            order.message.order_id = order_id
            self._book.name(order)

    def _order(self, perm_id: int, con_id: int | None) -> Order:
        """The order, with the terms that were asked of it last."""
        asked = self._asked.pop(perm_id, None)
        if asked is None:
            return self._orders[perm_id]
        message = OrderMessage.from_row(asked["message"])
        message.terms["tif"] = message.terms["tif"] or "DAY"
        if perm_id in self._orders:
            self._orders[perm_id].message = message
            self._orders[perm_id].asked = None
        else:
            self._orders[perm_id] = self._new_order(asked, message, con_id)
        return self._orders[perm_id]

    def _new_order(self, row: Row, message: OrderMessage, con_id: int | None) -> Order:
        match = self._match(row, message, con_id)
        combination = self._catalogue.combination_of(match.instrument.con_id)
        return Order(
            message,
            match.instrument,
            match.exchange,
            row["client_id"],
            row["perm_id"],
            row["account"] or self._account,
            parent=self._book.get(row["client_id"], parent_id_of(message)),
            legs=combination.legs if combination else (),
        )

    def _match(self, row: Row, message: OrderMessage, con_id: int | None) -> Match:
        """What the order was for then: its description may fit nothing by now, or several."""
        found = self._catalogue.get(con_id) if con_id is not None else None
        if found is not None and found.security_type != COMBINATION:
            return Match(found, message.contract["exchange"] or found.venue.default_exchange)
        try:
            return find_instrument(self._catalogue, message, expired=True)
        except OrderRefused as refused:
            raise ValueError(f"the contract of order {row['perm_id']} isn't listed: {refused}") from refused

    def _execute(self, row: Row) -> None:
        self._identity.remember_exec_id(row["exec_id"])
        if "corrects" in row:
            self._correct(row)
            return
        execution = self._fill(self._orders[row["perm_id"]], row)
        if not execution.is_of_whole_combination:
            self._uncharged[row["exec_id"]] = execution

    def _fill(self, order: Order, row: Row) -> Execution:
        quantity, price = Decimal(row["quantity"]), Decimal(row["price"])
        at = datetime.fromisoformat(row["executed_at"])
        leg = next((one for one in order.legs if one.instrument.con_id == row["con_id"]), None)
        if leg is not None:
            return self._books.fill_leg(order, LegFill(leg, quantity, price), exec_id=row["exec_id"], at=at)
        return self._books.fill(
            order, exec_id=row["exec_id"], quantity=quantity, price=price, exchange=row["exchange"], at=at
        )

    def _correct(self, row: Row) -> None:
        wrong = self._book.execution(row["corrects"])
        if wrong is None:
            raise ValueError(f"no execution has the id {row['corrects']}")
        at = datetime.fromisoformat(row["executed_at"])
        self._books.correct(wrong, exec_id=row["exec_id"], price=Decimal(row["price"]), at=at)

    def _charge(self, row: Row) -> None:
        """A correction costs nothing more."""
        execution = self._uncharged.pop(row["exec_id"], None)
        if execution is not None:
            self._books.charge(execution, Decimal(row["amount"]))


def _is_final(row: Row) -> bool:
    """Inactive is an end, unless it waits for shares to sell short."""
    return row["status"] == CANCELLED or (row["status"] == INACTIVE and not row.get("why_held"))


def _completed(row: Row) -> str:
    return row.get("completed") or ("Cancelled by Trader" if row["status"] == CANCELLED else "Inactive")
