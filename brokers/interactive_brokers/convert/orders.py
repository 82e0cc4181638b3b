"""What orders ask for, and what happened to them."""

from __future__ import annotations

import re
import zoneinfo
from datetime import UTC, datetime, tzinfo
from decimal import Decimal

from ib_insync import CommissionReport as IbCommissionReport
from ib_insync import Contract, Execution, Order, OrderState

from brokers import domain
from brokers.domain import OcaType, OrderType
from brokers.interactive_brokers.convert.instruments import con_id
from brokers.interactive_brokers.convert.numbers import (
    UNSET_DOUBLE,
    perm_id,
    positive,
    to_decimal,
    to_float,
    to_utc,
)
from brokers.interactive_brokers.convert.sides import side
from brokers.interactive_brokers.orders.terms import NEEDED, TRAILS, OrderTerms

# Whose stop is IB's `auxPrice`, and whose limit is its `lmtPrice`: the fields are 0, or anything, for other types.
_STOPS = frozenset(kind for kind, prices in NEEDED.items() if "stop_price" in prices)
_LIMITS = frozenset(kind for kind, prices in NEEDED.items() if "limit_price" in prices)
_OCA_TYPES = {kind.value: kind for kind in OcaType}
# `20240304-14:30:00` is in UTC; with a blank between, the zone follows, or is the gateway's own.
_MOMENT = re.compile(r"(\d{8})([- ])(\d{2}:\d{2}:\d{2})(?: (\S+))?")


def order(terms: OrderTerms) -> Order:
    """IB's order of these terms, without who asks. Raises ValueError for a number that a float can't carry exactly."""
    return Order(
        action=terms.side.value,
        orderType=terms.order_type,
        totalQuantity=to_float(terms.quantity),
        tif=terms.time_in_force,
        lmtPrice=_number(terms.limit_price),
        # One field for both: https://interactivebrokers.github.io/tws-api/classIBApi_1_1Order.html (AuxPrice)
        auxPrice=_number(terms.trailing_amount if terms.order_type in TRAILS else terms.stop_price),
        trailingPercent=_number(terms.trailing_percent),
        trailStopPrice=_number(terms.trail_stop_price),
        lmtPriceOffset=_number(terms.limit_price_offset),
        goodTillDate=as_moment(terms.good_till_date) if terms.good_till_date is not None else "",
        outsideRth=terms.outside_rth,
        ocaGroup=terms.oca_group,
        ocaType=terms.oca_type.value if terms.oca_type is not None else 0,
    )


def _number(value: Decimal | None) -> float:
    return to_float(value) if value is not None else UNSET_DOUBLE


def order_terms(order: Order, *, zone: tzinfo = UTC) -> OrderTerms:
    """What IB says that an order asks for. `zone` is the gateway's own, for a date that names none.

    IB fills the fields that a type has no use for with 0, or with prices of its own making: they are None here. For a
    type that is not sent from here, the limit is kept and nothing else.
    """
    kind = order.orderType
    trails = kind in TRAILS
    percent = positive(order.trailingPercent) if trails else None
    return OrderTerms(
        side=side(order.action),
        order_type=kind,
        quantity=to_decimal(order.totalQuantity) or Decimal(0),
        time_in_force=order.tif,
        limit_price=_limit_price(order),
        stop_price=to_decimal(order.auxPrice) if kind in _STOPS else None,
        trailing_amount=positive(order.auxPrice) if trails and percent is None else None,
        trailing_percent=percent,
        trail_stop_price=to_decimal(order.trailStopPrice) if trails else None,
        limit_price_offset=to_decimal(order.lmtPriceOffset) if kind == OrderType.TRAIL_LIMIT else None,
        good_till_date=moment(order.goodTillDate, zone=zone),
        outside_rth=bool(order.outsideRth),
        oca_group=order.ocaGroup,
        oca_type=_OCA_TYPES.get(order.ocaType) if order.ocaGroup else None,
    )


def _limit_price(order: Order) -> Decimal | None:
    if order.orderType in _LIMITS:
        return to_decimal(order.lmtPrice)
    return positive(order.lmtPrice) if order.orderType not in NEEDED else None


def as_moment(moment: datetime) -> str:
    """IB's only form of a time that names its zone by itself: UTC, with a hyphen.

    https://interactivebrokers.github.io/tws-api/classIBApi_1_1Order.html (GoodTillDate)
    """
    return f"{moment.astimezone(UTC):%Y%m%d-%H:%M:%S}"


def moment(text: str, *, zone: tzinfo) -> datetime | None:
    """Aware and in UTC; None for nothing, and for what isn't a time of IB's."""
    found = _MOMENT.fullmatch(text.strip())
    if found is None:
        return None
    day, between, time, name = found.groups()
    try:
        naive = datetime.strptime(f"{day} {time}", "%Y%m%d %H:%M:%S")  # noqa: DTZ007 - its zone follows
        return to_utc(naive, zone=_zone(name, zone) if between == " " else UTC)
    except (ValueError, zoneinfo.ZoneInfoNotFoundError):
        return None


def _zone(name: str | None, zone: tzinfo) -> tzinfo:
    return zoneinfo.ZoneInfo(name) if name else zone


def has_figures(state: OrderState) -> bool:
    """Whether IB has worked anything out: a cash account has no margin, and some products no commission."""
    figures = (state.initMarginChange, state.equityWithLoanAfter, state.commission, state.minCommission)
    return any(to_decimal(figure) is not None for figure in figures)


def preview(state: OrderState) -> domain.OrderPreview:
    return domain.OrderPreview(
        initial_margin_change=to_decimal(state.initMarginChange),
        maintenance_margin_change=to_decimal(state.maintMarginChange),
        equity_with_loan_change=to_decimal(state.equityWithLoanChange),
        initial_margin_after=to_decimal(state.initMarginAfter),
        maintenance_margin_after=to_decimal(state.maintMarginAfter),
        equity_with_loan_after=to_decimal(state.equityWithLoanAfter),
        commission=to_decimal(state.commission),
        min_commission=to_decimal(state.minCommission),
        max_commission=to_decimal(state.maxCommission),
        commission_currency=state.commissionCurrency,
        warning=state.warningText,
    )


def execution(execution: Execution, contract: Contract) -> domain.ExecutionReport:
    """Raises ValueError when the side, the size or the price is missing."""
    shares, paid = to_decimal(execution.shares), to_decimal(execution.price)
    if shares is None or paid is None:
        raise ValueError(f"execution {execution.execId} came without its size or its price")
    return domain.ExecutionReport(
        exec_id=execution.execId,
        order_ref=execution.orderRef,
        perm_id=perm_id(execution.permId),
        account_code=execution.acctNumber,
        con_id=con_id(contract),
        side=side(execution.side),
        quantity=abs(shares),
        price=paid,
        exchange=execution.exchange,
        at=to_utc(execution.time),
    )


def commission(report: IbCommissionReport) -> domain.CommissionReport | None:
    """None when IB left the commission itself unset: unknown is not zero."""
    cost = to_decimal(report.commission)
    if cost is None:
        return None
    return domain.CommissionReport(
        exec_id=report.execId,
        commission=cost,
        currency=report.currency,
        realized_pnl=to_decimal(report.realizedPNL),
    )
