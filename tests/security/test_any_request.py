"""Generated requests, valid and slightly invalid: no 5xx, and every response as OpenAPI describes it (I14)."""

from __future__ import annotations

import asyncio
import threading
import warnings
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import hypothesis
import pytest
import uvicorn
from hypothesis import strategies as st

from marketctl.layout import SERVICES
from marketctl.services import described
from shared.database import make_engine, make_sessions
from shared.http.app import Service, make_app
from shared.workshop.processes.ports import free_port
from shared.workshop.testing.client import settings_for
from shared.workshop.testing.servers import as_process
from shared.workshop.testing.services import MakeServiceDatabase
from shared.workshop.testing.tokens import ServedMint

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import schemathesis
    from schemathesis import GenerationMode, checks
    from schemathesis.specs.openapi.checks import (
        content_type_conformance,
        response_schema_conformance,
        status_code_conformance,
    )

CHECKS: list[Any] = [
    checks.not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
LEAST_ACCEPTED = 0.1
# NDJSON and workbooks: schemathesis makes neither, trade-ledger's own tests do.
_OTHER_BODIES = {"register_trades_in_bulk", "import_trades"}
PARTY = {name: UUID(int=0x019A << 112 | n) for n, name in enumerate(("subject_id", "bank_id", "site_id"), 1)}


@contextmanager
def served(service: Service, dsn: str, mint: ServedMint, folder: Path) -> Iterator[str]:
    """The service's HTTP process as a thread of this one; its address."""
    port = free_port()
    app = make_app(service, lambda: settings_for(dsn, mint, folder / "clock.json"))
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_config=None, loop="asyncio"))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        while not server.started and thread.is_alive():
            thread.join(0.02)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join()


def answers(operation: Any, mint: ServedMint, examples: int) -> Counter[int]:
    """Send valid and invalid requests to an operation as a caller who may; the count of each status."""
    headers = {"authorization": f"Bearer {mint.token(operation.definition.raw['x-roles'][0], minutes=60, **PARTY)}"}
    seen: Counter[int] = Counter()

    @hypothesis.settings(
        max_examples=examples,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[hypothesis.Phase.generate],
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    @hypothesis.given(case=st.one_of(operation.as_strategy(mode) for mode in GenerationMode))
    def send(case: Any) -> None:
        # For whom nobody delegated is 403 whatever else is sent: trade-ledger's own tests say so.
        case.headers.pop("On-Behalf-Of", None)
        answer = case.call(headers=headers)
        seen[answer.status_code] += 1
        case.validate_response(answer, checks=CHECKS)

    send()
    return seen


async def file(file_party: Any, service: str, dsn: str) -> None:
    """The caller's party is filed in the service's database."""
    engine = make_engine(as_process(dsn, "worker"))
    async with make_sessions(engine).begin() as session:
        await file_party(session, service, PARTY)
    await engine.dispose()


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("examples", [2, pytest.param(10, marks=[pytest.mark.long, pytest.mark.timeout(900)])])
@pytest.mark.parametrize("service", SERVICES)
def test_every_operation_answers_as_described(
    make_service_database: MakeServiceDatabase,
    mint: ServedMint,
    tmp_path: Path,
    file_party: Any,
    service: str,
    examples: int,
) -> None:
    known, dsn = described(service).load_service(), make_service_database(service)
    asyncio.run(file(file_party, service, dsn))
    with served(known, dsn, mint, tmp_path) as address:
        found = [each.ok() for each in schemathesis.openapi.from_url(f"{address}/openapi.json").get_all_operations()]
        found = [each for each in found if each.definition.raw["operationId"] not in _OTHER_BODIES]
        seen = {each.definition.raw["operationId"]: answers(each, mint, examples) for each in found}
    assert seen.keys() == known.access.keys() - _OTHER_BODIES
    total = sum(seen.values(), Counter[int]())
    accepted = sum(count for status, count in total.items() if status < httpx.codes.MULTIPLE_CHOICES)
    # Some requests are sent without the token: these say nothing of the values.
    assert accepted / (total.total() - total[httpx.codes.UNAUTHORIZED]) > LEAST_ACCEPTED
    # Who may propose a parameter follows from the parameter that the body names, not from the operation alone.
    assert total[httpx.codes.FORBIDDEN] == seen["set_policy_parameter"][httpx.codes.FORBIDDEN]
