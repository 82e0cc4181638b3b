"""Prices, by the step and by the clock: live ones, past ones, and the book behind them."""
