"""What an administrator sees: every account, its state and its gateway; who may sign in; which tokens exist.

Credential has no page here on purpose. Nothing of an account can be typed over either: an administrator starts and
stops sessions through the services that their owners use, so every such change is an event that the owner sees.
"""

from __future__ import annotations

from typing import Any, ClassVar

from allauth.account.decorators import secure_admin_login
from allauth.account.models import EmailAddress
from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html

from webapp.accounts import gateway_log, sessions
from webapp.accounts.models import AccountEvent, ApiToken, BrokerAccount, GatewaySession, User
from webapp.accounts.refusals import SessionRefused

# The site's own sign-in page, for its limit on tries: whoever is an administrator can change anybody's password.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]
admin.site.site_header = admin.site.site_title = "Gatehouse"
admin.site.register(User, UserAdmin)
# No mail is sent, so allauth's table of addresses stays empty.
admin.site.unregister(EmailAddress)


class ReadOnly:
    """Rows that services write. Removing one here would leave its gateway running, or a gap in the numbers."""

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:  # noqa: ARG002
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:  # noqa: ARG002
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:  # noqa: ARG002
        return False


class SessionInline(ReadOnly, admin.StackedInline):  # type: ignore[type-arg]  # generic in the stubs alone
    model = GatewaySession
    fields = readonly_fields = (
        "desired_state",
        "state",
        "state_reason",
        "state_since",
        "down_since",
        "alert",
        "gateway_id",
        "last_error",
        "owner",
        "fence",
        "lease_expires_at",
    )


@admin.register(BrokerAccount)
class BrokerAccountAdmin(ReadOnly, admin.ModelAdmin):  # type: ignore[type-arg]  # generic in the stubs alone
    list_display = (
        "name",
        "user",
        "trading_mode",
        "account_code",
        "state",
        "alert",
        "state_reason",
        "gateway",
        "worker",
        "last_error",
    )
    list_filter = (
        "session__state",
        "session__desired_state",
        "trading_mode",
        ("session__alert", admin.EmptyFieldListFilter),
    )
    search_fields = (
        "id",
        "name",
        "user__username",
        "session__state",
        "session__gateway_id",
        "session__owner",
        "session__last_error",
    )
    list_select_related = ("user", "session")
    fields = (
        *("id", "name", "user", "trading_mode", "restart_at", "created_at"),
        *("account_codes", "may_trade", "may_trade_reason", "gateway_log"),
    )
    readonly_fields = ("gateway_log",)
    inlines: ClassVar = [SessionInline]
    actions = ("start", "stop")

    @admin.display(ordering="session__state")
    def state(self, account: BrokerAccount) -> str:
        return account.session.state

    @admin.display(description="why")
    def state_reason(self, account: BrokerAccount) -> str:
        return account.session.state_reason

    @admin.display(ordering="session__alert_since")
    def alert(self, account: BrokerAccount) -> str:
        """In short: the whole sentence is on the account's own page."""
        down_since = account.session.down_since if account.session.alert else None
        return f"down since {down_since:%Y-%m-%d %H:%M} UTC" if down_since else ""

    @admin.display(ordering="session__gateway_id", empty_value="-")
    def gateway(self, account: BrokerAccount) -> str:
        return account.session.gateway_id

    @admin.display(ordering="session__owner")
    def worker(self, account: BrokerAccount) -> str:
        return account.session.owner

    @admin.display
    def last_error(self, account: BrokerAccount) -> str:
        return account.session.last_error

    @admin.display(description="gateway's log")
    def gateway_log(self, account: BrokerAccount) -> str:
        return format_html('<a href="{}">Read it</a>', reverse("admin:accounts_brokeraccount_log", args=[account.pk]))

    def get_urls(self) -> list[URLPattern]:
        own = path("<path:object_id>/log/", self.admin_site.admin_view(self.log), name="accounts_brokeraccount_log")
        return [own, *super().get_urls()]

    def log(self, request: HttpRequest, object_id: str) -> HttpResponse:
        account = self.get_object(request, object_id)
        if account is None or not self.has_view_permission(request, account):
            raise PermissionDenied
        read = gateway_log.read(account.pk)
        context = {
            **self.admin_site.each_context(request),
            "title": f"Gateway's log of {account}",
            "lines": read.lines,
            "why_none": read.why_none,
            "opts": self.opts,
            "original": account,
        }
        return render(request, "admin/gateway_log.html", context)

    def has_operate_permission(self, request: HttpRequest) -> bool:
        """Django's own "can change broker account", although no field of one can be changed here."""
        return request.user.has_perm("accounts.change_brokeraccount")

    @admin.action(description="Start the session", permissions=["operate"])
    def start(self, request: HttpRequest, accounts: QuerySet[BrokerAccount]) -> None:
        for account in accounts:
            try:
                sessions.request_start(account.id)
            except SessionRefused as refusal:
                self.message_user(request, f"{account}: {refusal}", messages.ERROR)
            else:
                self._confirm(request, account, "A start was asked for.")

    @admin.action(description="Stop the session", permissions=["operate"])
    def stop(self, request: HttpRequest, accounts: QuerySet[BrokerAccount]) -> None:
        for account in accounts:
            sessions.request_stop(account.id)
            self._confirm(request, account, "A stop was asked for.")

    def _confirm(self, request: HttpRequest, account: BrokerAccount, what: str) -> None:
        """In the admin's own history as well: who asked."""
        self.log_change(request, account, what)
        self.message_user(request, f"{account}: {what}")


@admin.register(AccountEvent)
class AccountEventAdmin(ReadOnly, admin.ModelAdmin):  # type: ignore[type-arg]  # generic in the stubs alone
    list_display = ("at", "account", "number", "kind", "subject")
    list_filter = ("kind",)
    search_fields = ("account__id", "account__name", "account__user__username", "subject")
    list_select_related = ("account",)
    ordering = ("-id",)
    fields = ("account", "number", "kind", "subject", "at", "body")


@admin.register(ApiToken)
class ApiTokenAdmin(ReadOnly, admin.ModelAdmin):  # type: ignore[type-arg]  # generic in the stubs alone
    """Removing one is how access is taken back."""

    list_display = ("name", "user", "scopes", "created_at", "expires_at", "last_used_at")
    search_fields = ("name", "user__username")
    list_select_related = ("user",)
    fields = ("name", "user", "scopes", "created_at", "expires_at", "last_used_at")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return admin.ModelAdmin.has_delete_permission(self, request, obj)
