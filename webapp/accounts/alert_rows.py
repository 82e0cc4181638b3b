"""What a person has to know of an account, whichever page they look at; and up to where each person has seen it."""

from __future__ import annotations

from typing import ClassVar

from django.db import models


class Alert(models.Model):
    """Made from the event of its `number`, one standing for each `subject` of a kind. See `webapp.accounts.alerts`."""

    class Kind(models.TextChoices):
        OUTAGE = "outage", "Session down"
        SECOND_FACTOR = "second_factor", "Approval asked for"
        LOGIN = "login", "Login needed"
        ORDER_REJECTED = "order_rejected", "Order rejected"
        ORDER_UNKNOWN = "order_unknown", "Order unknown"
        KILL_SWITCH = "kill_switch", "Trading stopped"

    account = models.ForeignKey("accounts.BrokerAccount", on_delete=models.CASCADE, related_name="alerts")
    kind = models.CharField(max_length=14, choices=Kind.choices)
    subject = models.CharField(max_length=80, help_text="The order's, as its events have it; else what tells it apart.")
    text = models.CharField(max_length=500)
    number = models.BigIntegerField(help_text="The event's: by it, what a person has seen is known without a gap.")
    at = models.DateTimeField(auto_now_add=True)
    ended_at = models.DateTimeField(null=True, help_text="That an order was rejected stays None.")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["account", "kind", "subject"],
                condition=models.Q(ended_at=None),
                name="one_alert_stands_per_subject",
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["account", "number"], name="alerts_by_number")]

    def __str__(self) -> str:
        return f"{self.account_id} #{self.number} {self.kind}"

    @property
    def is_of_an_order(self) -> bool:
        return self.kind in (Alert.Kind.ORDER_REJECTED, Alert.Kind.ORDER_UNKNOWN)


class AlertsSeen(models.Model):
    """One person has seen one account's alerts up to this event."""

    user = models.ForeignKey("accounts.User", on_delete=models.CASCADE, related_name="+")
    account = models.ForeignKey("accounts.BrokerAccount", on_delete=models.CASCADE, related_name="+")
    number = models.BigIntegerField()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["user", "account"], name="one_mark_per_person")]

    def __str__(self) -> str:
        return f"{self.user_id} has seen {self.account_id} up to {self.number}"
