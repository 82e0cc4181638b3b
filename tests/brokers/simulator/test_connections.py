"""How connections begin and end, and what they may not do."""

from __future__ import annotations

import asyncio

import pytest
from ib_insync import IB

from brokers.simulator.wire import MAX_FRAME
from tests.brokers.simulator.conftest import RawClient, Running, answered, soon


async def test_the_handshake_agrees_on_version_176(raw: RawClient) -> None:
    version, connected_at = await raw.greet()
    assert version == "176"
    assert connected_at


async def test_starting_the_api_brings_accounts_the_next_order_id_and_farm_notices(raw: RawClient) -> None:
    await raw.greet()
    raw.send(71, 2, 5, "")
    received = await raw.receive_until(lambda fields: fields[3:4] == ["2158"])
    assert received[0] == ["15", "1", "DU1000001"]
    assert received[1] == ["9", "1", "1"]
    assert [fields[3] for fields in received[2:]] == ["2104", "2104", "2106", "2158"]


async def test_ib_insync_synchronises_on_connecting(running: Running, caplog: pytest.LogCaptureFixture) -> None:
    ib = await running.connect()
    assert ib.client.serverVersion() == 176
    assert ib.managedAccounts() == ["DU1000001"]
    assert ib.positions() == []
    assert ib.openTrades() == []
    assert {value.tag for value in ib.accountValues()} >= {"NetLiquidation", "CashBalance", "AccountCode"}
    assert not [
        record for record in caplog.records if record.name.startswith("ib_insync") and record.levelname == "ERROR"
    ]


async def test_a_client_id_in_use_is_refused_and_the_older_connection_lives_on(running: Running, ib: IB) -> None:
    second = await running.raw()
    await second.greet()
    second.send(71, 2, 1, "")
    assert (await second.receive())[3] == "326"
    assert await second.is_closed()
    await answered(ib)
    assert [row["event"] for row in running.rows("connection")] == ["opened", "refused"]


async def test_a_client_id_is_free_again_after_its_connection(running: Running) -> None:
    first = await running.raw()
    await first.start()
    await first.close()
    await running.gone(1)
    second = await running.connect()
    assert second.isConnected()


@pytest.mark.parametrize(
    "versions", [b"v100..150", b"v177..200", b"garbage", b"", b"v176", b"v157..176 +PACEAPI"], ids=lambda one: repr(one)
)
async def test_only_a_client_that_speaks_version_176_is_answered(raw: RawClient, versions: bytes) -> None:
    raw.write(b"API\0" + len(versions).to_bytes(4, "big") + versions)
    if versions in (b"v176", b"v157..176 +PACEAPI"):
        assert (await raw.receive())[0] == "176"
    else:
        assert await raw.is_closed()


@pytest.mark.parametrize(
    "content",
    [
        b"GET / HTTP/1.1\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01",
        b"API\0" + b"\xff" * 4,
        b"API\0" + (MAX_FRAME + 1).to_bytes(4, "big"),
    ],
    ids=["http", "tls", "oversize", "just-oversize"],
)
async def test_what_is_no_client_is_refused_and_others_live_on(running: Running, ib: IB, content: bytes) -> None:
    stranger = await running.raw()
    stranger.write(content)
    assert await stranger.is_closed()
    await answered(ib)


@pytest.mark.parametrize(
    "frame",
    [
        b"\x7f\xff\xff\xff",
        b"\0\0\0\x04\xff\xfe\xfd\0",
        b"\0\0\0\x03abc",
        b"\0\0\0\x04xyz\0",
        b"\0\0\0\x09" + b"81\0" + b"1\0" + b"A\nA\0",
        b"\0\0\0\x01\0",
    ],
    ids=["2-gib", "no-utf8", "no-separator", "no-message-id", "control-character", "empty-message-id"],
)
async def test_a_bad_frame_ends_its_own_connection_alone(running: Running, ib: IB, frame: bytes) -> None:
    culprit = await running.raw()
    await culprit.start(client_id=9)
    culprit.write(frame)
    assert await culprit.is_closed()
    await answered(ib)
    [refused] = [row for row in running.rows("connection") if row["event"] == "refused"]
    assert refused["client_id"] == 9
    assert refused["reason"]


async def test_a_request_before_the_api_was_started_ends_the_connection(raw: RawClient) -> None:
    await raw.greet()
    raw.send(61, 1)
    assert await raw.is_closed()


async def test_an_unknown_message_id_is_answered_and_written_down(running: Running, raw: RawClient) -> None:
    await raw.start()
    raw.send(999, 1, "x")
    assert (await raw.receive())[2:4] == ["-1", "505"]
    [row] = running.rows("unreadable")
    assert (row["message_id"], row["client_id"]) == (999, 1)


@pytest.mark.parametrize("fields", [(61,), (61, 1, "more"), (7, 3, "one"), (62, 1, "x", "All", "NetLiquidation")])
async def test_a_message_with_wrong_fields_is_answered_and_the_connection_lives_on(
    raw: RawClient, fields: tuple[object, ...]
) -> None:
    await raw.start()
    raw.send(*fields)
    assert (await raw.receive())[3] == "320"
    raw.send(49, 1)
    assert (await raw.receive())[0] == "49"


async def test_a_client_that_says_nothing_is_let_go(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("brokers.simulator.api.server.HANDSHAKE_SECONDS", 0.01)
    silent = await running.raw()
    assert await silent.is_closed()


async def test_messages_over_the_rate_are_refused_with_100(running: Running, raw: RawClient) -> None:
    await raw.start()
    for _ in range(80):
        raw.send(49, 1)
    answers = [await raw.receive() for _ in range(80)]
    refused = [fields for fields in answers if fields[0] == "4"]
    assert {fields[3] for fields in refused} == {"100"}
    assert len(running.rows("unreadable")) == len(refused)
    assert answers[0][0] == "49"


async def test_a_client_that_does_not_read_is_dropped(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("brokers.simulator.connections.session.UNREAD_LIMIT", 64 * 1024)
    lazy = await running.raw()
    await lazy.start()
    lazy.reader._transport.pause_reading()  # type: ignore[attr-defined]
    session = running.gateway.sessions.get(1)
    assert session is not None
    while not session.is_closing:
        session.error(-1, 2100, "x" * 10_000)
    await running.gone(1)


async def test_closing_the_server_hangs_up_on_everyone(running: Running) -> None:
    ib = await running.connect()
    gone = asyncio.ensure_future(ib.disconnectedEvent.__aiter__().__anext__())
    await soon(running.server.close())
    await soon(gone)
    assert not ib.isConnected()


async def test_two_clients_are_told_apart(running: Running) -> None:
    first, second = await running.connect(1), await running.connect(2)
    assert first.client.clientId != second.client.clientId
    assert {session.client_id for session in running.gateway.sessions} == {1, 2}
