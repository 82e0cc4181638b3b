"""Who logs in, and to which kind of account: what the node, its clients and its gateway can each be told."""

from __future__ import annotations

from typing import Any

from brokers import credentials
from brokers.config.reading import put, read_word
from brokers.domain import TradingMode


def read_login(config: Any, whose: str) -> None:
    """Raises ConfigRefused. An empty `account` is no variable: any account will do."""
    for setting in ("username", "password", "account"):
        name = getattr(config, setting, None)
        if name is not None and not (setting == "account" and name == ""):
            credentials.require_variable_name(f"{whose} {setting}", name)
    if config.trading_mode is not None:
        put(config, "trading_mode", read_word("trading_mode", config.trading_mode, TradingMode))
