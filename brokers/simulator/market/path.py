"""Where a price is at every quarter second of every day, known without ever being walked.

A day opens, peaks, bottoms, closes and turns over a volume that depend on a key and the day alone. It is split into
hours that make the whole of it, these into quarters of an hour, minutes, five seconds, seconds and quarter seconds. So
any stretch can be summed up without a visit to its every moment, and its parts always make the whole.

Prices here are whole numbers of a unit that the caller chooses, volumes whole lots.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from itertools import accumulate, pairwise
from random import Random
from typing import NamedTuple

# A day splits into 24 hours, an hour into 4 quarters, and so on down to the quarters of a second.
_SPLITS = (24, 4, 15, 12, 5, 4)
# How many quarter seconds a part of each level lasts, the day first, the quarter second last.
_LENGTHS = tuple(math.prod(_SPLITS[level:]) for level in range(len(_SPLITS) + 1))
QUARTERS_A_SECOND = 4
QUARTERS_A_DAY = _LENGTHS[0]

# From day to day a price follows slow waves: so many days long, and such a share of its home high.
_WAVES = ((200, 0.02), (30, 0.01), (5, 0.005))

_LEAST_LOTS = 1
_AVERAGE_LOTS = 2.5

# Enough for a minute's quarter seconds with all that stands above them.
_REMEMBERED = 512


class Stretch(NamedTuple):
    """A price from one moment to another, with what was traded between them."""

    open: int
    high: int
    low: int
    close: int
    volume: int
    trades: int

    def moved(self, by: int) -> Stretch:
        """The same so many units higher."""
        return self._replace(open=self.open + by, high=self.high + by, low=self.low + by, close=self.close + by)


def join(stretches: Iterable[Stretch]) -> Stretch | None:
    """The whole of stretches that follow each other; None of none."""
    parts = list(stretches)
    if not parts:
        return None
    return Stretch(
        open=parts[0].open,
        high=max(part.high for part in parts),
        low=min(part.low for part in parts),
        close=parts[-1].close,
        volume=sum(part.volume for part in parts),
        trades=sum(part.trades for part in parts),
    )


class Path:
    """One price. `home` is where it stays near, `daily_range` how far it goes within a day, both in units.

    Moments are counted in quarter seconds since the first of January 1970, and may lie before it.
    """

    def __init__(self, key: str, *, home: int, daily_range: int) -> None:
        self._key = key
        self._home = home
        self._range = daily_range
        self._parts: dict[tuple[int, int], tuple[Stretch, ...]] = {}
        self._turns: dict[tuple[int, int], float] = {}

    def at(self, quarter: int) -> Stretch:
        """The one trade of a quarter second."""
        return self._part(len(_SPLITS), quarter)

    def over(self, start: int, end: int) -> Stretch | None:
        """What the quarter seconds from `start` up to `end` come to; None when there are none."""
        return join(self._cover(0, start, end))

    def _cover(self, level: int, start: int, end: int) -> Iterator[Stretch]:
        """The fewest parts that make a stretch: the whole ones of this level, and finer ones at its ends."""
        length = _LENGTHS[level]
        for index in range(start // length, -(-end // length)):
            first, last = index * length, (index + 1) * length
            if start <= first and last <= end:
                yield self._part(level, index)
            else:
                yield from self._cover(level + 1, max(start, first), min(end, last))

    def _part(self, level: int, index: int) -> Stretch:
        if level == 0:
            return self._remembered((-1, index), lambda: (self._day(index),))[0]
        above, place = divmod(index, _SPLITS[level - 1])
        return self._remembered((level - 1, above), lambda: self._split(level - 1, above))[place]

    def _remembered(self, name: tuple[int, int], make: Callable[[], tuple[Stretch, ...]]) -> tuple[Stretch, ...]:
        found = self._parts.get(name)
        if found is None:
            found = make()
            if len(self._parts) >= _REMEMBERED:
                self._parts.clear()
            self._parts[name] = found
        return found

    def _split(self, level: int, index: int) -> tuple[Stretch, ...]:
        whole = self._part(level, index)
        chance = self._chance(f"{level}/{index}")
        if level == len(_SPLITS) - 1:
            return _trades(whole, chance)
        return _split(whole, _SPLITS[level], chance)

    def _day(self, day: int) -> Stretch:
        chance = self._chance(f"day/{day}")
        opens, closes = self._level(day), self._level(day + 1)
        volume = int(QUARTERS_A_DAY * _AVERAGE_LOTS * chance.uniform(0.7, 1.3))
        return Stretch(
            open=opens,
            high=max(opens, closes) + int(self._range * chance.uniform(0.25, 0.5)),
            low=min(opens, closes) - int(self._range * chance.uniform(0.25, 0.5)),
            close=closes,
            volume=volume,
            trades=QUARTERS_A_DAY,
        )

    def _level(self, day: int) -> int:
        return round(self._home * (1 + sum(share * self._wave(days, day) for days, share in _WAVES)))

    def _wave(self, days: int, day: int) -> float:
        """Between -1 and 1, and smooth from one multiple of `days` to the next."""
        number, offset = divmod(day, days)
        before, after = self._turn(days, number), self._turn(days, number + 1)
        return before + (after - before) * (1 - math.cos(math.pi * offset / days)) / 2

    def _turn(self, days: int, number: int) -> float:
        """Where a wave is at a multiple of its days: each is asked for on all the days around it."""
        name = (days, number)
        if name not in self._turns:
            self._turns[name] = self._chance(f"wave/{days}/{number}").uniform(-1, 1)
        return self._turns[name]

    def _chance(self, name: str) -> Random:
        return Random(f"{self._key}/{name}")


def _split(whole: Stretch, count: int, chance: Random) -> tuple[Stretch, ...]:
    """So many stretches that follow each other and make the whole."""
    step = (whole.high - whole.low) / (2 * math.sqrt(count))
    marks = _marks(whole, count, step, chance)
    highs = [min(whole.high, max(pair) + round(abs(chance.gauss(0, step / 2)))) for pair in pairwise(marks)]
    lows = [max(whole.low, min(pair) - round(abs(chance.gauss(0, step / 2)))) for pair in pairwise(marks)]
    highs[highs.index(max(highs))] = whole.high
    lows[lows.index(min(lows))] = whole.low
    volumes = _share(whole.volume, whole.trades // count, count, chance)
    edges = pairwise(marks)
    return tuple(
        Stretch(first, high, low, last, volume, whole.trades // count)
        for (first, last), high, low, volume in zip(edges, highs, lows, volumes, strict=True)
    )


def _marks(whole: Stretch, count: int, step: float, chance: Random) -> list[int]:
    """A walk from the open to the close, where one part ends and the next begins."""
    walk = list(accumulate(chance.gauss(0, step) for _ in range(count)))
    drift = (whole.close - whole.open - walk[-1]) / count
    between = (round(whole.open + walk[number] + drift * (number + 1)) for number in range(count - 1))
    return [whole.open, *(min(max(mark, whole.low), whole.high) for mark in between), whole.close]


def _trades(second: Stretch, chance: Random) -> tuple[Stretch, ...]:
    """A second's four trades: its open, its high and its low in either order, and its close."""
    extremes = (second.high, second.low) if chance.random() < 0.5 else (second.low, second.high)
    volumes = _share(second.volume, _LEAST_LOTS, QUARTERS_A_SECOND, chance)
    prices = (second.open, *extremes, second.close)
    return tuple(Stretch(at, at, at, at, volume, 1) for at, volume in zip(prices, volumes, strict=True))


def _share(volume: int, least: int, count: int, chance: Random) -> list[int]:
    """A volume in parts of at least `least` each."""
    weights = list(accumulate(chance.uniform(0.2, 1.8) for _ in range(count)))
    spare = volume - least * count
    ends = [0, *(int(spare * weight / weights[-1]) for weight in weights[:-1]), spare]
    return [least + last - first for first, last in pairwise(ends)]
