"""Signing in and out, as the audit log is told of it: Django and allauth say so by signals."""

from __future__ import annotations

from typing import Any

from allauth.account.signals import password_changed, user_signed_up
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed

from webapp.accounts.models import User
from webapp.audit import recording as audit
from webapp.audit.recording import Action

NO_SUCH_USER = "There is no such user. What was typed isn't kept: people type passwords there."


def listen() -> None:
    """Called once, when the models are loaded."""
    user_signed_up.connect(record_signed_up, dispatch_uid="audit")
    user_logged_in.connect(record_login, dispatch_uid="audit")
    user_logged_out.connect(record_logout, dispatch_uid="audit")
    user_login_failed.connect(record_login_failed, dispatch_uid="audit")
    password_changed.connect(record_password_changed, dispatch_uid="audit")


def record_signed_up(*, user: User, **_: Any) -> None:
    audit.record(Action.SIGNED_UP, by=user)


def record_login(*, user: User, **_: Any) -> None:
    audit.record(Action.LOGIN, by=user)


def record_logout(*, user: User | None, **_: Any) -> None:
    if user is not None:
        audit.record(Action.LOGOUT, by=user)


def record_login_failed(*, credentials: dict[str, Any], **_: Any) -> None:
    """Nobody acted whom we know: the username is what the sign-in was for, and not who tried."""
    user = User.objects.filter(username__iexact=str(credentials.get("username", ""))).first()
    if user is None:
        audit.record(Action.LOGIN_FAILED, text=NO_SUCH_USER)
    else:
        why = "The password was wrong." if user.is_active else "The user is suspended."
        audit.record(Action.LOGIN_FAILED, subject=user.get_username(), text=why)


def record_password_changed(*, user: User, **_: Any) -> None:
    audit.record(Action.PASSWORD_CHANGED, by=user)
