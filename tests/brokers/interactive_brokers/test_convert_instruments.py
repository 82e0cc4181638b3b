"""Contract details -> instruments, and instruments -> contracts and back."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ib_insync import ComboLeg as IbComboLeg
from ib_insync import Contract, ContractDetails, TagValue
from ib_insync.objects import PriceIncrement

from brokers.domain import ComboLeg, Instrument, OrderSide, PriceRule, Right, SecurityType, TradingInterval
from brokers.interactive_brokers import contracts, convert

CENTS = {26: [PriceIncrement(0.0, 0.01)]}


def details(**changes: Any) -> ContractDetails:
    contract: dict[str, Any] = {
        "conId": 1, "symbol": "AAPL", "secType": "STK", "exchange": "SMART", "currency": "USD", "localSymbol": "AAPL",
    }  # fmt: skip
    fields: dict[str, Any] = {
        "contract": Contract(**(contract | changes.pop("contract", {}))),
        "validExchanges": "SMART,NYSE,ARCA",
        "marketRuleIds": "26,239,26",
        "minTick": 0.01,
        "minSize": 0.0001,
        "sizeIncrement": 0.0001,
        "timeZoneId": "US/Eastern",
    }
    return ContractDetails(**(fields | changes))


def test_each_market_rule_has_the_exchanges_in_whose_places_it_stands() -> None:
    assert convert.rule_ids(details()) == {26: ("SMART", "ARCA"), 239: ("NYSE",)}
    assert convert.rule_ids(details(marketRuleIds="26,26,107")) == {26: ("SMART", "NYSE"), 107: ("ARCA",)}


@pytest.mark.parametrize("ids", ["", "0x1A", "26.5"])
def test_what_is_no_market_rule_is_none(ids: str) -> None:
    assert convert.rule_ids(details(marketRuleIds=ids)) == {}


def test_the_step_of_a_price_depends_on_the_exchange_and_on_the_price() -> None:
    rules = {26: [PriceIncrement(1.0, 0.05), PriceIncrement(0.0, 0.01)], 239: [PriceIncrement(0.0, 5e-07)]}
    instrument = convert.instrument(details(), rules=rules)
    assert instrument.increment_at(Decimal("0.99")) == Decimal("0.01")
    assert instrument.increment_at(Decimal(1)) == Decimal("0.05")
    assert instrument.increment_at(Decimal(-2)) == Decimal("0.05")
    assert instrument.increment_at(Decimal(1), exchange="NYSE") == Decimal("0.0000005")
    assert instrument.increment_at(Decimal(1), exchange="ARCA") == Decimal("0.05")
    assert instrument.increment_at(Decimal(1), exchange="ELSEWHERE") == instrument.price_increment == Decimal("0.01")


@pytest.mark.parametrize(("tick", "exact"), [(1 / 128, "0.0078125"), (5e-07, "0.0000005"), (1e-08, "0.00000001")])
def test_a_rule_s_steps_are_exact(tick: float, exact: str) -> None:
    instrument = convert.instrument(details(minTick=tick), rules={26: [PriceIncrement(0.0, tick)]})
    assert instrument.price_increment == instrument.increment_at(Decimal(5)) == Decimal(exact)


def test_a_step_of_zero_is_no_step() -> None:
    instrument = convert.instrument(details(), rules={26: [PriceIncrement(0.0, 0.0)]})
    assert instrument.price_rules == ()


def test_an_option_has_its_expiry_strike_right_multiplier_and_underlying() -> None:
    option = convert.instrument(
        details(
            contract={
                "secType": "OPT",
                "symbol": "SPY",
                "lastTradeDateOrContractMonth": "20170721",
                "strike": 240.0,
                "right": "C",
                "multiplier": "100",
                "localSymbol": "SPY   170721C00240000",
            },
            contractMonth="201707",
            underConId=756733,
        ),
        rules=CENTS,
    )
    assert (option.expiry, option.strike, option.right) == (date(2017, 7, 21), Decimal(240), Right.CALL)
    assert (option.multiplier, option.under_con_id, option.contract_month) == (Decimal(100), 756733, "201707")


def test_sizes_are_ib_s_least_and_its_steps_exactly() -> None:
    instrument = convert.instrument(details(minSize=0.001, sizeIncrement=1e-08), rules={})
    assert (instrument.min_size, instrument.size_increment) == (Decimal("0.001"), Decimal("0.00000001"))


@pytest.mark.parametrize("unset", [0.0, convert.UNSET_DOUBLE, float("nan")])
def test_sizes_that_ib_leaves_unset_are_whole_and_a_step_that_it_leaves_unset_is_the_finest(unset: float) -> None:
    instrument = convert.instrument(details(minTick=unset, minSize=unset, sizeIncrement=unset), rules={})
    assert (instrument.min_size, instrument.size_increment) == (Decimal(1), Decimal(1))
    assert instrument.price_increment == Decimal("0.00000001")


def test_what_a_stock_does_not_have_is_none() -> None:
    stock = convert.instrument(details(contract={"right": "?", "strike": 0.0}), rules={})
    assert {stock.expiry, stock.strike, stock.right, stock.multiplier, stock.under_con_id} == {None}
    assert (stock.isin, stock.contract_month, stock.legs, stock.price_magnifier) == ("", "", (), 1)


def test_an_isin_magnifier_and_order_types_are_kept() -> None:
    instrument = convert.instrument(
        details(
            secIdList=[TagValue("CUSIP", "x"), TagValue("ISIN", "GB0002162385")],
            priceMagnifier=100,
            orderTypes="LMT,MKT,,STP",
        ),
        rules={},
    )
    assert (instrument.isin, instrument.price_magnifier) == ("GB0002162385", 100)
    assert instrument.order_types == ("LMT", "MKT", "STP")


def test_a_bond_s_expiry_is_its_maturity() -> None:
    bond = convert.instrument(details(contract={"secType": "BOND"}, maturity="20441215"), rules={})
    assert bond.expiry == date(2044, 12, 15)
    assert contracts.of_instrument(bond).lastTradeDateOrContractMonth == ""


@pytest.mark.parametrize(("text", "expiry"), [("20180921 08:30 US/Central", date(2018, 9, 21)), ("201809", None)])
def test_an_expiry_is_a_day_and_a_month_alone_is_none(text: str, expiry: date | None) -> None:
    future = details(contract={"secType": "FUT", "lastTradeDateOrContractMonth": text})
    assert convert.instrument(future, rules={}).expiry == expiry


@given(st.text(alphabet=st.characters(min_codepoint=0xA1, max_codepoint=0x24F, categories=["L"]), min_size=1))
def test_a_name_beyond_ascii_survives_the_library_s_reading(name: str) -> None:
    read_by_the_library = name.encode().decode("unicode-escape")
    assert convert.instrument(details(longName=read_by_the_library), rules={}).long_name == name


def test_a_name_that_ib_escaped_is_left_as_it_was_read() -> None:
    assert convert.instrument(details(longName="Société Générale"), rules={}).long_name == "Société Générale"


def test_a_kind_that_is_not_known_here_is_refused_rather_than_guessed() -> None:
    with pytest.raises(ValueError, match="IOPT"):
        convert.instrument(details(contract={"secType": "IOPT"}), rules={})


def test_hours_come_in_utc_from_the_contract_s_own_zone() -> None:
    instrument = convert.instrument(
        details(tradingHours="20180323:0400-20180323:2000", liquidHours="20180323:0930-20180323:1600"), rules={}
    )
    assert instrument.liquid_hours == (
        TradingInterval(datetime(2018, 3, 23, 13, 30, tzinfo=UTC), datetime(2018, 3, 23, 20, tzinfo=UTC)),
    )
    assert len(instrument.trading_hours) == 1


def test_in_an_unknown_zone_there_are_no_hours_rather_than_wrong_ones() -> None:
    instrument = convert.instrument(
        details(timeZoneId="Nowhere/Land", tradingHours="20180323:0400-20180323:2000"), rules={}
    )
    assert (instrument.time_zone, instrument.trading_hours) == (None, ())


# There and back

words = st.text(st.characters(categories=["Lu", "Nd"], max_codepoint=127), max_size=8)
steps = st.sampled_from([Decimal("0.01"), Decimal("0.0078125"), Decimal("0.0000005"), Decimal("0.00000001")])
strikes = st.decimals(min_value=Decimal("0.5"), max_value=Decimal(99999), places=4).map(convert.to_float)
combo_legs = st.builds(
    ComboLeg,
    con_id=st.integers(1, 10**9),
    ratio=st.integers(1, 9),
    side=st.sampled_from(OrderSide),
    exchange=st.sampled_from(["SMART", "CBOE"]),
)


@st.composite
def instruments(draw: st.DrawFn) -> Instrument:
    kind = draw(st.sampled_from([one for one in SecurityType if one not in (SecurityType.BAG, SecurityType.BOND)]))
    return Instrument(
        con_id=draw(st.integers(1, 2**31 - 1)),
        symbol=draw(words),
        local_symbol=draw(words),
        security_type=kind,
        exchange=draw(st.sampled_from(["SMART", "CME", "IDEALPRO"])),
        primary_exchange=draw(words),
        currency="USD",
        long_name="",
        price_increment=Decimal("0.00000001"),
        size_increment=Decimal("0.00000001"),
        min_size=Decimal("0.00000001"),
        multiplier=draw(st.none() | st.sampled_from([Decimal(50), Decimal("0.1"), Decimal(1000)])),
        trading_class=draw(words),
        expiry=draw(st.none() | st.dates(date(1990, 1, 1), date(2090, 1, 1))),
        strike=draw(st.none() | strikes.map(convert.to_decimal)),
        right=draw(st.none() | st.sampled_from(Right)),
        is_described=False,
    )


@given(instruments())
def test_an_instrument_survives_the_way_over_its_contract(instrument: Instrument) -> None:
    assert convert.undescribed_instrument(contracts.of_instrument(instrument)) == instrument


@given(st.lists(combo_legs, min_size=1, max_size=4), st.randoms())
def test_a_combination_survives_the_way_over_its_contract(legs: list[ComboLeg], random: Any) -> None:
    made = Instrument(
        con_id=convert.con_id_of_legs(legs),
        symbol="SPY",
        local_symbol="",
        security_type=SecurityType.BAG,
        exchange="SMART",
        primary_exchange="",
        currency="USD",
        long_name="",
        price_increment=Decimal("0.00000001"),
        size_increment=Decimal("0.00000001"),
        min_size=Decimal("0.00000001"),
        legs=tuple(legs),
        is_described=False,
    )
    contract = contracts.of_instrument(made)
    assert (contract.secType, contract.conId, contract.symbol) == ("BAG", 0, "SPY")
    assert convert.undescribed_instrument(contract) == made
    random.shuffle(contract.comboLegs)
    contract.conId = 28812380  # the id that IB gives to all combinations of a currency
    assert convert.con_id(contract) == made.con_id < 0


def test_another_ratio_or_direction_is_another_combination() -> None:
    leg = ComboLeg(con_id=1, ratio=1, side=OrderSide.BUY, exchange="SMART")
    other = ComboLeg(con_id=2, ratio=1, side=OrderSide.SELL, exchange="SMART")
    turned = [ComboLeg(1, 1, OrderSide.SELL, "SMART"), ComboLeg(2, 1, OrderSide.BUY, "SMART")]
    doubled = [leg, ComboLeg(2, 2, OrderSide.SELL, "SMART")]
    assert len({convert.con_id_of_legs(legs) for legs in ([leg, other], turned, doubled)}) == 3


def test_a_contract_without_legs_keeps_ib_s_own_id() -> None:
    assert convert.con_id(Contract(conId=265598)) == 265598


def test_a_leg_without_a_side_is_refused() -> None:
    with pytest.raises(ValueError, match="neither a purchase nor a sale"):
        convert.con_id(Contract(secType="BAG", comboLegs=[IbComboLeg(conId=1, ratio=1, action="")]))


@given(st.lists(st.tuples(st.floats(0, 1e6), steps.map(convert.to_float)), min_size=1, max_size=6))
def test_a_market_rule_survives_in_exact_steps_from_the_lowest_edge_upwards(rule: list[tuple[float, float]]) -> None:
    read = convert.instrument(details(), rules={26: [PriceIncrement(*step) for step in rule]}).price_rules
    (found,) = read
    assert isinstance(found, PriceRule)
    assert sorted((float(step.low_edge), float(step.increment)) for step in found.increments) == sorted(rule)
    edges = [step.low_edge for step in found.increments]
    assert edges == sorted(edges)


def test_an_expired_contract_is_asked_for_as_such() -> None:
    future = convert.undescribed_instrument(
        Contract(conId=1, secType="FUT", symbol="ES", lastTradeDateOrContractMonth="20180921")
    )
    assert contracts.of_instrument(future, today=date(2018, 9, 22)).includeExpired is True
    assert contracts.of_instrument(future, today=date(2018, 9, 21)).includeExpired is False
    assert contracts.of_instrument(future).includeExpired is True
