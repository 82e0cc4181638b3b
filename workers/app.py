"""Celery's wiring: tasks, the beat schedule and the bootstep that hosts sessions.

celery -A workers.app worker
celery -A workers.app beat
"""

from __future__ import annotations

import logging
import os
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "webapp.settings")

from celery import Celery, signals
from django.conf import settings

from webapp.bus.redis import celery_url
from workers import transport
from workers.pool import choose_pool

REFUSE_OVERDUE_EVERY = 3.0
SUPERVISE_EVERY = 3.0
SWEEP_EVERY = 60.0

transport.use()
app = Celery("gatehouse", broker=celery_url(), include=["workers.tasks"])
app.conf.update(
    # Nobody reads results: what a task did is in the rows.
    task_ignore_result=True,
    # JSON alone, in and out: a pickle in the broker would be code.
    task_serializer="json",
    accept_content=["json"],
    # A task is acknowledged when it is done, so that a lost worker's are delivered again. Each may run twice.
    task_acks_late=True,
    # One at a time: a task that waits in this worker's memory could have run on another.
    worker_prefetch_multiplier=1,
    # Tasks only claim and hand over; the sessions themselves are on the host's loop.
    worker_concurrency=4,
    broker_connection_retry_on_startup=True,
    worker_redirect_stdouts=False,
    beat_schedule={
        "supervise-sessions": {
            "task": "workers.tasks.supervise_sessions",
            "schedule": SUPERVISE_EVERY,
            # While no worker runs, rounds would pile up; only the newest says anything.
            "options": {"expires": SUPERVISE_EVERY},
        },
        "sweep-gateways": {
            "task": "workers.tasks.sweep_gateways",
            "schedule": SWEEP_EVERY,
            "options": {"expires": SWEEP_EVERY},
        },
        "refuse-overdue-commands": {
            "task": "workers.tasks.refuse_overdue_commands",
            "schedule": REFUSE_OVERDUE_EVERY,
            "options": {"expires": REFUSE_OVERDUE_EVERY},
        },
    },
    beat_schedule_filename=str(settings.VAR_DIR / "celery-beat-schedule"),
    # Beat sleeps to the next task; at most this long when it was restarted with an old schedule.
    beat_max_loop_interval=SUPERVISE_EVERY,
    timezone="UTC",
)
# By name: the bootstep's module reads models, which Django has not set up yet.
app.steps["worker"].add("workers.bootstep:SessionHostStep")
signals.worker_init.connect(choose_pool, weak=False)


@signals.worker_init.connect(weak=False)
def bound_statements(**_: Any) -> None:
    from workers import database  # once Django has been set up

    database.bound_statements()


def keep_django_s_logging(**_: Any) -> None:
    """With a receiver on this signal, Celery leaves logging alone: one format and one copy of each line."""
    # "Sending", "received" and "succeeded" of every round of supervision would bury what matters.
    for chatty in ("celery.beat", "celery.worker.strategy", "celery.app.trace"):
        logging.getLogger(chatty).setLevel(logging.WARNING)


signals.setup_logging.connect(keep_django_s_logging, weak=False)
