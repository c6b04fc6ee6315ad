"""A service's second process: relay, consumer, background work, health and metrics on a port of its own."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import structlog
import uvicorn
import uvloop
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from shared.database import make_engine
from shared.logging import configure_logging
from shared.messaging.adapters import BusAddress, bus_answers, bus_of, open_bus
from shared.messaging.audit_heads import HeadPublisher
from shared.messaging.bus import Bus, BusRefused, BusStopped
from shared.messaging.cancelling import only_asked
from shared.messaging.consumer import Consumer, Stalled
from shared.messaging.outbox import Sender, Wake
from shared.messaging.parked_row import ID_CONFLICTS
from shared.messaging.relay import Relay
from shared.messaging.signing import Signer, Trust, TrustFile
from shared.messaging.subscriptions import Subscriptions
from shared.messaging.tables import MessagingTables
from shared.settings import ServiceSettings
from shared.vocabulary.errors import SetupProblem

log = structlog.get_logger()
_PATIENCE_SECONDS = 2
Background = Callable[[AsyncEngine], Awaitable[object]]


async def _readiness(
    service: str, engine: AsyncEngine, bus: BusAddress, relay: Relay, consumer: Consumer, trust: Trust
) -> dict[str, Any]:
    """Whether this worker can do its parts now: with its database, its bus, and each lock held or waited for."""
    conflicts = await _id_conflicts(engine)
    reached = await bus_answers(bus)
    parts = {"relay": relay.seat.told(), "consumer": consumer.seat.told()}
    reasons = relay.standing.reasons | consumer.standing.reasons
    ready = conflicts is not None and reached and all(part["ready"] for part in parts.values())
    return {
        "service": f"{service}-worker",
        "status": "ready" if ready else "not ready",
        "database": "unreachable" if conflicts is None else "ok",
        "bus": "ok" if reached else "unreachable",
        **parts,
        **({"needs_reconciling": reasons} if reasons else {}),
        **({"id_conflicts": conflicts} if conflicts else {}),
        **({"audit_head": relay.heads.told()} if relay.heads is not None else {}),
        **({"event_keys": trust.trouble} if trust.trouble else {}),
    }


async def _id_conflicts(engine: AsyncEngine) -> int | None:
    """How many parked events have another in their place; None where the database doesn't answer."""
    try:
        async with asyncio.timeout(_PATIENCE_SECONDS), engine.connect() as connection:
            return await connection.scalar(text(ID_CONFLICTS)) or 0
    except Exception:  # noqa: BLE001 - any failure here means that the database doesn't answer
        return None


def _health(readiness: Callable[[], Awaitable[dict[str, Any]]], host: str, port: int) -> uvicorn.Server:
    async def live(_: Request) -> Response:
        return JSONResponse({"status": "ok"})

    async def ready(_: Request) -> Response:
        told = await readiness()
        return JSONResponse(told, 200 if told["status"] == "ready" else 503)

    async def metrics(_: Request) -> Response:
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)

    routes = [Route("/livez", live), Route("/readyz", ready), Route("/metrics", metrics)]
    config = uvicorn.Config(
        Starlette(routes=routes),
        host=host,
        port=port,
        log_config=None,
        # Only probes call here, every few seconds.
        access_log=False,
        lifespan="off",
    )
    server = uvicorn.Server(config)
    # Signals end the worker in its own order; the health server just follows.
    server.capture_signals = contextlib.nullcontext  # type: ignore[method-assign, assignment]
    return server


async def _until_failed(work: Awaitable[None], stop: asyncio.Event, failures: list[Exception]) -> None:
    """Run a part; if it fails, stop the whole worker in its usual order."""
    try:
        await work
    except (BusStopped, Stalled) as failure:
        failures.append(failure)
        stop.set()


async def _every(seconds: float, stop: asyncio.Event, engine: AsyncEngine, work: Background) -> None:
    while not stop.is_set():
        try:
            with only_asked():
                await work(engine)
        except Exception as error:  # noqa: BLE001 - background work runs again later
            log.warning("background work failed", error=f"{type(error).__name__}: {error}")
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), seconds)


def _signer(service: str, settings: ServiceSettings, trust: Trust) -> Signer:
    """What signs the service's events; SetupProblem where there is no key, or none that readers believe."""
    if settings.event_signing_key is None:
        raise SetupProblem("the setting EVENT_SIGNING_KEY is missing (docs/operations.md lists all settings)")
    signer = Signer(service, settings.event_signing_key.get_secret_value())
    trust.require_key(signer.key)
    return signer


async def _let_in(bus: Bus) -> None:
    """SetupProblem where the bus refuses this worker from the start: nothing gets better by waiting."""
    try:
        await bus.knock()
    except BusRefused as refused:
        await bus.close()
        raise SetupProblem(str(refused)) from refused


async def serve_worker(
    settings: ServiceSettings,
    tables: MessagingTables,
    subscriptions: Subscriptions,
    background: Sequence[Background],
    stop: asyncio.Event,
    heads: HeadPublisher | None = None,
) -> None:
    """Run until `stop`; what is under way is finished and committed."""
    url = settings.database_url.get_secret_value()
    trust = TrustFile(settings.event_keys)
    sender = Sender(_signer(subscriptions.service, settings, trust), settings.public_url)
    engine = make_engine(url, pool_size=6, application_name=f"{subscriptions.service}-worker")
    address = bus_of(settings)
    bus = open_bus(address)
    wake = Wake(engine, subscriptions.service)
    await _let_in(bus)
    relay = Relay(subscriptions.service, url, bus, sender, trust, heads)
    consumer = Consumer(engine, tables, bus, subscriptions.believing(trust), wake)
    server = _health(
        lambda: _readiness(subscriptions.service, engine, address, relay, consumer, trust),
        settings.host,
        settings.worker_port,
    )
    failures: list[Exception] = []
    try:
        async with asyncio.TaskGroup() as group:
            # The relay stops last, so that events announced by the consumer are still published.
            relay_stop = asyncio.Event()
            consuming = group.create_task(_until_failed(consumer.run(stop), stop, failures))
            group.create_task(_until_failed(relay.run(relay_stop), stop, failures))
            group.create_task(server.serve())
            for work in background:
                group.create_task(_every(1.0, stop, engine, work))
            await stop.wait()
            await asyncio.wait([consuming])
            relay_stop.set()
            server.should_exit = True
    finally:
        await wake.close()
        await bus.close()
        await engine.dispose()
    if failures:
        raise failures[0]


def run_worker(
    settings: ServiceSettings,
    tables: MessagingTables,
    subscriptions: Subscriptions,
    background: Sequence[Background] = (),
    heads: HeadPublisher | None = None,
) -> int:
    """Run until SIGTERM or SIGINT; status 2 where its settings, or bus and database, don't agree; 1 when it stalls."""
    configure_logging(f"{subscriptions.service}-worker", settings.log_level)
    if not settings.public_url:
        log.warning("PUBLIC_URL is not set: events name their schema by a path, which outside readers can't follow")

    async def main() -> None:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for sign in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(sign, stop.set)
        await serve_worker(settings, tables, subscriptions, background, stop, heads)

    try:
        uvloop.run(main())
    except SetupProblem as problem:
        log.error("stopped", reason=str(problem))
        return 2
    except Stalled as stalled:
        log.error("stalled", reason=str(stalled))
        return 1
    return 0
