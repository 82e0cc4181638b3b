"""People, broker accounts and their sessions.

BrokerAccount is a user's IB login; the account codes behind it are IB's. Everything that belongs to a tenant hangs
off it, and is reached through `BrokerAccount.objects.visible_to(user)`.
"""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import ClassVar

from django.contrib.auth.models import AbstractUser, AnonymousUser
from django.db import models
from django.db.models import Case, OuterRef, Q, Subquery, Value, When
from django.db.models.functions import Now
from django.utils import timezone

from brokers.domain import SessionState, TradingMode
from webapp.accounts import alert_rows  # noqa: F401 - its tables are this app's
from webapp.accounts.permissions import GRANTED, Permission, Role

# How long an invitation to an account can be accepted.
INVITED_FOR = timedelta(days=7)


class User(AbstractUser):
    """A person who signs in. A model of our own from the first migration, since it can't be swapped in later.

    `is_active` is Django's: without it nobody signs in, no cookie counts and no token opens anything. An administrator
    who suspends a user takes it away and says why.
    """

    suspended_at = models.DateTimeField(null=True, blank=True, editable=False)
    suspended_reason = models.CharField(max_length=300, blank=True, editable=False)

    class Meta(AbstractUser.Meta):
        # The desk's own: Django's `change_user` also lets one write usernames and addresses in the admin.
        permissions: ClassVar = [("suspend_user", "Can suspend users and let them in again")]


class BrokerAccountQuerySet(models.QuerySet["BrokerAccount"]):
    def owned_by(self, user: User | AnonymousUser) -> BrokerAccountQuerySet:
        """Nobody signed in owns nothing."""
        return self.filter(user_id=user.pk) if user.is_authenticated else self.none()

    def visible_to(self, user: User | AnonymousUser) -> BrokerAccountQuerySet:
        """What anyone may reach: their own, and what is shared with them. Each has the user's `role` on it."""
        if not user.is_authenticated:
            return self.none()
        shared = AccountShare.objects.filter(user_id=user.pk, accepted_at__isnull=False)
        granted = Subquery(shared.filter(account=OuterRef("pk")).values("role")[:1])
        seen = self.filter(Q(user_id=user.pk) | Q(pk__in=shared.values("account")))
        role = Case(When(user_id=user.pk, then=Value(Role.OWNER.value)), default=granted)
        return seen.annotate(role=role)  # type: ignore[no-redef]  # declared on the model, for who reads it


class BrokerAccount(models.Model):
    """One IB login of one user. Its id is random: it stands in URLs and tells nothing."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="broker_accounts")
    name = models.CharField(max_length=60, help_text="What its owner calls it.")
    trading_mode = models.CharField(max_length=5, choices=[(m.value, m.value) for m in TradingMode])
    created_at = models.DateTimeField(auto_now_add=True)

    restart_at = models.TimeField(
        null=True, blank=True, help_text="When its gateway restarts each night, if not when the others do."
    )

    live_trading_since = models.DateTimeField(
        null=True, blank=True, help_text="When its owner turned live trading on; None while it is off."
    )

    # By an administrator: its session stays stopped and it takes no order, until that is ended.
    suspended_at = models.DateTimeField(null=True, blank=True, editable=False)
    suspended_reason = models.CharField(max_length=300, blank=True, editable=False)

    # What the broker said at the last READY; empty and None until then.
    account_codes = models.JSONField(default=list, blank=True)
    may_trade = models.BooleanField(null=True, blank=True, help_text="None while nobody knows.")
    may_trade_reason = models.CharField(max_length=300, blank=True)

    # The number of the newest AccountEvent. Raised in the transaction that writes the event, so numbers have no gap.
    last_event_number = models.BigIntegerField(default=0, editable=False)

    objects = BrokerAccountQuerySet.as_manager()

    # Of whoever asked: a Role, there on what `visible_to` has read.
    role: str

    class Meta:
        ordering: ClassVar = ["created_at"]

    def __str__(self) -> str:
        return f"{self.name} ({self.trading_mode})"

    def allows(self, permission: Permission) -> bool:
        """Whether whoever asked for this account may do that with it."""
        return permission in GRANTED[Role(self.role)]

    @property
    def is_own(self) -> bool:
        return self.allows(Permission.OWN)

    @property
    def lets_trade(self) -> bool:
        return self.allows(Permission.TRADE)

    @property
    def is_suspended(self) -> bool:
        return self.suspended_at is not None

    @property
    def is_live(self) -> bool:
        return self.trading_mode == TradingMode.LIVE

    @property
    def is_live_trading_off(self) -> bool:
        """No order leaves then. A paper account's never is."""
        return self.is_live and self.live_trading_since is None

    @property
    def account_code(self) -> str:
        """The code that orders go to: the first behind the login, or '' before the first READY."""
        return self.account_codes[0] if self.account_codes else ""


class AccountShare(models.Model):
    """An account shared by its owner with somebody else, once that person has accepted it.

    `user` is whom the typed username named at that moment, and None when it named nobody: such an invitation looks like
    any other to the owner, and can be accepted by nobody, not by one who signs up under that name later either.
    """

    class Role(models.TextChoices):
        VIEWER = "viewer", "Viewer"
        TRADER = "trader", "Trader"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    account = models.ForeignKey(BrokerAccount, on_delete=models.CASCADE, related_name="shares")
    username = models.CharField(max_length=150, help_text="As the owner typed it.")
    user = models.ForeignKey(User, on_delete=models.CASCADE, null=True, related_name="shares")
    role = models.CharField(max_length=6, choices=Role.choices)
    invited_at = models.DateTimeField(auto_now_add=True)
    accepted_at = models.DateTimeField(null=True)
    declined_at = models.DateTimeField(null=True, help_text="The owner isn't told: it would say that the name exists.")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["account", "username"], name="one_share_per_account_and_name"),
        ]

    def __str__(self) -> str:
        return f"{self.account_id} for {self.username}: {self.role}"

    @property
    def ends_at(self) -> datetime:
        """Until when the invitation can be accepted."""
        return self.invited_at + INVITED_FOR


