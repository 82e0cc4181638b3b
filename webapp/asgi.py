"""The web process: pages and the API over HTTP, live sockets over WebSocket."""

from __future__ import annotations

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "webapp.settings")
# Django answers each request in a thread of its own here: without a pool, each would connect to the database anew.
os.environ.setdefault("GATEHOUSE_DATABASE_POOL", "20")

# Loads the models, which everything below needs.
pages = get_asgi_application()

from channels.auth import AuthMiddlewareStack  # noqa: E402
from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402
from channels.security.websocket import AllowedHostsOriginValidator  # noqa: E402
from django.urls import re_path  # noqa: E402

from webapp.live.routing import program_urlpatterns, websocket_urlpatterns  # noqa: E402

browsers = AllowedHostsOriginValidator(AuthMiddlewareStack(URLRouter(websocket_urlpatterns)))
sockets = URLRouter([*program_urlpatterns, re_path(r"", browsers)])
application = ProtocolTypeRouter({"http": pages, "websocket": sockets})
