"""The parts that need no engine: settings, masks, the folder of logins, and IBC's words."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Network
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from brokers.gateways.base import LoggingIn, LoginEnded, SecondFactorAsked
from brokers.gateways.docker.login import LoginState, read_login
from brokers.gateways.docker.logins import Logins
from brokers.gateways.docker.settings import ContainerSettings, SettingRefused
from brokers.gateways.masks import Mask, masked

DIGEST = "example/gateway@sha256:" + "a" * 64


@pytest.mark.parametrize(
    ("refused", "text"),
    [
        ({"image": "example/gateway:stable", "pinned": True}, "Name it by its digest"),
        ({"image": DIGEST[:-1], "pinned": True}, "Name it by its digest"),
        ({"fleet": "Two Words"}, "'Two Words' must be"),
        ({"user": "0:0"}, "'0:0' must be uid:gid"),
        ({"user": "ibgateway"}, "must be uid:gid in numbers"),
        ({"memory_mib": 1}, "can't live with 1 MiB"),
        ({"pids": 0}, "0 processes"),
        ({"subnets": IPv4Network("10.0.0.0/30")}, "no room for a network of eight"),
    ],
)
def test_a_setting_that_no_container_can_be_made_with_is_refused(refused: dict[str, Any], text: str) -> None:
    with pytest.raises(SettingRefused, match=text):
        replace(ContainerSettings(), **refused)


def test_an_image_by_its_digest_is_pinned() -> None:
    assert ContainerSettings(image=DIGEST, pinned=True).image == DIGEST


@given(st.text(min_size=1, max_size=20), st.text(max_size=30), st.text(max_size=30))
def test_no_line_shows_a_secret_that_it_was_masked_for(secret: str, before: str, after: str) -> None:
    line = Mask(secret).over(before + secret + after)
    assert secret not in line or secret in "***" or secret in before + "***" + after


def test_every_mask_is_laid_over_every_line() -> None:
    lines = ["alice sent hunter2", "nothing", "hunter2hunter2"]
    assert masked(lines, [Mask("alice"), Mask("hunter2"), Mask("")]) == ["*** sent ***", "nothing", "******"]


def test_a_mask_does_not_keep_the_secret() -> None:
    mask = Mask("correct-horse-battery")
    assert not any("horse" in str(getattr(mask, name)) for name in vars(mask))


def test_passwords_never_pass_through_a_disk(tmp_path: Path) -> None:
    with pytest.raises(SettingRefused, match="lies on a disk"):
        Logins(tmp_path / "logins").prepare()


def test_passwords_are_not_left_where_others_could_read_them(memory_folder: Path) -> None:
    (memory_folder / "logins").mkdir(mode=0o755)
    with pytest.raises(SettingRefused, match="closed to everyone else"):
        Logins(memory_folder / "logins").prepare()


def test_passwords_are_not_left_behind_somebody_s_link(memory_folder: Path) -> None:
    (memory_folder / "elsewhere").mkdir(mode=0o700)
    (memory_folder / "logins").symlink_to(memory_folder / "elsewhere")
    with pytest.raises(SettingRefused, match="closed to everyone else"):
        Logins(memory_folder / "logins").prepare()


@pytest.mark.parametrize(
    ("said", "state"),
    [
        ([], LoginState.UNTOLD),
        (["Starting IBC"], LoginState.UNTOLD),
        (["IBC: Second Factor Authentication initiated"], LoginState.SECOND_FACTOR),
        (["IBC: Second Factor Authentication initiated", "IBC: Login has completed"], LoginState.LOGGED_IN),
        (["IBC: Login has completed", "IBC: Configuration tasks completed"], LoginState.CONFIGURED),
        (
            ["IBC: Configuration tasks completed", "IBC: Second Factor Authentication initiated"],
            LoginState.SECOND_FACTOR,
        ),
        (["IBC: IBC closing after Second Factor Authentication dialog timeout"], LoginState.UNCONFIRMED),
        (["IBC: Login failed"], LoginState.REFUSED),
        (["IBC: Too many failed login attempts. Please wait 53 seconds"], LoginState.REFUSED),
        (["IBC: Unrecognized Username or Password", "IBC: Login has completed"], LoginState.REFUSED),
    ],
)
def test_a_login_is_as_far_as_ibc_says(said: list[str], state: LoginState) -> None:
    assert read_login(stamped(said)).state is state


def stamped(said: list[str]) -> list[str]:
    """As the engine gives a log with timestamps: nanoseconds, in UTC, a second for each line."""
    return [f"2026-11-29T06:00:{second:02}.123456789Z {line}" for second, line in enumerate(said)]


def test_the_words_of_a_login_say_which_attempt_it_is_and_until_when() -> None:
    asked, ended = "IBC: Second Factor Authentication initiated", "IBC: Re-login is required"
    done = "IBC: Configuration tasks completed"
    began = datetime(2026, 11, 29, 6, 0, 0, 123456, tzinfo=UTC)
    first = SecondFactorAsked(1, 1, began + timedelta(seconds=180))
    second = SecondFactorAsked(2, 2, began + timedelta(seconds=181))
    assert read_login(stamped([asked, asked])).words == (first, second)
    assert read_login(stamped([asked, "IBC: Login has completed"])).words == (first, LoggingIn())
    assert read_login(stamped([asked, done, ended])).words == (LoginEnded(),)
