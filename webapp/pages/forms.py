"""The forms that a person types into. What is right or wrong is decided by the services; a form carries their words.

So no field is `required` here: an empty one goes to the service, whose message names what to do.
"""

from __future__ import annotations

from typing import Any

from django import forms

from brokers.domain import TradingMode

MODES = [
    (TradingMode.PAPER.value, "Paper: simulated money"),
    (TradingMode.LIVE.value, "Live: real money"),
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
