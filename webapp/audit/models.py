"""The audit log's one table."""

from __future__ import annotations

import json
from typing import ClassVar

from django.db import models
from django.db.models.functions import Now


class Action(models.TextChoices):
    """What can be done here. A new one gets a member; one that is in the log keeps its word for ever."""

    SIGNED_UP = "signed_up", "Signed up"
    LOGIN = "login", "Signed in"
    LOGIN_FAILED = "login_failed", "Sign-in refused"
    LOGOUT = "logout", "Signed out"
    PASSWORD_CHANGED = "password_changed", "Password changed"

    ACCOUNT_CONNECTED = "account_connected", "Account connected"
    CREDENTIALS_CHANGED = "credentials_changed", "Broker login entered"
    SESSION_START = "session_start", "Session start asked for"
    SESSION_STOP = "session_stop", "Session stop asked for"
    SESSION_RESTART = "session_restart", "Session restart asked for"
    RESTART_TIME_CHANGED = "restart_time_changed", "Nightly restart's time changed"

    ORDER_PLACED = "order_placed", "Order placed"
    ORDER_MODIFIED = "order_modified", "Order change asked for"
    ORDER_CANCELLED = "order_cancelled", "Order cancel asked for"
    LIMITS_CHANGED = "limits_changed", "Limits changed"
    KILL_SWITCH_ENGAGED = "kill_switch_engaged", "Kill switch engaged"
    KILL_SWITCH_RELEASED = "kill_switch_released", "Kill switch released"
    LIVE_TRADING_ON = "live_trading_on", "Live trading turned on"
    LIVE_TRADING_OFF = "live_trading_off", "Live trading turned off"

    TOKEN_CREATED = "token_created", "API token made"
    TOKEN_REVOKED = "token_revoked", "API token revoked"
    ACCOUNT_SHARED = "account_shared", "Account shared"
    SHARE_CHANGED = "share_changed", "Share changed"
    SHARE_REVOKED = "share_revoked", "Share revoked"

    USER_SUSPENDED = "user_suspended", "User suspended"
    USER_RESUMED = "user_resumed", "User's suspension ended"
    ACCOUNT_SUSPENDED = "account_suspended", "Account suspended"
    ACCOUNT_RESUMED = "account_resumed", "Account's suspension ended"
    ACCOUNT_LOOKED_AT = "account_looked_at", "Account looked at"
    LOG_READ = "log_read", "Gateway log read"
    WORKER_DRAINED = "worker_drained", "Worker drained"
    WORKER_UNDRAINED = "worker_undrained", "Worker taken into service again"
    WORKER_FORGOTTEN = "worker_forgotten", "Worker taken off the list"
    AUDIT_EXPORTED = "audit_exported", "Audit log exported"
    ADMIN_CHANGE = "admin_change", "Changed in Django's admin"


# Their subject and text are its owner's order, letter for letter.
OF_AN_ORDER = (Action.ORDER_PLACED, Action.ORDER_MODIFIED, Action.ORDER_CANCELLED)


class Via(models.TextChoices):
    """Which door an act came through. SYSTEM is none: a command on the server, or a worker."""

    PAGE = "page", "page"
    API = "api", "API"
    DESK = "desk", "administrator's desk"
    ADMIN = "admin", "Django's admin"
    SYSTEM = "system", "the server itself"


# What comes through these was done by an administrator, whose name is no user's to know.
ADMINISTRATORS = (Via.DESK, Via.ADMIN)


class AuditEntry(models.Model):
    """One act. PostgreSQL refuses to change or remove it (see the first migration).

    No foreign keys: deleting a user or an account would have to change their entries.
    """

    at = models.DateTimeField(db_default=Now(), editable=False)
    # Without choices: a new action then needs no migration.
    action = models.CharField(max_length=30)
    via = models.CharField(max_length=6)

    actor_id = models.BigIntegerField(null=True)
    actor = models.CharField(max_length=150, blank=True, help_text="The username; empty for nobody that is known.")
    token = models.CharField(max_length=60, blank=True, help_text="The name of the API token that was used.")
    ip = models.GenericIPAddressField(null=True)
    user_agent = models.CharField(max_length=200, blank=True)

    account_id = models.UUIDField(null=True)
    account_name = models.CharField(max_length=60, blank=True)
    owner_id = models.BigIntegerField(null=True, help_text="Whose account it was.")
    owner = models.CharField(max_length=150, blank=True)

    subject = models.CharField(max_length=150, blank=True, help_text="A client_order_id, a username, a token's name.")
    text = models.CharField(max_length=500, blank=True)
    details = models.JSONField(default=dict)

    class Meta:
        ordering: ClassVar = ["-id"]
        verbose_name_plural = "audit entries"
        indexes: ClassVar = [
            models.Index(fields=["at"], name="audit_by_time"),
            models.Index(fields=["account_id", "id"], name="audit_by_account"),
            models.Index(fields=["actor_id", "id"], name="audit_by_actor"),
            models.Index(fields=["action", "id"], name="audit_by_action"),
        ]

    def __str__(self) -> str:
        return f"{self.actor or 'nobody'}: {self.action}"

    @property
    def what(self) -> str:
        """The action in words; its own word where a later version took it off the list."""
        return str(Action(self.action).label) if self.action in Action.values else self.action

    @property
    def is_of_an_order(self) -> bool:
        return self.action in OF_AN_ORDER

    @property
    def through(self) -> str:
        """The door in words."""
        return str(Via(self.via).label) if self.via in Via.values else self.via

    @property
    def details_text(self) -> str:
        return json.dumps(self.details, indent=2, sort_keys=True)
