"""Who hears what the gateway says."""

from __future__ import annotations

import gc
import logging

import pytest

from brokers.interactive_brokers.link.ears import Ears, Word


class Owner:
    def __init__(self, heard: list[object]) -> None:
        self._heard = heard

    def hear(self, *said: object) -> None:
        self._heard.append(said)


def test_a_listener_that_nobody_else_holds_goes_on_hearing() -> None:
    """The library's own events would let it die: they hold a bound method by a weak reference."""
    heard: list[object] = []
    ears = Ears()
    ears.hear(Word.COMMISSION, Owner(heard).hear)
    gc.collect()
    ears.tell(Word.COMMISSION, "a report")
    assert heard == [("a report",)]


def test_listeners_hear_in_the_order_in_which_they_began_and_before_the_next_word() -> None:
    heard: list[object] = []
    ears = Ears()
    for name in ("first", "second"):
        ears.hear(Word.LAST, lambda said, name=name: heard.append((name, said)))
    for said in (1, 2):
        ears.tell(Word.LAST, said)
    assert heard == [("first", 1), ("second", 1), ("first", 2), ("second", 2)]


def test_a_listener_that_fails_is_logged_and_told_of_and_keeps_the_word_from_nobody(
    caplog: pytest.LogCaptureFixture,
) -> None:
    heard: list[object] = []
    ears = Ears()

    def fail(_said: object) -> None:
        raise RuntimeError("a fault of ours")

    ears.hear(Word.EXECUTION, fail)
    ears.hear(Word.EXECUTION, heard.append)
    ears.hear(Word.UNREADABLE, lambda *said: heard.append(said))
    with caplog.at_level(logging.ERROR):
        ears.tell(Word.EXECUTION, "a fill")
    assert heard == [("something about an execution", True), "a fill"]
    assert "a fault of ours" in caplog.text
