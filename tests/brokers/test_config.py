"""What a node is told: by objects or by dicts, and credentials by the names of their variables."""

from __future__ import annotations

import traceback
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from brokers.config import (
    InstrumentProviderConfig,
    InteractiveBrokersDataClientConfig,
    InteractiveBrokersExecClientConfig,
    InteractiveBrokersGatewayConfig,
    TradingNodeConfig,
)
from brokers.credentials import Credentials, account_from_environment, from_environment
from brokers.domain import MarketDataType, TradingMode
from brokers.filters import read_filter
from brokers.refusals import ConfigRefused, CredentialMissing, FilterRefused

LOGIN = {"username": "TWS_USERNAME", "password": "TWS_PASSWORD"}
AMD = {"secType": "STK", "symbol": "AMD", "exchange": "SMART", "currency": "USD"}
SECRET = "hunter2-Correct.Horse"
SHOUTED = "HUNTER2"  # it could be a variable's name


def test_the_guide_s_dicts_are_a_config() -> None:
    config = TradingNodeConfig(data_clients={"IB": LOGIN}, exec_clients={"IB": LOGIN})
    assert (config.username, config.password, config.account) == ("TWS_USERNAME", "TWS_PASSWORD", "TWS_ACCOUNT")
    assert (config.host, config.port, config.client_id) == ("127.0.0.1", 4002, 1)
    assert config.account_code is None


def test_a_dict_and_an_object_say_the_same() -> None:
    by_dict = TradingNodeConfig(
        data_clients={
            "IB": {"market_data_type": "delayed", "gateway_port": 4009, "instrument_provider": {"load_ids": [265598]}}
        }
    )
    by_object = TradingNodeConfig(
        data_clients={
            "IB": InteractiveBrokersDataClientConfig(
                market_data_type=MarketDataType.DELAYED,
                gateway_port=4009,
                instrument_provider=InstrumentProviderConfig(load_ids=frozenset({265598})),
            )
        }
    )
    assert by_dict == by_object
    assert by_dict.port == 4009


@pytest.mark.parametrize(
    ("key", "value", "setting"),
    [
        ("gateway_host", "10.0.0.7", "host"),
        ("host", "10.0.0.7", "host"),
        ("ibg_host", "10.0.0.7", "host"),
        ("gateway_port", 7497, "port"),
        ("port", 7497, "port"),
        ("ibg_port", 7497, "port"),
        ("client_id", 11, "client_id"),
        ("ibg_client_id", 11, "client_id"),
        ("account_id", "DU123456", "account_code"),
        ("account_code", "DU123456", "account_code"),
        ("account", "MY_ACCOUNT", "account"),
        ("username", "MY_USERNAME", "username"),
        ("trading_mode", "LIVE", "trading_mode"),
    ],
)
@pytest.mark.parametrize("kind", ["data_clients", "exec_clients"])
def test_a_client_can_say_where_the_node_connects(kind: str, key: str, value: Any, setting: str) -> None:
    config = TradingNodeConfig(**{kind: {"IB": {key: value}}})
    assert getattr(config, setting) == (TradingMode.LIVE if key == "trading_mode" else value)
    assert getattr(replace(config, request_deadline=1.0), setting) == getattr(config, setting)


