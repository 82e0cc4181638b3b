"""Which executions and commissions the listener has been told of."""

from __future__ import annotations

from brokers.domain import CommissionReport, ExecutionReport


class FillsTold:
    """IB repeats a day's fills after every connect. Of each, the listener hears once.

    A correction has an `exec_id` of its own, and is news. So is a commission that differs from the one that was told.
    """

    def __init__(self) -> None:
        self._executions: set[str] = set()
        self._commissions: dict[str, CommissionReport] = {}

    def is_new_execution(self, report: ExecutionReport) -> bool:
        """Until it was noted."""
        return report.exec_id not in self._executions

    def note_execution(self, report: ExecutionReport) -> None:
        """It was told, and taken."""
        self._executions.add(report.exec_id)

    def is_new_commission(self, report: CommissionReport) -> bool:
        """Until it was noted, and again when its figures have changed."""
        return self._commissions.get(report.exec_id) != report

    def note_commission(self, report: CommissionReport) -> None:
        """It was told, and taken."""
        self._commissions[report.exec_id] = report

    def forget(self) -> None:
        """For an owner who lost what was told: all of it is new again."""
        self._executions.clear()
        self._commissions.clear()
