"""A clock that a test moves, and a market that moves with it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from brokers.simulator.market.market import STEP_SECONDS, Market

# A Wednesday on which every exchange is open, an hour and a half into New York's day.
WEDNESDAY = datetime(2026, 3, 18, 15, 0, tzinfo=UTC)


class HandClock:
    def __init__(self, moment: datetime = WEDNESDAY) -> None:
        self.moment = moment

    def __call__(self) -> datetime:
        return self.moment

    def forward(self, seconds: float) -> None:
        self.moment += timedelta(seconds=seconds)

    def run(self, market: Market, seconds: float) -> None:
        """So much time passes, and the market makes its steps in it."""
        for _ in range(int(seconds / STEP_SECONDS)):
            self.forward(STEP_SECONDS)
            market.step()
