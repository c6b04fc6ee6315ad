"""Builds a service's HTTP process: the same edge, health, problems and access check in all four."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fastapi import APIRouter, Depends, FastAPI, Response
from fastapi.routing import APIRoute
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from sqlalchemy import MetaData, text
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker
from starlette.middleware import Middleware
from starlette.middleware.body_limit import RequestBodyLimitMiddleware

from shared.act import Actors
from shared.clock import Clock
from shared.database import NAMING_PILOT, make_engine, make_sessions, of_pilot
from shared.http.access import Access, check_access, operation_of
from shared.http.delegations import Delegations
from shared.http.description import describe
from shared.http.direct import Direct
from shared.http.edge import Edge
from shared.http.failed_logins import FailedLogins
from shared.http.head import HeadAsGet
from shared.http.identity import TokenVerifier
from shared.http.pages import add_contract, add_pages, add_rule_pages
from shared.http.parameters import known_parameters
from shared.http.parties import Parties
from shared.http.problems import Catalogue
from shared.http.rate import Buckets, Policy
from shared.http.responses import add_responses
from shared.http.routes import ServiceRoute, keep_apart
from shared.http.tables import HttpTables
from shared.logging import configure_logging
from shared.messaging.adapters import bus_answers, bus_of
from shared.messaging.outbox import Wake
from shared.messaging.parked_row import ID_CONFLICTS
from shared.messaging.signing import Trust, TrustFile
from shared.messaging.standing import NEEDS_RECONCILING, NOTED
from shared.network import Networks, networks_of
from shared.policy import EVERY_PILOT
from shared.sealing import Sealer, sealer_of
from shared.settings import ServiceSettings
from shared.vocabulary.errors import SetupProblem

_ANONYMOUS_SECONDS = 20
MAX_BODY_BYTES = 8 * 1024 * 1024


@dataclass(slots=True)
class Runtime:
    """What a running HTTP process holds; routes reach it through their dependencies."""

    settings: ServiceSettings
    engine: AsyncEngine
    sessions: async_sessionmaker[AsyncSession]
    clock: Clock
    verifier: TokenVerifier
    sealer: Sealer
    actors: Actors
    trusted: Networks
    buckets: Buckets
    anonymous: Buckets
    failed_logins: FailedLogins
    wake: Wake
    trust: Trust
    http_tables: HttpTables
    extras: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Service:
    """What makes one service's HTTP process different from another's."""

    name: str
    title: str
    description: str
    routers: Sequence[APIRouter]
    access: Access
    problems: Path
    metadata: MetaData
    http_tables: HttpTables
    parties: Parties
    delegations: Delegations | None = None
    running: Callable[[Runtime], AbstractAsyncContextManager[None]] | None = None


class _Described(FastAPI):
    """Completes FastAPI's OpenAPI document once, on first request, because generating it is slower than startup."""

    def openapi(self) -> dict[str, Any]:
        if self.openapi_schema is None:
            described = self.state
            acts = described.delegations.acts if described.delegations else ()
            describe(super().openapi(), described.access, described.catalogue, described.operations, acts)
        return super().openapi()


