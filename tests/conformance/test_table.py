"""The judge itself: what differs, is missing or is empty must not pass."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tests.conformance import facts, table
from tests.conformance.rows import Row, meets
from tests.conformance.session import ROWS

SEARCH = Row("search", lambda _stage: None, ["AAPL"])
DEPTH = Row("depth", lambda _stage: None, bool, codes=(2152,))
SAME = {"search": {"answer": ["AAPL"], "codes": []}, "depth": {"answer": [1, 2], "codes": [2152]}}
BY_NAME = {row.name: row for row in ROWS}


def verdicts_with(told: dict[str, Any]) -> dict[str, dict[str, str]]:
    return table.verdicts({"first": SAME, "second": {**SAME, "depth": told}}, [SEARCH, DEPTH])


def test_clients_that_answer_the_same_agree() -> None:
    found = verdicts_with(SAME["depth"])
    assert table.is_green(found)
    assert table.differences(found, {"first": SAME, "second": SAME}) == ""


@pytest.mark.parametrize(
    ("told", "verdict"),
    [
        ({"answer": [2, 1], "codes": [2152]}, table.DIFFERS),
        ({"answer": [], "codes": [2152]}, table.WRONG),
        ({"answer": [1, 2], "codes": []}, table.WRONG),
        ({"answer": [1, 2], "codes": [2152, 2104]}, table.WRONG),
        ({"failed": "no answer"}, table.FAILED),
    ],
)
def test_one_client_that_answers_otherwise_fails_the_run_and_is_shown(told: dict[str, Any], verdict: str) -> None:
    found = verdicts_with(told)
    assert found["depth"] == {"first": table.AGREES, "second": verdict}
    assert not table.is_green(found)
    assert "depth" in table.differences(found, {"first": SAME, "second": {**SAME, "depth": told}})


def test_a_request_that_one_client_never_made_fails_the_run() -> None:
    found = table.verdicts({"first": SAME, "second": {"search": SAME["search"]}}, [SEARCH, DEPTH])
    assert found["depth"]["second"] == table.FAILED


def test_clients_that_agree_on_something_wrong_do_not_pass() -> None:
    nothing = {"search": {"answer": [], "codes": []}}
    assert not table.is_green(table.verdicts({"first": nothing, "second": nothing}, [SEARCH]))
    assert not table.is_green({})


@pytest.mark.parametrize(
    ("answer", "expected", "is_met"),
    [
        ({"status": "Filled", "filled": "10"}, {"status": "Filled"}, True),
        ({"status": "Filled"}, {"status": "Filled", "filled": "10"}, False),
        ({"status": "Filled"}, {}, False),  # that nothing is expected is no pardon
        ([{"a": "1"}, {"a": "2"}], [{"a": "1"}, {"a": "2"}], True),
        ([{"a": "1"}, {"a": "2"}], [{"a": "1"}], False),
        ({"price": "2"}, {"price": lambda price: Decimal(price) > 1}, True),
        ({"price": "1"}, {"price": lambda price: Decimal(price) > 1}, False),
        (None, None, True),
        ([], None, False),
    ],
)
def test_an_answer_is_held_against_each_part_of_what_is_expected(answer: Any, expected: Any, is_met: bool) -> None:
    try:
        found = meets(answer, expected)
    except LookupError:
        found = False
    assert found is is_met


def test_every_row_has_a_name_of_its_own() -> None:
    assert len(BY_NAME) == len(ROWS)


NOTHINGS: list[Any] = [[], {}, None, "", False, 0, [[], []], [{}, {}], {"codes": []}, {"status": None}]


@pytest.mark.parametrize("name", sorted(BY_NAME))
def test_an_answer_that_says_nothing_is_wrong_unless_it_is_the_one_that_is_expected(name: str) -> None:
    row = BY_NAME[name]
    met = [nothing for nothing in NOTHINGS if row.is_met_by({"answer": nothing, "codes": []})]
    assert met in ([], [row.says])


LEVELS = [{"price": str(100 - number), "size": "1", "marketMaker": "NSDQ"} for number in range(5)]
OFFERS = [{"price": str(101 + number), "size": "1", "marketMaker": "NSDQ"} for number in range(5)]
QUOTE = {
    "bid": "1",
    "ask": "2",
    "bidSize": "1",
    "askSize": "1",
    "last": "1",
    "lastSize": "1",
    "marketDataType": "1",
    "open": "1",
    "high": "2",
    "low": "1",
    "close": "1",
    "volume": "1",
}
BRACKET = BY_NAME["bracket whose entry fills"].says


@pytest.mark.parametrize(
    ("name", "answer", "codes"),
    [
        ("depth of Nasdaq", [[LEVELS, OFFERS], [LEVELS, OFFERS]], []),  # a book that doesn't move
        ("depth of Nasdaq", [[LEVELS[::-1], OFFERS], [LEVELS, OFFERS]], []),  # the worst price first
        ("quotes STK AMD", [QUOTE, QUOTE], []),  # a quote that doesn't move
        ("quotes STK AMD", [QUOTE, {**QUOTE, "bid": "3"}], []),  # a bid above its ask
        ("modify", {"status": "Submitted", "filled": "0", "remaining": "10", "codes": [], "working": []}, []),
        ("order with a price off the increment (110)", {"status": None, "course": [], "codes": [201]}, [201]),
        ("cancel (202)", {"status": "PendingCancel", "codes": []}, []),
        ("cancel all that rests (202)", {"open": ["pair"], "status": True}, [202] * 21),
        ("bracket whose entry fills", [BRACKET[0], BRACKET[1], {"status": "Submitted", "whyHeld": ""}], []),
        ("details of nothing (200)", {"refused": 321}, [321]),
    ],
)
def test_an_answer_that_says_the_wrong_thing_is_wrong(name: str, answer: Any, codes: list[int]) -> None:
    assert not BY_NAME[name].is_met_by({"answer": answer, "codes": codes})


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.1, "0.1"), ("100.00", "100"), (5e-07, "0.0000005"), (-0.0, "0"), (1.7976931348623157e308, None), ("n/a", None)],
)
def test_numbers_compare_as_decimal_text(value: object, text: str | None) -> None:
    assert facts.number(value) == text
