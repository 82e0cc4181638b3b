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
    the highest one counts. What it cost is reported by itself, later or sooner.
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
    commission = AmountField(null=True, blank=True, help_text="Positive is a cost. None until IB has reported it.")
    commission_currency = models.CharField(max_length=10, null=True, blank=True)  # noqa: DJ001 - None as above
    realized_pnl = AmountField(null=True, blank=True)
    recorded_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar = ["-executed_at", "-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["account", "exec_id"], name="one_execution"),
            models.CheckConstraint(
                condition=models.Q(commission__isnull=False, commission_currency__isnull=False)
                | models.Q(commission__isnull=True, commission_currency__isnull=True, realized_pnl__isnull=True),
                name="a_commission_is_reported_whole",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["account", "trade_key"], name="executions_of_a_trade"),
            models.Index(fields=["account", "-executed_at", "-id"], name="executions_newest_first"),
            models.Index(
                fields=["account", "trade_key", "revision"], condition=~models.Q(revision=1), name="corrections"
            ),
        ]

    def __str__(self) -> str:
        return self.exec_id


class EarlyCommission(models.Model):
    """A commission report whose execution hasn't come yet. It waits here, and goes over into that row."""

    account = models.ForeignKey(BrokerAccount, on_delete=models.CASCADE, related_name="+")
    exec_id = models.CharField(max_length=80)
    commission = AmountField()
    commission_currency = models.CharField(max_length=10)
    realized_pnl = AmountField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["account", "exec_id"], name="one_commission")]

    def __str__(self) -> str:
        return f"{self.commission} {self.commission_currency}"
