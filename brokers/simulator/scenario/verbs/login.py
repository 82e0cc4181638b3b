"""Verbs about logging in."""

from __future__ import annotations

from brokers.simulator import endings
from brokers.simulator.login import (
    ATTEMPTS,
    SECOND_FACTOR_SECONDS,
    LoginRefused,
    NothingAsked,
    SecondFactor,
    SecondFactorMissed,
)
from brokers.simulator.scenario.verbs.stage import PORT_OPENS, Stage
from brokers.simulator.scenario.verbs.table import Verb, VerbRefused, seconds, whole

_PROMPT = (whole("attempts", ATTEMPTS, low=1), seconds("seconds", SECOND_FACTOR_SECONDS))


def reject_login(stage: Stage, *, count: int) -> None:
    stage.broker.refuse(count)


def ask_second_factor(stage: Stage, *, attempts: int, seconds: float) -> None:
    stage.broker.ask(SecondFactor(attempts, seconds))


def approve(stage: Stage) -> None:
    _answer(stage, approved=True)


def deny(stage: Stage) -> None:
    _answer(stage, approved=False)


def _answer(stage: Stage, *, approved: bool) -> None:
    try:
        stage.broker.answer(approved=approved)
    except NothingAsked as error:
        raise VerbRefused(str(error)) from error


async def expire_login(stage: Stage, *, attempts: int, seconds: float) -> None:
    """What IB's tokens do on Sunday at 01:00 US/Eastern. The password is known still; a person has to confirm."""
    async with stage.port_lock:
        _close_port(stage)
    await stage.server.hang_up()
    stage.say("login expired: it must be confirmed again")
    stage.broker.ask(SecondFactor(attempts, seconds))
    stage.begin(_log_in_again(stage))


def _close_port(stage: Stage) -> None:
    if stage.is_login_expired:
        raise VerbRefused("the login has expired already; approve confirms it")
    if not stage.server.port:
        raise VerbRefused("the first login isn't done yet; second_factor makes it wait for a person")
    stage.is_login_expired = True
    stage.never_mind(PORT_OPENS)
    stage.server.stop_listening()


async def _log_in_again(stage: Stage) -> None:
    try:
        await stage.broker.admit()
        stage.is_login_expired = False
        await stage.open_port()
    except SecondFactorMissed as error:
        _end(stage, f"second factor missed: {error}", endings.SECOND_FACTOR_MISSED)
    except LoginRefused as error:
        _end(stage, f"login failed: {error}", endings.LOGIN_REFUSED)
    except VerbRefused as error:
        _end(stage, str(error), endings.PORT_TAKEN)


def _end(stage: Stage, words: str, status: int) -> None:
    stage.say(words)
    stage.end(status)


VERBS = (
    Verb(
        "reject_login",
        "The next logins are refused, whatever their password.",
        reject_login,
        (whole("count", 1),),
        is_for_login=True,
    ),
    Verb(
        "second_factor",
        "The next login has to be confirmed with approve; deny or the end of the time uses up an attempt.",
        ask_second_factor,
        _PROMPT,
        is_for_login=True,
    ),
    Verb("approve", "Confirms the login that waits for its second factor.", approve, is_for_login=True),
    Verb("deny", "Turns down the login that waits for its second factor.", deny, is_for_login=True),
    Verb(
        "expire_login",
        "The weekly end of the login: everyone is hung up on, and the port opens again after a second factor, whatever "
        "else would have opened it.",
        expire_login,
        _PROMPT,
    ),
)
