"""What a question is put to, and how it is refused."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

import redis.asyncio

from brokers.node import TradingNode
from workers.chains.lookups import OptionChains
from workers.database import Database
from workers.panes.following import Panes
from workers.profits import Profits
from workers.quotes import Conflator


class CannotAnswer(Exception):
    """Its text is written for the user."""


@dataclass(frozen=True, slots=True)
class ReadyLink:
    """What a session has while it is in step with the broker, made anew with each link."""

    node: TradingNode
    panes: Panes
    option_chains: OptionChains
    profits: Profits


@dataclass(frozen=True, slots=True)
class Session:
    """Of one account, READY."""

    account_id: UUID
    link: ReadyLink
    quotes: Conflator
    database: Database
    redis: redis.asyncio.Redis

    @property
    def node(self) -> TradingNode:
        return self.link.node
