"""The list of all accounts: found, narrowed and with the age of each one's newest tick."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet
from django.http import QueryDict

from brokers.domain import SessionState, TradingMode
from webapp.accounts.models import BrokerAccount
from webapp.bus import ticks
from webapp.trading.kill_switch import state as kill_switch

NEEDS_LOOKING = ("ERROR", "AUTH_FAILED", "AUTH_REQUIRED", "TWO_FACTOR", "COMPETING", "DEGRADED")
# What `show` can narrow to, by its word in the address.
SHOWN = {
    "alert": ("With an alert", ~Q(session__alert="")),
    "attention": ("Needs looking at", Q(session__state__in=NEEDS_LOOKING) | ~Q(session__alert="")),
    "up": ("Wanted and ready", Q(session__state__in=("READY", "DEGRADED", "COMPETING"))),
    "waiting": ("Wanted and not up", Q(session__desired_state="RUNNING") & ~Q(session__state="READY")),
    "suspended": ("Suspended", Q(suspended_at__isnull=False)),
    "killed": ("Kill switch engaged", Q(kill_switch__isnull=False)),
}
SEARCHED = (
    *("name", "user__username", "account_codes", "session__gateway_id", "session__owner"),
    *("session__last_error", "session__state_reason"),
)


@dataclass(frozen=True, slots=True)
class Narrowing:
    """As an address says it. What it says wrongly narrows nothing."""

    text: str = ""
    state: str = ""
    mode: str = ""
    show: str = ""

    @classmethod
    def read(cls, query: QueryDict) -> Narrowing:
        return cls(
            text=query.get("q", "").replace("\x00", "").strip()[:100],
            state=_one_of(query.get("state", ""), list(SessionState)),
            mode=_one_of(query.get("mode", ""), list(TradingMode)),
            show=_one_of(query.get("show", ""), list(SHOWN)),
        )


@dataclass(frozen=True, slots=True)
class Row:
    """`ticked_at` is None when no tick is known, and while Redis can't be asked."""

    account: BrokerAccount
    ticked_at: datetime | None
    is_killed: bool


def found(narrowing: Narrowing) -> QuerySet[BrokerAccount]:
    """What is wrong comes first, then by user."""
    accounts = BrokerAccount.objects.select_related("session", "user")
    if narrowing.text:
        accounts = accounts.filter(_says(narrowing.text))
    if narrowing.state:
        accounts = accounts.filter(session__state=narrowing.state)
    if narrowing.mode:
        accounts = accounts.filter(trading_mode=narrowing.mode)
    if narrowing.show:
        accounts = accounts.filter(SHOWN[narrowing.show][1])
    return accounts.order_by("session__alert_since", "user__username", "created_at")


def rows(accounts: Iterable[BrokerAccount]) -> list[Row]:
    listed = list(accounts)
    newest = ticks.newest([account.pk for account in listed])
    killed = kill_switch.engaged_among([account.pk for account in listed])
    return [Row(account, newest.get(account.pk), account.pk in killed) for account in listed]


def _says(text: str) -> Q:
    """An id is looked for as a whole, all else as a part."""
    said = Q(pk__istartswith=text) if len(text) >= 8 else Q()
    for column in SEARCHED:
        said |= Q(**{f"{column}__icontains": text})
    return said


def _one_of(word: str, words: Iterable[Any]) -> str:
    return word if word in [str(one) for one in words] else ""
