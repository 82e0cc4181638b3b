"""Which sessions need a worker: read from the rows, by the database's clock."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q, QuerySet
from django.db.models.functions import Now

from webapp.accounts.models import GatewaySession
from webapp.accounts.session_row import AT_REST

FREE = Q(lease_expires_at__isnull=True) | Q(lease_expires_at__lte=Now())


def wanted_without_owner() -> list[UUID]:
    """Sessions to open."""
    return _accounts(GatewaySession.objects.filter(FREE, desired_state=GatewaySession.Desired.RUNNING))


def left_over() -> list[UUID]:
    """Sessions that nobody wants and nobody holds, and that still say otherwise or may still have a gateway."""
    unwanted = GatewaySession.objects.filter(FREE, desired_state=GatewaySession.Desired.STOPPED)
    at_rest = [state.value for state in AT_REST]
    return _accounts(unwanted.filter(~Q(state__in=at_rest) | ~Q(gateway_id="")))


def is_free(account_id: UUID) -> bool:
    """Whether nobody holds the session of an account that exists."""
    return GatewaySession.objects.filter(FREE, account_id=account_id).exists()


@dataclass(frozen=True, slots=True)
class Gateways:
    """By account: those that may run, and those that exist."""

    wanted: list[UUID]
    known: list[UUID]


def gateways() -> Gateways:
    """What a sweep leaves alone. A worker that holds a session ends its gateway itself."""
    wanted = GatewaySession.objects.filter(Q(desired_state=GatewaySession.Desired.RUNNING) | ~FREE)
    return Gateways(wanted=_accounts(wanted), known=_accounts(GatewaySession.objects.all()))


def _accounts(found: QuerySet[GatewaySession]) -> list[UUID]:
    return list(found.order_by("pk").values_list("account_id", flat=True))
