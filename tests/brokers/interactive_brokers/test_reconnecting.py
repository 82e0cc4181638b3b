from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from brokers.interactive_brokers.link.reconnecting import Backoff


@given(
    shares=st.lists(st.floats(0, 1, exclude_max=True), min_size=1, max_size=100),
    first=st.floats(0.1, 10),
    longest=st.floats(10, 300),
)
def test_pauses_grow_to_a_bound_and_are_jittered_by_half(shares: list[float], first: float, longest: float) -> None:
    given_shares = iter(shares)
    backoff = Backoff(first=first, longest=longest, random_share=lambda: next(given_shares))
    for tries in range(len(shares)):
        most = min(longest, first * 2.0**tries)
        assert most / 2 <= backoff.next_pause() <= most


def test_a_link_that_stood_begins_with_short_pauses_again() -> None:
    backoff = Backoff(first=1.0, longest=60.0, random_share=lambda: 0.0)
    assert [backoff.next_pause() for _ in range(4)] == [0.5, 1.0, 2.0, 4.0]
    backoff.reset()
    assert backoff.next_pause() == 0.5
