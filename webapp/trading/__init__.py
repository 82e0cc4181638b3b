"""Instruments, watchlists, orders, executions and positions: every write goes through a service of this room."""
