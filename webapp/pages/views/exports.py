"""What leaves as a file."""

from __future__ import annotations

from uuid import UUID

from django.http.response import HttpResponseBase
from django.views.decorators.http import require_safe

from webapp.pages.access import SignedInRequest, signed_in, visible_account
from webapp.trading import exports, fills


@require_safe
@signed_in
def fills_csv(request: SignedInRequest, account_id: UUID) -> HttpResponseBase:
    """Every fill of the account, streamed."""
    account = visible_account(request, account_id)
    filename = f"fills-{account.account_code or account.id}.csv"
    return exports.fills_response(request, fills.of(request.user, account), filename=filename)
