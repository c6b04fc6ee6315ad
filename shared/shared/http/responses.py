"""Maps each exception to its HTTP response; the only such table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException as StarletteHTTPException
from starlette.routing import compile_path

from shared.database import is_storage_exhausted, is_transient, is_unstorable, of_pilot
from shared.http import audit, idempotency
from shared.http.command import Answered, Attempt, MediaTypeUnknown, VersionMissing, act_of
from shared.http.identity import NotAuthenticated
from shared.http.problems import malformed
from shared.http.rate import TooManyRequests
from shared.http.refusals import AuditLine, problem_response, refusal_by, simple
from shared.http.routes import closest
from shared.http.target import target_of
from shared.messaging.standing import refusal_of
from shared.vocabulary.errors import Busy, Conflict, Forbidden, Malformed, NotFound, Refused, Stale, Unreconciled
from shared.vocabulary.rules import Breach

log = structlog.get_logger()

_BAD_REQUEST = 400
_METHOD_NOT_ALLOWED = 405
_RETRY_AFTER = {"retry-after": "1"}
# A person has to make room first.
_RETRY_ONCE_THERE_IS_ROOM = {"retry-after": "30"}
_HTTP_CODES = {
    400: "body_not_json",
    404: "not_found",
    405: "method_not_allowed",
    413: "body_too_large",
    415: "unsupported_media_type",
}


async def _audit(request: Request, told: Sequence[AuditLine]) -> None:
    """Record refusals in a transaction of their own (ARCHITECTURE.md#who-may-do-what)."""
    caller = getattr(request.state, "caller", None)
    if caller is None:
        return
    attempt: Attempt | None = getattr(request.state, "attempt", None)
    if attempt is None:
        act = act_of(request, caller)
        attempt = Attempt(caller, act, request.state.operation, "", b"", target_of(request))
    runtime: Any = request.app.state.runtime
    lines = [attempt.entry(each) for each in told]
    async with runtime.sessions(info=of_pilot(caller.pilot)) as session, session.begin():
        await audit.record(session, runtime.http_tables, lines)


async def _refused(request: Request, error: Exception) -> Response:
    """A refusal outside of a command's transaction, or one that keeps no key."""
    told = refusal_by(error, request.app.state.catalogue)
    if told.lines:
        await _audit(request, told.lines)
    return problem_response(request, told.breaches, status=told.status)


async def _forbidden(request: Request, error: Exception) -> Response:
    assert isinstance(error, Forbidden)  # noqa: S101 - narrows the handler's type
    await _audit(request, [AuditLine("denied", 403, error.rule, error.code)])
    told = {"role": request.state.caller.role, "operation": request.state.operation, "reason": str(error)}
    return problem_response(request, (Breach(error.code, error.rule or "", "", told),))


async def _not_authenticated(request: Request, error: Exception) -> Response:
    headers = {"www-authenticate": "Bearer"}
    return problem_response(request, simple("not_authenticated", reason=str(error)), headers=headers)


async def _busy(request: Request, error: Exception) -> Response:
    assert isinstance(error, Busy)  # noqa: S101 - narrows the handler's type
    log.warning("busy", code=error.code, reason=str(error))
    return problem_response(request, simple(error.code, reason=str(error)), headers=_RETRY_AFTER)


async def _too_many(request: Request, error: Exception) -> Response:
    assert isinstance(error, TooManyRequests)  # noqa: S101 - narrows the handler's type
    # The edge writes its headers on every answer.
    request.state.standing = error.standing
    return problem_response(request, simple("rate_limited"))


async def _stale(request: Request, error: Exception) -> Response:
    return problem_response(request, simple("stale_version", reason=str(error)))


async def _validation(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - narrows the handler's type
    whole_body = any(tuple(each["loc"]) == ("body",) and each["type"] != "missing" for each in error.errors())
    if whole_body and not _is_json(request.headers.get("content-type", "")):
        return problem_response(request, simple("unsupported_media_type"))
    return problem_response(request, malformed(error.errors()), status=422)


def _is_json(content_type: str) -> bool:
    kind = content_type.partition(";")[0].strip().lower()
    return kind == "application/json" or (kind.startswith("application/") and kind.endswith("+json"))


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, StarletteHTTPException)  # noqa: S101 - narrows the handler's type
    code = _HTTP_CODES.get(error.status_code, "request_not_taken" if error.status_code < 500 else "internal_error")
    headers = dict(error.headers or {})
    if error.status_code == _METHOD_NOT_ALLOWED:
        headers = {"allow": _allowed(request, headers.get("Allow", ""))}
    # FastAPI's only 400 is a body that no JSON parser takes: malformed input, which is 422 here.
    status = None if error.status_code == _BAD_REQUEST else error.status_code
    return problem_response(request, simple(code, reason=str(error.detail)), status=status, headers=headers)


def _allowed(request: Request, of_route: str) -> str:
    """Every method of the path: Starlette names those of the first route only (`of_route`)."""
    paths = request.app.openapi()["paths"]
    named = closest([path for path in paths if compile_path(path)[0].match(request.url.path)])
    found = {method.upper() for path in named for method in paths[path]}
    found |= {method.strip() for method in of_route.split(",") if method.strip()}
    # HEAD is answered where GET is (`head.py`), and no route names it.
    return ", ".join(sorted(found | {"HEAD"} if "GET" in found else found))


async def _unreconciled(request: Request, error: Exception) -> Response:
    assert isinstance(error, Unreconciled)  # noqa: S101 - narrows the handler's type
    return problem_response(request, simple(error.code), headers=_RETRY_AFTER)


async def _answered(request: Request, error: Exception) -> Response:
    assert isinstance(error, Answered)  # noqa: S101 - narrows the handler's type
    return error.response


async def unexpected(request: Request, error: Exception) -> Response:
    """503 where only the infrastructure failed, 422 for values that can't be stored, else 500 with the trace id."""
    if code := refusal_of(error):
        return problem_response(request, simple(code), headers=_RETRY_AFTER)
    if is_storage_exhausted(error):
        log.error("storage exhausted", error=type(error).__name__)
        return problem_response(request, simple("storage_exhausted"), headers=_RETRY_ONCE_THERE_IS_ROOM)
    if is_transient(error):
        log.warning("unavailable", error=type(error).__name__)
        return problem_response(request, simple("unavailable"), headers=_RETRY_AFTER)
    if is_unstorable(error):
        log.info("unstorable", error=type(error).__name__)
        return problem_response(request, simple("value_not_storable"))
    log.error("unexpected", exc_info=error)
    return problem_response(request, simple("internal_error"))


def add_responses(app: FastAPI) -> None:
    """Register one handler per kind of failure."""

    def answer(code: str, headers: dict[str, str] | None = None) -> Any:
        async def handler(request: Request, _: Exception) -> Response:
            return problem_response(request, simple(code), headers=headers)

        return handler

    handlers: dict[type[Exception], Any] = {
        Refused: _refused,
        Malformed: _refused,
        NotFound: _refused,
        Forbidden: _forbidden,
        NotAuthenticated: _not_authenticated,
        Conflict: _refused,
        Busy: _busy,
        Stale: _stale,
        TooManyRequests: _too_many,
        RequestValidationError: _validation,
        StarletteHTTPException: _http,
        Unreconciled: _unreconciled,
        Answered: _answered,
        VersionMissing: answer("version_missing"),
        MediaTypeUnknown: answer("unsupported_media_type"),
        idempotency.KeyMissing: answer("idempotency_key_missing"),
        idempotency.KeyTooLong: answer("idempotency_key_too_long"),
        idempotency.AnswerNotKept: answer("idempotency_answer_not_kept"),
        idempotency.KeyReused: answer("idempotency_key_reused"),
        idempotency.KeyInUse: answer("idempotency_key_in_use", _RETRY_AFTER),
    }
    for kind, handler in handlers.items():
        app.add_exception_handler(kind, handler)
