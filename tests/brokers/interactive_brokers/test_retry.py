"""When to ask again: less and less often, until something came."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from brokers.interactive_brokers.retry import Retry

WORDS = st.lists(st.sampled_from(["plan", "withdraw", "reset"]), max_size=30)


def due_after(retry: Retry, planned_at: float, *, first: float) -> float:
    """How long it waits, in first pauses."""
    return next(steps for steps in range(1, 100) if retry.take(planned_at + steps * first))


@given(WORDS, st.integers(1, 64))
def test_the_pause_doubles_to_a_bound_until_something_came(words: list[str], longest: int) -> None:
    retry, expected = Retry(1.0, longest=longest), 1
    for number, word in enumerate(words):
        if word == "reset":
            retry.reset()
            expected = 1
            continue
        planned_at = 1000.0 * number
        retry.plan(planned_at)
        retry.plan(planned_at + 500.0)  # it's planned already
        if word == "plan":
            assert due_after(retry, planned_at, first=1.0) == expected
        else:
            retry.withdraw()
        assert not retry.take(planned_at + 999.0)
        expected = min(2 * expected, longest)


def test_nothing_is_due_that_was_not_planned() -> None:
    retry = Retry(1.0)
    assert not retry.take(1e9)
