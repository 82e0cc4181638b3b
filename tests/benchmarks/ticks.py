"""From the gateway's tick to the browser's frame, beside the bare client's callback.

A tick is one step of the gateway's market: the new bid, ask, last and sizes of every instrument on the screen, which
the gateway writes in one go, four times a second. It was written when the last of its bytes was in the bare client's
socket, by the kernel's own stamp, and has arrived when a receiver knows all of it. The gateway writes each instrument
to the product first, so the product has its bytes about a tenth of a millisecond before the stamp.
"""

from __future__ import annotations

import json
import time
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks.bare_ticks import Market, Told, read_told
from tests.benchmarks.report import Comparison, Leg, checked
from tests.benchmarks.screen import Frame
from tests.benchmarks.stage import Stage

SECONDS = 35
LEAST = 100
# Seconds without news between two steps of the market.
STEP_GAP = 0.1
# Seconds that a tick may take at most; what takes longer counts as never seen.
LATEST = 2.0
# Seconds by which the page's clock may be off, and by which the product may have a tick before it was stamped.
CLOCK_SLACK = 0.002

_SHOWN = ("bid", "bid_size", "ask", "ask_size", "last", "last_size")

# When an instrument's market was seen for the first time and ever again, in seconds since 1970.
Sights = Mapping[tuple[int, Market], list[float]]


@dataclass(frozen=True, slots=True)
class Tick:
    """`began` and `written` are the stamps of its first and last bytes, `told` is when the bare client knew it all."""

    began: float
    written: float
    told: float
    markets: dict[int, Market]


def measure(stage: Stage, folder: Path) -> Comparison:
    file = folder / "told.jsonl"
    begin, frames = _watch(stage, file)
    ticks = [tick for tick in ticks_of(read_told(file)) if begin <= tick.began <= begin + SECONDS]
    sights = browser_saw(frames)
    bare = [tick.told - tick.written for tick in ticks]
    product = [delay for tick in ticks if (delay := arrived_after(tick, sights)) is not None]
    return Comparison(
        name="gateway tick to browser",
        product=checked(Leg("gateway tick to browser, Gatehouse", product), least=LEAST),
        bare=checked(Leg("gateway tick to callback, bare ib_insync", bare), least=LEAST),
        note=f"of {len(ticks)} ticks, {len(ticks) - len(product)} never showed whole: newer ones took their place",
    )


def _watch(stage: Stage, file: Path) -> tuple[float, list[Frame]]:
    """When the watching began, and what the browser got. The bare client writes its file when it has ended."""
    screen, port = stage.screen, str(stage.gateway_port)
    with stage.program("bare_ticks", "--port", port, "--out", str(file), *map(str, screen.con_ids())):
        begin = time.time()
        screen.take_frames()
        screen.page.wait_for_timeout((SECONDS + LATEST) * 1000)
        stage.stack.check()
        return begin, screen.take_frames()


def ticks_of(told: Iterable[Told]) -> list[Tick]:
    ticks: list[list[Told]] = []
    for news in changes(told):
        if ticks and news.received - ticks[-1][-1].received < STEP_GAP:
            ticks[-1].append(news)
        else:
            ticks.append([news])
    return [_tick(step) for step in ticks]


def changes(told: Iterable[Told]) -> Iterable[Told]:
    """Without what repeats the market as it was: volumes, highs and lows tick too, and nobody waits for those."""
    markets: dict[int, Market] = {}
    for news in told:
        if markets.get(news.con_id) != news.market:
            markets[news.con_id] = news.market
            yield news


def _tick(step: list[Told]) -> Tick:
    first, last = step[0], step[-1]
    markets = {news.con_id: news.market for news in step}
    return Tick(began=first.received, written=last.received, told=last.at, markets=markets)


def browser_saw(frames: Iterable[Frame]) -> Sights:
    sights: dict[tuple[int, Market], list[float]] = defaultdict(list)
    for frame in frames:
        message = json.loads(frame.text)
        for quote in message.get("quotes", ()):
            sights[quote["con_id"], _market(quote)].append(frame.at)
    return sights


def _market(quote: dict[str, str | None]) -> Market:
    return tuple(None if (text := quote[name]) is None else float(text) for name in _SHOWN)


def arrived_after(tick: Tick, sights: Sights) -> float | None:
    """Seconds from the tick's last byte to the frame that completed it; None when a part of it was never seen."""
    parts = [_first(sights.get((con_id, market), ()), tick) for con_id, market in tick.markets.items()]
    known = [at for at in parts if at is not None]
    return max(known) - tick.written if len(known) == len(parts) else None


def _first(times: Iterable[float], tick: Tick) -> float | None:
    return next((at for at in times if tick.began - CLOCK_SLACK <= at <= tick.written + LATEST), None)
