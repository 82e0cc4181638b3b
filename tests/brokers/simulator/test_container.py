"""The common image's variables, as the simulator's arguments. What it says in a container is seen in a real one."""

from __future__ import annotations

import pytest

from brokers.simulator import options
from brokers.simulator.container import ContractBroken, arguments

VARIABLES = {
    "TWS_USERID": "demo",
    "TWS_PASSWORD_FILE": "/run/login/password",
    "TRADING_MODE": "paper",
    "READ_ONLY_API": "no",
    "TWS_SETTINGS_PATH": "/settings",
}


@pytest.mark.parametrize(("mode", "port"), [("live", 4003), ("paper", 4004)])
def test_the_variables_are_the_simulator_s_arguments(mode: str, port: int) -> None:
    chosen = options.parse(arguments(VARIABLES | {"TRADING_MODE": mode}))
    assert (chosen.trading_mode, chosen.port, chosen.username) == (mode, port, "demo")
    assert str(chosen.password_file) == "/run/login/password"
    assert chosen.ledger.parent.name == "settings"
    assert chosen.read_only is False


def test_a_read_only_api_is_one() -> None:
    assert options.parse(arguments(VARIABLES | {"READ_ONLY_API": "yes"})).read_only is True


def test_each_login_has_its_ledger() -> None:
    logins = [("demo", "paper"), ("demo", "live"), ("../bob", "paper")]
    ledgers = {
        options.parse(arguments(VARIABLES | {"TWS_USERID": username, "TRADING_MODE": mode})).ledger
        for username, mode in logins
    }
    assert len(ledgers) == 3
    assert {str(ledger.parent) for ledger in ledgers} == {"/settings"}


@pytest.mark.parametrize("name", ["TWS_USERID", "TWS_PASSWORD_FILE", "TWS_SETTINGS_PATH"])
def test_a_missing_variable_is_named(name: str) -> None:
    with pytest.raises(ContractBroken, match=f"{name} is not set"):
        arguments(VARIABLES | {name: ""})


def test_a_mode_that_isn_t_one_is_refused() -> None:
    with pytest.raises(ContractBroken, match="TRADING_MODE is 'both'"):
        arguments(VARIABLES | {"TRADING_MODE": "both"})
