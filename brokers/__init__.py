"""Interactive Brokers as a library: contracts, market data, execution, gateways and a simulated gateway.

It knows nothing of Django, so a script or a notebook can use it alone. This file imports nothing: the web process
uses `brokers.domain` and must not load `ib_insync` with it.
"""
