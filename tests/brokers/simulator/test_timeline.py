from __future__ import annotations

from datetime import UTC, datetime

from brokers.simulator.market.timeline import Span, Timeline


def marked(*seconds: float) -> Timeline:
    """A step at each of these times, counted from 1."""
    timeline = Timeline()
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
