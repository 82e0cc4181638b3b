"""Which sessions need a worker: read from the rows, by the database's clock."""

from __future__ import annotations

from uuid import UUID

from django.db.models import Q, QuerySet
from django.db.models.functions import Now

from brokers.domain import SessionState
from webapp.accounts.models import GatewaySession

FREE = Q(lease_expires_at__isnull=True) | Q(lease_expires_at__lte=Now())
AT_REST = (SessionState.STOPPED.value, SessionState.AUTH_FAILED.value)


def wanted_without_owner() -> list[UUID]:
    """Sessions to open."""
    return _accounts(GatewaySession.objects.filter(FREE, desired_state=GatewaySession.Desired.RUNNING))


def left_over() -> list[UUID]:
    """Sessions that nobody wants and nobody holds, and that still say otherwise or may still have a gateway."""
    unwanted = GatewaySession.objects.filter(FREE, desired_state=GatewaySession.Desired.STOPPED)
    return _accounts(unwanted.filter(~Q(state__in=AT_REST) | ~Q(gateway_id="")))


def _accounts(found: QuerySet[GatewaySession]) -> list[UUID]:
    return list(found.order_by("pk").values_list("account_id", flat=True))
