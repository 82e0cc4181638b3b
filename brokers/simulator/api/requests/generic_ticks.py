"""The list of generic ticks in a request for market data."""

from __future__ import annotations

# IB's own list for stocks, in its words; what isn't simulated is taken all the same, and nothing comes of it.
_LEGAL = {
    100: "Option Volume",
    101: "Option Open Interest",
    104: "Historical Volatility",
    105: "Average Opt Volume",
    106: "impvolat",
    162: "Index Future Premium",
    165: "Misc. Stats",
    221: "Mark Price",
    225: "Auction",
    232: "Pl Price",
    233: "RTVolume",
    236: "inventory",
    256: "inventory",
    258: "Fundamentals",
    292: "News",
    293: "TradeCount",
    294: "TradeRate",
    295: "VolumeRate",
    318: "LastRTHTrade",
    375: "RTTrdVolume",
    411: "rthistvol",
    456: "IBDividends",
    460: "Bond Factor Multiplier",
    576: "EtfNavBidAsk(navbidask)",
    577: "EtfNavLast(navlast)",
    578: "EtfNavClose(navclose)",
    586: "IPOHLMPRC",
    587: "Pl Price Delayed",
    588: "Futures Open Interest",
    595: "Short-Term Volume X Mins",
    614: "EtfNavMisc(high/low)",
    619: "Creditman Slow Mark Price",
    623: "EtfFrozenNavLast(fznavlast)",
}

# A word that may stand in the list: no market data at all, news alone.
_NO_MARKET_DATA = "mdoff"


def parse_generic_ticks(text: str, security_type: str) -> frozenset[int]:
    """Raises ValueError with IB's words for a list that has anything else in it. `292:BRFG` names a news provider."""
    names = [name.strip() for name in text.split(",") if name.strip()]
    numbers = [name.partition(":")[0] for name in names if name != _NO_MARKET_DATA]
    if any(not (number.isascii() and number.isdecimal() and int(number) in _LEGAL) for number in numbers):
        legal = ",".join(f"{number}({name})" for number, name in _LEGAL.items())
        raise ValueError(f"Incorrect generic tick list of {text}.  Legal ones for ({security_type}) are: {legal}")
    return frozenset(int(number) for number in numbers)
