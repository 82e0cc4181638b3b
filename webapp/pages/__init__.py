"""Pages rendered on the server, and the forms behind them."""
