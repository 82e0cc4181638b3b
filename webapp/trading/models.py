"""What is traded, what was ordered and what came of it.

Prices, sizes and money are `numeric` columns wide enough for IB's 5e-08 steps; None means that the broker never said.
"""

from __future__ import annotations

import uuid
from decimal import Decimal
from typing import Any, ClassVar

from django.db import models

from brokers.domain import OrderSide, OrderStatus, OrderType, Right, SecurityType, TimeInForce
from webapp.accounts.models import BrokerAccount, User


class AmountField(models.DecimalField):  # type: ignore[type-arg]  # generic in the stubs alone
    """A price, a size or money: 28 digits, 10 of them behind the point."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"max_digits": 28, "decimal_places": 10, **options})


class Instrument(models.Model):
    """A qualified IB contract. Shared by all tenants: it holds nothing of anyone."""

    con_id = models.BigIntegerField(primary_key=True)
    symbol = models.CharField(max_length=40, db_index=True)
    local_symbol = models.CharField(max_length=60)
    display_symbol = models.CharField(max_length=60, db_index=True)
    security_type = models.CharField(max_length=8, choices=[(s.value, s.value) for s in SecurityType])
    exchange = models.CharField(max_length=30)
    primary_exchange = models.CharField(max_length=30, blank=True)
    currency = models.CharField(max_length=10)
    long_name = models.CharField(max_length=200, blank=True)
    price_increment = AmountField(help_text="The finest step that any price of it can have.")
    size_increment = AmountField()
    min_size = AmountField()
    multiplier = AmountField(null=True, blank=True)
    trading_class = models.CharField(max_length=40, blank=True)
    valid_exchanges = models.JSONField(default=list, blank=True)
    time_zone = models.CharField(max_length=60, null=True, blank=True)  # noqa: DJ001 - None is "IB gave none"
    price_rules = models.JSONField(default=list, blank=True, help_text="Steps by exchange and price; see price_steps.")
    price_magnifier = models.PositiveIntegerField(default=1, help_text="A price divided by it is money: 100 for pence.")
    isin = models.CharField(max_length=12, blank=True)
    contract_month = models.CharField(max_length=6, blank=True)
    expiry = models.DateField(null=True, blank=True)
    strike = AmountField(null=True, blank=True)
    right = models.CharField(max_length=1, blank=True, choices=[(r.value, r.name.capitalize()) for r in Right])
    under_con_id = models.BigIntegerField(null=True, blank=True)
    is_described = models.BooleanField(default=True, help_text="False while the row holds what a contract alone says.")
    updated_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return f"{self.display_symbol} {self.security_type} {self.exchange}"


class Watchlist(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="watchlists")
    name = models.CharField(max_length=60)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar = ["created_at"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["user", "name"], name="one_watchlist_per_name"),
        ]

    def __str__(self) -> str:
        return self.name


class WatchlistItem(models.Model):
    watchlist = models.ForeignKey(Watchlist, on_delete=models.CASCADE, related_name="items")
    instrument = models.ForeignKey(Instrument, on_delete=models.PROTECT, related_name="+")
    position = models.PositiveIntegerField(default=0)

    class Meta:
        ordering: ClassVar = ["position", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["watchlist", "instrument"], name="once_per_watchlist"),
        ]

    def __str__(self) -> str:
        return f"{self.watchlist_id}: {self.instrument_id}"


class Order(models.Model):
    """What a user asked for, or an order placed elsewhere that the broker showed us.

    `client_order_id` is made by the ticket and travels as IB's `orderRef`; it is None for an order placed elsewhere,
    which `perm_id` tells apart.
    """

    account = models.ForeignKey(BrokerAccount, on_delete=models.CASCADE, related_name="orders")
    client_order_id = models.UUIDField(null=True, blank=True)
    instrument = models.ForeignKey(Instrument, on_delete=models.PROTECT, related_name="+")
    account_code = models.CharField(max_length=20)
    side = models.CharField(max_length=4, choices=[(s.value, s.value) for s in OrderSide])
    # Any word of IB's, since orders placed elsewhere are shown too; ours are OrderType and TimeInForce.
    order_type = models.CharField(max_length=20, default=OrderType.LMT.value)
    time_in_force = models.CharField(max_length=8, default=TimeInForce.DAY.value)
    quantity = AmountField()
    limit_price = AmountField(null=True, blank=True)

    status = models.CharField(
        max_length=9, choices=[(s.value, s.value) for s in OrderStatus], default=OrderStatus.PENDING.value
    )
    ib_status = models.CharField(max_length=30, blank=True, help_text="IB's own word, letter for letter.")
    reason = models.CharField(max_length=500, blank=True)
    filled_quantity = AmountField(default=Decimal(0))
    average_fill_price = AmountField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering: ClassVar = ["-created_at", "-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["account", "client_order_id"], name="one_order_per_client_order_id"),
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

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["account", "perm_id"], name="one_broker_order")]

    def __str__(self) -> str:
        return str(self.perm_id)


class OrderCommand(models.Model):
    """What a worker is to do with an order, once. Claimed PENDING -> SENDING before the socket is written to.

    SENT: the bytes left, and the broker's own words follow in the order. REFUSED: nothing left, for `reason`.
    UNKNOWN: the worker was lost at SENDING, or the link after SENT, and the broker shows no trace. A machine never
    sends it again.
    """

    class Verb(models.TextChoices):
        SUBMIT = "SUBMIT"
        MODIFY = "MODIFY"
        CANCEL = "CANCEL"

    class State(models.TextChoices):
        PENDING = "PENDING"
        SENDING = "SENDING"
        SENT = "SENT"
        REFUSED = "REFUSED"
        UNKNOWN = "UNKNOWN"

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="commands")
    account = models.ForeignKey(BrokerAccount, on_delete=models.CASCADE, related_name="+")
    verb = models.CharField(max_length=6, choices=Verb.choices)
    state = models.CharField(max_length=7, choices=State.choices, default=State.PENDING)
    fence = models.BigIntegerField(null=True, blank=True, help_text="The fence under which it was claimed.")
    reason = models.CharField(max_length=500, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    claimed_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["id"]
        indexes: ClassVar = [
            models.Index(fields=["account", "id"], condition=models.Q(state="PENDING"), name="commands_to_claim"),
        ]

    def __str__(self) -> str:
        return f"{self.verb} {self.order_id}: {self.state}"


class Execution(models.Model):
    """One execution as the broker reported it. Unique by (account, exec_id).

    A correction is an execution of its own: it has the `trade_key` of what it corrects and a higher `revision`, and
    the highest one counts.
    """

    account = models.ForeignKey(BrokerAccount, on_delete=models.CASCADE, related_name="executions")
    exec_id = models.CharField(max_length=80)
    trade_key = models.CharField(
        max_length=80, blank=True, help_text="exec_id without the part that corrections raise."
    )
    revision = models.PositiveIntegerField(default=0)
    order = models.ForeignKey(Order, on_delete=models.SET_NULL, null=True, blank=True, related_name="executions")
    order_ref = models.CharField(max_length=60, blank=True)
    perm_id = models.BigIntegerField(null=True, blank=True)
    account_code = models.CharField(max_length=20)
    instrument = models.ForeignKey(Instrument, on_delete=models.PROTECT, related_name="+")
    side = models.CharField(max_length=4, choices=[(s.value, s.value) for s in OrderSide])
    quantity = AmountField()
    price = AmountField()
    exchange = models.CharField(max_length=30, blank=True)
    executed_at = models.DateTimeField(help_text="The exchange's time, UTC.")
    recorded_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar = ["-executed_at", "-id"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["account", "exec_id"], name="one_execution")]
        indexes: ClassVar = [
            models.Index(fields=["account", "trade_key"], name="executions_of_a_trade"),
            models.Index(fields=["account", "-executed_at", "-id"], name="executions_newest_first"),
        ]

    def __str__(self) -> str:
        return self.exec_id


class Commission(models.Model):
    """IB's commission report.

    It comes after its execution, or before our row of it, or never: no row is no answer.
    """

    account = models.ForeignKey(BrokerAccount, on_delete=models.CASCADE, related_name="+")
    exec_id = models.CharField(max_length=80)
    commission = AmountField(help_text="Positive is a cost.")
    currency = models.CharField(max_length=10)
    realized_pnl = AmountField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["account", "exec_id"], name="one_commission")]

    def __str__(self) -> str:
        return f"{self.commission} {self.currency}"


class Position(models.Model):
    """The broker's own count, as it last said it."""

    account = models.ForeignKey(BrokerAccount, on_delete=models.CASCADE, related_name="positions")
    account_code = models.CharField(max_length=20)
    instrument = models.ForeignKey(Instrument, on_delete=models.PROTECT, related_name="+")
    quantity = AmountField()
    average_cost = AmountField()
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["account", "account_code", "instrument"], name="one_position"),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} {self.instrument_id}"


class AccountValue(models.Model):
    """One figure of the account summary, keyed as IB keys it. BASE is a currency of its own."""

    account = models.ForeignKey(BrokerAccount, on_delete=models.CASCADE, related_name="values")
    account_code = models.CharField(max_length=20)
    tag = models.CharField(max_length=60)
    currency = models.CharField(max_length=10, blank=True)
    value = AmountField()
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["account", "account_code", "tag", "currency"], name="one_account_value"),
        ]

    def __str__(self) -> str:
        return f"{self.tag} {self.value} {self.currency}"
