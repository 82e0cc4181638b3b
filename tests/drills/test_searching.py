"""The canary's search finds what it is to find: in every form, in every place, and in what passes by."""

from __future__ import annotations

import base64
import os
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

from deploy.local.processes import became_true
from tests.drills.searching import control, places
from tests.drills.searching.needle import Needle
from tests.drills.searching.overheard import Overheard
from webapp.bus.redis import celery_url, client

SECRET = Needle("canary-2b7e151628aed2a6")
REDIS = os.environ["GATEHOUSE_REDIS_URL"]


@pytest.mark.parametrize(
    "write",
    [
        lambda text: text.encode(),
        lambda text: text.encode("utf-16"),
        lambda text: text.encode().hex().encode(),
        lambda text: text.encode().hex().upper().encode(),
        lambda text: b"\\x" + text.encode().hex().encode(),
        lambda text: base64.b64encode(text.encode()),
        lambda text: base64.urlsafe_b64encode(text.encode()),
        lambda text: textwrap.fill(base64.b64encode(text.encode()).decode(), 20).encode(),
    ],
)
@pytest.mark.parametrize("before", ["", "a", "ab", "abc", '[["an-account", "', "\N{PILE OF POO}>>???"])
@pytest.mark.parametrize("after", ["", "z", "yz", '"], {}]'])
def test_a_secret_is_found_in_every_form_at_every_place(write: Callable[[str], bytes], before: str, after: str) -> None:
    assert SECRET.is_in(b"..." + write(before + SECRET.text + after) + b"...")
    assert not SECRET.is_in(b"..." + write(before + SECRET.text[::-1] + after) + b"...")


@pytest.mark.django_db
def test_the_control_is_found_wherever_it_was_planted_and_is_gone_afterwards(tmp_path: Path) -> None:
    (tmp_path / "log").mkdir()

    def found() -> set[str]:
        return {
            *places.files(tmp_path, control.CONTROL),
            *places.processes(control.CONTROL),
            *places.redis_keys(REDIS, control.CONTROL),
            *places.tables(control.CONTROL),
        }

    with control.planted(tmp_path, redis_url=REDIS, celery_url=celery_url()):
        assert found() == control.PLACES
    assert found() == set()


def test_a_file_that_may_hold_it_for_a_while_is_left_out(tmp_path: Path) -> None:
    for name in ("password", "other"):
        (tmp_path / name).write_text(SECRET.text)
    assert list(places.files(tmp_path, SECRET, but=lambda path: path.name == "password")) == ["other"]


def test_a_message_that_nobody_keeps_is_overheard() -> None:
    with Overheard(REDIS) as overheard:
        client().publish("a-channel", "nothing of interest")
        client().publish("a-channel", f'{{"password": "{SECRET.text}"}}')
        assert became_true(lambda: overheard.holds(SECRET), deadline=10)
        assert not overheard.holds(Needle("another"))
