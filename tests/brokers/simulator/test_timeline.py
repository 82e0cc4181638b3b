from __future__ import annotations

import pickle
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import accumulate

from hypothesis import given
from hypothesis import strategies as st

from brokers.simulator.market.timeline import Span, Timeline


def marked(*seconds: float) -> Timeline:
    """A step at each of these times, counted from 1."""
    timeline = Timeline(began=0)
    for step, second in enumerate(seconds, 1):
        timeline.mark(datetime.fromtimestamp(second, UTC), step)
    return timeline


def test_before_the_first_step_there_was_no_run() -> None:
    assert list(marked().spans(10, 20)) == [Span(10, 20, None)]
    assert list(marked(100).spans(10, 20)) == [Span(10, 20, None)]


def test_a_span_has_the_steps_that_were_made_in_it() -> None:
    timeline = marked(100.0, 100.25, 100.5, 101.0, 103.0)
    assert list(timeline.spans(100, 101)) == [Span(100, 101, range(1, 4))]
    assert list(timeline.spans(101, 104)) == [Span(101, 104, range(4, 6))]
    assert list(timeline.spans(102, 103)) == [Span(102, 103, range(5, 5))]


def test_a_span_that_begins_before_a_run_is_cut_there() -> None:
    assert list(marked(100, 101).spans(95, 102)) == [Span(95, 100, None), Span(100, 102, range(1, 3))]


def test_after_a_long_pause_the_market_went_on_by_itself() -> None:
    timeline = marked(100, 101, 5000)
    assert list(timeline.spans(101, 5001)) == [
        Span(101, 161, range(2, 3)),
        Span(161, 5000, None),
        Span(5000, 5001, range(3, 4)),
    ]


def test_a_clock_that_goes_back_loses_no_step() -> None:
    timeline = marked(100, 101, 99, 99, 102)
    assert list(timeline.spans(100, 103)) == [Span(100, 103, range(1, 6))]
    assert list(timeline.spans(101, 102)) == [Span(101, 102, range(2, 5))]


def test_spans_follow_each_other_without_a_hole() -> None:
    spans = list(marked(100, 400, 401, 900).spans(0, 1000))
    assert [span.start for span in spans] == [0, *(span.end for span in spans[:-1])]
    assert spans[-1].end == 1000


# A few paces, each kept for a while: seconds from one step to the next.
PACES = st.lists(
    st.tuples(st.sampled_from([0.25, 0.5, 1, 2, 7, 25, 59, 80]), st.integers(1, 12)), min_size=1, max_size=6
)


def at(paces: list[tuple[float, int]]) -> list[float]:
    return list(accumulate([1000.0, *(apart for apart, count in paces for _ in range(count))]))


def counted(spans: Iterator[Span]) -> int:
    return sum(len(span.steps) for span in spans if span.steps is not None)


@given(PACES)
def test_what_is_kept_of_a_pace_tells_every_second_of_it(paces: list[tuple[float, int]]) -> None:
    times = at(paces)
    timeline = marked(*times)
    for second in range(1000, int(times[-1]) + 2):
        assert counted(timeline.spans(second, second + 1)) == sum(int(time) == second for time in times)
        later = [step for step, time in enumerate(times, 1) if time >= second]
        first = timeline.first_step_from(second)
        assert first == (None if second == 1000 else later[0] if later else len(times) + 1)
    assert [timeline.second_of(step) for step in range(1, len(times) + 1)] == [int(time) for time in times]
    assert timeline.second_of(0) is timeline.second_of(len(times) + 1) is None


def test_a_day_at_one_pace_takes_no_more_room_than_an_hour() -> None:
    hour, day = (marked(*(number / 4 for number in range(hours * 3600 * 4))) for hours in (1, 24))
    assert len(pickle.dumps(day)) < len(pickle.dumps(hour)) + 50


def test_steps_that_come_slowly_are_no_pauses() -> None:
    timeline = Timeline(began=0)
    timeline.expect(250)
    for step in range(1, 5):
        timeline.mark(datetime.fromtimestamp(250 * step, UTC), step)
    assert list(timeline.spans(400, 800)) == [Span(400, 800, range(2, 4))]


def test_a_step_that_still_stands_is_no_new_one() -> None:
    timeline = marked(100, 101)
    for second in range(102, 500):
        timeline.mark(datetime.fromtimestamp(second, UTC), 2)
    timeline.mark(datetime.fromtimestamp(9000, UTC), 2)
    timeline.mark(datetime.fromtimestamp(9001, UTC), 3)
    assert list(timeline.spans(102, 500)) == [Span(102, 500, range(3, 3))]
    assert list(timeline.spans(9000, 9002)) == [Span(9000, 9002, range(3, 4))]


def test_a_time_without_steps_has_the_last_one_before_it() -> None:
    timeline = marked(100, 101, 5000)
    assert timeline.joint(50) is timeline.joint(101) is None
    assert timeline.joint(161) == timeline.joint(4999) == (161, 2)
