"""Who gets the gateway, over real TCP: the newest fence, alone, and nobody's bytes after their time."""

from __future__ import annotations

import array
import asyncio
import fcntl
import socket
import termios
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from brokers.gateways.relay.memory import FenceMemory
from brokers.gateways.relay.words import Verdict
from tests.brokers.gateways.relay.stage import DEADLINE, Client, Place, line, relay_before, until
from tests.brokers.gateways.relay.watcher import Watcher


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    with Watcher(echoes=True) as gateway:
        async with relay_before(gateway, tmp_path / "fence") as place:
            yield place


async def test_after_the_welcome_bytes_go_both_ways(place: Place) -> None:
    client = await place.enter(7)
    client.writer.write(b"API\0hello\n")
    assert await line(client) == b"API\0hello\n"


async def test_a_lower_fence_is_refused_with_a_sentence_and_reaches_no_gateway(place: Place) -> None:
    owner = await place.enter(7)
    client, answer = await place.knock(6)
    assert answer.verdict is Verdict.OUTDATED
    assert "Fence 6 is over: 7 has been here" in answer.sentence
    client.writer.write(b"too late")
    assert await client.ended() == b""
    owner.writer.write(b"mine\n")
    assert await line(owner) == b"mine\n"
    assert place.gateway.received == b"mine\n"


@pytest.mark.parametrize("fence", [7, 8], ids=["the same owner again", "a newer owner"])
async def test_the_one_before_is_cut_and_the_gateway_has_one_connection(place: Place, fence: int) -> None:
    before = await place.enter(7)
    after = await place.enter(fence)
    before.writer.write(b"too late")
    assert await before.ended() == b""
    after.writer.write(b"mine\n")
    assert await line(after) == b"mine\n"
    assert place.gateway.received == b"mine\n"
    assert place.gateway.second_connections == 0


async def test_what_the_old_owner_had_on_its_way_never_arrives(tmp_path: Path) -> None:
    """The gateway reads nothing, so that everything between the two is full: the client's side, the relay, the system's
    buffers. What the gateway's own system had taken before is all that there ever is.
    """
    with Watcher(reads=False) as gateway:
        async with relay_before(gateway, tmp_path / "fence") as place:
            old = await place.enter(1)
            sent = await fill(old)
            await place.enter(2)
            await until(lambda: len(gateway.connections) == 2)
            first = gateway.connections[0]
            arrived_before = waiting_to_be_read(first.socket)
            first.read_what_is_there()
            assert not first.is_open
            assert len(first.received) == arrived_before < sent
            assert first.was_reset


async def test_not_even_what_the_relay_had_read_already_is_passed_on_once_a_newer_fence_is_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    arrived: list[int] = []
    remember = FenceMemory.remember

    def note_what_has_arrived(memory: FenceMemory, fence: int) -> None:
        remember(memory, fence)
        arrived.extend(waiting_to_be_read(connection.socket) for connection in gateway.connections)

    with Watcher(reads=False) as gateway:
        async with relay_before(gateway, tmp_path / "fence") as place:
            old = await place.enter(1)
            await until(lambda: len(gateway.connections) == 1)
            newer = await place.dial()
            preamble, read_answer = place.preamble(2, await line(newer))
            monkeypatch.setattr(FenceMemory, "remember", note_what_has_arrived)
            # Both are there when the relay looks, the newer one first.
            newer.writer.write(preamble)
            old.writer.write(b"too late")
            assert read_answer(await line(newer)).verdict is Verdict.WELCOME
            first = gateway.connections[0]
            first.read_what_is_there()
            assert [len(first.received)] == arrived == [0]


async def fill(client: Client) -> int:
    """Until nothing more is taken. How much was sent."""
    sent = 0
    try:
        while True:
            client.writer.write(bytes(1 << 20))
            sent += 1 << 20
            async with asyncio.timeout(0.5):
                await client.writer.drain()
    except TimeoutError:
        return sent


def waiting_to_be_read(connection: socket.socket) -> int:
    size = array.array("i", [0])
    fcntl.ioctl(connection, termios.FIONREAD, size)
    return size[0]


async def test_a_client_that_says_goodbye_is_heard_out(place: Place) -> None:
    """As when a node stops: a cancel is written, and the connection ended behind it."""
    client = await place.enter(1)
    client.writer.write(b"a last cancel")
    client.writer.write_eof()
    assert await client.ended() == b"a last cancel"
    await until(lambda: not place.gateway.connections[0].is_open)
    assert place.gateway.received == b"a last cancel"
    assert not place.gateway.connections[0].was_reset


