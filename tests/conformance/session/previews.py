"""What-if orders, which are computed and never placed: https://interactivebrokers.github.io/tws-api/margin.html."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from tests.conformance.clients.base import Fields
from tests.conformance.rows import Play, Row, refusal
from tests.conformance.session.placing import terms
from tests.conformance.session.scenery import APPLE, EURO, FUTURE, FUTURE_OPTION, MICROSOFT, OPTION, PAIR

# So many shares are worth far more than the account.
_FORTUNE = 10_000_000


def preview(query: Fields, asked: Fields) -> Play:
    return lambda stage: stage.client.orders.preview(query, asked)


def _adds_up(answer: Any) -> bool:
    """Before and change make after, maintenance never needs more than the beginning, and the trade has its price."""
    sums = all(
        Decimal(answer[f"{name}Before"]) + Decimal(answer[f"{name}Change"]) == Decimal(answer[f"{name}After"])
        for name in ("initMargin", "maintMargin", "equityWithLoan")
    )
    least = Decimal(answer["maintMarginAfter"]) <= Decimal(answer["initMarginAfter"])
    return sums and least and Decimal(answer["commission"]) > 0 and answer["currency"] == "USD"


def _ties_up(answer: Any) -> bool:
    """More margin than before."""
    return _adds_up(answer) and Decimal(answer["initMarginChange"]) > 0 and Decimal(answer["maintMarginChange"]) > 0


def _is_beyond(answer: Any) -> bool:
    """What the account can't pay for is computed all the same."""
    return _ties_up(answer) and Decimal(answer["initMarginAfter"]) > Decimal(answer["equityWithLoanAfter"])


_ONE = {"totalQuantity": 1}
_ROUND_LOT = {"totalQuantity": 25_000}

ROWS: tuple[Row, ...] = (
    Row("what-if STK", preview(APPLE, terms("MKT")), _ties_up),
    Row("what-if STK, sold short", preview(MICROSOFT, terms("LMT", action="SELL", lmtPrice=415.0)), _ties_up),
    Row("what-if FUT", preview(FUTURE, terms("MKT", **_ONE)), _ties_up),
    Row("what-if OPT", preview(OPTION, terms("MKT", **_ONE)), _adds_up),
    Row("what-if OPT, written", preview(OPTION, terms("MKT", action="SELL", **_ONE)), _ties_up),
    Row("what-if FOP", preview(FUTURE_OPTION, terms("MKT", **_ONE)), _adds_up),
    Row("what-if CASH", preview(EURO, terms("MKT", **_ROUND_LOT)), _adds_up),
    Row("what-if BAG", preview(PAIR, terms("LMT", lmtPrice=-34.0)), _ties_up),
    # The figures come, and then the reason why it would be rejected.
    Row(
        "what-if beyond the account's means (201)",
        preview(APPLE, terms("MKT", totalQuantity=_FORTUNE)),
        _is_beyond,
        (201,),
    ),
    refusal("what-if off the increment (110)", preview(APPLE, terms("LMT", lmtPrice=150.001)), 110),
    Row("nothing comes of what-ifs", lambda stage: stage.observer.orders.all_open(), []),
)
