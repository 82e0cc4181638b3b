"""Verbs about prices and market data."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from brokers.simulator.scenario.verbs.stage import Stage
from brokers.simulator.scenario.verbs.table import Answer, Verb, VerbRefused, amount, instrument, switch, whole
from brokers.simulator.wire import plain


def step(stage: Stage, *, count: int) -> Answer:
    for _ in range(count):
        stage.gateway.market.step()
    return {"steps": stage.gateway.market.steps}


def quote(
    stage: Stage,
    *,
    instrument: str,
    bid: Decimal | None,
    ask: Decimal | None,
    last: Decimal | None,
    bid_size: Decimal | None,
    ask_size: Decimal | None,
) -> Answer:
    market, con_id = stage.gateway.market, stage.instrument(instrument).con_id
    try:
        pin = market.pin(con_id).moved(bid=bid, ask=ask, last=last, bid_size=bid_size, ask_size=ask_size)
    except ValueError as error:
        raise VerbRefused(str(error)) from error
    market.put(con_id, pin)
    stage.held.add(con_id)
    return {"bid": plain(pin.quote.bid), "ask": plain(pin.quote.ask)}


def freeze(stage: Stage, *, instrument: str | None) -> None:
    market = stage.gateway.market
    if instrument is None:
        market.is_frozen = True
        return
    con_id = stage.instrument(instrument).con_id
    market.put(con_id, market.pin(con_id))
    stage.held.add(con_id)


def unfreeze(stage: Stage, *, instrument: str | None) -> None:
    market = stage.gateway.market
    held = market.pinned if instrument is None else [stage.instrument(instrument).con_id]
    for con_id in held:
        stage.held.discard(con_id)
        if not market.is_halted(con_id):
            market.put(con_id, None)
    if instrument is None:
        market.is_frozen = False


def halt(stage: Stage, *, instrument: str, on: bool) -> None:
    """While it is halted its price stands; afterwards it does so only where a verb put it."""
    gateway, con_id = stage.gateway, stage.instrument(instrument).con_id
    pin = replace(gateway.market.pin(con_id), is_halted=on)
    gateway.market.put(con_id, pin if on or con_id in stage.held else None)
    gateway.quotes.tell_halt(con_id)


def silence(stage: Stage, *, instrument: str) -> None:
    stage.gateway.quotes.silence(con_ids=[stage.instrument(instrument).con_id])


def end_silence(stage: Stage, *, instrument: str, revive: bool) -> None:
    stage.gateway.quotes.resume(con_ids=[stage.instrument(instrument).con_id], revive=revive)


def lines(stage: Stage, *, count: int) -> None:
    stage.gateway.quotes.lines = count


_ONE = instrument("instrument")
_ONE_OR_ALL = (instrument("instrument", None),)

VERBS = (
    Verb("step", "The market makes so many steps at once.", step, (whole("count", 1, low=1, high=10_000),)),
    Verb(
        "quote",
        "Puts an instrument's market somewhere and holds it there until unfreeze. A bid takes its ask along, and an "
        "ask its bid; what is not given stays. What follows its price (options, futures) goes along. Bars of the past "
        "don't know of it.",
        quote,
        (
            _ONE,
            amount("bid", None),
            amount("ask", None),
            amount("last", None),
            amount("bid_size", None, may_be_zero=True),
            amount("ask_size", None, may_be_zero=True),
        ),
    ),
    Verb("freeze", "Holds the market of an instrument, or of all, where it is.", freeze, _ONE_OR_ALL),
    Verb("unfreeze", "Lets the market of an instrument, or of all, go its own way again.", unfreeze, _ONE_OR_ALL),
    Verb(
        "halt",
        "Halts trading in an instrument, or ends a halt: its price stands, nobody trades, and streams are told.",
        halt,
        (_ONE, switch("on", True)),
    ),
    Verb("silence", "An instrument's streams go quiet without a word.", silence, (_ONE,)),
    Verb(
        "end_silence",
        "Quiet streams of an instrument speak again; without revive they stay dead until subscribed again.",
        end_silence,
        (_ONE, switch("revive", True)),
    ),
    Verb("lines", "How many market data lines the login has (101 over it).", lines, (whole("count"),)),
)
