"""What is asked of the broker, as columns: an order has them, and so does each command that asks for some."""

from __future__ import annotations

from django.db import models

from webapp.trading.models.amounts import AmountField


class Terms(models.Model):
    """Named as in `brokers.domain.OrderRequest`, which says what each means. None and '' are "not asked for"."""

    quantity = AmountField(null=True, blank=True)
    limit_price = AmountField(null=True, blank=True)
    stop_price = AmountField(null=True, blank=True)
    trailing_amount = AmountField(null=True, blank=True)
    trailing_percent = AmountField(null=True, blank=True)
    trail_stop_price = AmountField(null=True, blank=True)
    limit_price_offset = AmountField(null=True, blank=True)
    time_in_force = models.CharField(max_length=8, blank=True)
    good_till_date = models.DateTimeField(null=True, blank=True)
    outside_rth = models.BooleanField(null=True, blank=True)

    class Meta:
        abstract = True
