"""The kill switch at the administrator's desk: engaged for all by adding it, released by removing it."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db import transaction
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest

from webapp.accounts.models import User
from webapp.trading.kill_switch import engaging
from webapp.trading.models import KillSwitch


@admin.register(KillSwitch)
class KillSwitchAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # generic in the stubs alone
    """Adding one stops every account at once. An account's own, which its owner engaged, can be released here, too.

    The admin saves in a transaction: the round over the accounts follows once the switch itself is committed.
    """

    actions = ("cancel_again",)
    list_display = ("scope", "engaged_by", "engaged_at", "reason")
    list_select_related = ("account", "engaged_by")
    fields = ("reason",)

    @admin.display(description="Stops")
    def scope(self, switch: KillSwitch) -> str:
        return "all accounts" if switch.account is None else f"{switch.account} of {switch.account.user}"

    @admin.action(description="Cancel everything again", permissions=["add"])
    def cancel_again(self, request: HttpRequest, queryset: QuerySet[KillSwitch]) -> None:
        for switch in queryset.select_related("account"):
            if switch.account is None:
                engaging.stop_all()
            else:
                engaging.engage(account=switch.account, by=_administrator(request))

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        return False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return super().has_add_permission(request) and not KillSwitch.objects.filter(account=None).exists()

    def save_model(self, request: HttpRequest, obj: KillSwitch, form: ModelForm, change: bool) -> None:  # type: ignore[type-arg]  # noqa: ARG002
        obj.engaged_by = _administrator(request)
        obj.save()
        transaction.on_commit(engaging.stop_all)

    def delete_model(self, request: HttpRequest, obj: KillSwitch) -> None:  # noqa: ARG002
        if obj.account is None:
            transaction.on_commit(engaging.release_for_all)
        else:
            engaging.release(account=obj.account)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[KillSwitch]) -> None:
        for switch in queryset.select_related("account"):
            self.delete_model(request, switch)


def _administrator(request: HttpRequest) -> User:
    assert isinstance(request.user, User)  # noqa: S101 - the admin lets nobody else in
    return request.user
