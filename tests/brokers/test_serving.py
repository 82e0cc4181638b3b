"""A node from its start to its stop: what it says, how it comes back, and what it leaves behind."""

from __future__ import annotations

import asyncio
import logging
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path
from typing import Any, Protocol

import pytest

from brokers import (
    Credentials,
    InstrumentProviderConfig,
    InteractiveBrokersDataClientConfig,
    InteractiveBrokersGateway,
    InteractiveBrokersGatewayConfig,
    InteractiveBrokersLiveDataClientFactory,
    InteractiveBrokersLiveExecClientFactory,
    TradingNode,
    TradingNodeConfig,
)
from brokers.domain import SecurityType
from brokers.gateways.base import Endpoint, GatewayError, GatewayLoginFailed
from brokers.gateways.process import ProcessRuntime, sweep
from brokers.interactive_brokers.link.reconnecting import Backoff
from brokers.listener import LinkState
from brokers.refusals import (
    AccountMissing,
    ClientIdInUse,
    ClientMissing,
    CredentialMissing,
    FilterRefused,
    GatewayUnreachable,
    InstrumentNotFound,
    LinkLost,
)
from brokers.serving import first_of, keep_connected
from tests.brokers.recorder import DEADLINE, Recorder
from tests.services import ROOT

AAPL = 265598
DEMO = Credentials(username="demo", password="demo")
AMD = {"secType": "STK", "symbol": "AMD", "exchange": "SMART", "currency": "USD"}
SPX = {"secType": "IND", "symbol": "SPX", "exchange": "CBOE"}


class Build(Protocol):
    def __call__(
        self, config: TradingNodeConfig, recorder: Recorder | None = None, *, data: bool = True, orders: bool = True
    ) -> TradingNode: ...


@pytest.fixture
async def built() -> AsyncIterator[Build]:
    """Makes nodes, and ends what a failed test left of them."""
    nodes: list[TradingNode] = []

    def build(
        config: TradingNodeConfig, recorder: Recorder | None = None, *, data: bool = True, orders: bool = True
    ) -> TradingNode:
        node = TradingNode(config=config, listener=recorder)
        if data:
            node.add_data_client_factory("IB", InteractiveBrokersLiveDataClientFactory)
        if orders:
            node.add_exec_client_factory("IB", InteractiveBrokersLiveExecClientFactory)
        node.build()
        nodes.append(node)
        return node

    yield build
    for node in nodes:
        await node.stop()


def at(simulator: Any, **settings: Any) -> TradingNodeConfig:
    return TradingNodeConfig(host=simulator.host, port=simulator.port, **settings)


