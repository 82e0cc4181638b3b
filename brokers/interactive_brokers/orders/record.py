"""One order as far as IB has told of it, in IB's words."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal

from ib_insync import Contract

from brokers.domain import Instrument, OrderRequest, OrderStatus, OrderUpdate
from brokers.interactive_brokers import errors
from brokers.interactive_brokers.errors import Context, Meaning
from brokers.interactive_brokers.orders.terms import NAMES, OrderTerms, terms_of

# IB's words -> ours. `Inactive` isn't here: it may be a reject, and may be an order that waits (`whyHeld`: locate).
_STATUSES = {
    "ApiPending": OrderStatus.SUBMITTED,
    "PendingSubmit": OrderStatus.SUBMITTED,
    "PreSubmitted": OrderStatus.SUBMITTED,
    "Submitted": OrderStatus.SUBMITTED,
    "PendingCancel": OrderStatus.SUBMITTED,
    "Filled": OrderStatus.FILLED,
    "Cancelled": OrderStatus.CANCELLED,
    "ApiCancelled": OrderStatus.CANCELLED,
}
_ALIVE = frozenset({"PreSubmitted", "Submitted", "PendingCancel", "Filled"})
_NOT_ACKNOWLEDGED = frozenset({"", "ApiPending", "PendingSubmit"})


@dataclass(slots=True, eq=False)
class OrderRecord:
    """`ib_status` is empty until IB gave a word. `instrument` is None until it's described, if it was placed elsewhere.

    `terms` are those that IB works by. A change is only wished for until IB repeats it; each builds on the one before.
    """

    order_ref: str
    client_id: int
    order_id: int
    account_code: str
    con_id: int
    contract: Contract
    terms: OrderTerms
    parent_order_id: int | None = None
    instrument: Instrument | None = None
    perm_id: int | None = None
    status: OrderStatus = OrderStatus.PENDING
    ib_status: str = ""
    filled_quantity: Decimal = Decimal(0)
    average_fill_price: Decimal | None = None
    reason: str = ""
    reason_code: int | None = None
    rejected: bool = False  # IB gave a code that rejects the order itself, perhaps before it says `Inactive`
    alive: bool = False  # IB has said that it works the order
    seen: bool = True  # on this connection, by IB or because it was sent on it
    unsent: bool = False  # it was withdrawn before a byte of it left
    cancel_sent: bool = False
    wishes: list[OrderTerms] = field(default_factory=list)  # IB has answered neither with these nor with a refusal

    @property
    def wished(self) -> OrderTerms | None:
        """The terms once every change is taken; None when there is none under way."""
        return self.wishes[-1] if self.wishes else None

    @property
    def changes_sent(self) -> int:
        return len(self.wishes)

    @property
    def contexts(self) -> list[Context]:
        """What a message about this order can be about, the likeliest first."""
        cancel = [Context.CANCEL] if self.cancel_sent else []
        change = [Context.MODIFY] if self.wishes else []
        return [*cancel, *change, Context.LIVE if self.alive else Context.NEW]

    def meaning_of(self, code: int) -> Meaning:
        """Of a message of IB's about this order, by the likeliest thing that knows such a code."""
        found = (errors.meaning(code, context) for context in self.contexts)
        return next((meaning for meaning in found if meaning is not Meaning.NOTICE), Meaning.NOTICE)

    @property
    def is_acknowledged(self) -> bool:
        """Whether IB has taken it. Before that, a code that rejects a change can't be told from one that rejects it."""
        return self.ib_status not in _NOT_ACKNOWLEDGED

    @property
    def is_active(self) -> bool:
        """Whether it counts against the number of orders that IB takes."""
        return self.seen and not self.status.is_final

    def apply_terms(self, terms: OrderTerms) -> None:
        """IB's own. It leaves the quantity of a filled order at 0."""
        told = terms if terms.quantity else replace(terms, quantity=self.terms.quantity)
        if self.wished is not None and told == self.wished:
            self.settle_changes()
        self.terms = told

    def apply_word(self, word: str) -> None:
        """IB's own status. An unknown word is kept and changes nothing of ours."""
        if not word:
            return
        self.ib_status = word
        self.alive = self.alive or word in _ALIVE
        if self.status in (OrderStatus.FILLED, OrderStatus.CANCELLED):
            return
        self.status = self._reading(word)
        if self.status is OrderStatus.CANCELLED and self._reason_is_a_refused_cancel:
            self._forget_reason()  # a second cancel came too late for the first, which is why it's cancelled
        if word == "Filled":
            self.apply_fill(self.terms.quantity, None)

    def apply_fill(self, filled: Decimal | None, average: Decimal | None) -> bool:
        """What has been filled in all, and at which price on average. Whether that was news: it never shrinks.

        An average holds for the quantity that it came with: of more that comes without one, none is known.
        """
        if filled is None or filled < self.filled_quantity:
            return False
        if filled == self.filled_quantity:
            average = average or self.average_fill_price
        news = (filled, average) != (self.filled_quantity, self.average_fill_price)
        self.filled_quantity, self.average_fill_price = filled, average
        # What was executed in full was not rejected, whatever IB said before.
        if filled >= self.terms.quantity > 0 and self.status is not OrderStatus.CANCELLED:
            self.status = OrderStatus.FILLED
        return news

    def _reading(self, word: str) -> OrderStatus:
        if word == "Inactive":
            return OrderStatus.REJECTED if self.rejected else OrderStatus.SUBMITTED
        is_rejected = self.status is OrderStatus.REJECTED or (self.rejected and not self.cancel_sent)
        if is_rejected and _STATUSES.get(word) is OrderStatus.CANCELLED:
            return OrderStatus.REJECTED  # IB puts a rejected order away as cancelled
        return _STATUSES.get(word, self.status)

    def note_held(self, why: str) -> None:
        """What IB holds, it has not rejected."""
        self.rejected = False
        self.reason = f"IB holds the order: {why}"

    def take_quantity_from_fills(self) -> None:
        """For a filled order that was never seen before, of which IB tells only what was filled."""
        if not self.terms.quantity:
            self.terms = replace(self.terms, quantity=self.filled_quantity)

    def begin_change(self, terms: OrderTerms) -> None:
        self.wishes.append(terms)
        self._forget_reason()

    def begin_cancel(self) -> None:
        """What was said of an earlier cancel is no answer to this one."""
        self.cancel_sent = True
        self._forget_reason()

    @property
    def _reason_is_a_refused_cancel(self) -> bool:
        code = self.reason_code
        return code is not None and errors.meaning(code, Context.CANCEL) is Meaning.CANCEL_REJECTED

    def _forget_reason(self) -> None:
        self.reason, self.reason_code = "", None

    def take_answer(self, meaning: Meaning) -> None:
        """IB refused what was asked of the order. A change that is refused leaves it its terms."""
        if meaning is Meaning.CANCEL_REJECTED:
            self.cancel_sent = False
        else:
            del self.wishes[:1]  # IB answers them in turn

    def settle_changes(self) -> None:
        """No answer to a change is waited for any more: `terms` are what IB says."""
        self.wishes.clear()

    def withdraw(self, status: OrderStatus, reason: str) -> None:
        self.unsent = True
        self.end(status)
        self.reason, self.reason_code = reason, None

    def withdraw_changes(self, count: int) -> None:
        """The newest so many."""
        del self.wishes[max(len(self.wishes) - count, 0) :]
        if self.wished == self.terms:
            self.settle_changes()

    def withdraw_cancel(self) -> None:
        self.cancel_sent = False

    def begin_connection(self) -> None:
        """What was sent before may have been lost with the link, and so has its answer."""
        self.seen = self.cancel_sent = False
        self.settle_changes()

    def end(self, status: OrderStatus) -> None:
        """By one of IB's codes; what has ended already stays as it ended."""
        if not self.status.is_final:
            self.status = status

    def give_reason(self, code: int, text: str) -> None:
        self.reason, self.reason_code = errors.as_reason(code, text), code

    def as_update(self, at: datetime) -> OrderUpdate:
        return OrderUpdate(
            order_ref=self.order_ref,
            perm_id=self.perm_id,
            order_id=self.order_id,
            account_code=self.account_code,
            con_id=self.con_id,
            status=self.status,
            ib_status=self.ib_status,
            filled_quantity=self.filled_quantity,
            at=at,
            average_fill_price=self.average_fill_price,
            reason=self.reason,
            reason_code=self.reason_code,
            refused=None if self.reason_code is None else errors.refused(self.reason_code),
            parent_order_id=self.parent_order_id,
            **{name: getattr(self.terms, name) for name in NAMES},
        )


def record_of(
    request: OrderRequest, *, instrument: Instrument, contract: Contract, client_id: int, order_id: int
) -> OrderRecord:
    """An order that is about to be sent."""
    return OrderRecord(
        order_ref=request.client_order_id,
        client_id=client_id,
        order_id=order_id,
        account_code=request.account_code,
        con_id=request.con_id,
        contract=contract,
        terms=terms_of(request),
        instrument=instrument,
    )
