"""What a filter may say, and what is said of one that can't be meant."""

from __future__ import annotations

import contextlib
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ib_insync import Contract

from brokers.domain import ComboLeg, OrderSide, Right, SecurityType
from brokers.filters import IB_NAMES, InstrumentFilter, read_filter, read_filters
from brokers.interactive_brokers import contracts
from brokers.refusals import FilterRefused

TODAY = date(2024, 3, 4)
AMD = {"secType": "STK", "symbol": "AMD", "exchange": "SMART", "currency": "USD"}
LEGS = [
    {"conId": 1, "ratio": 1, "action": "BUY", "exchange": "SMART"},
    {"conId": 2, "ratio": 2, "action": "SELL"},
]


def asked(given_filter: Any) -> dict[str, Any]:
    """The fields of the Contract that differ from an empty one."""
    contract = contracts.of_filter(read_filter(given_filter), today=TODAY)
    return {name: value for name, value in vars(contract).items() if value != getattr(Contract(), name)}


@pytest.mark.parametrize(
    ("query", "changes"),
    [
        (AMD, {}),
        ({**AMD, "symbol": "INTC", "primaryExchange": "NASDAQ"}, {}),
        ({"secType": "CASH", "symbol": "EUR", "currency": "USD", "exchange": "IDEALPRO"}, {}),
        ({"secType": "CFD", "symbol": "IBUS30"}, {}),
        (
            {"secType": "FUT", "symbol": "ES", "exchange": "GLOBEX", "lastTradeDateOrContractMonth": "20180921"},
            {"includeExpired": True},
        ),
        (
            {
                "secType": "OPT",
                "symbol": "SPY",
                "exchange": "SMART",
                "lastTradeDateOrContractMonth": "20170721",
                "strike": 240,
                "right": "C",
            },
            {"includeExpired": True, "strike": 240.0},
        ),
        ({"secType": "BOND", "secIdType": "ISIN", "secId": "US03076KAA60"}, {}),
        ({"secType": "CRYPTO", "symbol": "BTC", "exchange": "PAXOS", "currency": "USD"}, {}),
        ({"secType": "IND", "symbol": "SPX", "exchange": "CBOE"}, {}),
        ({"secType": "CONTFUT", "symbol": "ES", "exchange": "CME"}, {}),
    ],
    ids=str,
)
def test_the_guide_s_queries_are_asked_in_ib_s_fields(query: dict[str, Any], changes: dict[str, Any]) -> None:
    assert asked(query) == {**query, **changes}


@pytest.mark.parametrize(
    "given_filter",
    [AMD, tuple(AMD.items()), [list(item) for item in AMD.items()], read_filter(AMD)],
    ids=["dict", "items", "lists", "read"],
)
def test_a_filter_is_a_dict_or_its_items(given_filter: Any) -> None:
    assert read_filter(given_filter) == read_filter(AMD)
    assert read_filters(given_filter) == (read_filter(AMD),)
    assert read_filters([given_filter, AMD]) == (read_filter(AMD), read_filter(AMD))


def test_no_filters_are_none() -> None:
    assert read_filters(()) == ()


@pytest.mark.parametrize("given_filter", ["STK", [1, 2], [("secType", "STK", 1)], [("secType", "STK"), "symbol"]])
def test_what_is_no_filter_is_said_so(given_filter: Any) -> None:
    with pytest.raises(FilterRefused, match="is a dict or its items"):
        read_filter(given_filter)


