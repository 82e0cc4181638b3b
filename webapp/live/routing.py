"""Which socket stands at which path. Whatever isn't listed answers 404, as a page would."""

from __future__ import annotations

from django.urls import path, re_path

from webapp.live.consumers import AccountConsumer
from webapp.live.conversation import Outsider
from webapp.live.programs.consumer import ProgramConsumer

# A browser sends its cookie wherever it is told to, so these ask where the page came from.
websocket_urlpatterns = [
    path("ws/accounts/<uuid:account_id>/", AccountConsumer.as_asgi()),
    re_path(r"", Outsider.as_asgi()),
]
# A program has no origin, and shows a token that no browser sends by itself.
program_urlpatterns = [
    path("ws/v1/feed", ProgramConsumer.as_asgi()),
]
