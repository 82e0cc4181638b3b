"""Every address of the desk."""

from __future__ import annotations

from django.urls import path

from webapp.desk.views import accounts, audit, kill_switch, users, workers

app_name = "desk"

ACCOUNT = "accounts/<uuid:account_id>"
USER = "users/<int:user_id>"
WORKER = "workers/<int:worker_id>"

urlpatterns = [
    path("", accounts.index, name="accounts"),
    path(f"{ACCOUNT}/", accounts.account, name="account"),
    path(f"{ACCOUNT}/session/", accounts.session, name="account_session"),
    path(f"{ACCOUNT}/start/", accounts.start, name="start"),
    path(f"{ACCOUNT}/stop/", accounts.stop, name="stop"),
    path(f"{ACCOUNT}/restart/", accounts.restart, name="restart"),
    path(f"{ACCOUNT}/suspend/", accounts.suspend, name="suspend_account"),
    path(f"{ACCOUNT}/resume/", accounts.resume, name="resume_account"),
    path(f"{ACCOUNT}/engage/", accounts.engage, name="engage"),
    path(f"{ACCOUNT}/release/", accounts.release, name="release"),
    path(f"{ACCOUNT}/log/", accounts.log, name="log"),
    path("users/", users.index, name="users"),
    path(f"{USER}/", users.user, name="user"),
    path(f"{USER}/suspend/", users.suspend, name="suspend_user"),
    path(f"{USER}/resume/", users.resume, name="resume_user"),
    path("workers/", workers.index, name="workers"),
    path(f"{WORKER}/drain/", workers.drain, name="drain"),
    path(f"{WORKER}/undrain/", workers.undrain, name="undrain"),
    path(f"{WORKER}/forget/", workers.forget, name="forget"),
    path("kill-switch/", kill_switch.page, name="kill_switch"),
    path("kill-switch/engage/", kill_switch.engage, name="engage_for_all"),
    path("kill-switch/release/", kill_switch.release, name="release_for_all"),
    path("audit/", audit.index, name="audit"),
    path("audit.csv", audit.export, name="audit_csv"),
]
