"""What can be traded, and the lists that people keep of it."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models

from brokers.domain import Right, SecurityType, name_of
from webapp.accounts.models import User
from webapp.trading.models.amounts import AmountField


class Instrument(models.Model):
    """A qualified IB contract. Shared by all tenants: it holds nothing of anyone."""

    con_id = models.BigIntegerField(primary_key=True)
    symbol = models.CharField(max_length=40, db_index=True)
    # Of a combination, its legs.
    local_symbol = models.CharField(max_length=200)
    display_symbol = models.CharField(max_length=200, db_index=True)
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
    is_described = models.BooleanField(default=True, help_text="False while the row holds what a contract alone says.")
    under_con_id = models.BigIntegerField(null=True, blank=True)
    updated_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return f"{self.display_symbol} {self.security_type} {self.exchange}"

    @property
    def name(self) -> str:
        """What people read; `display_symbol` is what programs are given."""
        return name_of(self)


class Watchlist(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="watchlists")
    name = models.CharField(max_length=60)
    position = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar = ["position", "created_at"]
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
