"""The newest quote of every instrument on screen, per account: a snapshot in Redis and a stream of batches.

Panes (`bus.panes`) ride along: what is under a con_id is a quote, what is under a text is the pane of that key.

An account's stream has an epoch (its session's fence) and, within it, a sequence number that grows by one with every
batch. Storing and publishing are one atomic step, so a reader that subscribes first and reads the snapshot then loses
nothing: it drops what the snapshot holds already. A batch of an older epoch than the stored one is refused: its writer
has lost its lease.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import redis.asyncio

from brokers.domain import MarketDataType, Quote, StreamStatus
from webapp.bus import keys
from webapp.bus import redis as bus_redis
from webapp.bus.numbers import plain as _plain

Key = int | str  # a con_id, or a pane's key

# Of the last word about what nobody looks at any more. It is sent to whoever still holds the price, and not stored.
NOT_KEPT = "Nobody looked at it, so it wasn't kept up to date."

# A session that was never stopped properly leaves its snapshot behind; a week outlives any weekend.
_KEPT_SECONDS = 7 * 24 * 3600

# ARGV: epoch, seq, seconds to keep, how many keys are dropped and these, then key and encoded quote in turn.
_PUBLISH = """
local epoch = tonumber(ARGV[1])
local stored = tonumber(redis.call('HGET', KEYS[1], 'epoch') or '-1')
if stored > epoch then return 0 end
if stored < epoch then redis.call('DEL', KEYS[1]) end
redis.call('HSET', KEYS[1], 'epoch', ARGV[1], 'seq', ARGV[2])
local lines = {ARGV[1] .. ' ' .. ARGV[2]}
local first = 5 + tonumber(ARGV[4])
for i = first, #ARGV, 2 do
  redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1])
  lines[#lines + 1] = ARGV[i] .. ' ' .. ARGV[i + 1]
end
for i = 5, first - 1 do redis.call('HDEL', KEYS[1], ARGV[i]) end
redis.call('EXPIRE', KEYS[1], ARGV[3])
redis.call('PUBLISH', KEYS[2], table.concat(lines, '\\n'))
return 1
"""

# ARGV: the newest epoch that may be forgotten. Epoch and seq stay, so that an older worker can't publish again.
_FORGET = """
local epoch, seq = unpack(redis.call('HMGET', KEYS[1], 'epoch', 'seq'))
if epoch and tonumber(epoch) > tonumber(ARGV[1]) then return 0 end
redis.call('DEL', KEYS[1])
if epoch then
  redis.call('HSET', KEYS[1], 'epoch', epoch, 'seq', seq)
  redis.call('EXPIRE', KEYS[1], ARGV[2])
end
redis.call('PUBLISH', KEYS[2], 'forget')
return 1
"""

_ANY_EPOCH = 2**53


@dataclass(frozen=True, slots=True)
class Batch:
    """What changed since the batch before, or a whole snapshot: key -> quote or pane as encoded JSON.

    On the wire the first line is `epoch seq`, and each line after it `key encoded`, so that a reader passes quotes
    on without decoding them.
    """

    epoch: int
    seq: int
    quotes: dict[Key, str]


NOTHING = Batch(epoch=0, seq=0, quotes={})


@dataclass(frozen=True, slots=True)
class SeenQuote:
    """A quote as it was sent out. `is_stale` is None when nobody knows; `stale_reason` is why not to rely on it."""

    quote: Quote
    is_stale: bool | None
    stale_reason: str


_AMOUNTS = (
    "bid", "bid_size", "ask", "ask_size", "last", "last_size", "close", "open", "high", "low", "volume",
    "implied_volatility", "delta",
)  # fmt: skip


def encode(quote: Quote, status: StreamStatus | None = None) -> str:
    """One line of JSON as browsers get it: numbers as strings, what isn't known as null, `at` with its offset.

    `is_stale` is null when nobody knows; `stale_reason` is empty while the stream is to be relied on.
    """
    return json.dumps(
        {
            "con_id": quote.con_id,
            **{name: _plain(getattr(quote, name)) for name in _AMOUNTS},
            "change": _plain(quote.change),
            "market_data_type": quote.market_data_type.value,
            "at": quote.at.isoformat(),
            "is_stale": status.is_stale if status is not None else False,
            "stale_reason": status.reason if status is not None else "",
        },
        separators=(",", ":"),
    )


def decode(text: str) -> SeenQuote:
    """What `encode` made. What a worker of an earlier version doesn't tell isn't known."""
    told = json.loads(text)
    amounts = {name: None if told.get(name) is None else Decimal(told[name]) for name in _AMOUNTS}
    quote = Quote(
        con_id=told["con_id"],
        at=datetime.fromisoformat(told["at"]),
        market_data_type=MarketDataType(told["market_data_type"]),
        **amounts,
    )
    return SeenQuote(quote=quote, is_stale=told["is_stale"], stale_reason=told["stale_reason"])


async def publish(
    connection: redis.asyncio.Redis,
    account_id: UUID,
    epoch: int,
    seq: int,
    quotes: Mapping[Key, str],
    *,
    dropped: Collection[Key] = (),
) -> bool:
    """Store and publish one batch. False, and nothing done, when a newer epoch has published already.

    What the batch says of the `dropped` is published, and then no longer in the snapshot.
    """
    arguments = [str(epoch), str(seq), str(_KEPT_SECONDS), str(len(dropped)), *map(str, dropped)]
    for key, encoded in quotes.items():
        arguments += [str(key), encoded]
    done: Any = await connection.eval(_PUBLISH, 2, keys.snapshot(account_id), keys.quotes(account_id), *arguments)
    return bool(done)


async def snapshot(connection: redis.asyncio.Redis, account_id: UUID) -> tuple[int, int, dict[Key, str]]:
    """(epoch, seq, {key: encoded}) of the newest batch; (0, 0, {}) while there is none."""
    fields: Any = await connection.hgetall(keys.snapshot(account_id))
    epoch, seq = int(fields.pop("epoch", 0)), int(fields.pop("seq", 0))
    return epoch, seq, {_key(text): encoded for text, encoded in fields.items()}


def stored(account_id: UUID, con_ids: Collection[int]) -> dict[int, SeenQuote]:
    """What was last streamed of each, for code that blocks: nothing of what nobody looked at, and maybe long ago."""
    if not con_ids:
        return {}
    found: Any = bus_redis.client().hmget(keys.snapshot(account_id), [str(con_id) for con_id in con_ids])
    return {con_id: decode(text) for con_id, text in zip(con_ids, found, strict=True) if text is not None}


async def forget(connection: redis.asyncio.Redis, account_id: UUID, *, epoch: int = _ANY_EPOCH) -> bool:
    """The session stopped: drop its prices, here and on every screen. Stale ones are worse than none.

    False, and nothing done, when an epoch newer than the given one has published.
    """
    arguments = (str(epoch), str(_KEPT_SECONDS))
    done: Any = await connection.eval(_FORGET, 2, keys.snapshot(account_id), keys.quotes(account_id), *arguments)
    return bool(done)


def decode_batch(text: str) -> Batch | None:
    """A message of the account's channel; None when it says that the quotes were forgotten."""
    if text == "forget":
        return None
    head, *lines = text.split("\n")
    epoch, seq = head.split(" ")
    pairs = (line.split(" ", 1) for line in lines)
    return Batch(epoch=int(epoch), seq=int(seq), quotes={_key(text): encoded for text, encoded in pairs})


def _key(text: str) -> Key:
    return text if ":" in text else int(text)
