"""What an account holds, by the broker's own count."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from webapp.accounts.models import BrokerAccount
from webapp.trading.models.amounts import AmountField
from webapp.trading.models.instruments import Instrument


class Position(models.Model):
    """The broker's own count, as it last said it."""

    account = models.ForeignKey(BrokerAccount, on_delete=models.CASCADE, related_name="positions")
    account_code = models.CharField(max_length=20)
    instrument = models.ForeignKey(Instrument, on_delete=models.PROTECT, related_name="+")
    quantity = AmountField()
    average_cost = AmountField(null=True, blank=True)
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
