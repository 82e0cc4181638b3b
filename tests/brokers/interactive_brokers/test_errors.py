from __future__ import annotations

import pytest

from brokers.domain import Attempt
from brokers.interactive_brokers import errors
from brokers.interactive_brokers.errors import Context, Meaning

ORDER_CONTEXTS = [Context.NEW, Context.LIVE, Context.MODIFY, Context.CANCEL]


@pytest.mark.parametrize("code", [103, 107, 109, 110, 200, 201, 203, 321, 388, 434, 460])
def test_a_rejecting_code_rejects_a_new_order_and_only_the_change_of_a_live_one(code: int) -> None:
    assert errors.meaning(code, Context.NEW) is Meaning.REJECTED
    assert errors.meaning(code, Context.MODIFY) is Meaning.MODIFY_REJECTED
    assert errors.meaning(code, Context.LIVE) is Meaning.NOTICE


@pytest.mark.parametrize("context", ORDER_CONTEXTS)
def test_202_is_a_cancel_and_says_why(context: Context) -> None:
    assert errors.meaning(202, context) is Meaning.CANCELLED


@pytest.mark.parametrize("code", [135, 136, 161, 10147, 10148])
def test_a_cancel_that_failed_leaves_the_order_as_it_is(code: int) -> None:
    assert errors.meaning(code, Context.CANCEL) is Meaning.CANCEL_REJECTED
    assert errors.meaning(code, Context.LIVE) is Meaning.NOTICE
    assert errors.meaning(code, Context.NEW) is Meaning.NOTICE


@pytest.mark.parametrize("code", [399, 404, 2109, 2137, 2161, 10349, 10167])
@pytest.mark.parametrize("context", ORDER_CONTEXTS)
def test_a_note_is_a_note_in_every_context(code: int, context: Context) -> None:
    assert errors.meaning(code, context) is Meaning.NOTE


@pytest.mark.parametrize("context", list(Context))
def test_an_unknown_code_is_a_notice_everywhere(context: Context) -> None:
    assert errors.meaning(99999, context) is Meaning.NOTICE


@pytest.mark.parametrize(
    ("code", "meaning"),
    [
        (1100, Meaning.LINK_LOST),
        (2110, Meaning.LINK_LOST),
        (1101, Meaning.BACK_DATA_LOST),
        (1102, Meaning.BACK),
        (1300, Meaning.PORT_CHANGED),
        (2103, Meaning.FARM_DOWN),
        (2105, Meaning.FARM_DOWN),
        (2104, Meaning.FARM_BACK),
        (2106, Meaning.FARM_BACK),
        (2158, Meaning.FARM_BACK),
        (2107, Meaning.FARM_ASLEEP),
        (2108, Meaning.FARM_ASLEEP),
        (326, Meaning.CLIENT_ID_IN_USE),
        (502, Meaning.NOT_CONNECTED),
        (504, Meaning.NOT_CONNECTED),
        (507, Meaning.NOT_CONNECTED),
        (10197, Meaning.COMPETING),
        (100, Meaning.TOO_MANY_MESSAGES),
    ],
)
def test_connectivity_codes(code: int, meaning: Meaning) -> None:
    assert errors.meaning(code, Context.CONNECTION) is meaning


@pytest.mark.parametrize("code", [354, 10089, 10168, 10186])
def test_data_that_is_not_subscribed(code: int) -> None:
    assert errors.meaning(code, Context.DATA) is Meaning.NOT_SUBSCRIBED


def test_a_reason_carries_ib_s_text_and_code() -> None:
    assert errors.as_reason(201, "Order rejected - reason: no money ") == "Order rejected - reason: no money (IB 201)"


@pytest.mark.parametrize(
    ("code", "refused"),
    [
        (110, Attempt.CHANGE),
        (104, Attempt.CHANGE),
        (2102, Attempt.CHANGE),
        (161, Attempt.CANCEL),
        (10148, Attempt.CANCEL),
    ],
)
def test_a_code_says_whether_a_change_or_a_cancel_is_refused(code: int, refused: Attempt) -> None:
    assert errors.refused(code) is refused


@pytest.mark.parametrize("code", [202, 399, 99999])
def test_another_code_refuses_neither(code: int) -> None:
    assert errors.refused(code) is None
