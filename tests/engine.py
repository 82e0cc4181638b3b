"""A real Docker engine for tests, with the images of the simulated gateway and of the relay.

Asked for by `tests/brokers/gateways`.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from docker import DockerClient
from docker.errors import APIError

from brokers.gateways.docker.names import FLEET
from brokers.gateways.docker.sweep import sweep
from deploy.local import engine, images
from tests.services import ROOT

TEST_FLEETS = "test-"
# No run takes so long: what is older was left by one that was killed.
_LONGEST_RUN = timedelta(hours=2)


@dataclass(frozen=True, slots=True)
class RealEngine:
    url: str
    image: str
    relay_image: str
    client: DockerClient


@contextmanager
def real_engine() -> Iterator[RealEngine]:
    """Skips where there is none and this user may start none. Root's runs aren't spared."""
    if engine.answering() is None and os.geteuid() != 0:
        pytest.skip(engine.why_not())
    var = ROOT / "var"
    with engine.held(var) as url:
        client = DockerClient(base_url=url, timeout=60)
        try:
            remove_what_killed_runs_left(client)
            simulator, relay = (images.image(client, var, source) for source in (images.SIMULATOR, images.RELAY))
            yield RealEngine(url, simulator, relay, client)
        finally:
            client.close()


def remove_what_killed_runs_left(client: DockerClient) -> None:
    for fleet in _old_fleets(client):
        try:
            sweep(client, fleet, wanted=(), known=(), older_than=0)
        except APIError:  # another run is at it
            continue


def _old_fleets(client: DockerClient) -> set[str]:
    mine = {"label": FLEET}
    found = [(part.attrs["Labels"], part.attrs["Created"]) for part in client.networks.list(filters=mine)]
    found += [(part.attrs["Labels"], part.attrs["CreatedAt"]) for part in client.volumes.list(filters=mine)]
    youngest = datetime.now(UTC) - _LONGEST_RUN
    old = {labels[FLEET] for labels, created in found if datetime.fromisoformat(created) < youngest}
    return {fleet for fleet in old if fleet.startswith(TEST_FLEETS)}
