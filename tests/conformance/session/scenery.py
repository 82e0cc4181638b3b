"""What the session is about: the day that it is played on, and the instruments of it.

It is Wednesday, the 18th of November 2026, ten in the morning in New York. Days of expiry and contract months follow
from that: options on shares expire on Fridays, quarterly futures on the third one of their month.
"""

from __future__ import annotations

from tests.conformance.clients.base import Fields

NOW = "2026-11-18T15:00:00Z"
YESTERDAYS_CLOSE = "20261117-21:00:00"


def stock(symbol: str, con_id: int, **fields: str) -> Fields:
    return {"secType": "STK", "symbol": symbol, "conId": con_id, "exchange": "SMART", "currency": "USD", **fields}


def bag(symbol: str, *legs: tuple[int, int, str]) -> Fields:
    """Each leg is a contract id, a ratio and a side."""
    combined = [{"conId": of, "ratio": ratio, "action": side, "exchange": "SMART"} for of, ratio, side in legs]
    return {"secType": "BAG", "symbol": symbol, "exchange": "SMART", "currency": "USD", "comboLegs": combined}


APPLE = stock("AAPL", 265598)
MICROSOFT = stock("MSFT", 272093)
INTEL = stock("INTC", 270639)
COLA = stock("KO", 8894)
IBM = stock("IBM", 8314)
NVIDIA = stock("NVDA", 4815747)
GAMESTOP = stock("GME", 36285627)
SAP = stock("SAP", 14204, currency="EUR")
TENCENT = stock("700", 158662091, exchange="SEHK", currency="HKD")
# Two of the one for one of the other.
PAIR = bag("AAPL", (265598, 2, "BUY"), (272093, 1, "SELL"))
EURO: Fields = {"secType": "CASH", "symbol": "EUR", "conId": 12087792, "exchange": "IDEALPRO", "currency": "USD"}

# Found by the client first: nobody knows the contract ids of what is listed anew every week.
FUTURE: Fields = {
    "secType": "FUT",
    "symbol": "ES",
    "exchange": "CME",
    "currency": "USD",
    "lastTradeDateOrContractMonth": "20261218",
}
OPTION: Fields = {
    "secType": "OPT",
    "symbol": "SPY",
    "exchange": "SMART",
    "currency": "USD",
    "lastTradeDateOrContractMonth": "20261218",
    "strike": 550,
    "right": "C",
}
FUTURE_OPTION: Fields = {
    "secType": "FOP",
    "symbol": "ES",
    "exchange": "CME",
    "currency": "USD",
    "lastTradeDateOrContractMonth": "20261218",
    "strike": 5500,
    "right": "C",
}

# The eight queries of the guide that this project's library is a descendant of, and what else IB lists.
QUERIES: dict[str, Fields] = {
    "STK AMD": {"secType": "STK", "symbol": "AMD", "exchange": "SMART", "currency": "USD"},
    "STK INTC": {
        "secType": "STK",
        "symbol": "INTC",
        "exchange": "SMART",
        "primaryExchange": "NASDAQ",
        "currency": "USD",
    },
    "STK VOD": {"secType": "STK", "symbol": "VOD", "exchange": "SMART", "currency": "GBP"},
    "CASH EUR.USD": {"secType": "CASH", "symbol": "EUR", "currency": "USD", "exchange": "IDEALPRO"},
    "CFD IBUS30": {"secType": "CFD", "symbol": "IBUS30"},
    "FUT ES 20180921": {
        "secType": "FUT",
        "symbol": "ES",
        "exchange": "GLOBEX",
        "lastTradeDateOrContractMonth": "20180921",
        "includeExpired": True,
    },
    "FUT ES": FUTURE,
    "OPT SPY 20170721 240 C": {
        "secType": "OPT",
        "symbol": "SPY",
        "exchange": "SMART",
        "currency": "USD",
        "lastTradeDateOrContractMonth": "20170721",
        "strike": 240,
        "right": "C",
        "includeExpired": True,
    },
    "OPT SPY": OPTION,
    "FOP ES": FUTURE_OPTION,
    "BOND US03076KAA60": {"secType": "BOND", "secIdType": "ISIN", "secId": "US03076KAA60"},
    "CRYPTO BTC": {"secType": "CRYPTO", "symbol": "BTC", "exchange": "PAXOS", "currency": "USD"},
    "IND SPX": {"secType": "IND", "symbol": "SPX", "exchange": "CBOE", "currency": "USD"},
    "CMDTY XAUUSD": {"secType": "CMDTY", "symbol": "XAUUSD", "exchange": "SMART", "currency": "USD"},
}
CONTINUOUS_FUTURE: Fields = {"secType": "CONTFUT", "symbol": "ES", "exchange": "CME"}