def test_the_node_and_its_clients_may_say_the_same() -> None:
    config = TradingNodeConfig(
        port=4009, data_clients={"IB": {"ibg_port": 4009}}, exec_clients={"IB": {"port": 4009}}
    )  # fmt: skip
    assert config.port == 4009


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (
            {"port": 1, "data_clients": {"IB": {"port": 2}}},
            r"port is given in the node and, differently, in data_clients\['IB'\]: 1 and 2",
        ),
        (
            {"data_clients": {"IB": {"client_id": 1}}, "exec_clients": {"IB": {"client_id": 2}}},
            r"client_id is given in data_clients\['IB'\] and, differently, in exec_clients\['IB'\]: 1 and 2",
        ),
        ({"username": "ONE", "gateway": {"username": "TWO"}}, "username is given in the node and, differently, in its"),
        ({"data_clients": {"IB": {"host": "a", "ibg_host": "b"}}}, "gives gateway_host twice, under two of its names"),
        ({"port": 4002, "gateway": {}}, "A gateway that the node starts has an address of its own"),
        ({"data_clients": {"IB": {"usrname": "X"}}}, r"data_clients\['IB'\] has no key 'usrname'. Did you mean 'user"),
        ({"gateway": {"pasword": "X"}}, "gateway has no key 'pasword'. Did you mean 'password'?"),
        ({"data_clients": {"IB": {"instrument_provider": {"filter": AMD}}}}, "no key 'filter'. Did you mean 'filters'"),
        ({"port": "4002"}, "port is a whole number from 1 to 65535, and not '4002'"),
        ({"port": 0}, "port is a whole number from 1 to 65535, and not 0"),
        ({"data_clients": {"IB": {"port": 0}}}, "port is a whole number from 1 to 65535, and not 0"),
        ({"heartbeat": -1}, "heartbeat is in seconds, a number of more than 0, and not -1"),
        ({"connect_deadline": "a"}, "connect_deadline is in seconds, a number of more than 0, and not 'a'"),
        ({"request_deadline": float("nan")}, "request_deadline is in seconds, a number of more than 0, and not nan"),
        ({"heartbeat_deadline": True}, "heartbeat_deadline is in seconds, a number of more than 0, and not True"),
        ({"broker_lost_deadline": None}, "broker_lost_deadline is in seconds"),
        ({"reconnect_pause": -0.5}, "reconnect_pause is in seconds, a number of 0 or more, and not -0.5"),
        ({"longest_reconnect_pause": "1"}, "longest_reconnect_pause is in seconds"),
        ({"start_deadline": -1}, "start_deadline is in seconds, a number of 0 or more, and not -1"),
        ({"unreadable_limit": 0}, "unreadable_limit is a whole number of 1 or more, and not 0"),
        ({"gateway": {"login_deadline": 0}}, "login_deadline is in seconds, a number of more than 0, and not 0"),
        ({"data_clients": {"IB": {"market_data_lines": 1.5}}}, "market_data_lines is a whole number of 0 or more"),
        ({"data_clients": {"IB": {"stale_after": 0}}}, "stale_after is in seconds"),
        ({"data_clients": {"IB": {"history_pause": -1}}}, "history_pause is in seconds, a number of 0 or more"),
        ({"exec_clients": {"IB": {"first_order_id": 0}}}, "first_order_id is a whole number of 1 or more, and not 0"),
        (
            {"exec_clients": {"IB": {"order_time_to_live": 0}}},
            "order_time_to_live is in seconds, a number of more than 0",
        ),
        ({"exec_clients": {"IB": {"look_elsewhere_every": -1}}}, "look_elsewhere_every is in seconds"),
        ({"port": 70000}, "port is a whole number from 1 to 65535, and not 70000"),
        ({"exec_clients": {"IB": {"client_id": -1}}}, "client_id is a whole number from 0 to 2147483647, and not -1"),
        ({"data_clients": {"IB": 3}}, "InteractiveBrokersDataClientConfig or a dict, and not int"),
        ({"data_clients": ["IB"]}, "data_clients is a dict of configs by name"),
        ({"trading_mode": "demo"}, "trading_mode can't be 'demo'; it is one of paper, live"),
        ({"gateway": {"runtime": "docke"}}, "runtime can't be 'docke'; it is 'simulator' or a GatewayRuntime"),
        ({"data_clients": {"IB": {"market_data_type": "slow"}}}, "market_data_type can't be 'slow'; it is one of live"),
    ],
)
def test_what_nobody_could_mean_is_refused_with_what_is_wrong(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigRefused, match=message):
        TradingNodeConfig(**settings)


def test_real_money_has_a_port_of_its_own() -> None:
    assert TradingNodeConfig(trading_mode=TradingMode.LIVE).port == 4001
    assert TradingNodeConfig(trading_mode=TradingMode.LIVE, port=4002).port == 4002


def test_a_gateway_that_is_started_has_its_address_once_it_runs(tmp_path: Path) -> None:
    config = TradingNodeConfig(gateway={"folder": str(tmp_path)})
    assert (config.host, config.port) == ("", 0)
    assert config.gateway == InteractiveBrokersGatewayConfig(folder=tmp_path)
    assert replace(config, request_deadline=10.0) == config


