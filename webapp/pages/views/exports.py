"""What leaves as a file."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_GET

from webapp.pages.access import SignedInRequest, signed_in, visible_account
from webapp.trading import exports


@require_GET
@signed_in
def fills_csv(request: SignedInRequest, account_id: UUID) -> HttpResponseBase:
    """Every fill of the account, streamed."""
    account = visible_account(request, account_id)
    selection = exports.selected(user=request.user, account=account)
    filename = f"fills-{account.account_code or account.id}"
    try:
        return exports.fills_response(
            request, selection, user=request.user, wanted=exports.Format.CSV, filename=filename
        )
    except (exports.TooManyExports, exports.ExportsBusy) as refusal:
        again = {"Retry-After": str(exports.RETRY_AFTER)}
        return HttpResponse(str(refusal), status=503, content_type="text/plain; charset=utf-8", headers=again)
