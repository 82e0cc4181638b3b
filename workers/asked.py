"""What a question is put to, and how it is refused."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

import redis.asyncio

from brokers.node import TradingNode
from workers.database import Database
from workers.panes.following import Panes
from workers.quotes import Conflator


class CannotAnswer(Exception):
    """Its text is written for the user."""


@dataclass(frozen=True, slots=True)
class Session:
    """Of one account, READY. `panes` lives as long as the node's link does."""

    account_id: UUID
    node: TradingNode
    panes: Panes
    quotes: Conflator
    database: Database
    redis: redis.asyncio.Redis
