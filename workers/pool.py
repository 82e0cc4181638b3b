"""The worker's pool: threads, and nothing else."""

from __future__ import annotations

from typing import Any

import click
from celery import concurrency
from celery.concurrency.thread import TaskPool
from click.core import ParameterSource

REFUSAL = (
    "The {pool} pool is refused: this worker holds broker sessions on one loop in its own process, and tasks of that "
    "pool could not reach it. Start it with `celery -A workers.app worker -P threads`, or leave -P out."
)


def choose_pool(sender: Any, **_: Any) -> None:
    """Run before the pool is made: threads when nobody named a pool, and no worker at all with another one.

    `worker_pool` in the configuration can't do this: Celery then takes `-P prefork`, its own default, for nobody's
    choice, and starts threads without a word.
    """
    if not _was_named():
        sender.pool_cls = TaskPool
    elif concurrency.get_implementation(sender.pool_cls) is not TaskPool:
        raise SystemExit(REFUSAL.format(pool=_name(sender.pool_cls)))


def _was_named() -> bool:
    command = click.get_current_context(silent=True)
    return command is not None and command.get_parameter_source("pool") is ParameterSource.COMMANDLINE


def _name(pool: Any) -> str:
    """`prefork`, of its class in `celery.concurrency.prefork`."""
    module: str = concurrency.get_implementation(pool).__module__
    return module.rpartition(".")[2]
