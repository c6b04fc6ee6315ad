"""The dependency of every changing route: one transaction, one caller, one answer."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Annotated, Any

from fastapi import Depends, Request, Response
from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncSession

from shared.act import Act
from shared.database import of_pilot
from shared.http import audit, idempotency
from shared.http.access import Authorised
from shared.http.delegated import require_held
from shared.http.identity import Caller
from shared.http.parties import session_begun
from shared.http.problems import MEDIA_TYPE
from shared.http.refusals import DECIDED, AuditLine, problem_response, refusal_by
from shared.http.tables import HttpTables
from shared.http.target import target_of
from shared.messaging.standing import refusal_of
from shared.scope import Scope
from shared.vocabulary.errors import Stale
from shared.written import json_of

TAKEN_ANYWAY = "approve_reconciliation"
"""The one command that is taken while database and bus contradict each other: it ends that."""

_LONGEST_VERSION, _LONGEST_KEY = 18, 255


class VersionMissing(Exception):
    """A change of an existing aggregate without If-Match."""


class MediaTypeUnknown(Exception):
    """A body of a media type or content coding that the operation doesn't read."""


class Answered(Exception):
    """The command is over, and its answer is stored: nothing more is done for it."""

    def __init__(self, response: Response) -> None:
        super().__init__(response.status_code)
        self.response = response


@dataclass(slots=True)
class Attempt:
    """What a refused request still has to be audited and answered with."""

    caller: Caller
    act: Act
    operation: str
    key: str
    fingerprint: bytes
    target: str | None

    def entry(self, line: AuditLine) -> audit.Entry:
        return audit.Entry(
            business_at=self.act.now,
            pilot=self.caller.pilot,
            actor=self.caller.actor,
            role=self.caller.role,
            subject_id=None if self.caller.subject_id is None else str(self.caller.subject_id),
            operation=self.operation,
            target=self.target,
            outcome=line.outcome,
            status=line.status,
            rule=line.rule,
            code=line.code,
            traceparent=self.act.traceparent,
            idempotency_key=self.key,
            address=self.act.address,
        )


@dataclass(slots=True)
class Command:
    """One change: its session, its caller, its act; `answer` ends it."""

    session: AsyncSession
    caller: Caller
    act: Act
    scope: Scope
    attempt: Attempt
    tables: HttpTables
    if_match: str | None
    answered: bool = field(default=False)
    delegated_value: Decimal | None = None

    def expected_version(self) -> int:
        """The aggregate's version the caller saw (If-Match); compare with `require_version`."""
        if self.if_match is None:
            raise VersionMissing
        text = self.if_match.removeprefix("W/").strip('"')
        if not text.isascii() or not text.isdigit() or len(text) > _LONGEST_VERSION:
            raise Stale("If-Match is not a version")
        return int(text)

    async def answer(
        self,
        content: BaseModel,
        *,
        status: int = 200,
        version: int | None = None,
        location: str | None = None,
        written: Mapping[str, bytes] | None = None,
        applied: str | None = None,
    ) -> Response:
        """Store answer and audit line, and give it; `written` is as in `json_of`, `applied` the preference followed."""
        told = {"location": location, "preference-applied": applied}
        return await self._answered(json_of(content, written), status, version, told, kept=True)

    async def answer_once(self, content: BaseModel) -> Response:
        """Give an answer that must not be stored in clear text: audited, but a repeat of the key is refused (V66)."""
        return await self._answered(json_of(content), 200, None, {}, kept=False)

    async def _answered(
        self, body: bytes, status: int, version: int | None, told: Mapping[str, str | None], *, kept: bool
    ) -> Response:
        headers = {"content-type": "application/json"} | {name: each for name, each in told.items() if each}
        if version is not None:
            headers["etag"] = f'"{version}"'
        stored = idempotency.Answer(status, headers, body if kept else b"{}")
        who, key = self.caller.principal, self.attempt.key
        await idempotency.keep(self.session, self.tables, principal=who, key=key, answer=stored)
        if (location := told.get("location")) and self.attempt.target is None:
            self.attempt.target = location.rsplit("/", 1)[-1]
        await audit.record(self.session, self.tables, [self.attempt.entry(AuditLine("done", status))])
        self.answered = True
        return Response(body, status, headers)


def begin_attempt(request: Request, caller: Caller, body: bytes) -> Attempt:
    """Read key and fingerprint of a POST and remember them for the audit of a refusal."""
    _check_media_type(request)
    key = request.headers.get("idempotency-key", "")
    if not key:
        raise idempotency.KeyMissing
    if len(key) > _LONGEST_KEY:
        raise idempotency.KeyTooLong
    act = act_of(request, caller)
    attempt = Attempt(
        caller=caller,
        act=act,
        operation=request.state.operation,
        key=key,
        fingerprint=idempotency.fingerprint_of(request.method, request.url.path, request.headers.get("if-match"), body),
        target=target_of(request),
    )
    request.state.attempt = attempt
    return attempt


def _check_media_type(request: Request) -> None:
    """A body is what the operation's description names; one whose type isn't told is read as that."""
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise MediaTypeUnknown
    told = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    described = (request.scope["route"].openapi_extra or {}).get("requestBody")
    if told not in ("", "application/octet-stream") and described is not None and told not in described["content"]:
        raise MediaTypeUnknown


