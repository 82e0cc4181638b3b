"""What an order would bind and cost, worked out by the broker for terms that are never transmitted: its what-if."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from decimal import Decimal
from typing import Any, TypedDict, Unpack

from brokers.domain import OrderPreview, OrderRequest, OrderSide, OrderType, TimeInForce
from webapp.accounts.models import BrokerAccount
from webapp.bus import questions
from webapp.trading import account_values
from webapp.trading.amounts import plain, plain_or_none
from webapp.trading.models import Order
from webapp.trading.orders import standing
from webapp.trading.orders.requests import to_request
from webapp.trading.orders.tickets import OrderWords, TicketFields
from webapp.trading.refusals import PreviewRefused
from webapp.trading.terms import NAMES, columns_of

_IN_WORDS = ("commission_currency", "warning")
FIGURES = tuple(field.name for field in fields(OrderPreview) if field.name not in _IN_WORDS)


class PreviewWords(OrderWords, total=False):
    """A ticket's own id may be among them, and is not sent: it belongs to the order that the ticket will be."""

    client_order_id: object


@dataclass(frozen=True, slots=True)
class Preview:
    """`margin_currency` is what margins and equity are in; None until the broker has named the account's currency."""

    figures: OrderPreview
    margin_currency: str | None


class PreviewBody(TypedDict):
    """Amounts are plain decimal strings; null is what the broker didn't say.

    `commission` is null where it gives a range alone, `min_commission` to `max_commission`, all in
    `commission_currency`. Margins and equity are in `margin_currency`. `warning` is the broker's own text, or ''.
    """

    initial_margin_change: str | None
    maintenance_margin_change: str | None
    equity_with_loan_change: str | None
    initial_margin_after: str | None
    maintenance_margin_after: str | None
    equity_with_loan_after: str | None
    margin_currency: str | None
    commission: str | None
    min_commission: str | None
    max_commission: str | None
    commission_currency: str | None
    warning: str


def preview(*, account: BrokerAccount, **asked: Unpack[PreviewWords]) -> Preview:
    """Ask the broker, within five seconds; nothing is written down. What a ticket attaches isn't part of the question.

    The fields are those of `orders.place`. Raises OrderInvalid with a text per field, SessionNotReady, PreviewRefused
    with the broker's reason, and questions.NoAnswer or questions.Refused when nobody could say.
    """
    ticket = TicketFields(**{**asked, "client_order_id": uuid.uuid4()}).checked()
    standing.require_previews(account)
    order = Order(
        client_order_id=ticket.client_order_id,
        instrument=ticket.instrument,
        account_code=account.account_code,
        side=ticket.side,
        order_type=ticket.order_type,
        **columns_of(ticket.terms),
    )
    answer = questions.ask(account.pk, "preview", request_as_question(to_request(order)))
    if "reason" in answer:
        raise PreviewRefused(f"The broker would not take this order: {answer['reason']}")
    return Preview(figures_from_answer(answer), account_values.base_currency(account))


def as_body(preview: Preview) -> PreviewBody:
    figures = preview.figures
    return {
        "initial_margin_change": plain_or_none(figures.initial_margin_change),
        "maintenance_margin_change": plain_or_none(figures.maintenance_margin_change),
        "equity_with_loan_change": plain_or_none(figures.equity_with_loan_change),
        "initial_margin_after": plain_or_none(figures.initial_margin_after),
        "maintenance_margin_after": plain_or_none(figures.maintenance_margin_after),
        "equity_with_loan_after": plain_or_none(figures.equity_with_loan_after),
        "margin_currency": preview.margin_currency,
        "commission": plain_or_none(figures.commission),
        "min_commission": plain_or_none(figures.min_commission),
        "max_commission": plain_or_none(figures.max_commission),
        "commission_currency": figures.commission_currency or None,
        "warning": figures.warning,
    }


# The question and its answer, on both of their ends.


def request_as_question(request: OrderRequest) -> dict[str, Any]:
    names = ("client_order_id", "account_code", "con_id", "side", "order_type", *NAMES)
    return {name: _as_json(getattr(request, name)) for name in names}


def request_from_question(body: Mapping[str, Any]) -> OrderRequest:
    until = body["good_till_date"]
    words: dict[str, Any] = {
        "side": OrderSide(body["side"]),
        "order_type": OrderType(body["order_type"]),
        "time_in_force": TimeInForce(body["time_in_force"]),
        "good_till_date": None if until is None else datetime.fromisoformat(until),
    }
    amounts = {name: _amount(body[name]) for name in NAMES if name not in (*words, "outside_rth")}
    return OrderRequest(**{**body, **words, **amounts})


def figures_as_answer(figures: OrderPreview) -> dict[str, Any]:
    amounts = {name: plain_or_none(getattr(figures, name)) for name in FIGURES}
    return {**amounts, "commission_currency": figures.commission_currency, "warning": figures.warning}


def figures_from_answer(answer: Mapping[str, Any]) -> OrderPreview:
    return OrderPreview(**{**answer, **{name: _amount(answer[name]) for name in FIGURES}})


def _as_json(value: object) -> object:
    if isinstance(value, Decimal):
        return plain(value)
    return value.isoformat() if isinstance(value, datetime) else value


def _amount(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)