def test_a_node_has_both_clients_unless_its_config_says_otherwise() -> None:
    assert TradingNodeConfig().named_clients == frozenset()
    assert TradingNodeConfig().data_clients == {"IB": InteractiveBrokersDataClientConfig()}
    assert TradingNodeConfig(exec_clients={}).exec_clients == {}
    assert TradingNodeConfig(exec_clients={"IB": InteractiveBrokersExecClientConfig()}).named_clients == {"exec"}


# Credentials


def test_credentials_are_read_from_the_variables_that_are_named() -> None:
    environment = {"TWS_USERNAME": "alice", "TWS_PASSWORD": SECRET}
    login = from_environment(username="TWS_USERNAME", password="TWS_PASSWORD", environment=environment)
    assert login == Credentials(username="alice", password=SECRET)


@pytest.mark.parametrize("missing", ["TWS_USERNAME", "TWS_PASSWORD"])
@pytest.mark.parametrize("how", ["absent", "empty"])
def test_a_missing_variable_is_named(missing: str, how: str) -> None:
    environment = {"TWS_USERNAME": "alice", "TWS_PASSWORD": SECRET, missing: ""}
    if how == "absent":
        del environment[missing]
    with pytest.raises(CredentialMissing, match=f"variable {missing}, .* isn't set") as raised:
        from_environment(username="TWS_USERNAME", password="TWS_PASSWORD", environment=environment)
    assert SECRET not in str(raised.value)


def test_an_account_that_was_not_named_may_be_any() -> None:
    assert account_from_environment("TWS_ACCOUNT", environment={}) is None
    assert account_from_environment("TWS_ACCOUNT", environment={"TWS_ACCOUNT": "DU1"}) == "DU1"
    with pytest.raises(CredentialMissing, match="variable that the config's account names isn't set"):
        account_from_environment("MY_ACCOUNT", environment={})


def test_no_variable_is_read_before_it_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("TWS_USERNAME", "TWS_PASSWORD", "TWS_ACCOUNT", "MY_ACCOUNT"):
        monkeypatch.delenv(name, raising=False)
    TradingNodeConfig(account="MY_ACCOUNT", gateway=InteractiveBrokersGatewayConfig())


@pytest.mark.parametrize("setting", ["username", "password"])
@pytest.mark.parametrize("place", ["node", "client", "gateway"])
def test_a_secret_in_the_place_of_its_variable_s_name_is_refused_and_never_shown(setting: str, place: str) -> None:
    settings: dict[str, Any] = {setting: SECRET}
    if place == "client":
        settings = {"data_clients": {"IB": settings}}
    elif place == "gateway":
        settings = {"gateway": settings}
    with pytest.raises(ConfigRefused, match="names an environment variable") as raised:
        TradingNodeConfig(**settings)
    assert SECRET not in repr(raised.value)


@pytest.mark.parametrize("setting", ["username", "password"])
def test_a_secret_that_could_be_a_variable_s_name_is_not_repeated_when_there_is_no_such_variable(setting: str) -> None:
    environment = {"TWS_USERNAME": "alice", "TWS_PASSWORD": SECRET}
    names = {"username": "TWS_USERNAME", "password": "TWS_PASSWORD", setting: SHOUTED}
    with pytest.raises(CredentialMissing, match=f"that the config's {setting} names isn't set") as raised:
        from_environment(**names, environment=environment)
    assert SHOUTED not in "".join(traceback.format_exception(raised.value))


@pytest.mark.parametrize("setting", ["username", "password", "account"])
def test_a_secret_that_could_be_a_variable_s_name_is_not_repeated_when_it_is_given_twice(setting: str) -> None:
    with pytest.raises(ConfigRefused, match=f"{setting} is given in the node and, differently, in data_cli") as raised:
        TradingNodeConfig(**{setting: SHOUTED}, data_clients={"IB": {setting: "ANOTHER"}})
    assert SHOUTED not in str(raised.value)
    assert "ANOTHER" not in str(raised.value)


def test_no_password_is_in_any_repr() -> None:
    config = TradingNodeConfig(
        data_clients={"IB": {"password": SHOUTED}}, gateway={"password": SHOUTED}  # type: ignore[dict-item, arg-type]
    )  # fmt: skip
    assert SHOUTED not in repr(config)
    assert SECRET not in repr(Credentials(username="alice", password=SECRET))
    with pytest.raises(ConfigRefused) as raised:
        TradingNodeConfig(password=SHOUTED, gateway={"password": "ANOTHER"})
    assert SHOUTED not in str(raised.value)


