"""What a scenario can make happen, topic by topic. To add a verb: write it in its topic's module and enter it there."""

from __future__ import annotations

from brokers.simulator.scenario.verbs import clients, connectivity, faults, login, market, orders
from brokers.simulator.scenario.verbs.about import about
from brokers.simulator.scenario.verbs.table import Verb

_TOPICS = (login, connectivity, clients, faults, orders, market)

VERBS: dict[str, Verb] = {verb.name: verb for topic in _TOPICS for verb in topic.VERBS}
VERBS |= {verb.name: verb for verb in about(VERBS)}