async def test_without_a_gateway_the_client_is_told_so_and_the_fence_counts(tmp_path: Path) -> None:
    with Watcher() as gone:
        pass
    async with relay_before(gone, tmp_path / "fence") as place:
        client, answer = await place.knock(5)
        assert answer.verdict is Verdict.UNAVAILABLE
        assert "doesn't accept connections" in answer.sentence
        assert await client.ended() == b""
        _, answer = await place.knock(4)
        assert answer.verdict is Verdict.OUTDATED


async def test_a_fence_is_on_the_disk_before_its_owner_is_let_through(place: Place) -> None:
    await place.enter(9)
    assert place.memory.read_text() == "9\n"


async def test_a_fence_that_cannot_be_written_down_lets_nobody_through(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner = await place.enter(1)
    (place.memory.parent / "fence.draft").mkdir()
    _, answer = await place.knock(2)
    assert answer.verdict is Verdict.UNAVAILABLE
    assert "can't write down fence 2" in answer.sentence
    assert await owner.ended() == b""
    _, answer = await place.knock(1)
    assert answer.verdict is Verdict.OUTDATED
    (place.memory.parent / "fence.draft").rmdir()
    await place.enter(2)
    assert place.memory.read_text() == "2\n"


async def test_a_relay_that_starts_again_has_not_forgotten(tmp_path: Path) -> None:
    with Watcher() as gateway:
        async with relay_before(gateway, tmp_path / "fence") as first:
            await first.enter(7)
        async with relay_before(gateway, tmp_path / "fence") as second:
            _, answer = await second.knock(6)
            assert answer.verdict is Verdict.OUTDATED
            await second.enter(7)


class Racer:
    """Comes, and once it is let through, sends its fence for as long as anybody takes it."""

    def __init__(self, number: int, fence: int) -> None:
        self.number = number
        self.tag = f"{fence}:{number};".encode()
        self.fence = fence
        self.verdict: Verdict | None = None

    async def run(self, place: Place, turns: int) -> None:
        for _ in range(turns):
            await asyncio.sleep(0)
        try:
            client, answer = await place.knock(self.fence)
        except (ConnectionError, ValueError):
            return  # overtaken before its answer came
        self.verdict = answer.verdict
        try:
            async with asyncio.timeout(DEADLINE):
                while not client.writer.is_closing():
                    client.writer.write(self.tag * 500)
                    await client.writer.drain()
                    await asyncio.sleep(0)
        except ConnectionError:
            pass
        finally:
            client.abort()


@settings(max_examples=40)
@given(st.lists(st.tuples(st.integers(1, 6), st.integers(0, 60)), min_size=2, max_size=8))
def test_however_they_race_the_gateway_hears_one_at_a_time_and_no_older_one_after_a_newer(
    tmp_path_factory: pytest.TempPathFactory, coming: list[tuple[int, int]]
) -> None:
    memory = tmp_path_factory.mktemp("race") / "fence"
    asyncio.run(race(memory, coming))


async def race(memory: Path, coming: list[tuple[int, int]]) -> None:
    with Watcher() as gateway:
        async with relay_before(gateway, memory) as place:
            racers = [Racer(number, fence) for number, (fence, _) in enumerate(coming)]
            running = [asyncio.create_task(racer.run(place, coming[racer.number][1])) for racer in racers]
            highest = max(fence for fence, _ in coming)
            await until(lambda: any(is_of(connection.received, highest) for connection in gateway.connections))
            judge = await place.enter(highest + 1)
            judge.writer.write(f"{highest + 1}:judge;".encode())
            await until(lambda: is_of(gateway.connections[-1].received, highest + 1))
            await asyncio.gather(*running)
    assert gateway.second_connections == 0
    spoken = [fences_in(connection.received) for connection in gateway.connections if connection.received]
    assert all(len(tags) == 1 for tags in spoken), "two clients spoke over one connection"
    fences = [int(tags.pop().split(b":")[0]) for tags in spoken]
    assert fences == sorted(fences), "an older fence spoke after a newer one"
    assert FenceMemory(memory).newest == highest + 1


def is_of(received: bytearray, fence: int) -> bool:
    return received.startswith(f"{fence}:".encode())


def fences_in(received: bytearray) -> set[bytes]:
    """What is in there, but for the last, which may have been cut short."""
    tags = bytes(received).split(b";")
    return set(tags[:-1]) or {tags[0]}