class Credential(models.Model):
    """The sealed username and password of one account. Sealed by the web process, opened by workers alone."""

    account = models.OneToOneField(BrokerAccount, on_delete=models.CASCADE, related_name="credential")
    sealed = models.BinaryField()
    fingerprint = models.BinaryField(
        max_length=32, null=True, unique=True, help_text="Keyed: equal for the same login, and tells nothing of it."
    )
    username_hint = models.CharField(max_length=40, help_text="First and last letter: enough to tell two apart.")
    updated_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return f"credential of {self.account_id}"


class GatewaySession(models.Model):
    """What is wanted of an account's session, what is so, and who holds it.

    `owner`, `fence` and `lease_expires_at` change by conditional UPDATE alone, and the fence only grows.
    """

    class Desired(models.TextChoices):
        RUNNING = "RUNNING"
        STOPPED = "STOPPED"

    account = models.OneToOneField(BrokerAccount, on_delete=models.CASCADE, related_name="session")
    desired_state = models.CharField(max_length=7, choices=Desired.choices, default=Desired.STOPPED)
    state = models.CharField(
        max_length=13, choices=[(s.value, s.value) for s in SessionState], default=SessionState.STOPPED.value
    )
    state_reason = models.CharField(max_length=300, blank=True, help_text="Why, and what to do, in a sentence.")
    state_since = models.DateTimeField(auto_now_add=True)
    broker_lost = models.BooleanField(default=False, help_text="The gateway is there, and has lost the broker.")
    starts_again = models.BooleanField(default=False, help_text="A restart: wanted again once it has stopped.")
    gateway_id = models.CharField(max_length=80, blank=True, help_text="The process or container that serves it.")
    last_error = models.CharField(max_length=500, blank=True)
    second_factor = models.JSONField(
        null=True, blank=True, help_text="attempt, attempts and until (ISO 8601, UTC), while a person is waited for."
    )

    # An outage of a session that is wanted: since when, whether it was up before, and what was told of it.
    down_since = models.DateTimeField(null=True, blank=True)
    was_up = models.BooleanField(default=False)
    alert = models.CharField(max_length=300, blank=True)
    alert_since = models.DateTimeField(null=True, blank=True)

    owner = models.CharField(max_length=120, blank=True, help_text="The worker that holds the lease.")
    fence = models.BigIntegerField(default=0, editable=False)
    lease_expires_at = models.DateTimeField(null=True, blank=True, editable=False)

    def __str__(self) -> str:
        return f"session of {self.account_id}: {self.state}"


class Worker(models.Model):
    """A worker process, as it said of itself. Renewed beside its leases, by the database's clock.

    Here and not in Redis: that it was seen last an hour ago has to be known when Redis has forgotten everything, and
    the wish to drain must reach a worker as surely as a lease does. A row whose worker died stays until it is taken
    off the list.
    """

    name = models.CharField(max_length=120, unique=True, help_text="As in `GatewaySession.owner`.")
    version = models.CharField(max_length=60, blank=True)
    capacity = models.PositiveIntegerField(help_text="How many sessions it may hold.")
    is_draining = models.BooleanField(default=False, help_text="Takes no session, and hands over those that it has.")
    started_at = models.DateTimeField(db_default=Now())
    seen_at = models.DateTimeField(db_default=Now())
    stopped_at = models.DateTimeField(null=True, blank=True, help_text="It said goodbye.")

    def __str__(self) -> str:
        return self.name


class AccountEvent(models.Model):
    """What happened on an account, numbered from 1 without a gap. Append-only; `body` is what browsers get."""

    class Kind(models.TextChoices):
        SESSION = "session"
        ORDER = "order"
        FILL = "fill"
        POSITION = "position"
        NOTICE = "notice"
        LIMITS = "limits"
        KILL_SWITCH = "kill_switch"
        ALERT = "alert"
        LIVE_TRADING = "live_trading"

    account = models.ForeignKey(BrokerAccount, on_delete=models.CASCADE, related_name="events")
    number = models.BigIntegerField()
    kind = models.CharField(max_length=12, choices=Kind.choices)
    subject = models.CharField(max_length=80, blank=True, help_text="client_order_id, exec_id or con_id, by kind.")
    body = models.JSONField()
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar = ["number"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["account", "number"], name="one_event_per_number"),
        ]
        indexes: ClassVar = [models.Index(fields=["account", "kind", "subject"], name="event_by_subject")]

    def __str__(self) -> str:
        return f"{self.account_id} #{self.number} {self.kind}"


class ApiToken(models.Model):
    """A program's key to the REST API. Only its hash is kept; the token itself is shown once."""

    class Scope(models.TextChoices):
        READ = "read"
        TRADE = "trade"

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="api_tokens")
    name = models.CharField(max_length=60)
    token_hash = models.CharField(max_length=64, unique=True, help_text="SHA-256 of the token, in hex.")
    scopes = models.JSONField(help_text="What it may do: read, trade.")
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.name} of {self.user_id}"

    @property
    def is_expired(self) -> bool:
        return self.expires_at <= timezone.now()
