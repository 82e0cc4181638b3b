"""Fills: an execution together with its commission, which comes later, or sooner, or never.

Both are upserted by `exec_id`, the only door for what the broker says, so a resync repeats nothing. A commission stands
in its execution's row; only one that came sooner waits in a row of its own until then.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any, TypedDict, cast
from uuid import UUID

from django.contrib.auth.models import AnonymousUser
from django.db import transaction
from django.db.models import Exists, Max, OuterRef, QuerySet

from brokers.domain import CommissionReport, ExecutionReport
from webapp.accounts import events
from webapp.accounts.models import AccountEvent, BrokerAccount, User
from webapp.trading import instruments
from webapp.trading.amounts import fitted, fitted_or_none, plain, plain_or_none
from webapp.trading.locks import hold
from webapp.trading.models import EarlyCommission, Execution
from webapp.trading.orders import executed, find_order
from webapp.trading.texts import clip

# IB's shape, `0000e0d5.6a1b2c3d.01.01`: a correction comes with all of it the same but a higher last part.
_EXEC_ID = re.compile(r"(?P<trade>[0-9a-f]+\.[0-9a-f]+\.[0-9]+)\.(?P<revision>[0-9]{2,4})", re.IGNORECASE | re.ASCII)


class FillBody(TypedDict):
    """Amounts are plain decimal strings, times ISO 8601 in UTC.

    `quantity` is positive and `side` gives the direction; a positive `commission` is a cost, and null until the
    broker has reported it, like all that came with it. `currency` is the price's.
    """

    exec_id: str
    client_order_id: str | None
    con_id: int
    symbol: str
    name: str
    account_code: str
    side: str
    quantity: str
    price: str
    exchange: str
    executed_at: str
    commission: str | None
    commission_currency: str | None
    realized_pnl: str | None
    currency: str


def of(user: User | AnonymousUser, account: BrokerAccount | None = None) -> QuerySet[Execution]:
    """The user's fills, newest first, on one account or on all; of a corrected one, its last correction alone."""
    executions = Execution.objects.filter(account__in=BrokerAccount.objects.visible_to(user))
    if account is not None:
        executions = executions.filter(account=account)
    standing = executions.exclude(Exists(_corrections()))
    return standing.select_related("instrument", "order").order_by("-executed_at", "-id")


def newest_by_account_code(account: BrokerAccount) -> dict[str, datetime]:
    """When the newest fill of each account code behind the login was recorded."""
    newest = Execution.objects.filter(account=account).values("account_code").annotate(at=Max("recorded_at"))
    return dict(newest.values_list("account_code", "at"))


def as_body(fill: Execution) -> FillBody:
    return {
        "exec_id": fill.exec_id,
        "client_order_id": _client_order_id(fill),
        "con_id": fill.instrument_id,
        "symbol": fill.instrument.display_symbol,
        "name": fill.instrument.name,
        "account_code": fill.account_code,
        "side": str(fill.side),
        "quantity": plain(fill.quantity),
        "price": plain(fill.price),
        "exchange": fill.exchange,
        "executed_at": fill.executed_at.isoformat(),
        "commission": plain_or_none(fill.commission),
        "commission_currency": fill.commission_currency,
        "realized_pnl": plain_or_none(fill.realized_pnl),
        "currency": fill.instrument.currency,
    }


def record_execution(*, account_id: UUID, report: ExecutionReport) -> None:
    """Upsert by exec_id; an event only when something is new. Raises InstrumentUnknown and then writes nothing."""
    wanted = _execution_columns(report)
    with transaction.atomic():
        hold(account_id)
        order = find_order(account_id, order_ref=report.order_ref, perm_id=report.perm_id)
        wanted |= {"order_id": None if order is None else order.pk, **_taken_early(account_id, report.exec_id)}
        if _upsert(Execution, account_id, report.exec_id, wanted):
            _tell(account_id, report.exec_id)
        if order is not None:
            executed.lift(order)


def record_commission(*, account_id: UUID, report: CommissionReport) -> None:
    """Into the execution's row. The report waits for the execution when it came before it, and so does the event."""
    wanted = {
        "commission": fitted(report.commission),
        "commission_currency": clip(report.currency, 10),
        "realized_pnl": fitted_or_none(report.realized_pnl),
    }
    with transaction.atomic():
        hold(account_id)
        if not Execution.objects.filter(account_id=account_id, exec_id=report.exec_id).exists():
            _upsert(EarlyCommission, account_id, report.exec_id, wanted)
        elif _upsert(Execution, account_id, report.exec_id, wanted):
            _tell(account_id, report.exec_id)


def trade_of(exec_id: str) -> tuple[str, int]:
    """What an execution and its corrections have in common, and which of them this is.

    An id in any other shape stands for itself: two real fills must never be taken for one.
    """
    parts = _EXEC_ID.fullmatch(exec_id)
    return (parts["trade"], int(parts["revision"])) if parts else (exec_id, 0)


def _corrections() -> QuerySet[Execution]:
    return Execution.objects.filter(
        account=OuterRef("account"), trade_key=OuterRef("trade_key"), revision__gt=OuterRef("revision")
    )


def _execution_columns(report: ExecutionReport) -> dict[str, Any]:
    trade_key, revision = trade_of(report.exec_id)
    return {
        "trade_key": trade_key,
        "revision": revision,
        "order_ref": clip(report.order_ref, 60),
        "perm_id": report.perm_id,
        "account_code": report.account_code,
        "instrument_id": instruments.get(report.con_id).pk,
        "side": report.side.value,
        "quantity": fitted(report.quantity),
        "price": fitted(report.price),
        "exchange": clip(report.exchange, 30),
        "executed_at": report.at,
    }


def _taken_early(account_id: UUID, exec_id: str) -> dict[str, Any]:
    """The commission's columns, when its report waits for this execution; it waits no longer then."""
    early = EarlyCommission.objects.filter(account_id=account_id, exec_id=exec_id)
    columns = early.values("commission", "commission_currency", "realized_pnl").first()
    if columns is None:
        return {}
    early.delete()
    return dict(columns)


def _upsert(
    model: type[Execution] | type[EarlyCommission], account_id: UUID, exec_id: str, wanted: dict[str, Any]
) -> bool:
    """Whether anything changed. The account is held, so nobody writes the same row meanwhile."""
    rows = cast("QuerySet[Any]", model._default_manager.filter(account_id=account_id, exec_id=exec_id))
    present = rows.first()
    if present is None:
        model._default_manager.create(account_id=account_id, exec_id=exec_id, **wanted)
        return True
    changed = {name: value for name, value in wanted.items() if getattr(present, name) != value}
    return bool(changed) and bool(rows.update(**changed))


def _tell(account_id: UUID, exec_id: str) -> None:
    fill = Execution.objects.select_related("instrument", "order").get(account_id=account_id, exec_id=exec_id)
    body = cast("dict[str, Any]", as_body(fill))
    events.append(account_id=account_id, kind=AccountEvent.Kind.FILL, subject=exec_id, body=body)


def _client_order_id(fill: Execution) -> str | None:
    if fill.order is None or fill.order.client_order_id is None:
        return None
    return str(fill.order.client_order_id)
