"""What the keeper answers: a value, or an error whose kind tells a refused login from everything else."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from brokers.gateways.base import Endpoint, GatewayError, GatewayLoginFailed
from brokers.gateways.keeper.wire import Frame

_LOGIN_FAILED, _FAILED = "login_failed", "failed"
# Characters. A log's lines are shown to a person.
LONGEST_LINE = 800


def value_frame(value: Any) -> Frame:
    return {"answer": value}


def error_frame(error: GatewayError) -> Frame:
    return {"error": _LOGIN_FAILED if isinstance(error, GatewayLoginFailed) else _FAILED, "text": str(error)}


def refusal_frame(text: str) -> Frame:
    return {"error": _FAILED, "text": text}


def endpoint_value(endpoint: Endpoint | None) -> Frame | None:
    if endpoint is None:
        return None
    return asdict(endpoint)


def endpoint_of(value: Any) -> Endpoint | None:
    return None if value is None else Endpoint(**value)


def value_of(frame: Frame) -> Any:
    """Raises what the keeper's runtime raised: GatewayLoginFailed or GatewayError."""
    if "error" in frame:
        failed = GatewayLoginFailed if frame["error"] == _LOGIN_FAILED else GatewayError
        raise failed(str(frame.get("text")))
    return frame.get("answer")
