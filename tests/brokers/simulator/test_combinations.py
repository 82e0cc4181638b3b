from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from brokers.simulator.catalogue.catalogue import Catalogue
from brokers.simulator.catalogue.combinations import CombinationRefused
from brokers.simulator.catalogue.hours import Calendar
from brokers.simulator.catalogue.listings.contract_ids import FIRST
from brokers.simulator.orders.message import CONTRACT

NOW = datetime(2026, 11, 23, 18, tzinfo=UTC)
AMD, INTC, SAP, EXPIRED = "4391", "270639", "14204", "279396750"
LONG_AMD, SHORT_INTC = [AMD, "2", "BUY", "SMART"], [INTC, "5", "SELL", ""]


@pytest.fixture
def catalogue() -> Catalogue:
    return Catalogue(calendar=Calendar(lambda: NOW))


def test_a_combination_is_quoted_from_its_legs(catalogue: Catalogue) -> None:
    pair = catalogue.combination([LONG_AMD, SHORT_INTC])
    book = {int(AMD): (Decimal("158.19"), Decimal("158.21")), int(INTC): (Decimal("31.40"), Decimal("31.50"))}
    assert pair.quote(book.__getitem__) == (Decimal("158.88"), Decimal("159.42"))


def test_a_combination_may_cost_less_than_nothing(catalogue: Catalogue) -> None:
    pair = catalogue.combination([[AMD, "1", "SELL", ""], [INTC, "1", "BUY", ""]])
    book = {int(AMD): (Decimal(158), Decimal(159)), int(INTC): (Decimal(31), Decimal(32))}
    assert pair.quote(book.__getitem__) == (Decimal(-128), Decimal(-126))
    assert pair.instrument.start_price < 0


def test_the_same_legs_are_the_same_instrument_in_any_order(catalogue: Catalogue) -> None:
    one, other = catalogue.combination([LONG_AMD, SHORT_INTC]), catalogue.combination([SHORT_INTC, LONG_AMD])
    assert one.instrument.con_id == other.instrument.con_id < FIRST
    assert catalogue.get(one.instrument.con_id) == one.instrument
    assert catalogue.combination_of(one.instrument.con_id) == one
    turned = catalogue.combination([[AMD, "2", "SELL", "SMART"], SHORT_INTC])
    assert turned.instrument.con_id != one.instrument.con_id


def test_the_instrument_is_a_bag_with_the_multiplier_of_its_legs(catalogue: Catalogue) -> None:
    asked = {"secType": "OPT", "symbol": "SPY", "lastTradeDateOrContractMonth": "20261218", "right": "C"}
    contract = dict.fromkeys(CONTRACT, "") | asked
    low, high = (catalogue.find(contract | {"strike": strike})[0].instrument for strike in ("550", "560"))
    spread = catalogue.combination([[str(low.con_id), "1", "BUY", "SMART"], [str(high.con_id), "1", "SELL", "SMART"]])
    assert (spread.instrument.security_type, spread.instrument.symbol) == ("BAG", "SPY")
    assert spread.instrument.multiplier == 100
    assert 0 < spread.instrument.start_price < 10
    assert [leg.weight for leg in spread.legs] == [1, -1]


@pytest.mark.parametrize(
    ("legs", "text"),
    [
        ([LONG_AMD], "two legs"),
        ([LONG_AMD, ["424242", "1", "BUY", ""]], "'424242'"),
        ([LONG_AMD, ["x", "1", "BUY", ""]], "'x'"),
        ([LONG_AMD, [EXPIRED, "1", "BUY", ""]], EXPIRED),
        ([LONG_AMD, [INTC, "0", "BUY", ""]], "ratio"),
        ([LONG_AMD, [INTC, "1.5", "BUY", ""]], "ratio"),
        ([LONG_AMD, [INTC, "1", "HOLD", ""]], "'HOLD'"),
        ([LONG_AMD, [INTC, "1", "SELL", "LSE"]], "'LSE'"),
        ([LONG_AMD, [SAP, "1", "SELL", ""]], "EUR, USD"),
        ([LONG_AMD, [AMD, "1", "SELL", ""]], "once"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_legs_that_make_no_combination_are_refused_by_name(
    catalogue: Catalogue, legs: list[list[str]], text: str
) -> None:
    with pytest.raises(CombinationRefused, match=text):
        catalogue.combination(legs)
