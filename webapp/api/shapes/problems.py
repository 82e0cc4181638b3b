from __future__ import annotations

from typing import Literal

from ninja import Schema


class FieldProblem(Schema):
    field: str
    message: str


class Problem(Schema):
    """Every error has this shape, as application/problem+json; `errors` only when fields are to blame."""

    type: Literal["about:blank"]
    title: str
    status: int
    detail: str
    errors: list[FieldProblem] | None = None
