"""Ninja as this API has it: every error a problem, every answer with its allowance, the schema complete."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest
from django.urls import URLPattern, URLResolver, path
from django.views.decorators.csrf import csrf_exempt
from ninja import NinjaAPI

from webapp.api import problems, schema


class ProblemAPI(NinjaAPI):
    """A NinjaAPI whose every error is a problem, also the two that ninja answers past its exception handlers."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        problems.add_handlers(self)

    def get_openapi_schema(self, **options: Any) -> Any:
        return schema.completed(super().get_openapi_schema(**options))

    def get_openapi_operation_id(self, operation: Any) -> str:
        """What a generated client calls its function: the view's own name."""
        return str(operation.view_func.__name__)

    def _get_urls(self) -> list[URLResolver | URLPattern]:
        """Ninja's own, each completed, and a last one for every address that isn't there."""
        patterns = [pattern for pattern in super()._get_urls() if isinstance(pattern, URLPattern)]
        for pattern in patterns:
            # The root is there to be reversed; its own answer is a page of ninja's.
            is_root = pattern.name == "api-root"
            pattern.callback = problems.nothing_here if is_root else _completed(pattern.callback)
        return [*patterns, path("<path:rest>", problems.nothing_here)]


def _completed(view: Callable[..., Any]) -> Callable[..., Any]:
    @csrf_exempt
    @functools.wraps(view)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        response = view(request, *args, **kwargs)
        if response.status_code == 405:
            response = problems.not_allowed(request, response["Allow"])
        if getattr(request, "allowance", None) is not None:
            request.allowance.tell(response)  # type: ignore[attr-defined]  # set by BearerToken
        if hasattr(request, "auth"):
            response.headers.setdefault("Cache-Control", "no-store")
        return response

    return answer
