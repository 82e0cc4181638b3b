"""What a stranger gets: a challenge, a sentence, and no byte of the gateway."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from brokers.gateways.relay import server, words
from brokers.gateways.relay.words import Verdict, WordsRefused
from tests.brokers.gateways.relay.stage import KEY, NAME, Place, line, relay_before
from tests.brokers.gateways.relay.watcher import Watcher


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    with Watcher() as gateway:
        async with relay_before(gateway, tmp_path / "fence") as place:
            yield place


async def refused(place: Place, said: bytes) -> words.Answer:
    """The answer to that line instead of a preamble. None of it may have reached the gateway or touched the fence."""
    client = await place.dial()
    challenge = words.read_greeting(await line(client))
    client.writer.write(said)
    answer = words.read_answer(await line(client), key=KEY, challenge=challenge, nonce="")
    assert await client.ended() == b""
    assert place.gateway.connections == []
    assert not place.memory.exists()
    return answer


async def test_a_client_that_starts_with_the_api_gets_a_sentence_and_no_gateway(place: Place) -> None:
    answer = await refused(place, b"API\0\0\0\0\nv157..176\n")
    assert answer.verdict is Verdict.UNPROVEN
    assert "is no preamble: NAME FENCE NONCE MAC" in answer.sentence


async def test_a_preamble_longer_than_any_is_refused_before_its_end(place: Place) -> None:
    assert "at most 1024 bytes" in (await refused(place, b"a" * 3000)).sentence


async def test_an_overheard_preamble_opens_nothing(place: Place) -> None:
    overheard, _ = place.preamble(9, words.greeting(words.new_challenge()))
    assert "doesn't fit the key" in (await refused(place, overheard)).sentence


async def test_another_key_opens_nothing(place: Place) -> None:
    said, _ = place.preamble(9, words.greeting(words.new_challenge()), key=bytes(32))
    assert "doesn't fit the key" in (await refused(place, said)).sentence


async def test_a_relay_that_does_not_know_the_key_is_not_believed(place: Place) -> None:
    with pytest.raises(WordsRefused, match="isn't proved"):
        await place.knock(3, key=bytes(32), check_key=bytes(32))


async def test_the_relay_of_another_gateway_lets_nobody_through(place: Place) -> None:
    client = await place.dial()
    said, _ = place.preamble(9, await line(client), name=f"{NAME}0")
    client.writer.write(said)
    assert b"another gateway" in await line(client)
    assert place.gateway.connections == []


async def test_who_says_nothing_is_sent_away(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "PREAMBLE_DEADLINE", 0.05)
    client = await place.dial()
    await line(client)
    assert await client.ended() == b""


async def test_many_who_say_nothing_keep_nobody_out(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "PREAMBLE_DEADLINE", 3600.0)
    silent = [await place.dial() for _ in range(server.MOST_STRANGERS + 1)]
    for client in silent[1:]:
        await line(client)
    await place.enter(1)
    await silent[0].ended()
