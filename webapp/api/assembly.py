"""The REST API whole: its nouns, its token, its documentation.

The schema is at `openapi.json`, its page at `docs`: Swagger UI from ninja's own static files, inside the site's frame
(`templates/ninja/swagger.html`). Nothing is loaded from elsewhere.
"""

from __future__ import annotations

from pathlib import Path

from django.views.decorators.http import require_safe
from ninja.openapi.docs import Swagger

from webapp.api import refusals
from webapp.api.authentication import READS
from webapp.api.problem_api import ProblemAPI
from webapp.api.routes import (
    account_values,
    accounts,
    events,
    exports,
    fills,
    instruments,
    orders,
    positions,
    previews,
    quotes,
    watchlists,
)

api = ProblemAPI(
    title="Gatehouse",
    version="1",
    urls_namespace="api",
    description=(Path(__file__).parent / "description.md").read_text(),
    docs_url="/docs",
    # Deep links would be links inside of buttons, which a screen reader can't reach.
    docs=Swagger({"deepLinking": False}),
    docs_decorator=require_safe,
    auth=READS,
)
refusals.add_handlers(api)
for noun in (
    *(accounts, orders, previews, fills, exports, positions, account_values),
    *(events, quotes, instruments, watchlists),
):
    api.add_router("", noun.router)
