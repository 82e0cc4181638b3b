from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from brokers.interactive_brokers.streams.book import Book

ROWS = 5
INSERT, UPDATE, DELETE = 0, 1, 2
WORDS = st.lists(
    st.tuples(
        st.integers(-3, 12), st.integers(-1, 4), st.integers(-1, 3), st.floats(0, 10, width=16), st.integers(0, 9)
    ),
    max_size=60,
)


@given(WORDS)
def test_whatever_ib_says_the_book_holds_no_more_rows_than_were_asked_for(
    words: list[tuple[int, int, int, float, int]],
) -> None:
    book = Book(rows=ROWS)
    for position, operation, side, price, size in words:
        before = (list(book.bids), list(book.asks))
        changed = book.apply(position=position, operation=operation, side=side, row=(price, size, ""))
        assert changed or (book.bids, book.asks) == before
        assert len(book.bids) <= ROWS
        assert len(book.asks) <= ROWS


@given(st.lists(st.integers(1, 100), unique=True, min_size=1, max_size=30))
def test_rows_inserted_in_their_places_are_the_best_of_all(prices: list[int]) -> None:
    book, best = Book(rows=ROWS), list[int]()
    for price in prices:
        best = sorted([*best, price])
        position = best.index(price)
        best = best[:ROWS]
        if position < ROWS:
            assert book.apply(position=position, operation=INSERT, side=0, row=(price, 1, ""))
    assert [int(price) for price, _, _ in book.asks] == best


def test_the_two_sides_are_apart_and_an_emptied_book_has_none() -> None:
    book = Book(rows=ROWS)
    book.apply(position=0, operation=INSERT, side=1, row=(10.0, 1, "ARCA"))
    book.apply(position=0, operation=INSERT, side=0, row=(11.0, 2, ""))
    assert (book.bids, book.asks) == ([(10.0, 1, "ARCA")], [(11.0, 2, "")])
    book.empty()
    assert book.bids == book.asks == []


def test_a_row_that_is_not_there_can_t_be_deleted() -> None:
    assert not Book(rows=ROWS).apply(position=0, operation=DELETE, side=1, row=(0.0, 0, ""))
