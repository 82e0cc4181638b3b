"""Verbs about the gateway's way to IB: the link, its port, the data farms, a session elsewhere."""

from __future__ import annotations

from brokers.simulator.connections.farms import FARMS, FarmState, serves_quotes
from brokers.simulator.connections.link import BROKEN, COMPETING, COMPETING_TEXT, DATA_KEPT, DATA_LOST, LOST
from brokers.simulator.scenario.verbs.stage import Stage
from brokers.simulator.scenario.verbs.table import Answer, Argument, Verb, VerbRefused, choice, seconds, switch, whole

_FATE = ("kept", "lost")
_FARM = choice("farm", FARMS)

# What is put off under these names.
_LINK, _COMPETITOR = "the link comes up", "the competitor leaves"


def drop_link(stage: Stage, *, code: int, seconds: float | None, data: str, orders: str) -> None:
    if not stage.gateway.link.is_up:
        raise VerbRefused("the link is down already; restore_link brings it back")
    stage.gateway.link.go_down(code)
    stage.tell_all(*_notice(stage))
    if seconds is not None:
        stage.later(_LINK, seconds, lambda: _restore(stage, data, orders))


def _notice(stage: Stage) -> tuple[int, str]:
    notice = stage.gateway.link.notice()
    if notice is None:
        raise VerbRefused("the link is up")
    return notice


def restore_link(stage: Stage, *, data: str, orders: str) -> None:
    if stage.gateway.link.is_up:
        raise VerbRefused("the link is up; drop_link takes it down")
    stage.never_mind(_LINK)
    _restore(stage, data, orders)


def _restore(stage: Stage, data: str, orders: str) -> None:
    """First the news that the link is back, then what IB had to say meanwhile, then what clients asked meanwhile."""
    gateway = stage.gateway
    waited = gateway.link.come_up()
    if data == "lost":
        gateway.quotes.drop_all()
    stage.tell_all(*(DATA_LOST if data == "lost" else DATA_KEPT))
    gateway.faults.release()
    gateway.data.renew()
    for request in waited:
        if orders == "kept" or not request.is_about_an_order:
            request.serve()
    gateway.accounts.refresh()


async def move_port(stage: Stage, *, port: int) -> Answer:
    """IB's 1300: the new port is open before anybody is told of it, and the old connections end."""
    server = stage.server
    sessions = list(stage.gateway.sessions)
    await stage.open_port(port)
    text = (
        "TWS socket port has been reset and this connection is being dropped. "
        f"Please reconnect on the new port - {server.port}"
    )
    stage.tell_all(1300, text)
    await server.hang_up(sessions)
    return {"port": server.port}


def break_farm(stage: Stage, *, farm: str) -> None:
    _put_farm(stage, farm, FarmState.BROKEN)
    if serves_quotes(farm):
        stage.gateway.quotes.silence(farm=farm)


def mend_farm(stage: Stage, *, farm: str, revive: bool) -> None:
    stage.never_mind(_mending(farm))
    _put_farm(stage, farm, FarmState.OK)
    if serves_quotes(farm):
        stage.gateway.quotes.resume(farm=farm, revive=revive)


def flap_farm(stage: Stage, *, farm: str, seconds: float, revive: bool) -> None:
    break_farm(stage, farm=farm)
    if not seconds:
        mend_farm(stage, farm=farm, revive=revive)
        return
    stage.later(_mending(farm), seconds, lambda: mend_farm(stage, farm=farm, revive=revive))


def _mending(farm: str) -> str:
    return f"{farm} is mended"


def sleep_farm(stage: Stage, *, farm: str) -> None:
    """A farm that nobody asked anything for a while. It answers as soon as somebody does."""
    _put_farm(stage, farm, FarmState.ASLEEP)


def _put_farm(stage: Stage, farm: str, state: FarmState) -> None:
    try:
        notice = stage.gateway.farms.put(farm, state)
    except ValueError as error:
        raise VerbRefused(str(error)) from error
    stage.tell_all(*notice)


def compete(stage: Stage, *, seconds: float | None) -> None:
    if stage.gateway.link.has_competitor:
        raise VerbRefused("a competing session has the market data already; stop_competing ends it")
    stage.gateway.link.has_competitor = True
    for session in stage.gateway.sessions:
        for request_id in session.streams.request_ids():
            session.error(request_id, COMPETING, COMPETING_TEXT)
    if seconds is not None:
        stage.later(_COMPETITOR, seconds, lambda: _release(stage))


def stop_competing(stage: Stage) -> None:
    if not stage.gateway.link.has_competitor:
        raise VerbRefused("no competing session has the market data; compete begins one")
    stage.never_mind(_COMPETITOR)
    _release(stage)


def _release(stage: Stage) -> None:
    stage.gateway.link.has_competitor = False
    stage.gateway.data.renew()


_SECONDS = seconds("seconds", None)
_REVIVE = switch("revive", True)
_DATA: tuple[Argument, ...] = (choice("data", _FATE, "kept"), choice("orders", _FATE, "kept"))

VERBS = (
    Verb(
        "drop_link",
        "The gateway loses IB: every client is told (1100 or 2110), requests and orders wait, no quote comes. After "
        "`seconds`, if given, the link is restored as by restore_link.",
        drop_link,
        (choice("code", (LOST, BROKEN), LOST), _SECONDS, *_DATA),
    ),
    Verb(
        "restore_link",
        "The link is back: 1101 with data lost (streams are gone), 1102 with data kept. What waited is served; orders "
        "sent meanwhile are forgotten when they are lost.",
        restore_link,
        _DATA,
    ),
    Verb(
        "move_port",
        "Listens on another port, tells every client (1300), closes the old one and its connections.",
        move_port,
        (whole("port", 0, high=65535),),
    ),
    Verb("break_farm", "A data farm breaks (2103, 2105 or 2157): what it serves stops.", break_farm, (_FARM,)),
    Verb(
        "mend_farm",
        "A data farm is back (2104, 2106 or 2158). Without revive its streams stay dead until subscribed again.",
        mend_farm,
        (_FARM, _REVIVE),
    ),
    Verb(
        "flap_farm",
        "A data farm breaks and is back, after some seconds or in the same instant.",
        flap_farm,
        (_FARM, seconds("seconds", 0.0), _REVIVE),
    ),
    Verb("sleep_farm", "A data farm falls asleep for want of questions (2108 or 2107).", sleep_farm, (_FARM,)),
    Verb(
        "compete",
        "Another session of this user takes the market data: 10197 on each stream, and no data.",
        compete,
        (_SECONDS,),
    ),
    Verb("stop_competing", "The other session ends, and data comes again.", stop_competing),
)
