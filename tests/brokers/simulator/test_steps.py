"""Scenarios: files of steps, when each is done, what is refused and how it is said."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ib_insync import IB, Contract, LimitOrder

from brokers.simulator.scenario.scenario import Scenario, VerbRefused
from brokers.simulator.scenario.steps import ScenarioUnusable, Step, parse_json, parse_step, read_call, read_steps
from brokers.simulator.scenario.verbs import VERBS
from tests.brokers.simulator.conftest import RawClient, Running, answered, became, soon, turns


@pytest.fixture
async def scenario(running: Running) -> AsyncIterator[Scenario]:
    """A scenario that a test gives steps to, in place of the one that takes calls."""
    one = Scenario()
    yield one
    await one.close()


def plan(scenario: Scenario, running: Running, *steps: dict[str, Any]) -> None:
    scenario.plan([parse_step(step) for step in steps])
    scenario.begin(running.gateway, running.server)


def done(running: Running) -> list[tuple[str, str]]:
    return [(row["verb"], row["by"]) for row in running.rows("scenario")]


async def test_a_step_without_a_time_is_done_at_once(running: Running, scenario: Scenario) -> None:
    plan(scenario, running, {"do": "hold_client_id", "client_id": 4})
    assert running.server.ghosts == {4}
    assert done(running) == [("hold_client_id", "at once")]


async def test_a_step_for_the_login_is_done_before_there_is_a_gateway_and_written_down_later(
    running: Running, scenario: Scenario
) -> None:
    scenario.plan([parse_step({"do": "second_factor", "attempts": 1, "seconds": 3600})])
    login = asyncio.create_task(scenario.broker.admit())
    await became(lambda: scenario.broker.is_waiting)
    await scenario.do("approve")
    await soon(login)
    scenario.begin(running.gateway, running.server)
    assert done(running) == [("second_factor", "at once"), ("approve", "call")]


async def test_the_clock_of_a_scenario_starts_when_the_port_is_open(running: Running, scenario: Scenario) -> None:
    plan(scenario, running, {"at": 0.01, "do": "hold_client_id", "client_id": 5}, {"at": 3600, "do": "hang"})
    assert running.server.ghosts == set()
    scenario.start_clock()
    await became(lambda: running.server.ghosts == {5})
    assert done(running) == [("hold_client_id", "at 0.01")]


async def test_a_step_waits_for_the_nth_request_and_is_done_once_after_it(
    running: Running, raw: RawClient, scenario: Scenario
) -> None:
    plan(scenario, running, {"when": "reqIds", "nth": 2, "do": "notice", "code": 2100, "text": "now"})
    await raw.start()
    for _ in range(3):
        raw.send(8, 1, 1)
    assert [(await raw.receive())[0] for _ in range(4)] == ["9", "9", "4", "9"]
    assert done(running) == [("notice", "after reqIds 2")]


async def test_a_step_before_a_request_hits_that_request_itself(
    running: Running, ib: IB, apple: Contract, scenario: Scenario
) -> None:
    plan(scenario, running, {"when": "placeOrder", "before": True, "do": "drop_link"})
    ib.placeOrder(apple, LimitOrder("BUY", 1, 100.0, tif="GTC"))
    await answered(ib)
    assert running.rows("order") == []
    assert [row["fate"] for row in running.rows("request") if row["name"] == "placeOrder"] == ["waits"]


@pytest.mark.parametrize(("event", "nth"), [("connect", 2), ("disconnect", 1)])
async def test_connects_and_disconnects_are_waited_for_too(
    running: Running, scenario: Scenario, event: str, nth: int
) -> None:
    plan(scenario, running, {"when": event, "nth": nth, "do": "hold_client_id", "client_id": 9})
    first, second = await running.raw(), await running.raw()
    await first.start(1)
    assert running.server.ghosts == set()
    if event == "connect":
        await second.start(2)
    else:
        await first.close()
    await became(lambda: running.server.ghosts == {9})


async def test_a_step_that_takes_time_does_not_hold_up_the_client(
    running: Running, raw: RawClient, scenario: Scenario
) -> None:
    plan(scenario, running, {"when": "reqIds", "do": "restart", "seconds": 3600})
    await raw.start()
    raw.send(8, 1, 1)
    assert (await raw.receive())[0] == "9"
    assert await raw.is_closed()
    await became(lambda: not running.server.is_listening)


async def test_a_step_that_can_not_be_done_is_written_down_with_its_reason_and_the_others_go_on(
    running: Running, scenario: Scenario
) -> None:
    plan(scenario, running, {"do": "restore_link"}, {"do": "accept_connections"}, {"do": "drop_link"})
    await became(lambda: len(running.rows("scenario")) == 5)
    assert not running.gateway.link.is_up
    refused = {row["verb"]: row["error"] for row in running.rows("scenario") if row["error"]}
    assert refused["restore_link"] == "the link is up; drop_link takes it down"
    assert "accepted already" in refused["accept_connections"]


async def test_nothing_that_was_put_off_happens_after_the_end(running: Running, scenario: Scenario) -> None:
    plan(scenario, running, {"at": 0, "do": "hang"}, {"do": "drop_link", "seconds": 0})
    scenario.start_clock()
    await scenario.close()
    await turns()
    assert not running.gateway.link.is_up
    assert done(running) == [("drop_link", "at once")]


async def test_nothing_that_takes_time_goes_on_after_the_end(
    running: Running, raw: RawClient, scenario: Scenario
) -> None:
    plan(scenario, running, {"when": "connect", "do": "restart"})
    await raw.greet()
    raw.send(71, 2, 1, "")
    await became(lambda: not running.server.is_listening)
    await scenario.close()
    await turns()
    assert not running.server.is_listening


async def test_steps_are_read_from_a_file_with_exact_fractions(tmp_path: Path) -> None:
    path = tmp_path / "scenario.json"
    path.write_text('[{"do": "delay", "ms": 5}, {"at": 1.5, "do": "drop_link", "seconds": 0.1}]')
    first, second = read_steps(path)
    assert (first.call.verb.name, first.call.arguments, first.is_for_at_once) == ("delay", {"ms": 5}, True)
    assert (second.at, second.call.arguments["seconds"], second.occasion) == (1.5, 0.1, "at 1.5")
    assert str(parse_json("0.1")) == "0.1"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("nothing", "is not JSON"),
        ('{"do": "hang"}', "is no JSON list of steps"),
        ("[1]", "step 1: a step is an object with a verb in do, not 1"),
        (
            '[{"do": "hang"}, {"do": "drop_lnk"}]',
            "step 2: no verb is called 'drop_lnk' (did you mean 'drop_link'?); known",
        ),
        ('[{"do": 7}]', "do is the name of a verb, not 7"),
        ('[{"do": "hang", "second": 1}]', "hang has no argument 'second' (did you mean 'seconds'?); it takes seconds"),
        ('[{"do": "wake", "now": 1}]', "wake has no argument 'now'; it takes none"),
        ('[{"do": "delay"}]', "delay needs ms (a whole number from 0)"),
        ('[{"do": "delay", "ms": -1}]', "ms of delay is a whole number from 0, not -1"),
        ('[{"do": "delay", "ms": 1.5}]', "ms of delay is a whole number from 0, not 1.5"),
        ('[{"do": "delay", "ms": true}]', "ms of delay is a whole number from 0, not True"),
        ('[{"do": "delay", "ms": "soon"}]', "ms of delay is a whole number from 0, not 'soon'"),
        ('[{"do": "stall", "seconds": 1e9}]', "seconds of stall is seconds from 0 to 86400"),
        ('[{"do": "read_only", "on": "yes"}]', "on of read_only is true or false, not 'yes'"),
        ('[{"do": "corrupt", "how": "flop"}]', "how of corrupt is one of flip, huge, undecodable, unknown, not 'flop'"),
        ('[{"do": "ignore", "message": "reqMarketData"}]', "no message is called 'reqMarketData' (did you mean"),
        ('[{"do": "break_farm", "farm": "usfam"}]', "not 'usfam'"),
        ('[{"do": "notice", "code": 1, "text": "a\\nb"}]', "text of notice is printable ASCII text"),
        ('[{"do": "hang", "at": -1}]', "at of a step is seconds from 0 to 86400, not -1"),
        ('[{"do": "hang", "at": 1, "when": "connect"}]', "at or when, not both"),
        ('[{"do": "hang", "nth": 2}]', "nth and before belong to when"),
        (
            '[{"do": "hang", "when": "placeOrders"}]',
            "nothing that happens is called 'placeOrders' (did you mean 'placeOrder'?)",
        ),
        ('[{"do": "hang", "when": "connect", "nth": 0}]', "nth of a step is a whole number from 1, not 0"),
    ],
)
def test_a_file_that_can_not_be_done_is_refused_with_what_is_wrong(tmp_path: Path, content: str, said: str) -> None:
    path = tmp_path / "scenario.json"
    path.write_text(content)
    with pytest.raises(ScenarioUnusable) as refused:
        read_steps(path)
    assert said in str(refused.value)


def test_a_file_that_is_not_there_or_too_long_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ScenarioUnusable, match="nowhere can't be read"):
        read_steps(tmp_path / "nowhere")
    path = tmp_path / "long"
    path.write_text(" " * (1024 * 1024 + 1))
    with pytest.raises(ScenarioUnusable, match="longer than"):
        read_steps(path)


def test_a_message_s_near_miss_is_named() -> None:
    with pytest.raises(VerbRefused, match="did you mean 'reqContractDetails'"):
        read_call("ignore", {"message": "reqContractDetail"})


async def test_help_tells_every_verb_with_its_arguments_and_defaults() -> None:
    told = (await Scenario().do("help"))["verbs"]
    assert told.keys() == VERBS.keys()
    for verb in VERBS.values():
        for argument in verb.arguments:
            assert argument.kind in told[verb.name]["arguments"][argument.name]
    json.dumps(told)


async def test_the_state_is_told(running: Running, raw: RawClient) -> None:
    assert (await Scenario().do("state"))["logged_in"] is False
    await raw.start(3)
    await running.scenario.do("drop_link")
    state = await running.scenario.do("state")
    assert (state["port"], state["clients"], state["link"]) == (running.port, [3], 1100)
    assert state["farms"]["usfarm"] == "ok"


async def test_what_needs_a_gateway_is_refused_before_there_is_one() -> None:
    with pytest.raises(VerbRefused, match="nobody is logged in yet"):
        await Scenario().do("drop_link")


_ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.decimals() | st.text(max_size=8) | st.floats(),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=4), inner, max_size=2),
    max_leaves=4,
)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(sorted(VERBS)), st.data())
def test_whatever_is_given_for_a_verb_is_read_or_refused(name: str, data: st.DataObject) -> None:
    names = [argument.name for argument in VERBS[name].arguments]
    given_names = st.sampled_from([*names, "at", "other"])
    arguments = data.draw(st.dictionaries(given_names, _ANY_JSON, max_size=3))
    with contextlib.suppress(VerbRefused):
        assert read_call(name, arguments).arguments.keys() == set(names)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(_ANY_JSON)
def test_whatever_stands_in_a_file_is_a_step_or_is_refused(anything: object) -> None:
    for step in (anything, {"do": anything}, {"do": "hang", "at": anything}, {"do": "hang", "when": anything}):
        with contextlib.suppress(VerbRefused):
            assert isinstance(parse_step(step), Step)


def test_json_that_is_nested_too_deeply_is_refused() -> None:
    with pytest.raises(ValueError, match="nested too deeply"):
        parse_json("[" * 100_000)
