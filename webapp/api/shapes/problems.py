from __future__ import annotations

from ninja import Schema


class FieldProblem(Schema):
    """`field` is the name of a parameter, or of what the body holds."""

    field: str
    message: str


class Problem(Schema):
    """Every error has this shape (RFC 9457), as application/problem+json.

    `type` is for programs: `about:blank` when the status says all, else `urn:gatehouse:problem:` and one of
    scope_missing, not_allowed, order_conflict, order_not_open, session_not_ready, live_trading_off, limit_exceeded,
    preview_refused, kill_switch_engaged, too_many_exports, exports_busy and no_answer. `detail` is a sentence for
    people. `errors` is there when fields are to blame, `scope` when the token lacks it.
    """

    type: str
    title: str
    status: int
    detail: str
    errors: list[FieldProblem] | None = None
    scope: str | None = None
