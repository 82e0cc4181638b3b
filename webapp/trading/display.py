"""What a user chose to see: the watchlist's columns, the colours, and whether prices flash and single keys act."""

from __future__ import annotations

from collections.abc import Sequence

from django.contrib.auth.models import AnonymousUser

from webapp.accounts.models import User
from webapp.trading.models import DisplaySettings, Palette
from webapp.trading.refusals import DisplayInvalid

# What a quote tells, in the order in which it is offered. Its kind and its age are no choice: they are always shown.
COLUMNS = (
    "bid_size", "bid", "ask", "ask_size", "last", "last_size",
    "change", "change_percent", "volume", "open", "high", "low", "close",
)  # fmt: skip
DEFAULT_COLUMNS = ("bid_size", "bid", "ask", "ask_size", "last", "change", "change_percent", "volume")


def of(user: User | AnonymousUser) -> DisplaySettings:
    """The user's own, or the defaults, which are not stored."""
    stored = DisplaySettings.objects.filter(user=user.pk).first() if user.is_authenticated else None
    return stored or DisplaySettings()


def columns_of(settings: DisplaySettings) -> tuple[str, ...]:
    """Those that there are, in the user's order; the default ones when none was chosen."""
    return tuple(name for name in settings.columns if name in COLUMNS) or DEFAULT_COLUMNS


def save(*, user: User, columns: Sequence[str], palette: str, flashes: bool, single_keys: bool) -> DisplaySettings:
    """Raises DisplayInvalid for a column or a palette that there is none of, and stores nothing."""
    errors = {"columns": _wrong_columns(columns), "palette": _wrong_palette(palette)}
    if wrong := {field: text for field, text in errors.items() if text}:
        raise DisplayInvalid(wrong)
    chosen = [] if tuple(columns) == DEFAULT_COLUMNS else list(columns)
    values = {"columns": chosen, "palette": palette, "flashes": flashes, "single_keys": single_keys}
    settings, _ = DisplaySettings.objects.update_or_create(user=user, defaults=values)
    return settings


def _wrong_columns(columns: Sequence[str]) -> str:
    unknown = [name for name in columns if name not in COLUMNS]
    if unknown:
        return f"There is no column {unknown[0][:40]!r}; there are {', '.join(COLUMNS)}."
    if len(set(columns)) < len(columns):
        return "A column can be shown once only."
    return "" if columns else "Choose one column at least."


def _wrong_palette(palette: str) -> str:
    if palette in Palette.values:
        return ""
    return f"There is no palette {palette[:40]!r}; there are {', '.join(Palette.values)}."
