"""The REST API, for programs that carry a token: `Authorization: Bearer TOKEN`.

What isn't the token's user's own doesn't exist: 404. The interactive documentation is off, since its page loads from
a CDN; the schema itself is at `openapi.json`.
"""

from __future__ import annotations

from webapp.api.authentication import BearerToken
from webapp.api.problems import ProblemAPI
from webapp.api.routes import accounts, exports, fills, orders

api = ProblemAPI(
    title="Gatehouse",
    version="1",
    description="Accounts, orders and fills of the token's user. Amounts are decimal strings; null is unknown.",
    docs_url=None,
    auth=BearerToken(),
)
for noun in (accounts, orders, fills, exports):
    api.add_router("", noun.router)
