"""Whom the gateway is connected to: each client with what it streams, and IB itself."""
