"""What an order would bind and cost, in lines of a confirmation. What the broker didn't say is None."""

from __future__ import annotations

from dataclasses import dataclass

from webapp.pages import formats
from webapp.trading.previews import PreviewBody


@dataclass(frozen=True, slots=True)
class Line:
    label: str
    text: str | None


def lines(preview: PreviewBody) -> list[Line]:
    margin = preview["margin_currency"]
    return [
        Line("Commission", _commission(preview)),
        Line("Initial margin", _change(preview["initial_margin_change"], preview["initial_margin_after"], margin)),
        Line(
            "Maintenance margin",
            _change(preview["maintenance_margin_change"], preview["maintenance_margin_after"], margin),
        ),
    ]


def _commission(preview: PreviewBody) -> str | None:
    exact, least, most = (_money(preview[name]) for name in ("commission", "min_commission", "max_commission"))
    currency = preview["commission_currency"] or ""
    if exact is not None:
        return f"{exact} {currency}".strip()
    return f"{least} to {most} {currency}".strip() if least is not None and most is not None else None


def _change(change: str | None, after: str | None, currency: str | None) -> str | None:
    """`+950.00, then 5,321.15 USD`; either alone when the broker said no more."""
    change = formats.signed(formats.rounded(change, 2), 2)
    said = [text for text in (change, f"then {_money(after)}" if after is not None else None) if text]
    return f"{', '.join(said)} {currency or ''}".strip() if said else None


def _money(amount: str | None) -> str | None:
    return formats.number(formats.rounded(amount, 2), 2)
