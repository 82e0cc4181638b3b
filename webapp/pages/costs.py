"""What an order would bind and cost, in lines of a confirmation. What the broker didn't say is None."""

from __future__ import annotations

from dataclasses import dataclass

from webapp.pages import formats
from webapp.trading.margins import Shortfall
from webapp.trading.previews import PreviewBody

MARGINS = (
    ("Initial margin", "initial_margin_change", "initial_margin_after"),
    ("Maintenance margin", "maintenance_margin_change", "maintenance_margin_after"),
    ("Equity with loan", "equity_with_loan_change", "equity_with_loan_after"),
)


@dataclass(frozen=True, slots=True)
class Line:
    """`text` is what it changes by, `after` what it then comes to."""

    label: str
    text: str | None
    after: str | None = None


def lines(preview: PreviewBody) -> list[Line]:
    margin = preview["margin_currency"]
    return [
        Line("Commission", _commission(preview)),
        *(
            Line(label, _change(preview[change], margin), _money(preview[after]))  # type: ignore[literal-required]
            for label, change, after in MARGINS
        ),
    ]


def shortfall_words(short: Shortfall, currency: str | None) -> str:
    """Plainly, and before anything is sent."""
    equity, margin, missing = (
        f"{formats.number(formats.rounded(amount, 2), 2)} {currency or ''}".strip()
        for amount in (short.equity, short.margin, short.missing)
    )
    return (
        f"Filled, this order would leave an equity with loan of {equity} against an initial margin of {margin}: "
        f"{missing} are missing. The broker is likely to refuse it."
    )


def _commission(preview: PreviewBody) -> str | None:
    exact, least, most = (_money(preview[name]) for name in ("commission", "min_commission", "max_commission"))
    currency = preview["commission_currency"] or ""
    if exact is not None:
        return f"{exact} {currency}".strip()
    return f"{least} to {most} {currency}".strip() if least is not None and most is not None else None


def _change(change: str | None, currency: str | None) -> str | None:
    amount = formats.signed(formats.rounded(change, 2), 2)
    return None if amount is None else f"{amount} {currency or ''}".strip()


def _money(amount: str | None) -> str | None:
    return formats.number(formats.rounded(amount, 2), 2)
