"""`make bench`: the product beside a bare `ib_insync` client, on the same gateway, in the same run.

Three ways are measured, each as p50 and p99 over all samples, and as the ratio of the two:

* A tick, from the moment when the gateway had written it to the `message` event of the page's socket in Chromium,
  against the bare client's callback (`ticks` says how the moment is known).
* An order, from the click on the ticket's button in Chromium to the gateway's ledger row for it, against the bare
  client from the moment before `placeOrder`. The two take turns, so that the machine's noise meets both.
* A cancel behind a thousand data requests, from the call to a gateway's bytes, against the library's own sender.

The stack is the demo's own, with its data synced to disk, in a folder that is removed afterwards. Nothing is asserted
of the times; too few samples end it with an error. Ratios depend on the machine less than times do.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from deploy.local import parents
from deploy.local.demo import Stopped, stoppable
from deploy.local.processes import LocalError
from tests.benchmarks import cancels, orders, ticks
from tests.benchmarks.report import Comparison, report, say
from tests.benchmarks.stage import Stage, set_up


def main() -> None:
    try:
        with stoppable(), parents.followed(), set_up() as stage:
            text = report(*measured(stage), stage=stage)
    except LocalError as error:
        sys.exit(f"make bench: {error}")
    except Stopped:
        sys.exit("make bench: stopped")
    say(text)


def measured(stage: Stage) -> list[Comparison]:
    with tempfile.TemporaryDirectory() as folder:
        say(f"Watching ticks for {ticks.SECONDS} s")
        tick_times = ticks.measure(stage, Path(folder))
    say(f"Placing and cancelling up to {orders.MOST} orders on each side, in turn")
    order_times = orders.measure(stage)
    say(f"Cancelling behind {cancels.REQUESTS} data requests")
    return [tick_times, order_times, cancels.measure()]


if __name__ == "__main__":
    main()
