"""What was asked for, the broker's orders behind it, and what workers are to do."""

from __future__ import annotations

from decimal import Decimal
from typing import ClassVar

from django.db import models
from django.db.models.functions import Now

from brokers.domain import OrderSide, OrderStatus, OrderType, TimeInForce
from webapp.accounts.models import BrokerAccount, User
from webapp.audit.acting import acting_id
from webapp.trading.models.amounts import AmountField
from webapp.trading.models.instruments import Instrument
from webapp.trading.models.terms import Terms

REASON_LENGTH = 500
OPEN_STATUSES = [status.value for status in OrderStatus if not status.is_final]


class Order(Terms):
    """What a user asked for, or an order placed elsewhere that the broker showed us.

    `client_order_id` is made by the ticket and travels as IB's `orderRef`; it is None for an order placed elsewhere,
    which `perm_id` tells apart. The terms are those that the broker works by, as far as it has said them.

    One with a `parent` is a way out of it: it leaves together with its parent or not at all, works once that is
    filled, and ends with it.
    """

    class AttachedAs(models.TextChoices):
        TAKE_PROFIT = "TAKE_PROFIT"
        STOP_LOSS = "STOP_LOSS"

    account = models.ForeignKey(BrokerAccount, on_delete=models.CASCADE, related_name="orders")
    client_order_id = models.UUIDField(null=True, blank=True)
    instrument = models.ForeignKey(Instrument, on_delete=models.PROTECT, related_name="+")
    account_code = models.CharField(max_length=20)
    side = models.CharField(max_length=4, choices=[(s.value, s.value) for s in OrderSide])
    # Any word of IB's, since orders placed elsewhere are shown too; ours are OrderType and TimeInForce.
    order_type = models.CharField(max_length=20, default=OrderType.LMT.value)
    time_in_force = models.CharField(max_length=8, default=TimeInForce.DAY.value)
    quantity = AmountField()
    outside_rth = models.BooleanField(default=False)
    parent = models.ForeignKey("self", on_delete=models.CASCADE, null=True, blank=True, related_name="attached")
    attached_as = models.CharField(max_length=11, choices=AttachedAs.choices, blank=True)

    cancelled_through = models.ForeignKey(
        "OrderCommand",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        help_text="Ours, if one did.",
    )

    status = models.CharField(
        max_length=9, choices=[(s.value, s.value) for s in OrderStatus], default=OrderStatus.PENDING.value
    )
    ib_status = models.CharField(max_length=30, blank=True, help_text="IB's own word, letter for letter.")
    reason = models.CharField(max_length=REASON_LENGTH, blank=True)
    filled_quantity = AmountField(default=Decimal(0))
    average_fill_price = AmountField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering: ClassVar = ["-created_at", "-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["account", "client_order_id"], name="one_order_per_client_order_id"),
        ]
        indexes: ClassVar = [
            # Few at any time, looked for every second.
            models.Index(fields=["account"], condition=models.Q(status__in=OPEN_STATUSES), name="open_orders"),
            models.Index(fields=["account", "-created_at", "-id"], name="orders_newest_first"),
        ]

    def __str__(self) -> str:
        return f"{self.side} {self.quantity} {self.instrument_id} {self.order_type}: {self.status}"


class BrokerOrder(models.Model):
    """One of the broker's orders behind an Order.

    Two can stand behind one after a modify in an outage, so both are kept.
    """

    account = models.ForeignKey(BrokerAccount, on_delete=models.CASCADE, related_name="+")
    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="broker_orders")
    perm_id = models.BigIntegerField()
    # Not `order_id`: that is the column of the foreign key above.
    broker_order_id = models.BigIntegerField(help_text="Unique within one client id and one gateway life only.")
    status = models.CharField(max_length=9, blank=True, help_text="Of this one alone; empty while nobody said.")
    filled_quantity = AmountField(default=Decimal(0))

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["account", "perm_id"], name="one_broker_order")]

    def __str__(self) -> str:
        return str(self.perm_id)


class OrderCommand(Terms):
    """What a worker is to do with an order, once. Claimed PENDING -> SENDING before the socket is written to.

    The terms of a SUBMIT are all that was asked for, those of a MODIFY what it changes; an order's own follow what the
    broker works by. The SUBMIT of an attached order is claimed with its parent's, and handed over with it.

    SENT: handed to the node, which sends it within seconds or says that it didn't; the broker's own words follow in the
    order. REFUSED: nothing left, for `reason`.
    UNKNOWN: the worker was lost at SENDING, or the link after SENT, and the broker has shown no trace yet. ABSENT: it
    is proved that the broker doesn't have it. A machine never sends it again. CANCEL_ALL is of no single
    order; what it cancels, IB says order by order.
    """

    class Verb(models.TextChoices):
        SUBMIT = "SUBMIT"
        MODIFY = "MODIFY"
        CANCEL = "CANCEL"
        CANCEL_ALL = "CANCEL_ALL"

    class State(models.TextChoices):
        PENDING = "PENDING"
        SENDING = "SENDING"
        SENT = "SENT"
        REFUSED = "REFUSED"
        UNKNOWN = "UNKNOWN"
        ABSENT = "ABSENT"

    # Not stored: until when it may leave, by the monotonic clock of the process that claimed it. None: whenever it can.
    send_by: float | None = None

    order = models.ForeignKey(Order, on_delete=models.CASCADE, null=True, blank=True, related_name="commands")
    account = models.ForeignKey(BrokerAccount, on_delete=models.CASCADE, related_name="+")
    verb = models.CharField(max_length=10, choices=Verb.choices)
    state = models.CharField(max_length=7, choices=State.choices, default=State.PENDING)
    fence = models.BigIntegerField(null=True, blank=True, help_text="The fence under which it was claimed.")
    # Until the broker has shown an order, nobody else knows that its id was given away.
    from_order_id = models.BigIntegerField(
        null=True, blank=True, help_text="What it places has this id or a higher one."
    )
    reason = models.CharField(max_length=REASON_LENGTH, blank=True)
    # Read off the request, so that no service can forget it. None: a worker, or a user who is gone; see the audit log.
    by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, default=acting_id, related_name="+")
    # By the database's clock, which also says when it is overdue: the web's may differ.
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    claimed_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["id"]
        indexes: ClassVar = [
            models.Index(fields=["account", "id"], condition=models.Q(state="PENDING"), name="commands_to_claim"),
        ]

    def __str__(self) -> str:
        return f"{self.verb} {self.order_id}: {self.state}"
