"""What each topic's requests stand on."""

from __future__ import annotations

from typing import NamedTuple

from ib_insync import IB

from brokers.interactive_brokers.link.client import PacedClient
from brokers.interactive_brokers.link.wrapper import FaithfulWrapper


class Parts(NamedTuple):
    ib: IB
    wrapper: FaithfulWrapper
    client: PacedClient
