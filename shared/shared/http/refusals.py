"""A refused request: its problem document, its audit lines, and whether its idempotency key keeps it."""

from __future__ import annotations

import json
from dataclasses import dataclass

from fastapi import Request, Response

from shared.http.problems import MEDIA_TYPE, Catalogue
from shared.tracing import trace_id_of
from shared.vocabulary.errors import Conflict, Hidden, Malformed, NotFound, Refused
from shared.vocabulary.rules import Breach

DECIDED = (Refused, Conflict, NotFound)
"""Refusals that were decided on the state of the market, which may be another one at the next try."""


@dataclass(frozen=True, slots=True)
class AuditLine:
    """One line of the trail about a refusal."""

    outcome: str
    status: int
    rule: str | None = None
    code: str | None = None


@dataclass(frozen=True, slots=True)
class Refusal:
    """`kept`: the request's key is used up, and gets this answer again (decision 0002)."""

    breaches: tuple[Breach, ...]
    status: int
    lines: tuple[AuditLine, ...]
    kept: bool


def simple(code: str, **params: str) -> tuple[Breach, ...]:
    """A refusal by the HTTP mechanism itself, which breaks no rule of the domain."""
    return (Breach(code, "", "", params),)


def refusal_by(error: Exception, catalogue: Catalogue) -> Refusal:
    """What is answered to a refusal by an operation."""
    if isinstance(error, (Refused, Malformed)):
        status = 409 if isinstance(error, Refused) else 422
        cited = [AuditLine("refused", status, each.rule, each.code) for each in error.breaches if each.rule]
        return Refusal(error.breaches, status, tuple(cited), kept=isinstance(error, Refused))
    if isinstance(error, Conflict):
        breaches = simple(error.code, reason=str(error))
        return Refusal(breaches, 409, (), kept=not catalogue[error.code].retryable)
    # What is another pilot's can't be told from what isn't there: a try at either is in the trail.
    hidden = isinstance(error, Hidden)
    line = AuditLine("denied", 404, "V65", "not_yours") if hidden else AuditLine("denied", 404, code="not_found")
    return Refusal(simple("not_found"), 404, (line,), kept=True)


def problem_response(
    request: Request,
    breaches: tuple[Breach, ...],
    *,
    status: int | None = None,
    headers: dict[str, str] | None = None,
) -> Response:
    """The problem document of one or several breaches."""
    catalogue = request.app.state.catalogue
    answered = status or catalogue[breaches[0].code].status
    body = catalogue.refusal(
        breaches,
        status=answered,
        instance=request.url.path,
        trace_id=trace_id_of(request.state.traceparent),
        language=request.headers.get("accept-language"),
    )
    content = json.dumps(body, ensure_ascii=False).encode()
    return Response(content, answered, headers, media_type=MEDIA_TYPE)
