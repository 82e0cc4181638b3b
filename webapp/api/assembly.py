"""The REST API, for programs that carry a token: `Authorization: Bearer TOKEN`.

What isn't the token's user's own doesn't exist: 404. The interactive documentation is off, since its page loads from
a CDN; the schema itself is at `openapi.json`.
"""

from __future__ import annotations

from django.views.decorators.http import require_safe

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
    quotes,
    watchlists,
)

api = ProblemAPI(
    title="Gatehouse",
    version="1",
    urls_namespace="api",
    description="Accounts, orders and fills of the token's user. Amounts are decimal strings; null is unknown.",
    docs_url="/docs",
    docs_decorator=require_safe,
    auth=READS,
)
refusals.add_handlers(api)
for noun in (
    *(accounts, orders, fills, exports, positions, account_values),
    *(events, quotes, instruments, watchlists),
):
    api.add_router("", noun.router)