def make_app(service: Service, settings: Callable[[], ServiceSettings]) -> FastAPI:
    """The application; `settings` is read when it starts, so that importing it needs no environment."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        read = settings()
        configure_logging(service.name, read.log_level)
        engine = make_engine(
            read.database_url.get_secret_value(), pool_size=read.pool_size, application_name=service.name
        )
        clock, sessions = Clock(read.environment, read.clock_file), make_sessions(engine)
        runtime = Runtime(
            settings=read,
            engine=engine,
            sessions=sessions,
            clock=clock,
            verifier=_verifier(read),
            sealer=sealer_of(read),
            actors=Actors(read.actor_key.get_secret_value()),
            trusted=networks_of(read.trusted_proxies),
            buckets=Buckets(engine, Policy("requests", read.rate_per_second, read.rate_burst)),
            anonymous=Buckets(
                engine,
                Policy("anonymous", read.anonymous_per_second, _ANONYMOUS_SECONDS * read.anonymous_per_second),
            ),
            failed_logins=FailedLogins(sessions, service.http_tables, clock.now),
            wake=Wake(engine, service.name),
            trust=TrustFile(read.event_keys),
            http_tables=service.http_tables,
        )
        app.state.runtime = runtime
        # An alarm on a series that isn't there yet would sleep through its first incident.
        NEEDS_RECONCILING.labels(service.name).set(0)
        try:
            async with _running(service, runtime), runtime.failed_logins.counted():
                yield
        finally:
            await runtime.wake.close()
            await engine.dispose()

    app = _Described(
        title=service.title,
        description=service.description,
        version="1",
        servers=[{"url": "/", "description": "This service"}],
        lifespan=lifespan,
        separate_input_output_schemas=False,
        generate_unique_id_function=operation_of,
        docs_url=None,
        redoc_url=None,
        # A redirect is no problem document, and its address would be made from the caller's own Host header.
        redirect_slashes=False,
    )
    app.state.service = service.name
    app.state.access = service.access
    app.state.delegations = service.delegations
    app.state.parties = service.parties
    app.state.catalogue = Catalogue(service.problems)
    routes = [each for router in service.routers for each in router.routes if isinstance(each, APIRoute)]
    app.state.operations = {operation_of(each): each.endpoint for each in routes}
    for router in service.routers:
        app.include_router(router, dependencies=[Depends(known_parameters)])
    check_access(service.routers, service.access)
    if plain := [operation_of(each) for each in routes if not isinstance(each, ServiceRoute)]:
        raise SetupProblem(f"endpoints that read a body before they know who sends it: {plain}")
    own = [each for each in routes if isinstance(each, ServiceRoute)]
    keep_apart(own)
    add_responses(app)
    _add_health(app)
    add_pages(app)
    add_rule_pages(app)
    add_contract(app)
    # Not FastAPI's own max_body_size: that stands outside the edge and answers in plain text.
    app.user_middleware[:0] = [
        Middleware(HeadAsGet),
        Middleware(Edge, application=app, service=service.name),
        Middleware(RequestBodyLimitMiddleware, max_body_size=MAX_BODY_BYTES),
        Middleware(Direct, application=app, routes=own),
    ]
    return app


@asynccontextmanager
async def _running(service: Service, runtime: Runtime) -> AsyncIterator[None]:
    if service.running is None:
        yield
    else:
        async with service.running(runtime):
            yield


def _verifier(read: ServiceSettings) -> TokenVerifier:
    return TokenVerifier(
        issuer=read.issuer,
        audience=read.audience,
        jwks_url=read.jwks_url,
        environment=read.environment,
        longest_minutes=read.token_minutes,
        two_factor_acr=frozenset(read.two_factor_acr.split()),
    )


def _add_health(app: FastAPI) -> None:
    @app.get("/livez", include_in_schema=False)
    async def live() -> dict[str, str]:
        return {"status": "ok"}

    @app.get("/readyz", include_in_schema=False)
    async def ready(response: Response) -> dict[str, Any]:
        named = {"service": app.state.service}
        try:
            async with app.state.runtime.engine.connect() as connection:
                standing = await connection.scalar(text("SELECT standing()"))
                reasons = {row.part: row.reason for row in await connection.execute(text(NOTED))}
                await connection.execute(NAMING_PILOT, of_pilot(EVERY_PILOT))
                conflicts = await connection.scalar(text(ID_CONFLICTS))
        except Exception:  # noqa: BLE001 - any failure here means not ready
            response.status_code = 503
            return named | {"status": "not ready", "database": "unreachable"}
        NEEDS_RECONCILING.labels(app.state.service).set(bool(reasons))
        if standing:
            response.status_code = 503
            return named | {"status": "not ready", "database": "ok", "code": standing, standing: reasons}
        # A service without its bus still accepts requests: the outbox stores its events.
        bus = "ok" if await bus_answers(bus_of(app.state.runtime.settings)) else "degraded"
        return (
            named
            | {"status": "ready", "database": "ok", "bus": bus}
            | ({"id_conflicts": conflicts} if conflicts else {})
        )

    @app.get("/metrics", include_in_schema=False)
    async def metrics() -> Response:
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)
