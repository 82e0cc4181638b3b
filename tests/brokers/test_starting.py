"""What a node is built of, and what it says at its start."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path
from typing import Any

import pytest

from brokers import (
    InstrumentProviderConfig,
    InteractiveBrokersDataClientConfig,
    InteractiveBrokersGatewayConfig,
    TradingNode,
    TradingNodeConfig,
)
from brokers.domain import SecurityType
from brokers.gateways.base import GatewayLoginFailed
from brokers.gateways.process import sweep
from brokers.listener import LinkState
from brokers.refusals import (
    AccountMissing,
    ClientMissing,
    CredentialMissing,
    FilterRefused,
    GatewayUnreachable,
    InstrumentNotFound,
)
from tests.brokers.conftest import Build, at
from tests.brokers.recorder import DEADLINE

AAPL = 265598
AMD = {"secType": "STK", "symbol": "AMD", "exchange": "SMART", "currency": "USD"}
SPX = {"secType": "IND", "symbol": "SPX", "exchange": "CBOE"}


# What it's built of


async def test_a_node_with_data_alone_has_no_orders(built: Build, simulator: Any) -> None:
    node = built(at(simulator, data_clients={"IB": {}}), orders=False)
    report = await node.start()
    assert report.credentials_valid
    assert (report.may_trade, report.resync) == (None, None)
    with pytest.raises(ClientMissing, match="no execution client: name one in exec_clients"):
        _ = node.execution
    node.data.subscribe_quotes(await node.provider.instrument(AAPL))
    await node.stop()


async def test_a_node_with_orders_alone_has_no_quotes(built: Build, simulator: Any) -> None:
    node = built(at(simulator, data_clients={}), data=False)
    report = await node.start()
    assert report.may_trade is True
    with pytest.raises(ClientMissing, match="no data client: name one in data_clients"):
        _ = node.data
    await node.stop()


@pytest.mark.parametrize(
    ("settings", "factories", "message"),
    [
        (
            {"data_clients": {"IB": {}}},
            {"data": False},
            "data client 'IB' has no factory: call add_data_",
        ),
        ({"exec_clients": {}}, {}, "config names no exec client 'IB'"),
        ({}, {"data": False, "orders": False}, "A node needs a client"),
        ({"data_clients": {"IBKR": {}}}, {}, "There is no data client 'IBKR'; the one that exists is 'IB'"),
    ],
)
async def test_a_node_that_can_t_be_meant_is_not_built(
    built: Build, settings: dict[str, Any], factories: dict[str, bool], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        built(TradingNodeConfig(**settings), **factories)


async def test_a_node_that_was_not_built_says_so() -> None:
    node = TradingNode(config=TradingNodeConfig())
    for beginning in (node.serve, node.start, node.connect):
        with pytest.raises(ValueError, match="no clients yet: call build first"):
            await beginning()


# What it says at its start


async def test_a_start_says_that_the_credentials_are_valid_and_what_may_be_traded(
    built: Build, simulator: Any, caplog: pytest.LogCaptureFixture
) -> None:
    provider = InstrumentProviderConfig(load_all=True, filters=[AMD, {"pair": "EURUSD"}, SPX])
    data = {"IB": InteractiveBrokersDataClientConfig(instrument_provider=provider)}
    node = built(at(simulator, data_clients=data))
    with caplog.at_level(logging.INFO, logger="brokers.node"):
        report = await node.start()
    assert report.credentials_valid
    assert report.account_codes == ("DU1000001",)
    assert [one.symbol for one in report.instruments] == ["AMD", "EUR", "SPX"]
    assert report.may_trade is True
    # Nobody can order an index.
    assert {kind: one.allowed for kind, one in report.product_permissions.items()} == {
        SecurityType.STK: True,
        SecurityType.CASH: True,
    }
    assert report.resync is not None
    assert report.resync.is_complete
    said = [record.message for record in caplog.records if record.name == "brokers.node"]
    assert "The credentials are valid: the gateway is logged in to DU1000001." in said
    assert "Loaded 3 instruments." in said
    assert any("EUR.USD" in sentence for sentence in said)
    assert report.resync.order_refs == (await node.resync()).order_refs == frozenset()
    await node.stop()


async def test_a_start_says_that_the_api_is_read_only(built: Build, login: None) -> None:
    node = built(TradingNodeConfig(gateway=InteractiveBrokersGatewayConfig(read_only_api=True)))
    try:
        report = await node.start()
        assert report.credentials_valid
        assert report.may_trade is False
        assert any("API is read-only" in sentence for sentence in report.sentences())
    finally:
        await node.stop()


async def test_a_refused_login_is_said_to_be_and_never_tried_again(
    built: Build, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("TWS_USERNAME", "demo")
    monkeypatch.setenv("TWS_PASSWORD", "hunter2")
    node = built(TradingNodeConfig(gateway=InteractiveBrokersGatewayConfig(folder=tmp_path)))
    with pytest.raises(GatewayLoginFailed):
        await node.serve()
    assert "The credentials are not valid: Interactive Brokers refused" in caplog.text
    assert "hunter2" not in caplog.text
    assert not (tmp_path / "gateway" / "gateway.log.1").exists()
    assert await asyncio.to_thread(sweep, tmp_path) == []


async def test_a_variable_that_is_missing_when_it_is_needed_is_named(
    built: Build, monkeypatch: pytest.MonkeyPatch, simulator: Any
) -> None:
    for name in ("TWS_USERNAME", "TWS_PASSWORD", "TWS_ACCOUNT", "MY_ACCOUNT"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(CredentialMissing, match="TWS_USERNAME"):
        await built(TradingNodeConfig(gateway=InteractiveBrokersGatewayConfig())).start()
    with pytest.raises(CredentialMissing, match="variable that the config's account names isn't set"):
        await built(at(simulator, account="MY_ACCOUNT")).start()
    node = built(at(simulator))  # a gateway that runs already asks for none of them
    await node.start()
    await node.stop()


async def test_a_password_that_stands_for_a_variable_s_name_is_in_no_message_and_no_log(
    built: Build, login: None, caplog: pytest.LogCaptureFixture
) -> None:
    node = built(TradingNodeConfig(data_clients={"IB": {"password": "MYSECRET"}}, gateway={}))
    with caplog.at_level(logging.DEBUG), pytest.raises(CredentialMissing, match="the config's password") as raised:
        await node.serve()
    assert "MYSECRET" not in str(raised.value) + caplog.text + repr(node)


async def test_the_account_is_the_one_that_the_variable_names(
    built: Build, monkeypatch: pytest.MonkeyPatch, simulator: Any
) -> None:
    monkeypatch.setenv("TWS_ACCOUNT", "DU7777777")
    with pytest.raises(AccountMissing, match="holds DU1000001, and not DU7777777"):
        await built(at(simulator)).start()
    node = built(at(simulator, account=""))
    await node.start()
    await node.stop()


async def test_a_start_that_fails_leaves_nothing_behind(
    built: Build, simulator: Any, login: None, tmp_path: Path
) -> None:
    config = TradingNodeConfig(gateway=InteractiveBrokersGatewayConfig(folder=tmp_path), account_code="DU7777777")
    node = built(config)
    with pytest.raises(AccountMissing):
        await node.start()
    assert node.link is LinkState.DOWN
    assert await asyncio.to_thread(sweep, tmp_path) == []


NOTHING = {**AMD, "symbol": "NOSUCHTHING"}


@pytest.mark.parametrize(
    ("variables", "settings", "refusal"),
    [
        ({"TWS_ACCOUNT": "DU999"}, {}, AccountMissing),
        ({}, {"account": "MY_ACCOUNT"}, CredentialMissing),
        ({}, {"data_clients": {"IB": {"instrument_provider": {"load_ids": ["garbage"]}}}}, FilterRefused),
        (
            {},
            {"data_clients": {"IB": {"instrument_provider": {"load_all": True, "filters": NOTHING}}}},
            InstrumentNotFound,
        ),
    ],
)
@pytest.mark.usefixtures("login")
async def test_a_start_that_fails_behind_a_gateway_of_the_node_s_own_is_raised(
    built: Build, monkeypatch: pytest.MonkeyPatch, variables: Any, settings: Any, refusal: type[Exception]
) -> None:
    for name in ("TWS_ACCOUNT", "MY_ACCOUNT"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    node = built(TradingNodeConfig(gateway={"runtime": "simulator"}, **settings))
    with pytest.raises(refusal):
        await asyncio.wait_for(node.serve(), DEADLINE)
    assert node.link is LinkState.DOWN


async def test_a_node_whose_gateway_does_not_run_yet_can_t_connect(built: Build) -> None:
    node = built(TradingNodeConfig(gateway=InteractiveBrokersGatewayConfig()))
    with pytest.raises(GatewayUnreachable, match="gateway doesn't run: start, serve and run start it"):
        await node.connect()
