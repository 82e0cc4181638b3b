"""The workers: each writes its own row, administrators wish one to drain, and everybody may ask which there are."""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction
from django.db.models import Case, Count, F, IntegerField, OuterRef, Q, QuerySet, Subquery, Sum, Value, When
from django.db.models.functions import Coalesce, Greatest, Now

from webapp.accounts.models import GatewaySession, Worker
from webapp.accounts.sessions import HELD
from webapp.audit import recording as audit

# A worker renews its row every two seconds. One that is merely busy isn't called lost.
ALIVE_FOR = timedelta(seconds=10)
# Those that said goodbye longer ago are taken off the list by the next worker that starts.
REMEMBERED_FOR = timedelta(days=7)

ALIVE = Q(stopped_at=None, seen_at__gt=Now() - ALIVE_FOR)


class WorkerAlive(Exception):
    """Only a worker that is gone can be taken off the list. The text says what to do."""


def enrol(*, name: str, version: str, capacity: int) -> None:
    """A worker starts, or finds itself taken off the list."""
    Worker.objects.filter(stopped_at__lt=Now() - REMEMBERED_FOR).delete()
    started = {"version": version, "capacity": capacity, "seen_at": Now(), "stopped_at": None}
    Worker.objects.update_or_create(name=name, defaults=started)


def renew(name: str) -> bool | None:
    """It lives. Whether it is wished to drain; None when it isn't on the list."""
    if not Worker.objects.filter(name=name).update(seen_at=Now(), stopped_at=None):
        return None
    return Worker.objects.filter(name=name).values_list("is_draining", flat=True).first()


def leave(name: str) -> None:
    """It says goodbye, its sessions handed over."""
    Worker.objects.filter(name=name).update(seen_at=Now(), stopped_at=Now())


def drain(worker: Worker) -> None:
    """From now on it takes no session, and hands over those that it has as fast as others have room for them."""
    _wish(worker, audit.Action.WORKER_DRAINED, is_draining=True)


def undrain(worker: Worker) -> None:
    _wish(worker, audit.Action.WORKER_UNDRAINED, is_draining=False)


def forget(worker: Worker) -> None:
    """Take one that is gone off the list. Raises WorkerAlive for one that isn't."""
    with transaction.atomic():
        if not Worker.objects.filter(~ALIVE, pk=worker.pk).delete()[0]:
            raise WorkerAlive(f"{worker} is at work. Stop it first; it says goodbye by itself.")
        audit.record(audit.Action.WORKER_FORGOTTEN, subject=worker.name)


def listed() -> QuerySet[Worker]:
    """Every worker, those at work first, with `held`: how many sessions it holds by the rows, and `is_alive`."""
    return Worker.objects.annotate(
        held=_held(),
        is_alive=Case(When(ALIVE, then=Value(True)), default=Value(False)),
    ).order_by("-is_alive", "stopped_at", "name")


def room_elsewhere(name: str) -> int:
    """How many sessions the other workers could take now, less those that wait for one already."""
    others = Worker.objects.filter(ALIVE, is_draining=False).exclude(name=name)
    room = others.annotate(free=Greatest(F("capacity") - _held(), 0)).aggregate(all=Sum("free"))["all"] or 0
    return max(0, int(room) - unheld())


def unheld() -> int:
    """How many sessions are wanted and held by no worker."""
    return GatewaySession.objects.filter(~HELD, desired_state=GatewaySession.Desired.RUNNING).count()


def _held() -> Coalesce:
    sessions = GatewaySession.objects.filter(HELD, owner=OuterRef("name")).order_by().values("owner")
    held = sessions.annotate(held=Count("pk")).values("held")
    return Coalesce(Subquery(held, output_field=IntegerField()), 0)


def _wish(worker: Worker, action: audit.Action, *, is_draining: bool) -> None:
    with transaction.atomic():
        wished = Worker.objects.filter(pk=worker.pk, is_draining=not is_draining)
        if wished.update(is_draining=is_draining):
            audit.record(action, subject=worker.name)
