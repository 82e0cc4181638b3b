"""The judge itself: what differs, is missing or is empty must not pass."""

from __future__ import annotations

import pytest

from tests.conformance import facts, table
from tests.conformance.expected import EXPECTED, is_expected
from tests.conformance.session import steps

SAME = {"search": {"answer": ["AAPL"]}, "depth": {"answer": [1, 2]}}


def is_something(_request: str, answer: object) -> bool:
    return bool(answer)


def verdicts_with(answers: dict[str, dict[str, object]]) -> dict[str, dict[str, str]]:
    return table.verdicts({"first": SAME, "second": SAME | answers}, is_something)


def test_clients_that_answer_the_same_agree() -> None:
    found = verdicts_with({})
    assert table.is_green(found)
    assert table.differences(found, {"first": SAME, "second": SAME}) == ""


@pytest.mark.parametrize(
    ("told", "verdict"),
    [({"answer": [2, 1]}, table.DIFFERS), ({"answer": []}, table.WRONG), ({"failed": "no answer"}, table.FAILED)],
)
def test_one_client_that_answers_otherwise_fails_the_run_and_is_shown(told: dict[str, object], verdict: str) -> None:
    found = verdicts_with({"depth": told})
    assert found["depth"] == {"first": table.AGREES, "second": verdict}
    assert not table.is_green(found)
    assert "depth" in table.differences(found, {"first": SAME, "second": {**SAME, "depth": told}})


def test_a_request_that_one_client_never_made_fails_the_run() -> None:
    found = table.verdicts({"first": SAME, "second": {"search": SAME["search"]}}, is_something)
    assert found["depth"]["second"] == table.FAILED


def test_clients_that_agree_on_something_wrong_do_not_pass() -> None:
    nothing = {"search": {"answer": []}}
    assert not table.is_green(table.verdicts({"first": nothing, "second": nothing}, is_expected))
    assert not table.is_green({})


def test_every_request_of_the_session_has_an_expectation() -> None:
    assert set(EXPECTED) == set(steps())


@pytest.mark.parametrize("answer", [[], {}, None, "", [[[], []], [[], []]], {"codes": []}, [{}, {}], {"status": {}}])
@pytest.mark.parametrize("request_name", sorted(EXPECTED))
def test_an_answer_that_says_nothing_is_wrong(request_name: str, answer: object) -> None:
    assert not is_expected(request_name, answer)


LEVELS = [{"price": str(100 - number), "size": "1"} for number in range(5)]
OFFERS = [{"price": str(101 + number), "size": "1"} for number in range(5)]
QUOTE = {"bid": "1", "ask": "2", "bidSize": "1", "askSize": "1", "last": "1", "lastSize": "1", "marketDataType": "1"}


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("depth", [[LEVELS, OFFERS], [LEVELS, OFFERS]]),  # a book that doesn't move
        ("depth", [[LEVELS[::-1], OFFERS], [LEVELS, OFFERS]]),  # the worst price first
        ("stream AAPL", [QUOTE, QUOTE]),  # a quote that doesn't move
        ("stream AAPL", [QUOTE, {**QUOTE, "bid": "3"}]),  # a bid above its ask
        ("modify", {"order": [{"lmtPrice": "150", "totalQuantity": "10"}], "codes": []}),  # nothing was changed
        ("reject (110)", {"codes": [201]}),
        ("cancel", {"status": {"status": "PendingCancel"}, "codes": []}),
        ("cancel all", {"status": {"LMT": "Cancelled"}, "open": [{"orderRef": "pair"}]}),
    ],
)
def test_an_answer_that_says_the_wrong_thing_is_wrong(name: str, answer: object) -> None:
    assert not is_expected(name, answer)


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.1, "0.1"), ("100.00", "100"), (5e-07, "0.0000005"), (-0.0, "0"), (1.7976931348623157e308, None), ("n/a", None)],
)
def test_numbers_compare_as_decimal_text(value: object, text: str | None) -> None:
    assert facts.number(value) == text
