"""Which socket stands at which path. Whatever isn't listed answers 404, as a page would."""

from __future__ import annotations

from django.urls import path, re_path

from webapp.live.consumers import AccountConsumer, Outsider

websocket_urlpatterns = [
    path("ws/accounts/<uuid:account_id>/", AccountConsumer.as_asgi()),
    re_path(r"", Outsider.as_asgi()),
]
