"""What was executed, and what it cost."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from brokers.domain import OrderSide
from webapp.accounts.models import BrokerAccount
from webapp.trading.models.amounts import AmountField
from webapp.trading.models.instruments import Instrument
from webapp.trading.models.orders import Order


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
            models.Index(
                fields=["account", "trade_key", "revision"], condition=~models.Q(revision=1), name="corrections"
            ),
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