@pytest.mark.parametrize("spelling", ["ib", "snake"])
def test_every_key_is_taken_in_ib_s_spelling_and_in_snake_case(spelling: str) -> None:
    values: dict[str, Any] = {
        "sec_type": "BAG",
        "symbol": "SPY",
        "exchange": "SMART",
        "primary_exchange": "ARCA",
        "currency": "USD",
        "last_trade_date_or_contract_month": "201809",
        "strike": "1.5",
        "right": "PUT",
        "multiplier": 50,
        "local_symbol": "x",
        "trading_class": "y",
        "sec_id_type": "isin",
        "sec_id": "z",
        "con_id": 7,
        "include_expired": False,
        "issuer_id": "i",
        "combo_legs": LEGS,
        "build_options_chain": True,
        "build_futures_chain": True,
        "options_chain_exchange": "CBOE",
        "min_expiry_days": 1,
        "max_expiry_days": 2,
        "min_strike": 3,
        "max_strike": 4,
    }
    assert values.keys() == IB_NAMES.keys() - {"pair"}
    read = read_filter({IB_NAMES[name] if spelling == "ib" else name: value for name, value in values.items()})
    assert read == InstrumentFilter(
        sec_type=SecurityType.BAG,
        symbol="SPY",
        exchange="SMART",
        primary_exchange="ARCA",
        currency="USD",
        last_trade_date_or_contract_month="201809",
        strike=Decimal("1.5"),
        right=Right.PUT,
        multiplier=Decimal(50),
        local_symbol="x",
        trading_class="y",
        sec_id_type="ISIN",
        sec_id="z",
        con_id=7,
        include_expired=False,
        issuer_id="i",
        combo_legs=(ComboLeg(1, 1, OrderSide.BUY, "SMART"), ComboLeg(2, 2, OrderSide.SELL, "")),
        build_options_chain=True,
        build_futures_chain=True,
        options_chain_exchange="CBOE",
        min_expiry_days=1,
        max_expiry_days=2,
        min_strike=Decimal(3),
        max_strike=Decimal(4),
    )


@pytest.mark.parametrize(
    ("key", "nearest"),
    [
        ("currecy", "currency"),
        ("Symbol", "symbol"),
        ("sectype", "secType"),
        ("primaryExch", "primaryExchange"),
        ("sec_typ", "sec_type"),
        ("exchnage", "exchange"),
        ("strikes", "strike"),
        ("expired", "includeExpired"),
    ],
)
def test_an_unknown_key_is_named_with_the_nearest_right_one(key: str, nearest: str) -> None:
    with pytest.raises(FilterRefused, match=f"no key '{key}'. Did you mean '{nearest}'?"):
        read_filter({**AMD, key: "USD"})


