"""An order, a modification or a cancel that the broker doesn't take, with IB's code and words."""

from __future__ import annotations


class OrderRefused(Exception):
    def __init__(self, code: int, text: str) -> None:
        super().__init__(f"{code}: {text}")
        self.code = code
        self.text = text


def validation(cause: str) -> OrderRefused:
    return OrderRefused(321, f"Error validating request.-'bW' : cause - {cause}")


def rejection(reason: str) -> OrderRefused:
    return OrderRefused(201, f"Order rejected - reason:{reason}")


def incomplete(missing: str) -> OrderRefused:
    return OrderRefused(107, f"Cannot transmit incomplete order. {missing}")