def act_of(request: Request, caller: Caller) -> Act:
    """The act of a caller now, on the business clock."""
    return Act(
        actor=caller.actor,
        pilot=caller.pilot,
        now=request.app.state.runtime.clock.now(),
        traceparent=request.state.traceparent,
        role=caller.role,
        subject_id=None if caller.subject_id is None else str(caller.subject_id),
        told_as=request.app.state.runtime.actors.opaque(caller.issuer, caller.actor),
        national=caller.pilot == request.app.state.runtime.settings.national_pilot,
        address=request.state.address or None,
        delegation_id=caller.delegation_id,
    )


async def _command(request: Request, caller: Authorised) -> AsyncIterator[Command]:
    runtime: Any = request.app.state.runtime
    attempt = begin_attempt(request, caller, await request.body())
    async with runtime.sessions(info=of_pilot(caller.pilot)) as session:
        await _take_key(session, runtime.http_tables, attempt)
        command = Command(
            session=session,
            caller=caller,
            act=attempt.act,
            scope=request.state.scope,
            attempt=attempt,
            tables=runtime.http_tables,
            if_match=request.headers.get("if-match"),
        )
        effect = await session.begin_nested()
        try:
            await require_held(request, session, caller)
            yield command
        except DECIDED as error:
            # Only what the command did is undone: the key stays held until its answer stands beside it.
            await effect.rollback()
            await _refuse(request, session, attempt, error)
        if command.answered:
            await _note_delegated(request, command)
            await session.commit()
            runtime.wake.poke()


async def _note_delegated(request: Request, command: Command) -> None:
    """What was done under a delegation is kept beside it, and the trail names the delegation (V65)."""
    under, attempt = command.caller.delegation_id, command.attempt
    if under is None:
        return
    delegations = request.app.state.delegations
    await delegations.note(
        command.session, under, attempt.operation, attempt.target, command.delegated_value, command.act
    )
    stamp = replace(
        attempt.entry(AuditLine("done", 200)), operation="act_under_delegation", target=str(under), idempotency_key=None
    )
    await audit.record(command.session, command.tables, [stamp])


async def _take_key(session: AsyncSession, tables: HttpTables, attempt: Attempt) -> None:
    """Hold the attempt's key in the session's transaction; Answered if it was used before."""
    earlier = await idempotency.claim(
        session,
        tables,
        principal=attempt.caller.principal,
        actor=attempt.caller.actor,
        key=attempt.key,
        fingerprint=attempt.fingerprint,
        anyway=attempt.operation == TAKEN_ANYWAY,
    )
    if earlier is not None:
        raise _again(earlier)


async def _refuse(request: Request, session: AsyncSession, attempt: Attempt, error: Exception) -> None:
    """End a refused attempt whose key the session holds: the answer, its audit lines and the key commit together."""
    told = refusal_by(error, request.app.state.catalogue)
    if not told.kept:
        raise error
    tables = request.app.state.runtime.http_tables
    response = problem_response(request, told.breaches, status=told.status)
    kept = idempotency.Answer(told.status, {"content-type": MEDIA_TYPE}, bytes(response.body))
    await idempotency.keep(session, tables, principal=attempt.caller.principal, key=attempt.key, answer=kept)
    if told.lines:
        await audit.record(session, tables, [attempt.entry(each) for each in told.lines])
    await session.commit()
    raise Answered(response) from error


def _again(earlier: idempotency.Answer) -> Answered:
    return Answered(Response(earlier.body, earlier.status, {**earlier.headers, "idempotency-replayed": "true"}))


@asynccontextmanager
async def one_answer(request: Request, attempt: Attempt) -> AsyncIterator[None]:
    """For a route whose own statement takes the key with the effect: a refusal takes it too, and the first stands."""
    runtime: Any = request.app.state.runtime
    try:
        yield
    except DECIDED as error:
        async with runtime.sessions(info=of_pilot(attempt.caller.pilot)) as session:
            await _take_key(session, runtime.http_tables, attempt)
            await _refuse(request, session, attempt, error)
    except Exception as error:
        if not isinstance(error, idempotency.KeyInUse) and refusal_of(error) is None:
            raise
        async with runtime.sessions(info=of_pilot(attempt.caller.pilot)) as session:
            earlier = await idempotency.kept(
                session,
                runtime.http_tables,
                principal=attempt.caller.principal,
                actor=attempt.caller.actor,
                key=attempt.key,
                fingerprint=attempt.fingerprint,
            )
        if earlier is not None:
            raise _again(earlier) from None
        raise


async def _reading(request: Request, caller: Authorised) -> AsyncIterator[AsyncSession]:
    async with session_begun(request) or request.app.state.runtime.sessions(info=of_pilot(caller.pilot)) as session:
        yield session


# scope="function": the commit happens before the answer leaves, so a failed commit is never a 2xx.
Commanded = Annotated[Command, Depends(_command, scope="function")]
commanded = asynccontextmanager(_command)
"""A command of a route that decides by itself whether it needs one."""
Reading = Annotated[AsyncSession, Depends(_reading, scope="function")]