@pytest.fixture
def login(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TWS_USERNAME", "demo")
    monkeypatch.setenv("TWS_PASSWORD", "demo")


@pytest.fixture
async def gateway() -> AsyncIterator[Endpoint]:
    async with InteractiveBrokersGateway(login=DEMO) as endpoint:
        yield endpoint


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


# Serving


async def test_a_node_serves_until_it_is_stopped(built: Build, simulator: Any) -> None:
    recorder = Recorder()
    node = built(at(simulator), recorder)
    serving = asyncio.create_task(node.serve())
    await recorder.until(lambda: recorder.links)
    await node.stop()
    await asyncio.wait_for(serving, DEADLINE)
    assert recorder.links == [LinkState.UP, LinkState.DOWN]


async def test_a_node_serves_until_its_body_has_ended(built: Build, simulator: Any) -> None:
    node = built(at(simulator))
    heard: list[str] = []

    async def body(given: TradingNode) -> None:
        assert given is node
        heard.append((await given.provider.instrument(AAPL)).symbol)

    await asyncio.wait_for(node.serve(body), DEADLINE)
    assert heard == ["AAPL"]
    assert node.link is LinkState.DOWN


async def test_what_a_body_raises_is_raised_once_the_node_has_stopped(built: Build, simulator: Any) -> None:
    node = built(at(simulator))

    async def body(_: TradingNode) -> None:
        raise KeyError("a fault of the body's")

    with pytest.raises(KeyError, match="a fault of the body's"):
        await asyncio.wait_for(node.serve(body), DEADLINE)
    assert node.link is LinkState.DOWN


async def test_a_node_comes_back_with_its_streams_when_its_gateway_has_died(
    built: Build, login: None, tmp_path: Path
) -> None:
    recorder = Recorder()
    gateway = InteractiveBrokersGatewayConfig(folder=tmp_path)
    node = built(TradingNodeConfig(gateway=gateway, reconnect_pause=0.01), recorder)

    async def body(_: TradingNode) -> None:
        node.data.subscribe_quotes(await node.provider.instrument(AAPL))
        await recorder.until(lambda: recorder.quotes)
        first = await ProcessRuntime(tmp_path).find("gateway")
        assert first is not None
        os.kill(int(first.gateway_id.split()[1]), signal.SIGKILL)
        await recorder.until(lambda: LinkState.DOWN in recorder.links)
        recorder.quotes.clear()
        await recorder.until(lambda: recorder.quotes)
        second = await ProcessRuntime(tmp_path).find("gateway")
        assert second is not None
        assert second != first

    await asyncio.wait_for(node.serve(body), 60)
    assert recorder.links == [LinkState.UP, LinkState.DOWN, LinkState.UP, LinkState.DOWN]
    assert await asyncio.to_thread(sweep, tmp_path) == []


async def test_nodes_at_two_gateways_on_one_loop_share_nothing(built: Build, simulator: Any, gateway: Endpoint) -> None:
    ours, theirs = Recorder(), Recorder()
    mine = built(at(simulator), ours)
    other = built(TradingNodeConfig(host=gateway.host, port=gateway.port), theirs)
    await asyncio.gather(mine.start(), other.start())
    aapl, eurusd = await asyncio.gather(mine.provider.instrument(AAPL), other.provider.query_one({"pair": "EURUSD"}))
    mine.data.subscribe_quotes(aapl)
    other.data.subscribe_quotes(eurusd)
    await asyncio.gather(ours.until(lambda: len(ours.quotes) > 3), theirs.until(lambda: len(theirs.quotes) > 3))
    assert {quote.con_id for quote in ours.quotes} == {AAPL}
    assert {quote.con_id for quote in theirs.quotes} == {eurusd.con_id}
    assert (list(mine.provider.get_all()), list(other.provider.get_all())) == ([AAPL], [eurusd.con_id])
    await mine.stop()
    assert other.link is LinkState.UP
    assert (await other.provider.instrument(AAPL)).price_increment == Decimal("0.01")
    await other.stop()


# As a program

PROGRAM = """
import sys
from brokers import *
from brokers.domain import *

class Screen(NodeListener):
    def on_link(self, state):
        print(state, flush=True)

node = TradingNode(config=TradingNodeConfig(port=int(sys.argv[1])), listener=Screen())
node.add_data_client_factory("IB", InteractiveBrokersLiveDataClientFactory)
node.add_exec_client_factory("IB", InteractiveBrokersLiveExecClientFactory)
node.build()
node.run()
print("ended", flush=True)
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_program_ends_cleanly_on_a_signal(simulator: Any, number: signal.Signals) -> None:
    command = [sys.executable, "-c", PROGRAM, str(simulator.port)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "UP\n"
        process.send_signal(number)
        assert process.stdout.read() == "DOWN\nended\n"
    assert process.returncode == 0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_program_ends_cleanly_on_a_signal_in_the_middle_of_its_start(number: signal.Signals) -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:  # it never answers the handshake
        mute.settimeout(DEADLINE)
        command = [sys.executable, "-c", PROGRAM, str(mute.getsockname()[1])]
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            with mute.accept()[0]:
                process.send_signal(number)
                assert process.stdout.read() == "ended\n"
    assert process.returncode == 0


def test_a_program_whose_start_fails_ends_with_the_reason() -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "examples.quickstart"],
        cwd=ROOT,
        env={**os.environ, "TWS_USERNAME": "demo", "TWS_PASSWORD": "demo", "TWS_ACCOUNT": "DU999"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ran.returncode == 1
    assert re.search(r"AccountMissing: .*and not DU999", ran.stderr)


async def test_a_failure_on_the_way_out_is_not_swallowed() -> None:
    async def fails_when_cancelled() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            raise KeyError("said last")

    with pytest.raises(KeyError, match="said last"):
        await first_of(asyncio.sleep(0), fails_when_cancelled())


class Lost:
    """A link that is always lost, and a way back that fails as it is told to."""

    def __init__(self, *failures: Exception) -> None:
        self.failures = list(failures)
        self.stopped = False

    async def wait_closed(self) -> None:
        if not self.stopped:
            raise LinkLost("The connection to the gateway was lost.")

    async def reopen(self) -> None:
        if self.failures:
            raise self.failures.pop(0)
        self.stopped = True


async def test_what_waiting_can_mend_is_tried_again() -> None:
    node = Lost(GatewayUnreachable("Nothing answers."), ClientIdInUse("326"), GatewayError("It ended."))
    await asyncio.wait_for(keep_connected(node, backoff=Backoff(first=0.0)), DEADLINE)
    assert node.failures == []


@pytest.mark.parametrize(
    "failure",
    [
        GatewayLoginFailed("IB refused this username and password."),
        AccountMissing("Not this account."),
        CredentialMissing("TWS_PASSWORD"),
    ],
)
async def test_what_waiting_does_not_mend_is_raised_and_never_tried_again(failure: Exception) -> None:
    node = Lost(failure, LinkLost("not reached"))
    with pytest.raises(type(failure)):
        await asyncio.wait_for(keep_connected(node, backoff=Backoff(first=0.0)), DEADLINE)
    assert len(node.failures) == 1
