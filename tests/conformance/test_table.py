"""The judge itself: what differs, is missing or is empty must not pass."""

from __future__ import annotations

import pytest

from tests.conformance import facts, table

SAME = {"search": {"answer": ["AAPL"]}, "depth": {"answer": [1, 2]}}


def verdicts_with(answers: dict[str, dict[str, object]]) -> dict[str, dict[str, str]]:
    return table.verdicts({"first": SAME, "second": SAME | answers})


def test_clients_that_answer_the_same_agree() -> None:
    found = verdicts_with({})
    assert table.is_green(found)
    assert table.differences(found, {"first": SAME, "second": SAME}) == ""


@pytest.mark.parametrize(
    ("told", "verdict"),
    [({"answer": [2, 1]}, table.DIFFERS), ({"answer": []}, table.EMPTY), ({"failed": "no answer"}, table.FAILED)],
)
def test_one_client_that_answers_otherwise_fails_the_run_and_is_shown(told: dict[str, object], verdict: str) -> None:
    found = verdicts_with({"depth": told})
    assert found["depth"] == {"first": table.AGREES, "second": verdict}
    assert not table.is_green(found)
    assert "depth" in table.differences(found, {"first": SAME, "second": {**SAME, "depth": told}})


def test_a_request_that_one_client_never_made_fails_the_run() -> None:
    found = table.verdicts({"first": SAME, "second": {"search": SAME["search"]}})
    assert found["depth"]["second"] == table.FAILED


def test_empty_answers_of_all_clients_are_no_agreement() -> None:
    nothing = {"search": {"answer": []}}
    assert not table.is_green(table.verdicts({"first": nothing, "second": nothing}))
    assert not table.is_green({})


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.1, "0.1"), ("100.00", "100"), (5e-07, "0.0000005"), (-0.0, "0"), (1.7976931348623157e308, None), ("n/a", None)],
)
def test_numbers_compare_as_decimal_text(value: object, text: str | None) -> None:
    assert facts.number(value) == text
