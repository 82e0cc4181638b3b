"""What the keeper answers: words of a login that is under way, then a value, or an error with its kind."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any

from brokers.gateways.base import (
    Endpoint,
    GatewayError,
    GatewayLoginFailed,
    LoggingIn,
    LoginEnded,
    LoginWord,
    SecondFactorAsked,
    SecondFactorMissed,
    SecondFactorUnanswered,
)
from brokers.gateways.keeper.wire import Frame

_FAILED = "failed"
_ERRORS: dict[str, type[GatewayError]] = {
    "login_failed": GatewayLoginFailed,
    "second_factor_missed": SecondFactorMissed,
    _FAILED: GatewayError,
}
# Characters. A log's lines are shown to a person.
LONGEST_LINE = 800


def value_frame(value: Any) -> Frame:
    return {"answer": value}


def error_frame(error: GatewayError) -> Frame:
    kind = next(kind for kind, error_type in _ERRORS.items() if isinstance(error, error_type))
    return {"error": kind, "text": str(error)}


def refusal_frame(text: str) -> Frame:
    return {"error": _FAILED, "text": text}


def endpoint_value(endpoint: Endpoint | None) -> Frame | None:
    if endpoint is None:
        return None
    return asdict(endpoint)


def endpoint_of(value: Any) -> Endpoint | None:
    return None if value is None else Endpoint(**value)


def word_frame(word: LoginWord) -> Frame:
    match word:
        case SecondFactorAsked(attempt, attempts, until):
            return {"word": "asked", "attempt": attempt, "attempts": attempts, "until": until.isoformat()}
        case SecondFactorUnanswered(attempt, attempts):
            return {"word": "unanswered", "attempt": attempt, "attempts": attempts}
        case LoginEnded():
            return {"word": "ended"}
        case LoggingIn():
            return {"word": "logging_in"}


def word_of(frame: Frame) -> LoginWord | None:
    """None for the last frame, which holds the answer."""
    match frame:
        case {"word": "asked", "attempt": attempt, "attempts": attempts, "until": until}:
            return SecondFactorAsked(attempt, attempts, datetime.fromisoformat(until))
        case {"word": "unanswered", "attempt": attempt, "attempts": attempts}:
            return SecondFactorUnanswered(attempt, attempts)
        case {"word": "ended"}:
            return LoginEnded()
        case {"word": "logging_in"}:
            return LoggingIn()
    return None


def value_of(frame: Frame) -> Any:
    """Raises what the keeper's runtime raised: GatewayLoginFailed, SecondFactorMissed or GatewayError."""
    if "error" in frame:
        raise _ERRORS.get(str(frame["error"]), GatewayError)(str(frame.get("text")))
    return frame.get("answer")
