"""What keeps an account from an order that nobody meant: its owner's limits, and the switch that stops all."""

from __future__ import annotations

from typing import ClassVar

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models.functions import Now

from webapp.accounts.models import BrokerAccount, User
from webapp.trading.models.amounts import AmountField
from webapp.trading.models.instruments import Instrument


class RiskLimits(models.Model):
    """An account's limits on each order. None is no limit; so is an account without a row, but for `fresh_quote`."""

    account = models.OneToOneField(BrokerAccount, on_delete=models.CASCADE, related_name="risk_limits")
    max_quantity = AmountField(null=True, blank=True, help_text="The most that one order may ask for.")
    max_notional = AmountField(null=True, blank=True, help_text="The most that one order may come to.")
    notional_currency = models.CharField(max_length=10, blank=True, help_text="What `max_notional` is in.")
    price_band_percent = models.DecimalField(
        max_digits=6,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(0)],
        help_text="How far a price may be from the newest quote, either way.",
    )
    fresh_quote = models.BooleanField(default=True, help_text="A market order needs a quote that can be relied on.")
    security_types = models.JSONField(default=list, blank=True, help_text="IB's codes; empty allows all.")
    instruments = models.ManyToManyField(Instrument, blank=True, related_name="+", help_text="Empty allows all.")
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name_plural = "risk limits"

    def __str__(self) -> str:
        return f"limits of {self.account_id}"


class KillSwitch(models.Model):
    """Engaged while its row exists: of one account, or of all where `account` is None. Then no order is taken."""

    account = models.OneToOneField(
        BrokerAccount, on_delete=models.CASCADE, null=True, blank=True, related_name="kill_switch"
    )
    engaged_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    by_administrator = models.BooleanField(default=False, help_text="Engaged at the desk: its users read no name.")
    # By the database's clock, as its commands are: which of them are of this engagement is decided by the two.
    engaged_at = models.DateTimeField(db_default=Now(), editable=False)
    reason = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["account"], name="one_kill_switch_each", nulls_distinct=False),
        ]

    def __str__(self) -> str:
        return f"kill switch of {self.account_id or 'all'}"
