"""What goes wrong with bytes on their way to a client, seen by raw clients and by the library."""

from __future__ import annotations

import asyncio
import logging

import pytest
from ib_insync import IB, Contract

from brokers.simulator.wire import decode, encode
from tests.brokers.simulator.conftest import (
    HOST,
    RawClient,
    Running,
    answered,
    became,
    soon,
    turns,
)

ASK_FOR_THE_TIME = (49, 1)


def waiting(running: Running, client_id: int = 1) -> int:
    """How many bytes a client has still to get."""
    session = running.gateway.sessions.get(client_id)
    assert session is not None
    return session.outlet.unread


async def test_a_late_frame_waits_and_comes_by_itself(running: Running, raw: RawClient) -> None:
    await raw.start()
    await running.scenario.do("delay", ms=3_600_000)
    raw.send(*ASK_FOR_THE_TIME)
    await became(lambda: waiting(running) > 0)
    await running.scenario.do("delay", ms=1)
    await running.scenario.do("clear_faults")
    assert (await raw.receive())[0] == "49"
    await running.scenario.do("delay", ms=1)
    raw.send(*ASK_FOR_THE_TIME)
    assert (await raw.receive())[0] == "49"


async def test_late_frames_keep_their_order(running: Running, raw: RawClient) -> None:
    await raw.start()
    await running.scenario.do("delay", ms=20)
    raw.send(17, 1)
    raw.send(*ASK_FOR_THE_TIME)
    await became(lambda: waiting(running) > 30)
    await running.scenario.do("delay", ms=0)
    raw.send(8, 1, 1)
    assert [(await raw.receive())[0] for _ in range(3)] == ["15", "49", "9"]


async def test_a_stall_holds_everything_back_once(running: Running, raw: RawClient) -> None:
    await raw.start()
    await running.scenario.do("stall", seconds=3600)
    raw.send(*ASK_FOR_THE_TIME)
    raw.send(8, 1, 1)
    await became(lambda: waiting(running) > 0)
    await running.scenario.do("stall", seconds=0.01)
    raw.send(17, 1)
    await became(lambda: waiting(running) > 40)
    await running.scenario.do("clear_faults")
    assert [(await raw.receive())[0] for _ in range(3)] == ["49", "9", "15"]
    await running.scenario.do("stall", seconds=0.01)
    raw.send(*ASK_FOR_THE_TIME)
    assert (await raw.receive())[0] == "49"


class Pieces(asyncio.Protocol):
    """What came, as it came."""

    def __init__(self) -> None:
        self.received: list[bytes] = []

    def data_received(self, data: bytes) -> None:
        self.received.append(data)


async def test_split_writes_come_byte_by_byte_and_add_up(running: Running) -> None:
    transport, pieces = await asyncio.get_running_loop().create_connection(Pieces, HOST, running.port)
    transport.write(b"API\0" + encode(["v176..176"]))
    await became(lambda: bool(pieces.received))
    await running.scenario.do("split")
    pieces.received.clear()
    transport.write(encode([71, 2, 1, ""]))
    await became(
        lambda: b"2158" in b"".join(pieces.received) and pieces.received[-1] == b"\0" * len(pieces.received[-1])
    )
    whole = b"".join(pieces.received)
    assert len(pieces.received) > len(whole) / 3
    assert whole.startswith(encode([15, 1, "DU1000001"]) + encode([9, 1, 1]))
    transport.close()


async def test_a_library_reads_what_comes_byte_by_byte(running: Running, ib: IB) -> None:
    await running.scenario.do("split")
    await answered(ib)
    await running.scenario.do("split", on=False)
    await answered(ib)


async def test_a_cut_ends_the_connection_inside_a_frame_of_the_named_message(running: Running, raw: RawClient) -> None:
    await raw.start()
    await running.scenario.do("cut", message="nextValidId")
    raw.send(*ASK_FOR_THE_TIME)
    assert (await raw.receive())[0] == "49"
    raw.send(8, 1, 1)
    rest = await soon(raw.reader.read())
    assert 4 < len(rest) < len(encode([9, 1, 1]))
    assert encode([9, 1, 1]).startswith(rest)


async def test_a_cut_is_for_one_client_and_the_others_live_on(running: Running, ib: IB) -> None:
    victim = await running.raw()
    await victim.start(client_id=9)
    await running.scenario.do("cut", client_id=9)
    await answered(ib)
    victim.send(*ASK_FOR_THE_TIME)
    assert await victim.is_closed()
    await answered(ib)


SAID = encode([9, 1, 1])


