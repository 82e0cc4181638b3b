"""Who may listen to a node."""

from __future__ import annotations

import pytest

from brokers.config import TradingNodeConfig
from brokers.domain import Quote
from brokers.listener import GuardedListener, NodeListener
from brokers.node import TradingNode


class Awaiting(NodeListener):
    async def on_quote(self, quote: Quote) -> None:  # type: ignore[override]
        """Nobody would wait for it."""


def test_a_listener_whose_call_is_a_coroutine_is_refused_and_told_what_to_do() -> None:
    with pytest.raises(TypeError, match=r"Awaiting\.on_quote is a coroutine, .* plain function"):
        TradingNode(config=TradingNodeConfig(), listener=Awaiting())


def test_every_call_that_a_listener_has_is_passed_on_by_the_one_that_guards_it() -> None:
    calls = {name for name in vars(NodeListener) if name.startswith("on_")}
    assert calls == {name for name in vars(GuardedListener) if name.startswith("on_")}
