"""Workers: who is at work, how much each holds, and which is drained."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from webapp.accounts import workforce
from webapp.accounts.models import Worker
from webapp.accounts.workforce import WorkerAlive
from webapp.desk.access import DRAIN, for_staff
from webapp.pages.access import SignedInRequest


@require_safe
@for_staff()
def index(request: SignedInRequest) -> HttpResponseBase:
    listed: list[Any] = list(workforce.listed())  # with what `listed` counted
    in_service = [worker for worker in listed if worker.is_alive and not worker.is_draining]
    context = {
        "workers": listed,
        "unheld": workforce.unheld(),
        "held": sum(worker.held for worker in listed),
        "capacity": sum(worker.capacity for worker in in_service),
    }
    return render(request, "desk/workers.html", context)


@require_POST
@for_staff(DRAIN)
def drain(request: SignedInRequest, worker_id: int) -> HttpResponseBase:  # noqa: ARG001 - as every view
    workforce.drain(get_object_or_404(Worker, pk=worker_id))
    return redirect("desk:workers")


@require_POST
@for_staff(DRAIN)
def undrain(request: SignedInRequest, worker_id: int) -> HttpResponseBase:  # noqa: ARG001
    workforce.undrain(get_object_or_404(Worker, pk=worker_id))
    return redirect("desk:workers")


@require_POST
@for_staff(DRAIN)
def forget(request: SignedInRequest, worker_id: int) -> HttpResponseBase:
    try:
        workforce.forget(get_object_or_404(Worker, pk=worker_id))
    except WorkerAlive as alive:
        messages.error(request, str(alive))
    return redirect("desk:workers")
