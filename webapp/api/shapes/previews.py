from __future__ import annotations

from uuid import UUID

from ninja import Schema

from webapp.api.shapes.orders import OrderIn


class PreviewIn(OrderIn):
    """The fields of an order. Its `client_order_id` may be left out, and isn't used up."""

    client_order_id: UUID | None = None  # type: ignore[assignment]


class PreviewOut(Schema):
    """What the broker worked out; null is what it didn't say. Margins and equity are in `margin_currency`.

    `commission` is null where it gives a range alone, `min_commission` to `max_commission`. `warning` is its own text.
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
