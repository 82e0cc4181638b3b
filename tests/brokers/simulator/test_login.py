from __future__ import annotations

import asyncio
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from brokers.simulator.login import Broker, Login, LoginRefused, NothingAsked, SecondFactor, SecondFactorMissed, log_in
from tests.brokers.simulator.conftest import became, soon


def test_demos_account_is_known() -> None:
    assert Login("demo", "paper").account == "DU1000001"
    assert Login("demo", "live").account == "U1000001"


@given(st.text(min_size=1, max_size=30))
def test_every_username_has_an_account_code_of_its_mode_that_is_not_demos(username: str) -> None:
    paper, live = Login(username, "paper").account, Login(username, "live").account
    assert re.fullmatch(r"DU\d{7}", paper)
    assert paper == "D" + live
    assert (paper == "DU1000001") is (username == "demo")


def test_an_account_code_stays_the_same() -> None:
    assert Login("walter", "paper").account == Login("walter", "paper").account


@pytest.mark.parametrize("written", ["walter", "walter\n", "walter\r\n"])
def test_the_username_is_the_password(tmp_path: Path, written: str) -> None:
    path = tmp_path / "password"
    path.write_bytes(written.encode())
    assert log_in("walter", path, "live") == Login("walter", "live")


@pytest.mark.parametrize(("username", "password"), [("walter", "Walter"), ("walter", ""), ("", ""), ("walter", "demo")])
def test_anything_else_is_refused_without_saying_what_was_wrong(tmp_path: Path, username: str, password: str) -> None:
    path = tmp_path / "password"
    path.write_text(password)
    with pytest.raises(LoginRefused) as refused:
        log_in(username, path, "paper")
    assert str(refused.value) == "the broker refused this username and password"


async def test_as_many_logins_are_refused_as_was_said_and_the_next_one_is_not() -> None:
    broker = Broker(lambda _line: None)
    broker.refuse(2)
    for _ in range(2):
        with pytest.raises(LoginRefused):
            await broker.admit()
    await broker.admit()


async def test_a_login_that_was_confirmed_once_is_not_asked_again() -> None:
    said: list[str] = []
    broker = Broker(said.append)
    broker.ask(SecondFactor(attempts=2, seconds=600))
    login = asyncio.create_task(broker.admit())
    await became(lambda: broker.is_waiting)
    broker.answer(approved=True)
    await soon(login)
    await soon(broker.admit())
    asked, answered = said
    assert asked.startswith("second factor needed: attempt 1 of 2, until 20")
    assert answered == "second factor approved: attempt 1 of 2"


async def test_only_who_is_asked_can_answer_and_only_once() -> None:
    broker = Broker(lambda _line: None)
    with pytest.raises(NothingAsked):
        broker.answer(approved=True)
    broker.ask(SecondFactor(attempts=1, seconds=600))
    login = asyncio.create_task(broker.admit())
    await became(lambda: broker.is_waiting)
    broker.answer(approved=False)
    with pytest.raises(NothingAsked):
        broker.answer(approved=True)
    with pytest.raises(SecondFactorMissed, match="nobody approved the login in 1 attempt of 600 s"):
        await soon(login)
