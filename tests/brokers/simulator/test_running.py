from __future__ import annotations

import errno

import pytest

from brokers.simulator.gateway import Gateway
from brokers.simulator.market.market import Quote
from brokers.simulator.running import Ending, move_market
from tests.brokers.simulator.conftest import soon

APPLE = 265598


def gateway() -> Gateway:
    return Gateway(account="DU1000001", seed=7, ledger=None, read_only=False)


async def test_a_stream_that_can_not_be_told_does_not_end_the_market(caplog: pytest.LogCaptureFixture) -> None:
    one, ending = gateway(), Ending()

    def fail(_con_id: int, _before: Quote, _now: Quote) -> None:
        if one.market.steps == 3:
            ending.ask()
        raise LookupError(f"step {one.market.steps}")

    one.market.watch(fail, lambda: [APPLE])
    await soon(move_market(one, ending, 0.0))
    assert [str(record.exc_info[1]) for record in caplog.records if record.exc_info] == ["step 1", "step 2", "step 3"]


async def test_a_ledger_that_can_not_be_written_ends_it() -> None:
    one = gateway()

    def fail(_con_id: int, _before: Quote, _now: Quote) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    one.market.watch(fail, lambda: [APPLE])
    with pytest.raises(OSError, match="No space left"):
        await soon(move_market(one, Ending(), 0.0))