def test_an_unknown_key_that_is_near_to_none_lists_them() -> None:
    with pytest.raises(FilterRefused, match=r"no key 'qqq'. These are known: secType, .*currency"):
        read_filter({**AMD, "qqq": 1})


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"secType": "FOO"}, "secType can't be 'FOO'; it is one of STK, CASH, CFD"),
        ({"secType": 3}, "secType is a text, and 3 is none"),
        ({"right": "X"}, "right can't be 'X'; it is C or CALL, P or PUT"),
        ({"strike": "abc"}, "strike is a number, and 'abc' is none"),
        ({"strike": True}, "strike is a number, and True is none"),
        ({"strike": float("nan")}, "strike is a finite number"),
        ({"multiplier": -1}, "multiplier can't be below 0"),
        ({"conId": "12x"}, "conId is a whole number"),
        ({"conId": -5}, "conId is a whole number"),
        ({"includeExpired": "yes"}, "includeExpired is True or False"),
        ({"secIdType": "WKN", "secId": "1"}, "secIdType can't be 'WKN'; it is one of ISIN, CUSIP"),
        ({"secId": "US03076KAA60"}, "secId and secIdType belong together"),
        ({"lastTradeDateOrContractMonth": "20180931"}, "it is a day, 20180921, or a month, 201809"),
        ({"lastTradeDateOrContractMonth": "2018"}, "it is a day, 20180921, or a month, 201809"),
        ({"symbol": "AM\0D"}, "symbol holds a control character"),
        ({"exchange": "SM\nART"}, "exchange holds a control character"),
        ({"exchange": None}, "exchange is a text, and None is none"),
        ({"comboLegs": LEGS}, "comboLegs belong to secType BAG"),
        ({"secType": "BAG"}, "comboLegs belong to secType BAG"),
        ({"secType": "BAG", "comboLegs": [{"conId": 1, "acton": "BUY"}]}, "no key 'acton'. Did you mean 'action'?"),
        ({"secType": "BAG", "comboLegs": [{"conId": 1, "action": "HOLD"}]}, "it is one of BUY, SELL"),
        ({"secType": "BAG", "comboLegs": [{"action": "BUY"}]}, "needs a conId and a ratio above 0"),
        ({"secType": "BAG", "comboLegs": [3]}, "is a dict with conId"),
        ({"secType": "BAG", "comboLegs": "SPY"}, "comboLegs is a list of legs"),
        ({"sec_type": "CFD"}, "gives secType twice"),
        ({"pair": "EURUSD"}, "goes with secType CASH"),
        ({"pair": "EURO"}, "pair can't be 'EURO'; it is two currencies"),
    ],
)
def test_a_value_that_can_t_be_meant_is_named_with_what_is_allowed(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(FilterRefused, match=message):
        read_filter({**AMD, **changes})


def test_a_filter_names_an_instrument() -> None:
    with pytest.raises(FilterRefused, match=r"has to name an instrument by .*; this one says secType 'STK'"):
        read_filter({"secType": "STK"})
    with pytest.raises(FilterRefused, match="this one says nothing"):
        read_filter({})


def test_a_filter_without_a_kind_is_told_which_there_are() -> None:
    with pytest.raises(FilterRefused, match="symbol 'AMD' needs a secType, one of STK"):
        read_filter({"symbol": "AMD"})
    assert asked({"conId": 265598}) == {"conId": 265598}


def test_a_strike_that_a_float_can_t_carry_is_refused() -> None:
    with pytest.raises(FilterRefused, match="more digits than IB can be sent"):
        asked({**AMD, "secType": "OPT", "strike": "240.0000000000000000001"})


@pytest.mark.parametrize("given_filter", [{"pair": "EURUSD"}, {"secType": "CASH", "pair": "eur.usd"}])
def test_a_pair_is_its_two_currencies_at_idealpro(given_filter: dict[str, Any]) -> None:
    expected = {"secType": "CASH", "symbol": "EUR", "currency": "USD", "exchange": "IDEALPRO"}
    assert asked(given_filter) == expected
    assert asked({"secType": "CASH", "symbol": "EUR", "currency": "USD"}) == expected


@pytest.mark.parametrize(
    ("expiry", "expired"),
    [
        ("20240303", True),
        ("20240304", True),  # over already east of Greenwich, perhaps
        ("20240305", False),
        ("202402", True),
        ("202403", False),
    ],
)
def test_expired_contracts_are_asked_for_when_the_expiry_has_passed(expiry: str, expired: bool) -> None:
    query = {"secType": "FUT", "symbol": "ES", "exchange": "CME", "lastTradeDateOrContractMonth": expiry}
    assert asked(query).get("includeExpired", False) is expired
    assert "includeExpired" not in asked({**query, "includeExpired": False})
    assert asked({**query, "includeExpired": True})["includeExpired"] is True


def test_what_ib_calls_unset_is_not_asked_for() -> None:
    unset = {"strike": 0, "right": "", "multiplier": "", "conId": 0, "lastTradeDateOrContractMonth": ""}
    assert asked({**AMD, **unset}) == AMD


def test_a_filter_says_what_it_asks_in_ib_s_words() -> None:
    said = str(read_filter({**AMD, "secType": "OPT", "strike": 240, "right": "C"}))
    assert said == "secType 'OPT', symbol 'AMD', exchange 'SMART', currency 'USD', strike 240, right 'C'"


@given(st.dictionaries(st.sampled_from([*IB_NAMES.values(), *IB_NAMES, "currecy"]), st.from_type(object)))
def test_whatever_is_given_is_read_or_refused_with_a_sentence(given_filter: dict[str, Any]) -> None:
    with contextlib.suppress(FilterRefused):
        assert read_filter(given_filter) != InstrumentFilter()


texts = st.text(st.characters(exclude_categories=["C"]), min_size=1, max_size=9).map(str.strip).filter(bool)


@given(
    kind=st.sampled_from([one for one in SecurityType if one not in (SecurityType.BAG, SecurityType.CASH)]),
    symbol=texts,
    exchange=texts,
    strike=st.none() | st.decimals(min_value=Decimal("0.01"), max_value=Decimal(99999), places=4),
    right=st.none() | st.sampled_from(Right),
)
def test_a_filter_survives_the_way_over_its_words(
    kind: SecurityType, symbol: str, exchange: str, strike: Decimal | None, right: Right | None
) -> None:
    said: dict[str, Any] = {"secType": kind.value, "symbol": symbol, "exchange": exchange}
    said |= {"strike": str(strike)} if strike is not None else {}
    said |= {"right": right.value} if right is not None else {}
    contract = contracts.of_filter(read_filter(tuple(said.items())), today=TODAY)
    assert (contract.secType, contract.symbol, contract.exchange) == (kind.value, symbol, exchange)
    assert contract.strike == float(strike or 0)
    assert contract.right == (right.value if right is not None else "")
