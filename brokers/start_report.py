"""What a node says once it has started."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime

from brokers.domain import Instrument, SecurityType, TradingPermission
from brokers.interactive_brokers.execution import InteractiveBrokersExecutionClient
from brokers.resync import Resync

# Nobody can order these.
_ONLY_SHOWN = frozenset({SecurityType.IND, SecurityType.CONTFUT})


@dataclass(frozen=True, slots=True)
class StartReport:
    """Whether the credentials are valid, and what the login may do.

    `credentials_valid` is True when the gateway is logged in and named its accounts; a login that IB refuses is raised
    instead. `trading_permission` is None for a node without an execution client: then nobody asked.
    `product_permissions` has one for each kind of instrument that was loaded. Both come from orders that IB works out
    and never transmits. `resync` is None without an execution client, too.
    """

    account_codes: tuple[str, ...]
    instruments: tuple[Instrument, ...] = ()
    trading_permission: TradingPermission | None = None
    product_permissions: Mapping[SecurityType, TradingPermission] = field(default_factory=dict)
    resync: Resync | None = None

    @property
    def credentials_valid(self) -> bool:
        return bool(self.account_codes)

    @property
    def may_trade(self) -> bool | None:
        """None while nobody knows."""
        return self.trading_permission.allowed if self.trading_permission is not None else None

    def sentences(self) -> Iterator[str]:
        """For a log or a screen."""
        accounts = ", ".join(self.account_codes)
        yield (
            f"The credentials are valid: the gateway is logged in to {accounts}."
            if accounts
            else ("The gateway named no account, so nobody knows whether the credentials are valid.")
        )
        if self.instruments:
            yield f"Loaded {len(self.instruments)} instruments."
        if self.trading_permission is not None:
            yield self.trading_permission.reason
        for permission in self.product_permissions.values():
            yield permission.reason


async def with_permissions(
    report: StartReport, execution: InteractiveBrokersExecutionClient, *, account_code: str
) -> StartReport:
    """The same with what the login may trade. Raises LinkLost."""
    samples = _orderable(report.instruments, today=datetime.now(UTC).date())
    return replace(
        report,
        trading_permission=await execution.check_trading_permission(account_code),
        product_permissions=await execution.check_product_permissions(account_code, instruments=samples),
    )


def _orderable(instruments: Iterable[Instrument], *, today: date) -> list[Instrument]:
    """Those that an order could be for: no index, and nothing that has expired."""
    return [
        one
        for one in instruments
        if one.security_type not in _ONLY_SHOWN and (one.expiry is None or one.expiry >= today)
    ]
