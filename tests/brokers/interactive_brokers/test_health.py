from __future__ import annotations

import pytest

from brokers.interactive_brokers.errors import Meaning
from brokers.interactive_brokers.link.health import LinkHealth, farm_name, new_port
from brokers.listener import LinkState


@pytest.mark.parametrize(
    ("text", "farm"),
    [
        ("Market data farm connection is broken:usfarm", "usfarm"),
        ("Market data farm connection is OK:usfarm.nj", "nj"),
        ("HMDS data farm connection is inactive but should be available upon demand.ushmds", "ushmds"),
        ("Sec-def data farm connection is OK: secdefil ", "secdefil"),
        ("something else", "something else"),
        ("", ""),
    ],
)
def test_a_farm_s_name_ends_the_text(text: str, farm: str) -> None:
    assert farm_name(text) == farm


@pytest.mark.parametrize(
    ("text", "port"),
    [
        ("TWS socket port has been reset. Please reconnect on the new port -4003", 4003),
        ("Please reconnect on the new port - 7497.", 7497),
        ("port 99999", None),
        ("port 0000", None),
        ("no port at all", None),
    ],
)
def test_the_new_port_ends_the_text(text: str, port: int | None) -> None:
    assert new_port(text) == port


def test_the_link_s_state_is_the_worst_that_is_true() -> None:
    health = LinkHealth()
    assert health.state is LinkState.UP
    assert health.farm_is_down("usfarm")
    assert health.state is LinkState.DATA_DOWN
    health.competing = True
    assert health.state is LinkState.COMPETING
    health.note(Meaning.LINK_LOST)
    assert health.state is LinkState.BROKER_LOST
    health.note(Meaning.BACK)
    health.competing = False
    assert health.state is LinkState.DATA_DOWN
    assert health.farm_is_there("usfarm")
    assert health.state is LinkState.UP


def test_a_farm_s_state_is_news_once() -> None:
    health = LinkHealth()
    assert not health.farm_is_there("usfarm")
    assert health.farm_is_down("usfarm")
    assert not health.farm_is_down("usfarm")
    assert health.farm_is_there("usfarm")
    assert not health.farm_is_there("usfarm")
