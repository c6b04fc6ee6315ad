"""Query parameters at the edge: one that an operation doesn't know, or one given twice, is never ignored."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from typing import Any, get_origin

from fastapi import Request
from fastapi._compat import ModelField
from fastapi.dependencies.utils import get_flat_params, request_params_to_args
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute


async def known_parameters(request: Request) -> None:
    """Refuse query parameters that the operation doesn't know, or that stand twice, with all else that is wrong."""
    sent = request.query_params
    if not sent:
        return
    fields = _query_fields(request.scope["route"])
    if wrong := list(_wrong(Counter(name for name, _ in sent.multi_items()), fields)):
        _, errors = request_params_to_args(fields, sent)
        raise RequestValidationError([*wrong, *errors])


def _query_fields(route: APIRoute) -> Sequence[ModelField]:
    flat = get_flat_params(route.dependant)
    return [each for each in flat if getattr(each.field_info, "in_", None) is not None and _in_query(each)]


def _in_query(field: ModelField) -> bool:
    place: Any = field.field_info
    return str(place.in_.value) == "query"


def _wrong(sent: Counter[str], fields: Sequence[ModelField]) -> Iterator[dict[str, Any]]:
    known = {each.alias: each for each in fields}
    for name, times in sent.items():
        if name not in known:
            nearest = get_close_matches(name, known, n=1, cutoff=0.5)
            told = {"expected": ", ".join(nearest or sorted(known)) or "-"}
            yield {"type": "parameter_unknown", "loc": ("query", name), "ctx": told}
        elif times > 1 and get_origin(known[name].field_info.annotation) is not list:
            yield {"type": "parameter_repeated", "loc": ("query", name)}