# What is loaded


@pytest.mark.parametrize(
    "filters", [AMD, tuple(AMD.items()), AMD.items(), [AMD], (tuple(AMD.items()),)], ids=[*"ABCDE"]
)
def test_filters_are_a_dict_its_items_or_several_of_these(filters: Any) -> None:
    config = InstrumentProviderConfig(load_all=True, filters=filters)
    assert config.instrument_filters == (read_filter(AMD),)
    assert hash(config) == hash(InstrumentProviderConfig(load_all=True, filters=AMD))


@pytest.mark.parametrize("filters", [frozenset(AMD.items()), {frozenset(AMD.items())}, [AMD.items()]], ids=[*"ABC"])
def test_a_filter_s_items_may_come_in_any_order(filters: Any) -> None:
    assert InstrumentProviderConfig(load_all=True, filters=filters).instrument_filters == (read_filter(AMD),)


@pytest.mark.parametrize("filters", ["AMD", b"AMD", 3, ["AMD"], [3], iter([AMD])], ids=[*"ABCDEF"])
def test_what_is_no_filter_is_refused_by_a_sentence(filters: Any) -> None:
    with pytest.raises(FilterRefused, match="A filter is a dict or its items"):
        InstrumentProviderConfig(filters=filters)


def test_none_of_filters_and_ids_is_nothing_to_load() -> None:
    config = InstrumentProviderConfig(filters=None, load_ids=None)
    assert config == InstrumentProviderConfig()
    assert (config.instrument_filters, config.load_ids) == ((), frozenset())


@pytest.mark.parametrize("ids", ["EUR/USD.IDEALPRO", b"EUR", 265598, {"EUR": 1}], ids=repr)
def test_ids_are_several_and_never_the_letters_of_one(ids: Any) -> None:
    with pytest.raises(ConfigRefused, match="load_ids is a list of con_ids and names"):
        InstrumentProviderConfig(load_ids=ids)


@pytest.mark.parametrize("wrong", [None, 1.5, True, ["EUR"]], ids=repr)
def test_an_id_that_is_neither_a_number_nor_a_name_is_refused(wrong: Any) -> None:
    with pytest.raises(ConfigRefused, match=r"'EUR/USD\.IDEALPRO', and .* is neither"):
        InstrumentProviderConfig(load_ids=[265598, wrong])


def test_a_wrong_filter_is_refused_before_anybody_connects() -> None:
    with pytest.raises(FilterRefused, match=r"no key 'currecy'\. Did you mean 'currency'\?"):
        InstrumentProviderConfig(
            load_all=True, filters=tuple({"secType": "CASH", "symbol": "EUR", "currecy": "USD"}.items())
        )


def test_a_filter_is_not_changed_by_who_gave_it() -> None:
    mine = dict(AMD)
    config = InstrumentProviderConfig(filters=mine)
    mine["currecy"] = "USD"
    assert config.instrument_filters == (read_filter(AMD),)


def test_everything_can_t_be_loaded() -> None:
    with pytest.raises(ConfigRefused, match="load_all needs filters"):
        InstrumentProviderConfig(load_all=True)


def test_wishes_for_chains_are_every_filter_s_that_has_none_of_its_own() -> None:
    config = InstrumentProviderConfig(
        filters=[AMD, {**AMD, "max_expiry_days": 5, "build_options_chain": False}],
        build_options_chain=True,
        max_expiry_days=60,
    )
    first, second = config.instrument_filters
    assert (first.build_options_chain, first.max_expiry_days) == (True, 60)
    assert (second.build_options_chain, second.max_expiry_days) == (False, 5)


def test_a_node_s_provider_loads_what_either_client_wants_and_each_once() -> None:
    data = InstrumentProviderConfig(load_all=True, filters=AMD, load_ids=frozenset({1}), build_options_chain=True)
    execution = InstrumentProviderConfig(filters={**AMD, "symbol": "INTC"}, load_ids=frozenset({1, "SPY.ARCA"}))
    merged = InstrumentProviderConfig.merged([data, execution])
    assert merged.load_ids == {1, "SPY.ARCA"}
    assert [one.symbol for one in merged.instrument_filters] == ["AMD"]
    assert merged.instrument_filters[0].build_options_chain is True
    assert InstrumentProviderConfig.merged([data, data]).instrument_filters == data.instrument_filters
