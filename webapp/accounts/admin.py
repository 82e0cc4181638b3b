"""Django's admin, for what the desk has no page for: users' passwords and permissions, and rows as they are.

Credential has no page here on purpose. Nothing of an account can be typed over either: administrators start, stop and
suspend at the desk, through the services that owners use. What is changed here is in the audit log as well.
"""

from __future__ import annotations

from typing import Any, ClassVar

from allauth.account.decorators import secure_admin_login
from allauth.account.models import EmailAddress
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.http.response import HttpResponse

from webapp.accounts.models import AccountEvent, ApiToken, BrokerAccount, GatewaySession, User
from webapp.audit import recording as audit

# The site's own sign-in page, for its limit on tries: whoever is an administrator can change anybody's password.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]
admin.site.site_header = admin.site.site_title = "Gatehouse"
# What makes a user more than they were, and the way to somebody's password.
SUPERUSERS_ALONE = {"is_superuser", "is_staff", "groups", "user_permissions", "password"}
# No mail is sent, so allauth's table of addresses stays empty.
admin.site.unregister(EmailAddress)
admin.site.unregister(Group)


class Audited:
    """What the admin tells its own history, it tells the audit log: which fields were changed, and no value."""

    def log_addition(self, request: HttpRequest, obj: Model, message: Any) -> Any:
        return _audited(super().log_addition(request, obj, message))  # type: ignore[misc]  # of ModelAdmin

    def log_change(self, request: HttpRequest, obj: Model, message: Any) -> Any:
        return _audited(super().log_change(request, obj, message))  # type: ignore[misc]

    def log_deletions(self, request: HttpRequest, queryset: QuerySet[Any]) -> Any:
        for row in queryset:
            audit.record(audit.Action.ADMIN_CHANGE, subject=str(row), text=f"Removed the {row._meta.verbose_name}.")
        return super().log_deletions(request, queryset)  # type: ignore[misc]


def _audited(entry: LogEntry) -> LogEntry:
    audit.record(audit.Action.ADMIN_CHANGE, subject=entry.object_repr, text=entry.get_change_message())
    return entry


@admin.register(User)
class PeopleAdmin(Audited, UserAdmin):  # type: ignore[type-arg]  # generic in the stubs alone
    """Suspending is the desk's: it asks for a reason and closes what is open.

    Who may become whom is a superuser's alone to say: everybody else finds neither rights nor another's password here,
    and can't change or remove a superuser, whatever Django's permissions on users they hold.
    """

    readonly_fields = ("is_active",)

    def get_fieldsets(self, request: HttpRequest, obj: User | None = None) -> Any:
        fieldsets = super().get_fieldsets(request, obj)
        return fieldsets if obj is None or request.user.is_superuser else _without_power(fieldsets)

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return _within_reach(request, obj) and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return _within_reach(request, obj) and super().has_delete_permission(request, obj)

    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> HttpResponse:  # noqa: A002 - Django's name
        """Their own, too: the site has a page for that, which asks for the old one."""
        if not request.user.is_superuser:
            raise PermissionDenied("Only a superuser sets another's password.")
        return super().user_change_password(request, id, form_url)


@admin.register(Group)
class GroupsAdmin(Audited, GroupAdmin):
    """A group's rights are its people's, so they are a superuser's to write as well."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.is_superuser)

    def has_change_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:  # noqa: ARG002
        return bool(request.user.is_superuser)

    def has_delete_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:  # noqa: ARG002
        return bool(request.user.is_superuser)


def _within_reach(request: HttpRequest, user: User | None) -> bool:
    return user is None or not user.is_superuser or bool(request.user.is_superuser)


def _without_power(fieldsets: Any) -> list[Any]:
    kept = [
        (title, {**options, "fields": tuple(name for name in options["fields"] if name not in SUPERUSERS_ALONE)})
        for title, options in fieldsets
    ]
    return [(title, options) for title, options in kept if options["fields"]]


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
        *("account_codes", "may_trade", "may_trade_reason"),
    )
    inlines: ClassVar = [SessionInline]

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


@admin.register(AccountEvent)
class AccountEventAdmin(ReadOnly, admin.ModelAdmin):  # type: ignore[type-arg]  # generic in the stubs alone
    list_display = ("at", "account", "number", "kind", "subject")
    list_filter = ("kind",)
    search_fields = ("account__id", "account__name", "account__user__username", "subject")
    list_select_related = ("account",)
    ordering = ("-id",)
    fields = ("account", "number", "kind", "subject", "at", "body")


@admin.register(ApiToken)
class ApiTokenAdmin(Audited, ReadOnly, admin.ModelAdmin):  # type: ignore[type-arg]  # generic in the stubs alone
    """Removing one is how access is taken back."""

    list_display = ("name", "user", "scopes", "created_at", "expires_at", "last_used_at")
    search_fields = ("name", "user__username")
    list_select_related = ("user",)
    fields = ("name", "user", "scopes", "created_at", "expires_at", "last_used_at")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return admin.ModelAdmin.has_delete_permission(self, request, obj)
