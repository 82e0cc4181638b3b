"""The forms that a person types into. What is right or wrong is decided by the services; a form carries their words.

So no field is `required` here: an empty one goes to the service, whose message names what to do.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms

from brokers.domain import SecurityType, TradingMode
from webapp.accounts import tokens
from webapp.accounts.models import AccountShare
from webapp.trading.limits import limits_body
from webapp.trading.models import Instrument, RiskLimits

MODES = [
    (TradingMode.PAPER.value, "Paper: simulated money"),
    (TradingMode.LIVE.value, "Live: real money"),
]
ROLES = [
    (AccountShare.Role.VIEWER.value, "Viewer: sees everything of the account, changes nothing"),
    (AccountShare.Role.TRADER.value, "Trader: also places, changes and cancels orders, and can engage the kill switch"),
]
# What can be ordered: an index is a number, a continuous future a series.
KINDS = [
    (SecurityType.STK.value, "Stocks"),
    (SecurityType.CASH.value, "Currencies"),
    (SecurityType.FUT.value, "Futures"),
    (SecurityType.OPT.value, "Options"),
    (SecurityType.FOP.value, "Futures options"),
    (SecurityType.CFD.value, "CFDs"),
    (SecurityType.BOND.value, "Bonds"),
    (SecurityType.CRYPTO.value, "Crypto"),
    (SecurityType.CMDTY.value, "Commodities"),
    (SecurityType.FUND.value, "Funds"),
    (SecurityType.WAR.value, "Warrants"),
    (SecurityType.BAG.value, "Combinations"),
]
# A broker login is not this site's login: without these, a password manager offers to fill in or to save one.
NOT_SAVED = {"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}


class ServiceForm(forms.Form):
    """A form whose fields' errors come from a service."""

    def carry(self, errors: dict[str, str]) -> None:
        for field, text in errors.items():
            self.add_error(field if field in self.fields else None, text)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **{"label_suffix": "", **options})
        for field in self.fields.values():
            field.required = False


class LoginForm(ServiceForm):
    """A broker login. The password is never written back into the page."""

    username = forms.CharField(label="IBKR username", strip=True, widget=forms.TextInput(attrs=NOT_SAVED))
    password = forms.CharField(
        label="IBKR password",
        strip=False,
        widget=forms.PasswordInput(render_value=False, attrs={"autocomplete": "new-password"}),
    )


class PasswordForm(ServiceForm):
    """This site's own password, typed anew before what it protects."""

    password = forms.CharField(
        label="Your Gatehouse password",
        strip=False,
        widget=forms.PasswordInput(render_value=False, attrs={"autocomplete": "current-password"}),
    )


class ShareForm(ServiceForm):
    username = forms.CharField(
        label="Username",
        widget=forms.TextInput(attrs=NOT_SAVED),
        help_text="Exactly as the other person signs in here.",
    )
    role = forms.ChoiceField(
        label="Role", choices=ROLES, initial=AccountShare.Role.VIEWER.value, widget=forms.RadioSelect
    )


class LimitsForm(ServiceForm):
    """An account's limits on each order. The instruments offered are those that its owner knows here."""

    max_quantity = forms.CharField(
        label="Largest quantity", widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"})
    )
    max_notional = forms.CharField(
        label="Most that an order may come to",
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
        help_text="Quantity by price by multiplier, converted at the broker's own exchange rates.",
    )
    notional_currency = forms.CharField(
        label="In which currency", widget=forms.TextInput(attrs={"autocomplete": "off", "maxlength": 3})
    )
    price_band_percent = forms.CharField(
        label="Furthest that a limit price may be from the newest quote, in %",
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
        help_text="Either way. Without a quote, no limit order is taken.",
    )
    fresh_quote = forms.BooleanField()
    security_types = forms.MultipleChoiceField(
        label="Only these kinds (none marked: all)",
        choices=KINDS,
        widget=forms.CheckboxSelectMultiple,
    )
    con_ids = forms.MultipleChoiceField(
        label="Only these instruments (none marked: all)", widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args: Any, offered: Iterable[Instrument], **options: Any) -> None:
        super().__init__(*args, **options)
        choices = [(str(one.pk), f"{one.name} {one.security_type}") for one in offered]
        self.fields["con_ids"].choices = choices  # type: ignore[attr-defined]  # of this kind of field

    @staticmethod
    def initial_of(limits: RiskLimits) -> dict[str, object]:
        body = limits_body(limits)
        return {**body, "con_ids": [str(con_id) for con_id in body["con_ids"]]}


class ConnectForm(LoginForm):
    name = forms.CharField(
        label="Name",
        widget=forms.TextInput(attrs={"autocomplete": "off", "placeholder": "Paper account", "maxlength": 60}),
        help_text="What you call this account. Optional.",
    )
    trading_mode = forms.ChoiceField(
        label="Paper or live", choices=MODES, initial=TradingMode.PAPER.value, widget=forms.RadioSelect
    )

    field_order = ("name", "username", "password", "trading_mode")

    def account_name(self) -> str:
        """The name that was typed, or the plain one of its kind."""
        mode = self.cleaned_data.get("trading_mode")
        return self.cleaned_data.get("name") or ("Live account" if mode == TradingMode.LIVE else "Paper account")


class TokenForm(ServiceForm):
    """A new API token. To trade is for the person to mark: a program that only reads needs no more."""

    name = forms.CharField(
        label="Name",
        widget=forms.TextInput(attrs={"autocomplete": "off", "maxlength": 60, "placeholder": "Nightly export"}),
        help_text="What it is for, so that you know which one to revoke.",
    )
    scopes = forms.MultipleChoiceField(
        label="It may",
        choices=[
            (tokens.READ.value, "Read: accounts, orders, fills, quotes"),
            (tokens.TRADE.value, "Trade: place, change and cancel orders"),
        ],
        initial=[tokens.READ.value],
        widget=forms.CheckboxSelectMultiple,
    )
    days = forms.CharField(
        label="Days until it expires",
        initial=tokens.DAYS,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
        help_text=f"1 to {tokens.LONGEST_DAYS}.",
    )
