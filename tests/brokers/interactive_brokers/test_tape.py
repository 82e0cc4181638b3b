from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from brokers.interactive_brokers.streams.tape import Print, Tape

TRADES = st.lists(st.tuples(st.integers(1, 5), st.integers(1, 5)), max_size=30)


def begun() -> Tape:
    """The tape stands at 7 of 10."""
    return Tape(before=Print(10, 7))


def said(tape: Tape) -> list[tuple[float, float]]:
    return [(printed.price, printed.size) for printed in tape.prints()]


def test_the_first_last_is_where_the_tape_stood() -> None:
    tape = Tape()
    tape.last(10, 7)
    tape.last(None, 7)
    assert said(tape) == []
    tape.last(None, 8)
    assert said(tape) == [(10, 8)]


@given(trades=TRADES, repeats=st.booleans(), separately=st.booleans())
def test_each_change_of_last_or_its_size_is_told_once(
    trades: list[tuple[int, int]], repeats: bool, separately: bool
) -> None:
    tape, told, expected = begun(), list[tuple[float, float]](), list[tuple[float, float]]()
    for price, size in trades:
        if (price, size) != (expected[-1] if expected else (10, 7)):
            expected.append((price, size))
        tape.last(price, size)
        if repeats:
            tape.last(None, size)
        if separately:
            told += said(tape)
    assert told + said(tape) == expected


@given(trades=TRADES, before=st.booleans())
def test_a_time_goes_to_the_trade_that_it_was_said_with(trades: list[tuple[int, int]], before: bool) -> None:
    tape, last = begun(), (10, 7)
    for number, trade in enumerate(trades):
        if before:
            tape.time(number)
        tape.last(*trade)
        if not before:
            tape.time(number)
        assert [printed.seconds for printed in tape.prints()] == ([number] if trade != last else [])
        last = trade


def test_two_trades_in_one_piece_keep_their_own_times() -> None:
    after, before = begun(), begun()
    for tape, time_first in ((after, False), (before, True)):
        for number in (1, 2):
            if time_first:
                tape.time(number)
            tape.last(20 + number, 1)
            if not time_first:
                tape.time(number)
        assert [printed.seconds for printed in tape.prints()] == [1, 2]


def test_a_time_of_an_earlier_piece_is_not_that_of_a_later_trade() -> None:
    tape = begun()
    tape.time(1)
    assert said(tape) == []
    tape.last(11, 1)
    assert [printed.seconds for printed in tape.prints()] == [None]


def test_a_size_that_comes_after_its_price_is_that_trade_s_and_no_other_trade() -> None:
    tape = begun()
    tape.last(11, 0)
    tape.last(None, 5)
    assert said(tape) == [(11, 5)]
    tape.last(12, 0)
    assert said(tape) == [(12, 0)]
    tape.last(None, 6)
    assert said(tape) == []
    tape.last(None, 7)
    assert said(tape) == [(12, 7)]


def test_a_last_that_ib_withdraws_is_no_trade() -> None:
    tape = begun()
    tape.last(-1, 0)
    assert said(tape) == []
    tape.last(-1, 3)  # a future's price can be below zero
    assert said(tape) == [(-1, 3)]