async def spoiled(running: Running, raw: RawClient, how: str) -> bytes:
    """What came of a nextValidId that was spoiled; the next one must be whole again."""
    await raw.start()
    await running.scenario.do("corrupt", how=how, message="nextValidId")
    raw.send(8, 1, 1)
    raw.send(8, 1, 1)
    raw.send(*ASK_FOR_THE_TIME)
    came = (await soon(raw.reader.readuntil(b"49\x001\x00")))[: -len(b"1234" + b"49\x001\x00")]
    assert came.endswith(SAID)
    return came.removesuffix(SAID)


async def test_flipped_bytes_leave_a_frame_of_the_same_length_that_is_no_text(running: Running, raw: RawClient) -> None:
    came = await spoiled(running, raw, "flip")
    assert came[:4] == SAID[:4]
    assert len(came) == len(SAID)
    assert sum(one != other for one, other in zip(came, SAID, strict=True)) == 2
    with pytest.raises(UnicodeDecodeError):
        came.decode()


async def test_a_huge_frame_declares_two_gib(running: Running, raw: RawClient) -> None:
    assert await spoiled(running, raw, "huge") == b"\x7f\xff\xff\xff" + SAID[4:]


async def test_an_undecodable_message_is_framed_well_and_has_the_wrong_fields(running: Running, raw: RawClient) -> None:
    came = await spoiled(running, raw, "undecodable")
    message_id, *fields = decode(came[4:])
    assert int.from_bytes(came[:4], "big") == len(came) - 4
    assert message_id == "9"
    assert not any(field.isdecimal() for field in fields)


async def test_an_unknown_message_comes_before_what_was_said(running: Running, raw: RawClient) -> None:
    came = await spoiled(running, raw, "unknown")
    stranger = came.removesuffix(SAID)
    assert came == stranger + SAID
    assert decode(stranger[4:])[0] == "999"


@pytest.mark.parametrize("how", ["flip", "undecodable", "unknown"])
async def test_a_library_that_gets_a_bad_frame_goes_on(running: Running, ib: IB, how: str) -> None:
    await running.scenario.do("corrupt", how=how, message="managedAccounts")
    ib.client.reqManagedAccts()
    await answered(ib)
    assert ib.isConnected()


async def test_a_frame_that_can_not_be_decoded_is_logged_by_the_library_and_it_goes_on(
    running: Running, ib: IB, apple: Contract, caplog: pytest.LogCaptureFixture
) -> None:
    await running.scenario.do("corrupt", how="undecodable", message="contractDetails")
    with caplog.at_level(logging.ERROR):
        assert await soon(ib.reqContractDetailsAsync(apple)) == []
    assert [record for record in caplog.records if record.name == "ib_insync.Decoder"]
    [details] = await soon(ib.reqContractDetailsAsync(apple))
    assert details.contract.conId == apple.conId


async def test_an_ignored_request_gets_no_answer_and_the_next_one_does(running: Running, raw: RawClient) -> None:
    await raw.start()
    await running.scenario.do("ignore", message="reqIds", count=2)
    for _ in range(3):
        raw.send(8, 1, 1)
    raw.send(*ASK_FOR_THE_TIME)
    assert [(await raw.receive())[0] for _ in range(2)] == ["9", "49"]
    fates = [row["fate"] for row in running.rows("request") if row["name"] == "reqIds"]
    assert fates == ["ignored", "ignored", "served"]


async def test_clearing_faults_ends_them_all(running: Running, raw: RawClient) -> None:
    await raw.start()
    await running.scenario.do("ignore", message="reqIds", count=99)
    await running.scenario.do("cut")
    await running.scenario.do("corrupt", how="huge", count=99)
    await running.scenario.do("split")
    await running.scenario.do("clear_faults")
    raw.send(8, 1, 1)
    assert await raw.receive() == ["9", "1", "1"]
    assert running.gateway.faults.is_idle


async def test_a_client_that_is_kept_waiting_for_too_much_is_dropped(
    running: Running, raw: RawClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("brokers.simulator.connections.session.UNREAD_LIMIT", 10_000)
    await raw.start()
    session = running.gateway.sessions.get(1)
    assert session is not None
    await running.scenario.do("stall", seconds=3600)
    while not session.is_closing:
        session.error(-1, 2100, "x" * 1_000)
    assert await raw.is_closed()


async def test_the_wire_is_left_alone_when_nothing_is_wrong(running: Running, raw: RawClient) -> None:
    assert running.gateway.faults.is_idle
    await running.scenario.do("stall", seconds=0)
    await raw.start()
    assert running.gateway.faults.is_idle
    await turns()
    assert waiting(running) == 0
