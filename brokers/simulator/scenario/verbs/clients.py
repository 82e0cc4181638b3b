"""Verbs about the API port and who is connected to it."""

from __future__ import annotations

import asyncio

from brokers.simulator.connections.pace import RATE, VIOLATIONS
from brokers.simulator.messages.session import NO_REQUEST
from brokers.simulator.scenario.verbs.stage import PORT_OPENS, Stage
from brokers.simulator.scenario.verbs.table import Answer, Verb, VerbRefused, seconds, switch, text, whole

# What is put off under this name.
_HANG = "the gateway wakes"


async def restart(stage: Stage, *, seconds: float, next_order_id: int | None) -> Answer:
    """Connections and their subscriptions are gone; orders and positions are IB's and stay."""
    server = stage.server
    stage.refuse_when_expired()
    for what in (PORT_OPENS, _HANG):
        stage.never_mind(what)
    server.stop_listening()
    await server.hang_up()
    server.ghosts.clear()
    if next_order_id is not None:
        stage.gateway.orders.roll_back_ids(next_order_id)
    await asyncio.sleep(seconds)
    await stage.open_port()
    return {"port": server.port}


def refuse_connections(stage: Stage, *, seconds: float | None) -> None:
    stage.refuse_when_expired()
    stage.server.stop_listening()
    if seconds is not None:
        stage.later(PORT_OPENS, seconds, lambda: stage.begin(stage.open_port()))


async def accept_connections(stage: Stage) -> None:
    if stage.server.is_listening:
        raise VerbRefused("connections are accepted already; refuse_connections stops that")
    stage.never_mind(PORT_OPENS)
    await stage.open_port()


def hang(stage: Stage, *, seconds: float | None) -> None:
    stage.server.hang()
    if seconds is not None:
        stage.later(_HANG, seconds, stage.server.wake)


def wake(stage: Stage) -> None:
    stage.never_mind(_HANG)
    stage.server.wake()


async def hang_up(stage: Stage, *, client_id: int | None) -> None:
    sessions = stage.gateway.sessions if client_id is None else [stage.session(client_id)]
    await stage.server.hang_up(list(sessions))


def hold_client_id(stage: Stage, *, client_id: int) -> None:
    stage.server.ghosts.add(client_id)


def free_client_id(stage: Stage, *, client_id: int) -> None:
    held = stage.server.ghosts
    if client_id not in held:
        raise VerbRefused(f"no ghost holds client id {client_id}; held are: {sorted(held) or 'none'}")
    held.remove(client_id)


def read_only(stage: Stage, *, on: bool) -> None:
    stage.gateway.set_read_only(on=on)


def limit_rate(stage: Stage, *, rate: int, violations: int) -> None:
    stage.server.limits.rate = rate
    stage.server.limits.violations = violations or None


def notice(stage: Stage, *, code: int, text: str, request_id: int, client_id: int | None) -> None:
    sessions = stage.gateway.sessions if client_id is None else [stage.session(client_id)]
    for session in sessions:
        session.error(request_id, code, text)


_FOR_SECONDS = (seconds("seconds", None),)
_CLIENT = whole("client_id")

VERBS = (
    Verb(
        "restart",
        "Everyone is hung up on and the port is closed for some seconds. With next_order_id, clients are told that id "
        "next, also one that was used before.",
        restart,
        (seconds("seconds", 0.0), whole("next_order_id", None, low=1)),
    ),
    Verb(
        "refuse_connections",
        "The port is closed (for some seconds, or until accept_connections); who is connected stays.",
        refuse_connections,
        _FOR_SECONDS,
    ),
    Verb("accept_connections", "The port opens again.", accept_connections),
    Verb(
        "hang",
        "The gateway freezes, for some seconds or until wake: clients can connect and hear nothing.",
        hang,
        _FOR_SECONDS,
    ),
    Verb("wake", "A gateway that hangs goes on: what was sent meanwhile is answered.", wake),
    Verb("hang_up", "Closes one client's connection, or everyone's.", hang_up, (whole("client_id", None),)),
    Verb(
        "hold_client_id",
        "Nobody can connect with this client id (326), as after a connection that IB didn't see end.",
        hold_client_id,
        (_CLIENT,),
    ),
    Verb("free_client_id", "The client id can be had again.", free_client_id, (_CLIENT,)),
    Verb("read_only", "The API is read-only from now on (321), or no longer.", read_only, (switch("on", True),)),
    Verb(
        "limit_rate",
        "How many messages a second a client may send, and after how many seconds with more it is hung up on; 0 is "
        "never.",
        limit_rate,
        (whole("rate", RATE, low=1), whole("violations", VIOLATIONS)),
    ),
    Verb(
        "notice",
        "An error, a warning or a notice of any code, to one client or to all; request_id -1 is about no request.",
        notice,
        (whole("code"), text("text"), whole("request_id", NO_REQUEST, low=-1), whole("client_id", None)),
    ),
)
