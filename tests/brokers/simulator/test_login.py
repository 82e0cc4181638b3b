from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from brokers.simulator.login import Login, LoginRefused, log_in


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
