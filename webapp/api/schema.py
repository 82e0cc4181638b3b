"""What ninja leaves out of the schema: the problems that every operation may answer with, scopes and headers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from webapp.api.problems import CONTENT_TYPE
from webapp.api.shapes.problems import FieldProblem, Problem

Json = dict[str, Any]

EVERYWHERE = {
    401: "There is no token, or it is unknown, revoked or expired.",
    403: "The token lacks a scope, or you may not do this with the account.",
    422: "A value is wrong; `errors` names each.",
    429: "The token has used its allowance up. Nothing was done.",
    500: "An error of ours.",
}
NOT_FOUND = {404: "It doesn't exist, or it isn't yours: the two are not told apart."}
WITH_BODY = {400: "The body is no JSON."}

_REF = {"$ref": "#/components/schemas/Problem"}
_TEXT = {"type": "string"}
_ALLOWANCE = {
    "RateLimit": {
        "description": 'What is left of the lane, as in `"requests";r=598;t=42`: r requests, and all of them again '
        "in t seconds. Absent while nobody can count.",
        "schema": _TEXT,
    },
    "RateLimit-Policy": {"description": 'The lane\'s quota, as in `"requests";q=600;w=60`.', "schema": _TEXT},
}
_RETRY_AFTER = {"Retry-After": {"description": "Seconds.", "schema": {"type": "integer"}, "required": True}}
_AUTHENTICATE = {"WWW-Authenticate": {"schema": _TEXT, "required": True}}
_HEADERS_OF = {401: _AUTHENTICATE, 429: _RETRY_AFTER, 503: _RETRY_AFTER}


def refusals(**of_status: str) -> Json:
    """What an operation of its own may refuse, for its `openapi_extra`: refusals(_409="It is filled.")."""
    responses = {int(name.removeprefix("_")): _response(int(name[1:]), text) for name, text in of_status.items()}
    return {"responses": responses}


def completed(schema: Json) -> Json:
    schemas = schema["components"]["schemas"]
    schemas["FieldProblem"] = FieldProblem.model_json_schema()
    schemas["Problem"] = {**Problem.model_json_schema(ref_template="#/components/schemas/{model}")}
    schemas["Problem"].pop("$defs", None)
    for path, operation in _operations(schema):
        _complete(path, operation)
    return schema


def _operations(schema: Json) -> Iterator[tuple[str, Json]]:
    for path, methods in schema["paths"].items():
        for operation in methods.values():
            yield path, operation


def _complete(path: str, operation: Json) -> None:
    responses = operation["responses"]
    for response in responses.values():
        response.setdefault("headers", {}).update(_ALLOWANCE)
    names_something = "{" in path or any(parameter["name"] == "account" for parameter in operation["parameters"])
    possible = EVERYWHERE | (NOT_FOUND if names_something else {}) | (WITH_BODY if "requestBody" in operation else {})
    for status, text in possible.items():
        responses.setdefault(status, _response(status, text))
    operation["responses"] = dict(sorted(responses.items()))


def _response(status: int, text: str) -> Json:
    response: Json = {"description": text, "content": {CONTENT_TYPE: {"schema": _REF}}}
    return response | ({"headers": dict(_HEADERS_OF[status])} if status in _HEADERS_OF else {})
