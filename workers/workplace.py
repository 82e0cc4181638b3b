"""What the sessions of one worker share."""

from __future__ import annotations

from dataclasses import dataclass

import redis.asyncio

from brokers.gateways.base import GatewayRuntime
from workers.database import Database
from workers.unsealing import Opener


@dataclass(frozen=True, slots=True)
class Workplace:
    """`leases` has threads of its own, so that a renewal never waits behind the writes of a busy account."""

    worker: str
    database: Database
    leases: Database
    redis: redis.asyncio.Redis
    runtime: GatewayRuntime
    opener: Opener
