"""What happens to a gateway besides what its clients do: verbs, done when a file, a control port or a test says so.

A file is a JSON list of steps. Each names its verb in `do`, gives the verb's arguments beside it, and says when:

    {"do": "second_factor", "attempts": 2}                        at once; what isn't about the login, before the port
                                                                  opens
    {"at": 2.5, "do": "drop_link", "seconds": 3}                  seconds after the port first opened
    {"when": "placeOrder", "nth": 3, "do": "cut"}                 after the third placeOrder was served (nth is 1 when
                                                                  left out)
    {"when": "placeOrder", "before": true, "do": "drop_orders"}   before it is served, so that it is hit itself

`when` takes IB's name of any request, `connect` (a client started the API) or `disconnect`. Every step is a row of the
ledger. The verbs are in the folder beside this; `python -m brokers.simulator --help` and the verb `help` list them.
"""

from __future__ import annotations

import inspect
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable
from functools import partial
from typing import Any

from brokers.simulator.api.server import Server
from brokers.simulator.gateway import Gateway
from brokers.simulator.login import Broker
from brokers.simulator.scenario.steps import Call, Step, read_call
from brokers.simulator.scenario.verbs.stage import Stage
from brokers.simulator.scenario.verbs.table import Answer, VerbRefused

__all__ = ["Scenario", "VerbRefused"]

log = logging.getLogger(__name__)


class Scenario:
    """Does verbs. `end` is called with an exit status when a verb is the end of the whole process."""

    def __init__(
        self,
        *,
        broker: Broker | None = None,
        say: Callable[[str], None] = log.info,
        end: Callable[[int], None] = lambda _status: None,
    ) -> None:
        self.broker = broker or Broker(say)
        self._stage = Stage(broker=self.broker, say=say, end=end)
        self._steps: list[Step] = []
        self._seen: Counter[tuple[str, bool]] = Counter()
        # What was done before there was a ledger to write it into.
        self._unwritten: list[dict[str, Any]] = []

    async def do(self, verb: str, **arguments: Any) -> Answer:
        """Does a verb and returns what it answers. Raises VerbRefused, which says what was wrong."""
        return await self.perform(read_call(verb, arguments), by="call")

    async def perform(self, call: Call, *, by: str) -> Answer:
        try:
            answer = self._begin(call, by)
            return (await answer if inspect.isawaitable(answer) else answer) or {}
        except VerbRefused as refusal:
            self._write(call, by, error=str(refusal))
            raise

    def _begin(self, call: Call, by: str) -> Any:
        self._write(call, by)
        return call.verb.perform(self._stage, **call.arguments)

    def plan(self, steps: Iterable[Step]) -> None:
        """Takes steps, and does those for the login that are for at once."""
        self._steps = list(steps)
        self._do_at_once(lambda call: call.verb.is_for_login)

    def begin(self, gateway: Gateway, server: Server) -> None:
        """There is a gateway now. Does whatever else is for at once, and listens for what steps wait for."""
        self._stage.set_gateway(gateway, server)
        server.intake.watcher = self
        for row in self._unwritten:
            gateway.ledger.write("scenario", **row)
        self._unwritten.clear()
        self._do_at_once(lambda call: not call.verb.is_for_login)

    def start_clock(self) -> None:
        """The port is open: steps `at` so many seconds count from now."""
        for number, step in enumerate(self._steps, start=1):
            if step.at is not None:
                self._stage.later(f"step {number}", step.at, partial(self._take, step))

    async def close(self) -> None:
        """No step happens any more."""
        await self._stage.close()

    def before(self, event: str) -> None:
        self._note(event, before=True)

    def after(self, event: str) -> None:
        self._note(event, before=False)

    def _note(self, event: str, *, before: bool) -> None:
        self._seen[event, before] += 1
        for step in self._steps:
            if step.waits_for(event, before=before, nth=self._seen[event, before]):
                self._take(step)

    def _do_at_once(self, wanted: Callable[[Call], bool]) -> None:
        for step in self._steps:
            if step.is_for_at_once and wanted(step.call):
                self._take(step)

    def _take(self, step: Step) -> None:
        """Does a step. One that takes time goes on by itself; the others are done when this returns."""
        try:
            pending = self._begin(step.call, step.occasion)
        except VerbRefused as refusal:
            self._write(step.call, step.occasion, error=str(refusal))
            return
        if inspect.isawaitable(pending):
            self._stage.begin(self._see_through(step, pending))

    async def _see_through(self, step: Step, pending: Awaitable[Answer | None]) -> None:
        try:
            await pending
        except VerbRefused as refusal:
            self._write(step.call, step.occasion, error=str(refusal))

    def _write(self, call: Call, by: str, *, error: str | None = None) -> None:
        row = {"verb": call.verb.name, "arguments": call.given, "by": by, "error": error}
        log.log(logging.ERROR if error else logging.INFO, "scenario, %s: %s%s", by, call, f": {error}" if error else "")
        if self._stage.is_logged_in:
            self._stage.gateway.ledger.write("scenario", **row)
        else:
            self._unwritten.append(row)
