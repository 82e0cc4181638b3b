"""Signing in, where it differs from allauth's own way."""

from __future__ import annotations

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from webapp.accounts.models import User


class Entrance(DefaultAccountAdapter):  # type: ignore[misc]  # allauth has no types
    def respond_user_inactive(self, request: HttpRequest, user: User) -> HttpResponse:
        """Only whoever knows the password comes this far, so the reason is told to nobody else."""
        context = {"reason": user.suspended_reason, "since": user.suspended_at}
        return render(request, "account/account_inactive.html", context, status=403)
