"""Every address of the web process; the sockets' are in `webapp/asgi.py`."""

from __future__ import annotations

from allauth.account import views as entrance
from django.contrib import admin
from django.templatetags.static import static
from django.urls import include, path
from django.views.generic import RedirectView

from webapp.api.assembly import api
from webapp.api.problems import nothing_here

# allauth's other pages are left out: they send mail, and none is set up.
AUTH = [
    path("login/", entrance.login, name="account_login"),
    path("logout/", entrance.logout, name="account_logout"),
    path("signup/", entrance.signup, name="account_signup"),
    path("inactive/", entrance.account_inactive, name="account_inactive"),
    path("password/change/", entrance.password_change, name="account_change_password"),
]

handler403 = "webapp.pages.views.refused.refused"

urlpatterns = [
    path("admin/", admin.site.urls),
    path("desk/", include("webapp.desk.urls")),
    path("api/v1/", api.urls),
    path("api", nothing_here),
    path("api/", nothing_here),
    path("api/<path:rest>", nothing_here),
    path("auth/", include(AUTH)),
    # Asked for by pages that name no icon of their own, the admin's for one.
    path("favicon.ico", RedirectView.as_view(url=static("gatehouse/mark.svg"))),
    path("", include("webapp.pages.urls")),
]

handler400 = "webapp.api.failures.bad_request"
handler500 = "webapp.api.failures.server_error"
