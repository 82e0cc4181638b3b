"""What IB lets one login have at a time, unless its owner has bought more."""

from __future__ import annotations

from brokers.config import InteractiveBrokersDataClientConfig


def test_a_login_has_a_hundred_lines_three_books_and_a_few_tapes_unless_its_config_says_more() -> None:
    config = InteractiveBrokersDataClientConfig()
    assert (config.market_data_lines, config.depth_streams) == (100, 3)
    assert 1 <= config.tick_by_tick_streams <= 5
