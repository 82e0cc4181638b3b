"""Every address of the web process; the sockets' are in `webapp/asgi.py`."""

from __future__ import annotations

from django.contrib import admin
from django.urls import include, path

from webapp.api.routes import api

urlpatterns = [
    path("admin/", admin.site.urls),
    path("api/v1/", api.urls),
    path("auth/", include("allauth.urls")),
    path("", include("webapp.pages.urls")),
]
