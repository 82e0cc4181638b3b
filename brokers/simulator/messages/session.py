"""Messages about the connection itself."""

from __future__ import annotations

from brokers.simulator.wire import Value

NO_REQUEST = -1


def error(request_id: int, code: int, text: str) -> list[Value]:
    """An error, a warning or a notice: IB tells them apart by code alone. `request_id` is -1 when it is about none."""
    return [4, 2, request_id, code, text, ""]


def next_valid_id(order_id: int) -> list[Value]:
    return [9, 1, order_id]


def managed_accounts(codes: str) -> list[Value]:
    """`codes` are joined by commas."""
    return [15, 1, codes]


def current_time(seconds: int) -> list[Value]:
    return [49, 1, seconds]


def user_info(request_id: int) -> list[Value]:
    """The white branding id, empty for IB's own customers."""
    return [107, request_id, ""]
